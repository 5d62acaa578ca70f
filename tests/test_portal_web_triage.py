"""Triage in the pages: the line, the claim, what can be decided, and what is said then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import events, hiding
from portal.decision import carried
from portal.piece import pieces_of
from portal.tables import (
    accounts,
    cases,
    claims,
    decisions,
    letters,
    outbox,
    packages,
    rights,
    submissions,
)
from tests.desk import SampleDesk, TestClient, csrf, filled_desk, kinds, spoken
from tests.record_sample import NOW

HELD = "/p/9HXW-3T5R"
STRANGER = "/p/4ZZ0-QF8B"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path)
    sample = opened.sample
    sample.accounts["Kim Osei"] = sample.insert(
        accounts, email="kim@sample.example", name="Kim Osei", role="operations"
    )
    for number in ("24-001234", "24-001300"):
        sample.insert(
            rights,
            firm_id=sample.firms["Ó Conaill Solicitors"],
            case_id=sample.cases[number],
            starts=None,
            ends=None,
        )
    yield opened
    opened.close()


@pytest.fixture
def olu(desk: SampleDesk) -> TestClient:
    return desk.signed_in("Olu Adeyemi")


def rows(desk: SampleDesk, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    with desk.database.read() as connection:
        return list(connection.execute(table.select()).all())


def press(browser: TestClient, path: str, **fields: str) -> tuple[int, str]:
    """Press a button of a page's form; return the status and where it leads or what it says."""
    page = browser.get(path)
    answer = browser.post(path, data={"csrf": csrf(page.text), **fields})
    return answer.status_code, answer.headers.get("location", answer.text)


def change(desk: SampleDesk, receipt: str, **values: object) -> None:
    with desk.database.write() as connection:
        connection.execute(letters.update().where(letters.c.receipt == receipt).values(**values))


def part_ids(desk: SampleDesk, receipt: str = "9HXW3T5R") -> list[int]:
    return desk.sample.part_ids[receipt]


def asked_to_delete(desk: SampleDesk) -> int:
    """Ask to delete the first document of the letter that waits, and return its part."""
    part = part_ids(desk)[0]
    mail = desk.sample.letter("9ABCDEF3", "set_aside", reason="asks_to_delete")
    desk.sample.package(mail, narrative="DELETE it\nIt is of another patient.")
    with desk.database.write() as connection:
        held = connection.scalar(sa.select(letters.c.id).where(letters.c.receipt == "9HXW3T5R"))
        assert held is not None
        connection.execute(letters.update().where(letters.c.id == mail).values(home_id=held))
        assert hiding.ask(
            connection,
            held,
            [pieces_of(connection, held)[part]],
            mail_id=mail,
            by="pat.lee@bakerholt.example",
            reason="It is of another patient.",
            may_hide=True,
            now=NOW,
        )
    return part


def test_what_its_sender_asks_to_delete_is_said_where_it_is_decided(
    desk: SampleDesk, olu: TestClient
) -> None:
    part = asked_to_delete(desk)
    page = olu.get(f"{HELD}/triage").text
    assert "Asked to delete" in page
    assert "It is of another patient." in page
    assert '<span class="chip wait">Hidden</span>' in page
    assert f"{HELD}/documents/{part}/view" not in page
    assert olu.get(f"{HELD}/documents/{part}/original").status_code == 404
    show = f"{HELD}/documents/{part}/show"
    assert olu.post(show, data={"csrf": csrf(page)}).status_code == 303
    assert olu.get(f"{HELD}/documents/{part}/original").status_code == 200


def test_the_line_begins_with_what_waits_longest(olu: TestClient) -> None:
    assert olu.get("/triage").headers["location"] == f"{STRANGER}/triage"
    page = olu.get(f"{STRANGER}/triage").text
    assert "2 letters wait" in page
    assert f'rel="next" href="{HELD}/triage"' in page
    assert 'rel="prev"' not in page
    assert f'rel="prev" href="{STRANGER}/triage"' in olu.get(f"{HELD}/triage").text


def test_what_is_urgent_goes_first_and_who_was_asked_last(desk: SampleDesk) -> None:
    with desk.database.write() as connection:
        held = sa.select(letters.c.id).where(letters.c.receipt == "9HXW3T5R").scalar_subquery()
        connection.execute(
            packages.update().where(packages.c.letter_id == held).values(urgent="“respond by”")
        )
    olu = desk.signed_in("Olu Adeyemi")
    assert olu.get("/triage").headers["location"] == f"{HELD}/triage"
    with desk.database.write() as connection:
        connection.execute(packages.update().values(urgent=None))
    change(desk, "4ZZ0QF8B", state="needs_you")
    assert olu.get("/triage").headers["location"] == f"{HELD}/triage"


