"""Upload links: made by staff, followed by a sender, used once, and told of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import draft as drafting
from portal import upload_link
from portal.tables import drafts, letters, outbox, upload_links
from tests import desk as pages
from tests.desk import SampleDesk, TestClient, filled_desk, kinds
from tests.filling_in import add, code_of, csrf, post, press, words

PAGE = "/p/7KQ4-M2XD"
GONE = "This upload link was used or revoked, or has run out"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    desk = filled_desk(tmp_path)
    yield desk
    desk.close()


def made(desk: SampleDesk, browser: TestClient, **changes: str) -> str:
    """Make a link on the page, and return its path."""
    form = {"csrf": csrf(browser.get(PAGE).text), "case": "24-001234", "subject": "The X-rays"}
    answer = browser.post(f"{PAGE}/links", data=form | {"narrative": "All four."} | changes)
    assert answer.status_code == 200, words(answer.text)
    found = re.search(r'value="http://127\.0\.0\.1:8080(/send/with/[\w-]{43})"', answer.text)
    assert found, "the link is shown"
    return found[1]


def begin(browser: TestClient, path: str) -> None:
    answer = browser.post(path, data={"csrf": csrf(browser.get(path).text)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/send")


def send(desk: SampleDesk, browser: TestClient) -> tuple[int, str]:
    """Add a file to the draft, prove the address, and send it."""
    add(browser, ("xray.pdf", b"%PDF-1.7 one"))
    assert press(browser, "go").status_code == 303
    check = "/send/code?then=send"
    assert post(browser, "/send/code", check, do="new", then="send").status_code == 303
    code = code_of(desk.database)
    answer = post(browser, "/send/code", check, do="enter", code=code, then="send")
    return answer.status_code, answer.headers.get("location", "") or words(answer.text)


def count(desk: SampleDesk, table: sa.Table) -> int:
    with desk.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_link_fills_in_the_form_and_looking_uses_nothing_up(desk: SampleDesk) -> None:
    path = made(desk, desk.signed_in("Olu Adeyemi"))
    browser = desk.browser()
    assert browser.head(path).status_code == 200
    for _ in range(3):
        page = browser.get(path)
        assert page.status_code == 200
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "24-001234" in words(page.text)
    assert count(desk, drafts) == 0, "looking begins no draft"
    begin(browser, path)
    form = browser.get("/send").text
    assert "The link that you were given is for this case" in words(form)
    assert "24-001234" in form
    assert "The X-rays\n\nAll four." in form


def test_the_token_is_kept_as_its_hash_alone(desk: SampleDesk) -> None:
    token = made(desk, desk.signed_in("Olu Adeyemi")).rpartition("/")[2]
    with desk.database.read() as connection:
        (row,) = connection.execute(sa.select(upload_links)).all()
    assert token not in str(row)


def test_the_submission_uses_it_and_its_maker_is_told(desk: SampleDesk) -> None:
    olu = desk.signed_in("Olu Adeyemi")
    path = made(desk, olu)
    browser = desk.browser()
    begin(browser, path)
    assert send(desk, browser) == (303, "/send/done")
    late = desk.browser().get(path)
    assert late.status_code == 410
    assert GONE in words(late.text)
    with desk.database.read() as connection:
        receipt = connection.scalar(
            sa.select(letters.c.receipt).join(
                upload_links, upload_links.c.used_by_id == letters.c.id
            )
        )
        (mail,) = connection.execute(sa.select(outbox).where(outbox.c.kind == "link_used")).all()
    assert receipt is not None
    shown = f"{receipt[:4]}-{receipt[4:]}"
    assert "7KQ4-M2XD" in mail.subject
    assert shown in mail.text
    page = words(olu.get(PAGE).text)
    assert f"what came is {shown}" in page
    assert "The sender sent documents by an upload link" in page
    assert "completes 7KQ4-M2XD" in words(olu.get(f"/p/{shown}").text)


def test_of_two_drafts_by_one_link_one_is_sent_and_the_other_is_kept(desk: SampleDesk) -> None:
    path = made(desk, desk.signed_in("Olu Adeyemi"))
    first, second = desk.browser(), desk.browser()
    begin(first, path)
    begin(second, path)
    assert send(desk, first)[0] == 303
    before = count(desk, letters)
    status, said = send(desk, second)
    assert status == 410
    assert GONE in said
    assert count(desk, letters) == before, "nothing was sent by it"
    assert "xray.pdf" in second.get("/send").text, "the files are there still"
    assert post(second, "/send/check", "/send/check").headers["location"] == "/send/done"
    assert count(desk, letters) == before + 1, "without the link it is a submission like any other"


@pytest.mark.slow
def test_a_revoked_link_opens_nothing(desk: SampleDesk) -> None:
    olu = desk.signed_in("Olu Adeyemi")
    path = made(desk, olu)
    browser = desk.browser()
    begin(browser, path)
    page = olu.get(PAGE).text
    (revoke,) = set(re.findall(r'action="(/p/7KQ4-M2XD/links/\d+/revoke)"', page))
    for _ in range(2):
        assert olu.post(revoke, data={"csrf": csrf(page)}).status_code == 303
    assert desk.browser().get(path).status_code == 410
    assert send(desk, browser)[0] == 410
    assert [one[1] for one in kinds(desk)].count("link.revoked") == 1
    assert "revoked on" in words(olu.get(PAGE).text)


def test_a_link_runs_out(desk: SampleDesk) -> None:
    path = made(desk, desk.signed_in("Olu Adeyemi"))
    desk.now += timedelta(days=desk.sending.link_days)
    answer = desk.browser().get(path)
    assert answer.status_code == 410
    assert GONE in words(answer.text)
    assert "ran out on" in words(desk.signed_in("Olu Adeyemi").get(PAGE).text)


def test_links_are_made_and_revoked_by_those_who_may_open_the_case(desk: SampleDesk) -> None:
    made(desk, desk.signed_in("Dana Reyes"))
    lee = desk.signed_in("Lee Park")
    token = pages.csrf(lee.get("/packages").text)
    form = {"csrf": token, "case": "24-001234"}
    assert lee.post(f"{PAGE}/links", data=form).status_code == 404
    assert lee.post(f"{PAGE}/links/1/revoke", data=form).status_code == 404
    olu = desk.signed_in("Olu Adeyemi")
    form = {"csrf": csrf(olu.get(PAGE).text), "case": "24-009999"}
    assert olu.post(f"{PAGE}/links", data=form).status_code == 404, "a case of another letter"
    assert olu.post(f"{PAGE}/links/99/revoke", data=form).status_code == 404
    with desk.database.read() as connection:
        (row,) = connection.execute(sa.select(upload_links)).all()
    assert row.revoked_at is None


def test_what_is_no_link_and_a_form_from_elsewhere_begin_nothing(desk: SampleDesk) -> None:
    path = made(desk, desk.signed_in("Olu Adeyemi"))
    browser = desk.browser()
    assert browser.get("/send/with/nothing").status_code == 410
    assert browser.post(path, data={"csrf": "x"}).status_code == 403
    assert count(desk, drafts) == 0


@pytest.mark.slow
def test_somebody_signed_in_begins_a_draft_of_their_account(desk: SampleDesk) -> None:
    olu = desk.signed_in("Olu Adeyemi")
    begin(olu, made(desk, olu))
    with desk.database.read() as connection:
        (row,) = connection.execute(sa.select(drafts)).all()
    assert row.account_id == desk.sample.accounts["Olu Adeyemi"]
    assert row.fields["case"] == "24-001234"


def test_a_draft_that_is_swept_takes_its_mark_along(desk: SampleDesk) -> None:
    begin(desk.browser(), made(desk, desk.signed_in("Olu Adeyemi")))
    with desk.database.write() as connection:
        assert drafting.sweep(connection, now=desk.now + timedelta(days=15), days=14) == 1
    assert count(desk, upload_links) == 1


def made_for_case(browser: TestClient, case: str = "24-001234") -> str:
    form = {"csrf": csrf(browser.get("/links").text), "case": case, "subject": "The X-rays"}
    answer = browser.post("/links", data=form)
    assert answer.status_code == 200, words(answer.text)
    found = re.search(r'value="http://127\.0\.0\.1:8080(/send/with/[\w-]{43})"', answer.text)
    assert found, "the link is shown"
    return found[1]


def test_a_link_to_a_case_needs_no_letter_and_tells_its_maker(desk: SampleDesk) -> None:
    dana = desk.signed_in("Dana Reyes")
    path = made_for_case(dana)
    assert "holds until" in words(dana.get("/links").text)
    browser = desk.browser()
    begin(browser, path)
    status, where = send(desk, browser)
    assert (status, where) == (303, "/send/done")
    assert "used on" in words(dana.get("/links").text)
    with desk.database.read() as connection:
        (mail,) = connection.execute(sa.select(outbox).where(outbox.c.kind == "link_used")).all()
        newest = connection.scalar(sa.select(sa.func.max(letters.c.id)))
    assert mail.subject == "Your upload link was used (case 24-001234)"
    assert mail.letter_id == newest
    assert mail.recipient == "dana@sample.example"
    assert GONE in words(browser.get(path).text)


@pytest.mark.parametrize(
    ("who", "case"),
    [("Dana Reyes", "24-009999"), ("Olu Adeyemi", "24-009999"), ("Dana Reyes", "24-999999")],
)
def test_a_case_that_one_may_not_see_is_answered_as_one_that_is_not_there(
    desk: SampleDesk, who: str, case: str
) -> None:
    browser = desk.signed_in(who)
    answer = browser.post("/links", data={"csrf": csrf(browser.get("/links").text), "case": case})
    assert answer.status_code == 422
    assert f"We found no open case {case}" in words(answer.text)
    assert count(desk, upload_links) == 0
    assert kinds(desk)[-1][1] == "access.refused"


def test_what_is_no_case_number_is_said_and_kept(desk: SampleDesk) -> None:
    browser = desk.signed_in("Dana Reyes")
    form = {"csrf": csrf(browser.get("/links").text), "case": "<b>", "subject": "Kept"}
    answer = browser.post("/links", data=form)
    assert answer.status_code == 422
    assert "does not look like one of our case numbers" in words(answer.text)
    assert 'value="Kept"' in answer.text


def test_a_link_to_a_case_is_its_makers_to_see_and_revoke(desk: SampleDesk) -> None:
    dana, olu = desk.signed_in("Dana Reyes"), desk.signed_in("Olu Adeyemi")
    path = made_for_case(dana)
    with desk.database.read() as connection:
        number = connection.scalar(sa.select(upload_links.c.id))
    assert "24-001234, made by" not in words(olu.get("/links").text)
    token = csrf(olu.get("/links").text)
    assert olu.post(f"/links/{number}/revoke", data={"csrf": token}).status_code == 404
    assert desk.browser().get(path).status_code == 200
    token = csrf(dana.get("/links").text)
    assert dana.post(f"/links/{number}/revoke", data={"csrf": token}).status_code == 303
    assert desk.browser().get(path).status_code == 410
    assert desk.browser().get("/links").headers["location"] == "/sign-in"


def test_the_case_of_a_link_stays_whatever_the_form_says(desk: SampleDesk) -> None:
    path = made(desk, desk.signed_in("Olu Adeyemi"))
    browser = desk.browser()
    begin(browser, path)
    assert 'name="case"' not in browser.get("/send").text
    press(browser, "add", case="24-001300", way="unknown", message="And one more thing.")
    form = browser.get("/send").text
    assert "24-001234" in words(form)
    assert "24-001300" not in form
    assert "And one more thing." in form, "the words may be added to"


def test_a_link_that_ended_unused_goes_after_as_many_days_more(desk: SampleDesk) -> None:
    olu = desk.signed_in("Olu Adeyemi")
    path = made_for_case(olu)
    begin(desk.browser(), path)
    used = made_for_case(olu)
    browser = desk.browser()
    begin(browser, used)
    send(desk, browser)

    def swept(days: int) -> int:
        with desk.database.write() as connection:
            return upload_link.sweep(connection, now=desk.now + timedelta(days=days), days=14)

    assert swept(27) == 0
    assert swept(29) == 1
    assert count(desk, upload_links) == 1, "what was used says what came by it"
