"""The pages in a real browser: axe-core, reflow, keyboard, no JavaScript, and nobody else asked."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

from portal.tables import letters
from tests.axe import violations
from tests.browser import JOURNEYS, LOOKS, looks_for, turn_to
from tests.screen import Screen

pytestmark = pytest.mark.slow

LINK = "a new one-time link"
SHEETS = "the pages of a document"
PAGES: dict[str, tuple[str | None, str]] = {
    "team": ("Olu Adeyemi", "/packages"),
    "team, second page": ("Olu Adeyemi", "/packages?page=2"),
    "for me": ("Dana Reyes", "/packages"),
    "nothing found": ("Dana Reyes", "/packages?find=99"),
    "nothing at all": ("Ada Oyelaran-Whitcombe", "/packages"),
    "filed in part": ("Dana Reyes", "/p/7KQ4-M2XD"),
    "pages of a document": ("Dana Reyes", SHEETS),
    "held": ("Olu Adeyemi", "/p/9HXW-3T5R"),
    "held, unknown": ("Olu Adeyemi", "/p/4ZZ0-QF8B"),
    "hostile": ("Olu Adeyemi", "/p/BADB-AD00"),
    "checking": ("Olu Adeyemi", "/p/CHEC-K1NG"),
    "not filed": ("Olu Adeyemi", "/p/N0TF-11ED"),
    "copy": ("Olu Adeyemi", "/p/C0PY-0000"),
    "triage": ("Olu Adeyemi", "/p/9HXW-3T5R/triage?find=23-"),
    "triage, unknown": ("Olu Adeyemi", "/p/4ZZ0-QF8B/triage"),
    "what the sender sees": ("Olu Adeyemi", "/p/7KQ4-M2XD/sender"),
    "outbox": ("Olu Adeyemi", "/outbox"),
    "links": ("Dana Reyes", "/links"),
    "directory": ("Olu Adeyemi", "/directory"),
    "not there": ("Dana Reyes", "/p/0000-0000"),
    "sign in": (None, "/sign-in"),
    "help": (None, "/help"),
    "package, to its sender": (None, "/p/7KQ4-M2XD"),
    "link": (None, LINK),
    "link gone": (None, "/sign-in/never-was"),
}
STATUSES = {"not there": 404, "link gone": 410}


def _goto(screen: Screen, page: Page, name: str) -> Page:
    _, path = PAGES[name]
    deposition = screen.desk.sample.part_ids["7KQ4M2XD"][1]
    made = {
        LINK: lambda: screen.desk.link("Dana Reyes"),
        SHEETS: lambda: f"/p/7KQ4-M2XD/documents/{deposition}/pages",
    }
    answer = page.goto(made[path]() if path in made else path)
    # A fault shows a page as well, and a fine one.
    assert answer is not None, name
    assert answer.status == STATUSES.get(name, 200), name
    return page


def _show(screen: Screen, name: str, **look: Any) -> Page:
    return _goto(screen, screen.page(PAGES[name][0], **look), name)


def test_every_page_in_every_state(screen: Screen) -> None:
    people = {who: screen.page(who) for who in {who for who, _ in PAGES.values()}}
    wrong: dict[str, list[str]] = {}
    for number, (name, (who, _)) in enumerate(PAGES.items()):
        page = _goto(screen, people[who], name)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        if page.locator("h1").count() != 1:
            wrong[name] = ["there must be one h1"]
        for look in looks_for(number):
            turn_to(page, look)
            found = violations(page)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append("the page scrolls sideways")
            if found:
                wrong[f"{name}, {look}"] = found
    assert wrong == {}


def test_only_our_own_origin_is_ever_asked_and_the_policy_is_never_broken(screen: Screen) -> None:
    page = screen.page("Olu Adeyemi")
    for path in ("/packages", "/p/7KQ4-M2XD", "/p/BADB-AD00", "/outbox", "/nowhere"):
        page.goto(path, wait_until="networkidle")
    assert len(screen.asked) > 10
    assert screen.asked_elsewhere == []
    assert screen.complaints == []


def test_the_whole_journey_with_keyboard_alone_and_without_javascript(screen: Screen) -> None:
    page = screen.page(java_script_enabled=False)
    page.goto(screen.desk.link("Dana Reyes"))
    _tab_to(page, "Sign in as Dana Reyes")
    page.keyboard.press("Enter")
    page.wait_for_url("**/packages")
    _tab_to(page, "7KQ4-M2XD")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/7KQ4-M2XD")
    _tab_to(page, "Read the whole message")
    page.keyboard.press("Enter")
    assert page.get_by_text("Kind regards").is_visible()
    _tab_to(page, "Download all (zip)")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "7KQ4-M2XD.zip"
    _tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in")


def _tab_to(page: Page, text: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText").strip().startswith(text):
            return
    pytest.fail(f"the Tab key does not reach {text!r}")


@pytest.mark.parametrize("look", JOURNEYS)
@pytest.mark.parametrize("name", ["team", "filed in part", "outbox", "link"])
def test_focus_is_seen_and_goes_in_reading_order(screen: Screen, name: str, look: str) -> None:
    page = _show(screen, name, **LOOKS[look])
    order: list[int] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        at = page.evaluate(_LOOK_AT_FOCUS)
        if at is None:
            break
        assert at["outline"] >= 3, at
        assert at["onTop"], at
        order.append(at["place"])
    assert len(order) >= 3
    assert order == sorted(order)


_LOOK_AT_FOCUS = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  // The ring of a row stands on what its link spreads over the row.
  const rings = [getComputedStyle(one), getComputedStyle(one, '::after')];
  const drawn = rings.filter(style => style.outlineStyle !== 'none');
  const widths = drawn.map(style => parseFloat(style.outlineWidth));
  const box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    html: one.outerHTML.slice(0, 120),
    outline: Math.max(0, ...widths),
    onTop: top !== null && (one.contains(top) || top.contains(one)),
    place: [...document.querySelectorAll('*')].indexOf(one),
  };
}"""