def test_the_four_numbers_are_links_and_the_first_leads_to_the_line(olu: TestClient) -> None:
    page = olu.get("/packages?view=team").text
    figures = re.search(r'<ul class="figures".*?</ul>', page, re.DOTALL)
    assert figures
    assert re.findall(r'<a href="([^"]+)"><b>(\d+)</b>', figures[0])[0] == ("/triage", "2")
    assert len(re.findall(r"<a href=", figures[0])) == 4


@pytest.mark.slow
def test_the_likeliest_cases_come_first_with_their_reasons(
    desk: SampleDesk, olu: TestClient
) -> None:
    sample = desk.sample
    for number in range(3):
        letter = sample.letter(
            f"PAST000{number}",
            firm_id=sample.firms["Ó Conaill Solicitors"],
            sender="niamh@oconaill.example",
        )
        sample.file(letter, "24-001300", "Lee Park", [])
    page = spoken(olu.get(f"{HELD}/triage").text)
    assert re.findall(r'case-number">([^<]+)<', page) == ["24-001300", "24-001234"]
    for reason in (
        "“24-001300” in the subject",
        "Ó Conaill Solicitors may send to it",
        "this sender filed there 3 times",
    ):
        assert f"<li>{reason}</li>" in page
    assert "File under 24-001300" in page


def test_what_a_forged_sender_filed_is_no_reason(desk: SampleDesk, olu: TestClient) -> None:
    letter = desk.sample.letter("PAST0000", sender="someone@elsewhere.example")
    desk.sample.file(letter, "24-001300", "Lee Park", [])
    page = olu.get(f"{STRANGER}/triage").text
    assert "Nothing in the letter points to a case" in page
    assert "Ask the sender" not in page
    assert "This sender cannot be asked" in page


def test_filing_under_a_case_says_who_is_told_when_and_what_is_next(
    desk: SampleDesk, olu: TestClient
) -> None:
    desk.sample.insert(
        outbox,
        letter_id=rows(desk, letters)[3].id,
        kind="receipt",
        occasion="1",
        message_id="held-1",
        created_at=NOW,
        recipient="niamh@oconaill.example",
        subject="With our team",
        text="We kept it.",
        not_before=NOW,
        tries=1,
        sent_at=NOW,
    )
    olu.get(f"{HELD}/triage")
    status, location = press(olu, f"{HELD}/triage", decision="file", case=" 24\u2013001234 ")
    assert (status, location) == (303, f"{HELD}/decided")
    (decision,) = rows(desk, decisions)
    assert decision.detail["filings"] == [{"case": "24-001234", "parts": None}]
    assert decision.undo_until == desk.now + timedelta(seconds=60)
    desk.pass_time(seconds=15)
    page = spoken(olu.get(f"{HELD}/decided").text)
    assert "Filing under 24-001234" in page
    assert "Dana Reyes and the sender will be told in 45 seconds." in page
    assert "Next: 1 left" in page
    with desk.database.write() as connection:
        assert carried(connection, decision.id, now=desk.now)
    assert "<h1>Filed under 24-001234</h1>" in spoken(olu.get(f"{HELD}/decided").text)
    assert rows(desk, claims) == []
    assert ("account:4", "decision.file", {"decision": 1, "case": "24-001234"}) in kinds(desk)


def test_what_goes_to_a_case_that_nobody_has_is_said_and_listed(
    desk: SampleDesk, olu: TestClient
) -> None:
    with desk.database.write() as connection:
        one = cases.c.number == "24-001234"
        connection.execute(cases.update().where(one).values(consultant_id=None))
    press(olu, f"{HELD}/triage", decision="file", case="24-001234")
    assert "has no consultant" in olu.get(f"{HELD}/decided").text
    assert "show=unowned" not in olu.get("/packages").text
    with desk.database.write() as connection:
        connection.execute(submissions.update().values(consultant_id=None))
    assert "show=unowned" in olu.get("/packages").text


def test_undo_by_its_button_and_the_history_says_so(desk: SampleDesk, olu: TestClient) -> None:
    press(olu, f"{HELD}/triage", decision="not_submission")
    page = olu.get(f"{HELD}/decided").text
    assert "<h1>Not a submission</h1>" in page
    undone = olu.post(
        f"{HELD}/undo", data={"csrf": csrf(page), "decision": str(rows(desk, decisions)[0].id)}
    )
    assert undone.headers["location"] == f"{HELD}/triage"
    assert olu.get(f"{HELD}/triage").status_code == 200
    assert "Nothing was filed" in olu.get(f"{HELD}/decided").text
    history = olu.get(HELD).text
    assert "<strong>Olu Adeyemi</strong> decided: not a submission" in history
    assert "<strong>Olu Adeyemi</strong> took the decision back" in history


