"""The web form in Chromium: with its script and without, by keyboard, on a phone, in every look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Route, expect

from config.settings import Sending
from portal.tables import letters, uploads
from tests.axe import violations
from tests.browser import LOOKS, looks_for
from tests.filling_in import code_of
from tests.screen import Screen

pytestmark = pytest.mark.slow

PHONE: dict[str, Any] = {
    "viewport": {"width": 320, "height": 640},
    "has_touch": True,
    "is_mobile": True,
}


def fill(page: Page) -> None:
    page.get_by_label("Case number", exact=True).fill("24-001234")
    page.get_by_label("Your name").fill("Pat Lee")
    page.get_by_label("Your email address").fill("pat@firm.example")
    page.get_by_role("textbox", name="Message").fill("The records that you asked for.")


def file(folder: Path, name: str, content: bytes) -> Path:
    made = folder / name
    made.write_bytes(content)
    return made


def in_the_vault(screen: Screen) -> list[tuple[str, bytes]]:
    with screen.desk.database.read() as connection:
        rows = connection.execute(sa.select(uploads).order_by(uploads.c.position)).all()
    found = []
    for row in rows:
        with screen.desk.vault.open(row.sha256) as stream:
            found.append((row.name, stream.read()))
    return found


def sent(screen: Screen) -> int:
    with screen.desk.database.read() as connection:
        of_the_web = sa.select(sa.func.count()).where(letters.c.door == "web")
        return connection.scalar(of_the_web) or 0


def hold(page: Page, *, after: int) -> Callable[[], None]:
    """Have the browser send so many pieces of files and no more, until it is let go."""
    passed: list[Route] = []

    def answer(route: Route) -> None:
        if route.request.method != "PATCH" or len(passed) < after:
            passed.append(route)
            route.continue_()

    page.route("**/send/uploads/*", answer)
    return lambda: page.unroute("**/send/uploads/*")


def prove_and_send(screen: Screen, page: Page) -> None:
    page.get_by_role("textbox", name="Code").fill(code_of(screen.desk.database))
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sent")


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_the_whole_journey(screen: Screen, tmp_path: Path, with_script: bool, phone: bool) -> None:
    page = screen.page(java_script_enabled=with_script, **(PHONE if phone else {}))
    page.goto("/send")
    fill(page)
    notes = file(tmp_path, "notes #1.docx", b"PK" + bytes(range(256)) * 5000)
    scan = file(tmp_path, "scan.pdf", b"%PDF-1.7" + b"x" * 300_000)
    page.locator("#files").set_input_files([notes, scan])
    if not with_script:
        page.get_by_role("button", name="Add these files").click()
    expect(page.get_by_text("Will be filed as notes 1.pdf")).to_be_visible()
    expect(page.get_by_text("Will be filed as scan.pdf, unchanged")).to_be_visible()
    assert in_the_vault(screen) == [(one.name, one.read_bytes()) for one in (notes, scan)]
    page.get_by_label("Document type of scan.pdf").select_option("Medical bill")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check before you send")
    expect(page.get_by_text("Medical bill")).to_be_visible()
    page.get_by_role("button", name="Send 2 documents").click()
    prove_and_send(screen, page)
    assert sent(screen) == 1
    page.go_back()
    page.goto("/send/check")
    expect(page.get_by_text("You already sent this at")).to_be_visible()
    assert sent(screen) == 1


def test_by_keyboard_alone(screen: Screen) -> None:
    page = screen.page()
    page.goto("/send")

    def tab_to(name: str, most: int = 40) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                """() => { const one = document.activeElement;
                const box = one.getBoundingClientRect();
                const at = document.elementFromPoint(
                    box.x + box.width / 2, box.y + Math.min(box.height / 2, innerHeight - 1));
                return [(one.labels && one.labels.length ? one.labels[0] : one).innerText.trim(),
                    !at || one.contains(at) || at.contains(one)]; }"""
            )
            assert focused[1], f"{focused[0]} is hidden while it has the focus"
            if focused[0].startswith(name):
                return
        pytest.fail(f"{name} is not reached")

    for name, text in (
        ("Case number", "24-001234"),
        ("Your name", "Pat Lee"),
        ("Your email address", "pat@firm.example"),
        ("Message", "Nothing but words."),
    ):
        tab_to(name)
        page.keyboard.type(text)
    tab_to("Choose files")
    tab_to("Continue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/send/check")
    tab_to("Send the message")
    page.keyboard.press("Enter")
    page.wait_for_url("**/send/code**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your email")
    tab_to("Code")
    page.keyboard.type(code_of(screen.desk.database))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sent")
    assert sent(screen) == 1


def test_an_upload_is_paused_goes_on_and_is_whole(screen: Screen, tmp_path: Path) -> None:
    large = file(tmp_path, "large.pdf", bytes(range(256)) * 120_000)
    page = screen.page()
    page.goto("/send")
    let_go = hold(page, after=1)
    page.locator("#files").set_input_files(large)
    expect(page.get_by_text("26%", exact=True)).to_be_visible()
    page.get_by_role("button", name="Pause large.pdf").click()
    expect(page.get_by_text("Paused at 26%")).to_be_visible()
    expect(page.get_by_role("button", name="Go on with all")).to_be_visible()
    let_go()
    page.get_by_role("button", name="Go on large.pdf").click()
    expect(page.get_by_text("Will be filed as large.pdf, unchanged")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("status")).to_have_text("The file is uploaded")
    assert in_the_vault(screen) == [("large.pdf", large.read_bytes())]


def test_one_that_stopped_goes_on_in_a_new_page_by_choosing_it_again(
    screen: Screen, tmp_path: Path
) -> None:
    large = file(tmp_path, "records.pdf", bytes(range(256)) * 100_000)
    page = screen.page()
    page.goto("/send")
    page.get_by_label("Your name").fill("Pat Lee")
    asked = page.evaluate(
        """async name => {
            const answer = await fetch('/send/uploads', {method: 'POST', headers: {
                'Tus-Resumable': '1.0.0', 'Upload-Length': '25600000',
                'Upload-Metadata': 'filename ' + btoa(name),
                'Content-Type': 'application/offset+octet-stream'},
                body: new Uint8Array(6400000).map((_, at) => at % 256)});
            return answer.status;
        }""",
        "records.pdf",
    )
    assert asked == 201
    page.goto("/send")
    expect(page.get_by_text("Stopped at 25%. Choose")).to_be_visible()
    page.locator("#files").set_input_files(large)
    expect(page.get_by_text("Will be filed as records.pdf")).to_be_visible(timeout=30_000)
    assert in_the_vault(screen) == [("records.pdf", large.read_bytes())]


def test_one_is_cancelled_and_one_is_removed(screen: Screen, tmp_path: Path) -> None:
    page = screen.page()
    page.goto("/send")
    page.get_by_label("Your name").fill("Pat Lee")
    page.locator("#files").set_input_files(file(tmp_path, "one.pdf", b"1"))
    page.get_by_role("button", name="Remove one.pdf").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm delete document")
    expect(page.get_by_text("Are you sure you want to delete this document?")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Your name")).to_have_value("Pat Lee")
    page.get_by_role("button", name="Remove one.pdf").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No files yet.")).to_be_visible()
    hold(page, after=0)
    page.locator("#files").set_input_files(file(tmp_path, "two.pdf", b"2" * 20_000_000))
    page.get_by_role("button", name="Cancel two.pdf").click()
    expect(page.get_by_role("status")).to_have_text("two.pdf was cancelled")
    expect(page.get_by_role("button", name="Cancel two.pdf")).to_have_count(0)


def test_a_file_that_is_dropped_or_pasted_is_taken_as_well(screen: Screen) -> None:
    page = screen.page()
    page.goto("/send")
    page.evaluate(
        """() => { for (const kind of ['drop', 'paste']) {
            const held = new DataTransfer();
            held.items.add(new File([kind], kind + '.txt', {type: 'text/plain'}));
            document.body.dispatchEvent(kind === 'drop'
                ? new DragEvent('drop', {dataTransfer: held, bubbles: true, cancelable: true})
                : new ClipboardEvent('paste', {clipboardData: held, bubbles: true}));
        } }"""
    )
    expect(page.get_by_text("Will be filed as drop.pdf")).to_be_visible()
    expect(page.get_by_text("Will be filed as paste.pdf")).to_be_visible()
    assert sorted(in_the_vault(screen)) == [("drop.txt", b"drop"), ("paste.txt", b"paste")]


def test_what_is_too_large_without_a_proof_leads_to_the_code_and_back(
    screen: Screen, tmp_path: Path
) -> None:
    page = screen.page()
    page.goto("/send")
    fill(page)
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as sparse:
        sparse.truncate(Sending().unproven_bytes + 1)
    page.locator("#files").set_input_files(huge)
    expect(page.get_by_text("we need to know that your address is yours").first).to_be_visible()
    page.locator("#going").get_by_role("button", name="Send me a code").click()
    page.get_by_role("button", name="Send me the code").click()
    page.get_by_role("textbox", name="Code").fill(code_of(screen.desk.database))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This address has been proven.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message")).to_have_value(
        "The records that you asked for."
    )


@pytest.mark.parametrize("look", looks_for(2))
def test_every_page_in_every_state(screen: Screen, tmp_path: Path, look: str) -> None:
    wrong: dict[str, list[str]] = {}
    page = screen.page(**LOOKS[look])

    def look_at(name: str) -> None:
        found = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("the page scrolls sideways")
        if page.locator("h1").count() != 1:
            found.append("there must be one h1")
        small = page.evaluate(
            """[...document.querySelectorAll('a, button, input, select, textarea')]
                .filter(one => one.checkVisibility() && !one.closest('p a, .unseen, .skip')
                    && !one.matches('.unseen, .skip, .mends a'))
                .filter(one => one.getBoundingClientRect().height < 24)
                .map(one => one.outerHTML)"""
        )
        if found + small:
            wrong[name] = found + small
        page.screenshot(path=tmp_path / f"{look}-{name}.png", full_page=True)

    page.goto("/send")
    look_at("empty")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#problem")).to_be_focused()
    look_at("errors")
    fill(page)
    page.locator("#files").set_input_files(
        [
            file(tmp_path, "A very long name of a deposition, " * 4 + "#2.docx", b"PK"),
            file(tmp_path, "scan.pdf", b"%PDF"),
            file(tmp_path, "setup.exe", b"MZ"),
        ]
    )
    expect(page.get_by_text("It will not be filed")).to_be_visible()
    look_at("files")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/send/check")
    look_at("check")
    page.goto("/send/code?then=send")
    expect(page.get_by_role("button", name="Send me the code")).to_be_visible()
    look_at("code, before")
    page.get_by_role("link", name="Back").click()
    page.get_by_role("button", name="Send 2 documents").click()
    expect(page.get_by_role("textbox", name="Code")).to_be_visible()
    look_at("code")
    page.get_by_role("textbox", name="Code").fill("wrong")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#problem")).to_be_focused()
    look_at("code, wrong")
    page.get_by_role("textbox", name="Code").fill(code_of(screen.desk.database))
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/send/done**")
    look_at("done")
    assert wrong == {}