@pytest.mark.parametrize("look", JOURNEYS)
def test_targets_are_large_enough(screen: Screen, look: str) -> None:
    for name in ("team", "filed in part", "outbox", "link"):
        page = _show(screen, name, **LOOKS[look])
        small = page.evaluate(
            """() => [...document.querySelectorAll('a, button, select, input, summary')]
                .filter(one => one.type !== 'hidden' && !one.matches('.skip'))
                .map(one => [one, one.getBoundingClientRect()])
                .filter(([one, box]) => box.height > 0 && !one.closest('p.standing, .standing p'))
                .filter(([one, box]) => {
                  const main = one.matches('button, .button, select, input, summary, nav a');
                  return box.height < (main ? 44 : 24) || box.width < 24;
                })
                .map(([one, box]) => [one.outerHTML.slice(0, 90), box.width, box.height])"""
        )
        assert small == [], name


def test_no_width_between_telephone_and_desk_needs_scrolling_sideways(screen: Screen) -> None:
    for name in ("team", "filed in part", "hostile", "outbox"):
        page = _show(screen, name)
        for width in (320, 480, 640, 768, 834, 900, 1000, 1100):
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (name, width)


def test_the_documents_stay_in_their_column_and_short_names_on_their_line(
    screen: Screen,
) -> None:
    page = _show(screen, "filed in part")
    for width in (320, 850, 1000, 1100, 1184, 1190, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        table, column = (
            page.evaluate(f"document.querySelector('{one}').getBoundingClientRect().right")
            for one in ("table.documents", ".first")
        )
        assert table <= column + 1, width
    names = page.locator(".documents .file").all()
    shorter = [one for one in names if len(one.inner_text()) <= 11]
    assert shorter
    for one in shorter:
        assert one.evaluate("it => it.getClientRects().length") == 1, one.inner_text()


def test_text_of_twice_the_size_and_wider_spacing_needs_no_scrolling_sideways(
    screen: Screen,
) -> None:
    for name in ("team", "filed in part", "hostile", "outbox"):
        page = _show(screen, name, viewport={"width": 640, "height": 800})
        page.evaluate(
            """() => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync(`html { font-size: 200% }
                * { line-height: 1.5 !important; letter-spacing: 0.12em !important;
                    word-spacing: 0.16em !important } p { margin-bottom: 2em !important }`);
              document.adoptedStyleSheets = [sheet];
            }"""
        )
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), name


def test_a_letter_being_checked_is_shown_filed_without_a_reload(screen: Screen) -> None:
    page = screen.page("Olu Adeyemi")
    page.goto("/packages?show=all")
    page.evaluate("window.sameDocument = true")
    row = page.locator("tr", has_text="CHEC-K1NG")
    assert "Checking the files" in row.inner_text()

    with screen.desk.database.write() as connection:
        connection.execute(
            sa.update(letters).where(letters.c.receipt == "CHECK1NG").values(state="not_filed")
        )
    row.get_by_text("Not filed").wait_for()
    assert page.locator("#said").inner_text() == "Every file has been checked."
    assert page.evaluate("window.sameDocument")


def test_a_new_tab_shows_the_pdf_and_cannot_reach_the_page_that_opened_it(screen: Screen) -> None:
    page = screen.page("Dana Reyes")
    page.goto("/p/7KQ4-M2XD")
    link = page.get_by_role("link", name="View PDF of Smith deposition 2 (final).pdf")
    assert "opens in a new tab" in link.inner_text() + (link.text_content() or "")
    assert link.get_attribute("rel") == "noopener"
    answer = page.context.request.get(link.get_attribute("href") or "")
    assert answer.headers["content-disposition"].startswith("inline")


def test_thumbnails_come_without_javascript_and_nothing_jumps_when_they_do(screen: Screen) -> None:
    page = _show(screen, "filed in part")
    boxes = "[...document.querySelectorAll('.documents tr')].map(one => one.offsetHeight)"
    page.route("**/pages/*.webp*", lambda route: route.abort())
    page.goto(PAGES["filed in part"][1])
    without = page.evaluate(boxes)
    page.unroute("**/pages/*.webp*")
    page.goto(PAGES["filed in part"][1])
    page.locator("a.thumb img").first.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('a.thumb img').naturalWidth > 0")
    assert page.evaluate(boxes) == without
    bare = screen.page("Dana Reyes", java_script_enabled=False)
    with bare.expect_response("**/pages/1.webp*") as answered:
        bare.goto(PAGES["filed in part"][1])
        bare.locator("a.thumb img").first.scroll_into_view_if_needed()
    assert answered.value.status == 200
