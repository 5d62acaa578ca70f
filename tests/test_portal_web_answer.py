"""The answer page: looking uses its link up by nothing, and only the firm's own cases are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from portal import answer_link, sign_in
from portal.decision import decide, pending
from portal.tables import decisions, letters, parts, rights
from portal.tables import events as trail
from tests.desk import SampleDesk, TestClient, csrf, filled_desk, spoken

RECEIPT = "9HXW3T5R"
MINE, ANOTHERS, NOBODYS = "24-001300", "24-001234", "99-999999"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path)
    may_send(opened, MINE)
    with opened.database.write() as connection:
        connection.execute(
            letters.update().where(letters.c.receipt == RECEIPT).values(state="needs_you")
        )
    yield opened
    opened.close()


@pytest.fixture
def path(desk: SampleDesk) -> str:
    token = sign_in.new_token()
    with desk.database.write() as connection:
        answer_link.keep(
            connection, letter_id(desk), answer_link.sha256(token), now=desk.now, days=14
        )
    return f"/answer/{token}"


def may_send(desk: SampleDesk, number: str, until: date | None = None) -> None:
    sample = desk.sample
    sample.insert(
        rights,
        firm_id=sample.firms["Ó Conaill Solicitors"],
        case_id=sample.cases[number],
        starts=None,
        ends=until,
    )


def letter_id(desk: SampleDesk) -> int:
    with desk.database.read() as connection:
        found: int = connection.execute(
            sa.select(letters.c.id).where(letters.c.receipt == RECEIPT)
        ).scalar_one()
        return found


def rows(desk: SampleDesk, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    with desk.database.read() as connection:
        return list(connection.execute(table.select()).all())


def say(browser: TestClient, path: str, **fields: str) -> tuple[int, str]:
    token = csrf(browser.get(path).text)
    answer = browser.post(path, data={"csrf": token, "answer": "one", **fields})
    return answer.status_code, spoken(answer.text)


def test_looking_uses_nothing_up_and_needs_no_sign_in(desk: SampleDesk, path: str) -> None:
    browser = desk.browser()
    for _ in range(3):
        assert browser.head(path).status_code == 200
        page = browser.get(path)
        assert page.status_code == 200
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
    assert rows(desk, decisions) == []
    assert browser.cookies == {}


def test_it_repeats_what_the_sender_wrote_and_suggests_their_own_cases(
    desk: SampleDesk, path: str
) -> None:
    page = spoken(desk.browser().get(path).text)
    for said in ("9HXW-3T5R", "Re: 24-001234 / 24-001300", "statement A.pdf", "statement B.odt"):
        assert said in page
    assert re.findall(r'type="radio"[^>]+value="([^"]+)"', page) == [MINE]
    for theirs in ("Dana Reyes", "Lee Park", "Two statements", "Ó Conaill", "niamh@"):
        assert theirs not in page


def test_an_answer_is_a_decision_of_nobodys_account(desk: SampleDesk, path: str) -> None:
    status, page = say(desk.browser(), path, other="24\u2013001300")
    assert status == 200
    assert "Thank you" in page
    assert "9HXW-3T5R" in page
    (decision,) = rows(desk, decisions)
    assert (decision.account_id, decision.kind) == (None, "file")
    assert decision.detail["filings"] == [{"case": MINE, "parts": None}]
    assert decision.undo_until == desk.now + timedelta(seconds=60)
    with desk.database.read() as connection:
        actors = connection.scalars(
            sa.select(trail.c.actor).where(trail.c.kind == "decision.file")
        ).all()
    assert actors == ["sender"]


def test_a_link_is_used_once(desk: SampleDesk, path: str) -> None:
    browser = desk.browser()
    token = csrf(browser.get(path).text)
    fields = {"csrf": token, "answer": "one", "case": MINE}
    assert browser.post(path, data=fields).status_code == 200
    for answer in (browser.get(path), browser.post(path, data=fields)):
        assert answer.status_code == 410
        assert "This question is settled" in answer.text
        assert '/packages">Go' not in answer.text
    assert len(rows(desk, decisions)) == 1


def test_an_answer_that_staff_took_back_does_not_open_the_link_again(
    desk: SampleDesk, path: str
) -> None:
    say(desk.browser(), path, case=MINE)
    olu = desk.signed_in("Olu Adeyemi")
    page = olu.get("/p/9HXW-3T5R/decided").text
    answer = olu.post("/p/9HXW-3T5R/undo", data={"csrf": csrf(page), "decision": "1"})
    assert answer.status_code == 303
    (letter,) = [row for row in rows(desk, letters) if row.receipt == RECEIPT]
    assert letter.state == "with_us"
    assert desk.browser().get(path).status_code == 410
    assert "The sender</strong> decided: file under 24-001300" in spoken(
        olu.get("/p/9HXW-3T5R").text
    )


def test_each_document_to_its_own_case(desk: SampleDesk, path: str) -> None:
    may_send(desk, ANOTHERS)
    first, second = desk.sample.part_ids[RECEIPT]
    fields = {f"case-{first}": MINE, f"case-{second}": ANOTHERS}
    assert say(desk.browser(), path, answer="each", **fields)[0] == 200
    assert rows(desk, decisions)[0].detail["filings"] == [
        {"case": MINE, "parts": ["1"]},
        {"case": ANOTHERS, "parts": ["2"]},
    ]


@pytest.mark.parametrize("last", [ANOTHERS, NOBODYS])
def test_one_document_to_a_case_that_is_not_theirs_files_none(
    desk: SampleDesk, path: str, last: str
) -> None:
    first, second = desk.sample.part_ids[RECEIPT]
    fields = {f"case-{first}": MINE, f"case-{second}": last}
    status, page = say(desk.browser(), path, answer="each", **fields)
    assert status == 422
    assert f"We found no open case {last}" in page
    assert rows(desk, decisions) == []


def statements(desk: SampleDesk, browser: TestClient, path: str, number: str) -> list[str]:
    """Return the statements that an answer takes, without their values."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, text: str, *_: object) -> None:
        said.append(text)

    token = csrf(browser.get(path).text)
    event.listen(desk.database.engine, "before_cursor_execute", note)
    try:
        browser.post(path, data={"csrf": token, "answer": "one", "other": number})
    finally:
        event.remove(desk.database.engine, "before_cursor_execute", note)
    return said