@pytest.mark.slow
@pytest.mark.parametrize("number", ["1", "", "x", "99", "-1", "\uff11", "9" * 500])
def test_after_the_window_undo_is_refused_in_clear_words(
    desk: SampleDesk, olu: TestClient, number: str
) -> None:
    press(olu, f"{HELD}/triage", decision="not_submission")
    token = csrf(olu.get(f"{HELD}/decided").text)
    desk.pass_time(seconds=60)
    assert "/undo" not in olu.get(f"{HELD}/decided").text
    answer = olu.post(f"{HELD}/undo", data={"csrf": token, "decision": number})
    assert answer.status_code == 409
    assert "This cannot be undone any more" in answer.text


def test_an_undo_names_a_decision_of_this_letter(desk: SampleDesk, olu: TestClient) -> None:
    press(olu, f"{HELD}/triage", decision="not_submission")
    press(olu, f"{STRANGER}/triage", decision="not_submission")
    token = csrf(olu.get(f"{HELD}/decided").text)
    assert olu.post(f"{HELD}/undo", data={"csrf": token, "decision": "2"}).status_code == 409
    assert all(row.undone_at is None for row in rows(desk, decisions))


@pytest.mark.slow
def test_who_opens_a_letter_has_it_and_the_others_see_who(
    desk: SampleDesk, olu: TestClient
) -> None:
    olu.get(f"{STRANGER}/triage")
    kim = desk.signed_in("Kim Osei")
    assert kim.get("/triage").headers["location"] == f"{HELD}/triage"
    page = kim.get(f"{STRANGER}/triage").text
    assert "Olu Adeyemi is working on this" in page
    assert 'name="decision"' not in page
    answer = kim.post(f"{STRANGER}/triage", data={"csrf": csrf(page), "decision": "not_submission"})
    assert answer.status_code == 409
    assert "Somebody else is working on this" in answer.text
    assert rows(desk, decisions) == []
    desk.pass_time(minutes=10)
    assert 'name="decision"' in kim.get(f"{STRANGER}/triage").text
    assert "Kim Osei is working on this" in olu.get(f"{STRANGER}/triage").text


def test_of_two_who_decide_the_second_is_told(desk: SampleDesk, olu: TestClient) -> None:
    token = csrf(olu.get(f"{HELD}/triage").text)
    fields = {"csrf": token, "decision": "file", "case": "24-001234"}
    assert olu.post(f"{HELD}/triage", data=fields).status_code == 303
    second = olu.post(f"{HELD}/triage", data=fields)
    assert second.status_code == 409
    assert "Somebody has decided about this already" in second.text
    assert olu.get(f"{HELD}/triage").headers["location"] == f"{HELD}/decided"


def test_another_case_is_looked_for_by_a_part_of_its_number(olu: TestClient) -> None:
    page = spoken(olu.get(f"{HELD}/triage?find=23-").text)
    assert "File under 23-004410" in page
    assert ">Closed<" in page
    assert "File under 23-004410" in spoken(olu.get(f"{HELD}/triage?find=4410").text)
    assert "There is no case with that in its number" in olu.get(f"{HELD}/triage?find=777").text
    assert "File under 24-001234" in spoken(
        olu.get(f"{STRANGER}/triage?find=24%E2%80%93001234").text
    )


@pytest.mark.parametrize("case", ["99-999999", "", "<script>", "24-001234; 24-001300"])
def test_a_case_that_is_not_there_is_said_on_the_page(
    desk: SampleDesk, olu: TestClient, case: str
) -> None:
    status, page = press(olu, f"{HELD}/triage", decision="file", case=case)
    assert status == 422
    assert "We found no open case" in page
    assert "<title>Error:" in page
    assert "<script>" not in page
    assert rows(desk, decisions) == []


def test_each_document_goes_to_its_own_case(desk: SampleDesk, olu: TestClient) -> None:
    first, second = part_ids(desk)
    page = olu.get(f"{HELD}/triage").text
    assert len(re.findall(r"<select", page)) == 2
    chosen = {f"case-{first}": "24-001234", f"case-{second}": "24-001300"}
    assert press(olu, f"{HELD}/triage", decision="each", **chosen)[0] == 303
    assert rows(desk, decisions)[0].detail["filings"] == [
        {"case": "24-001234", "parts": ["1"]},
        {"case": "24-001300", "parts": ["2"]},
    ]
    page = spoken(olu.get(f"{HELD}/decided").text)
    assert "Filing under 24-001234 and 24-001300" in page
    assert "Dana Reyes and Lee Park will be told" in page