def test_a_case_of_another_firm_and_none_at_all_are_one_answer(desk: SampleDesk, path: str) -> None:
    browser = desk.browser()
    pages = {
        number: say(browser, path, other=number)[1].replace(number, "NUMBER")
        # 24-001234 stands in the sender's subject, and so on the page in any case.
        for number in ("24-009999", NOBODYS, "23-004410")
    }
    assert len(set(pages.values())) == 1
    assert "We found no open case NUMBER" in pages[NOBODYS]
    work = [statements(desk, browser, path, one) for one in ("24-009999", NOBODYS)]
    assert work[0] == work[1]
    assert rows(desk, decisions) == []


def test_a_right_that_has_ended_is_none(desk: SampleDesk, path: str) -> None:
    may_send(desk, ANOTHERS, until=date(2026, 11, 20))
    assert say(desk.browser(), path, other=ANOTHERS)[0] == 422


@pytest.mark.parametrize("text", ["", " ", "<script>alert(1)</script>", "24-001300 24-001234"])
def test_what_names_no_case_is_asked_for_again(desk: SampleDesk, path: str, text: str) -> None:
    status, page = say(desk.browser(), path, other=text)
    assert status == 422
    assert "<title>Error:" in page
    assert "<script>" not in page
    assert rows(desk, decisions) == []


@pytest.mark.slow
def test_wrong_answers_are_throttled_for_the_letter_whatever_the_browser(
    desk: SampleDesk, path: str
) -> None:
    for _ in range(10):
        assert say(desk.browser(), path, other=NOBODYS)[0] == 422
    for number in (NOBODYS, MINE):
        status, page = say(desk.browser(), path, other=number)
        assert status == 429
        assert "That was tried too often" in page
    desk.pass_time(hours=1, seconds=1)
    assert say(desk.browser(), path, other=MINE)[0] == 200


def test_a_link_runs_out_and_one_that_never_was_says_the_same(desk: SampleDesk, path: str) -> None:
    desk.pass_time(days=14)
    late = desk.browser().get(path)
    never = desk.browser().get("/answer/never-was")
    assert (late.status_code, never.status_code) == (410, 410)
    assert late.text == never.text


def test_staff_who_were_first_settle_the_question(desk: SampleDesk, path: str) -> None:
    browser = desk.browser()
    token = csrf(browser.get(path).text)
    with desk.database.write() as connection:
        decide(
            connection,
            letter_id(desk),
            "not_submission",
            account_id=desk.sample.accounts["Olu Adeyemi"],
            now=desk.now,
            undo=timedelta(seconds=60),
        )
    answer = browser.post(path, data={"csrf": token, "answer": "one", "case": MINE})
    assert answer.status_code == 410
    assert "This question is settled" in answer.text
    assert "This question is settled" in browser.get(path).text
    assert len(rows(desk, decisions)) == 1


@pytest.mark.slow
def test_a_claim_of_staff_does_not_stop_the_sender(desk: SampleDesk, path: str) -> None:
    desk.signed_in("Olu Adeyemi").get("/p/9HXW-3T5R/triage")
    assert say(desk.browser(), path, case=MINE)[0] == 200


def test_a_form_without_the_links_token_is_refused(desk: SampleDesk, path: str) -> None:
    fields = {"answer": "one", "case": MINE}
    assert desk.browser().post(path, data=fields).status_code == 403
    assert desk.browser().post(path, data=fields | {"csrf": "forged"}).status_code == 403
    other = {"csrf": answer_link.form_token("another"), **fields}
    assert desk.browser().post(path, data=other).status_code == 403
    right = {"csrf": csrf(desk.browser().get(path).text), **fields}
    cross = desk.browser().post(path, data=right, headers={"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403
    with desk.database.read() as connection:
        assert pending(connection, letter_id(desk)) is None


def test_foreign_words_stay_words(desk: SampleDesk, path: str) -> None:
    with desk.database.write() as connection:
        connection.execute(
            parts.update()
            .where(parts.c.id == desk.sample.part_ids[RECEIPT][0])
            .values(original_name="\u202e<script>alert(1)</script>.pdf")
        )
    page = desk.browser().get(path).text
    assert "<script>" not in page
    assert "\u202e" not in page