def test_a_document_without_a_case_is_asked_for(desk: SampleDesk, olu: TestClient) -> None:
    first, _ = part_ids(desk)
    fields = {f"case-{first}": "24-001234"}
    status, page = press(olu, f"{HELD}/triage", decision="each", **fields)
    assert status == 422
    assert "Choose a case for each document" in page
    assert rows(desk, decisions) == []


def test_a_letter_of_a_thousand_documents_fits_the_form(desk: SampleDesk, olu: TestClient) -> None:
    page = olu.get(f"{HELD}/triage").text
    fields = {f"case-{number}": "24-001234" for number in range(900_000, 901_000)}
    answer = olu.post(f"{HELD}/triage", data={"csrf": csrf(page), "decision": "each", **fields})
    assert answer.status_code == 422
    assert "Choose a case for each document" in answer.text


def test_whoever_files_to_a_restricted_case_can_still_take_it_back(
    desk: SampleDesk, olu: TestClient
) -> None:
    status, _ = press(olu, f"{HELD}/triage", decision="file", case="24-009999")
    assert status == 303
    held = next(row for row in rows(desk, letters) if row.receipt == "9HXW3T5R")
    change(desk, "9HXW3T5R", state="filed")
    desk.sample.file(held.id, "24-009999", "Ada Oyelaran-Whitcombe", [])
    assert olu.get(HELD).status_code == 404
    page = olu.get(f"{HELD}/decided")
    assert page.status_code == 200
    assert "Undo" in page.text
    assert f'href="{HELD}"' not in page.text
    assert desk.signed_in("Kim Osei").get(f"{HELD}/decided").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/triage", f"{HELD}/triage", f"{HELD}/decided", f"{HELD}/sender"])
def test_a_consultant_decides_nothing(desk: SampleDesk, path: str) -> None:
    dana = desk.signed_in("Dana Reyes")
    assert dana.get(path).status_code == 404
    assert dana.get("/p/7KQ4-M2XD/sender").status_code == 404
    token = csrf(dana.get("/packages").text)
    fields = {"csrf": token, "decision": "file", "case": "24-001234"}
    assert dana.post(f"{HELD}/triage", data=fields).status_code == 404
    assert dana.post(f"{HELD}/undo", data={"csrf": token, "decision": "1"}).status_code == 404
    assert rows(desk, decisions) == []


def test_a_form_of_another_page_decides_nothing(desk: SampleDesk, olu: TestClient) -> None:
    fields = {"csrf": "forged", "decision": "not_submission"}
    assert olu.post(f"{HELD}/triage", data=fields).status_code == 403
    own = {"csrf": csrf(olu.get(f"{HELD}/triage").text), "decision": "not_submission"}
    cross = olu.post(f"{HELD}/triage", data=own, headers={"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403
    assert olu.post(f"{HELD}/triage", data=own | {"decision": "x"}).status_code == 422
    assert rows(desk, decisions) == []


def test_what_the_sender_sees_is_shown_word_for_word_and_recorded(
    desk: SampleDesk, olu: TestClient
) -> None:
    page = spoken(olu.get("/p/7KQ4-M2XD/sender").text)
    assert "NOT FILED: 1\n- records.pdf needs a password to open." in page
    assert "Filed, except 1 of 6 (7KQ4-M2XD)" in page
    assert (f"account:{desk.sample.accounts['Olu Adeyemi']}", events.SENT_MAILS_VIEWED, {}) in (
        kinds(desk)
    )
    assert "Nothing was sent" in olu.get(f"{STRANGER}/sender").text


def test_nothing_waits(desk: SampleDesk, olu: TestClient) -> None:
    for receipt in ("9HXW3T5R", "4ZZ0QF8B"):
        change(desk, receipt, state="not_filed")
    assert "No letter waits" in olu.get("/triage").text


def test_staff_do_not_answer_as_the_sender(desk: SampleDesk, olu: TestClient) -> None:
    with desk.database.write() as connection:
        link = "Choose the case here: https://gateway.example/answer/s3cret-T0ken_x\n"
        connection.execute(outbox.update().values(text=link))
    for path in ("/p/7KQ4-M2XD/sender", "/outbox"):
        page = olu.get(path).text
        assert "s3cret" not in page
        assert "https://gateway.example/answer/\N{HORIZONTAL ELLIPSIS}" in page
