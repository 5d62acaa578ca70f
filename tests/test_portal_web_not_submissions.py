"""The shelf in the pages: who sees it, what it says of each letter, and the one press."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.decision import carried, latest
from portal.not_submissions import PAGE_ROWS, Filter
from portal.tables import decisions, events, letters, packages
from portal.vocabulary import NOT_SUBMISSION_RULES, NOT_SUBMISSIONS
from tests.desk import SampleDesk, TestClient, csrf, filled_desk, kinds, spoken
from tests.shelving import RULES, THANKS, set_aside

SHELF = "/not-submissions"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path)
    set_aside(opened)
    yield opened
    opened.database.close()


@pytest.fixture
def olu(desk: SampleDesk) -> TestClient:
    return desk.signed_in("Olu Adeyemi")


def receipts(page: str) -> list[str]:
    return re.findall(r'role="rowheader"><a class="mono whole" href="/p/([^"]+)"', page)


def press(browser: TestClient, path: str = THANKS) -> tuple[int, str]:
    token = csrf(browser.get(SHELF).text)
    answer = browser.post(f"{path}/after-all", data={"csrf": token})
    return answer.status_code, answer.headers.get("location", answer.text)


def decided(desk: SampleDesk) -> list[str]:
    with desk.database.read() as connection:
        return list(connection.scalars(sa.select(decisions.c.kind).order_by(decisions.c.id)))


def test_each_letter_stands_there_with_who_when_its_subject_its_kind_and_its_rule(
    olu: TestClient,
) -> None:
    page = spoken(olu.get(SHELF).text)
    assert receipts(page) == [f"{one[:4]}-{one[4:]}" for one in (*RULES, "PERS0N00")]
    for kind, rule, _ in RULES.values():
        assert f"{NOT_SUBMISSIONS[kind]}<small>{NOT_SUBMISSION_RULES[rule]}</small>" in page
    assert "Set aside by a person<small>A person decided so.</small>" in page
    assert "Re: Filed: 3 documents, case 24-001234" in page
    assert "pat.lee@bakerholt.example" in page
    assert "<script>alert" not in page
    assert "ANSW-ER00" not in page, "an answer to our question has had its say"
    assert "PASS-W0RD" not in page, "a mail that says a password belongs to what it opens"
    assert "3:42 pm" in page


def test_it_can_be_narrowed_to_a_kind_or_a_receipt_number(olu: TestClient) -> None:
    assert receipts(olu.get(f"{SHELF}?kind=thanks").text) == ["TH4N-KS00"]
    assert receipts(olu.get(f"{SHELF}?kind=person").text) == ["PERS-0N00"]
    assert receipts(olu.get(f"{SHELF}?find=th4n-ks00").text) == ["TH4N-KS00"]
    assert receipts(olu.get(f"{SHELF}?kind=recall&find=TH4NKS00").text) == []
    assert "Nothing fits this filter" in olu.get(f"{SHELF}?kind=read_receipt").text
    assert len(receipts(olu.get(f"{SHELF}?kind=nothing&page=x").text)) == len(RULES) + 1
    assert "Out-of-office reply (1)" in olu.get(f"{SHELF}?kind=thanks").text


def test_a_long_shelf_has_pages_that_keep_the_filter(desk: SampleDesk, olu: TestClient) -> None:
    with desk.sample.together():
        for number in range(PAGE_ROWS + 1):
            desk.sample.letter(f"L0NG{number:04d}", "set_aside", reason="bounce")
    first = olu.get(f"{SHELF}?kind=bounce")
    assert len(receipts(first.text)) == PAGE_ROWS
    assert "27 letters found, page 1 of 2" in spoken(first.text)
    assert f"{SHELF}?kind=bounce&amp;page=2" in first.text
    assert len(receipts(olu.get(f"{SHELF}?kind=bounce&page=2").text)) == 2
    assert len(receipts(olu.get(f"{SHELF}?kind=bounce&page=99").text)) == 2
    assert Filter.read({"page": "0"}).page == 1
    assert Filter.read({"page": "٣"}).page == 1


def test_an_empty_shelf_says_so(desk: SampleDesk, olu: TestClient) -> None:
    with desk.database.write() as connection:
        connection.execute(
            letters.update().where(letters.c.state == "set_aside").values(state="not_filed")
        )
    assert "Nothing was set aside." in olu.get(SHELF).text


def test_it_is_for_operations_alone_and_whose_letters_were_shown_is_recorded(
    desk: SampleDesk, olu: TestClient
) -> None:
    dana = desk.signed_in("Dana Reyes")
    assert dana.get(SHELF).status_code == 404
    assert SHELF not in dana.get("/packages").text
    token = csrf(dana.get("/packages").text)
    assert dana.post(f"{THANKS}/after-all", data={"csrf": token}).status_code == 404
    assert decided(desk) == []
    assert desk.browser().get(SHELF).status_code in {303, 307, 401}
    assert f'href="{SHELF}"' in olu.get("/packages").text
    olu.get(f"{SHELF}?kind=thanks")
    with desk.database.read() as connection:
        shown = connection.scalars(
            sa.select(events.c.detail).where(events.c.kind == "not_submissions.viewed")
        ).all()
        (thanks,) = connection.scalars(
            sa.select(letters.c.id).where(letters.c.receipt == "TH4NKS00")
        ).all()
    assert shown == [{"letters": [thanks]}]


def test_one_press_files_it_after_all_and_says_what_happens(
    desk: SampleDesk, olu: TestClient
) -> None:
    assert press(olu) == (303, f"{THANKS}/decided")
    assert decided(desk) == ["after_all"]
    page = spoken(olu.get(f"{THANKS}/decided").text)
    assert "<h1>Filing after all</h1>" in page
    assert "Undo" in page
    assert "decision.after_all" in [kind for _, kind, _ in kinds(desk)]
    assert "On its way" in olu.get(f"{SHELF}?kind=thanks").text
    history = spoken(olu.get(THANKS).text)
    assert "Not a submission: it thanks, and says and brings nothing else" in history
    assert "decided: file it after all" in history


def test_a_second_press_changes_nothing_and_leads_to_the_same_page(
    desk: SampleDesk, olu: TestClient
) -> None:
    press(olu)
    assert press(olu) == (303, f"{THANKS}/decided")
    assert decided(desk) == ["after_all"]


def test_it_is_taken_back_to_the_shelf(desk: SampleDesk, olu: TestClient) -> None:
    press(olu)
    with desk.database.read() as connection:
        letter = connection.execute(
            sa.select(letters.c.id).where(letters.c.receipt == "TH4NKS00")
        ).scalar_one()
        decision = latest(connection, letter)
    assert decision is not None
    token = csrf(olu.get(f"{THANKS}/decided").text)
    answer = olu.post(f"{THANKS}/undo", data={"csrf": token, "decision": f"{decision.id}"})
    assert (answer.status_code, answer.headers["location"]) == (303, SHELF)
    assert "TH4N-KS00" in receipts(olu.get(SHELF).text)
    assert "It is set aside again" in olu.get(f"{THANKS}/decided").text
    assert decided(desk) == ["after_all", "undo"]


def test_once_it_is_carried_the_page_says_where_it_is(desk: SampleDesk, olu: TestClient) -> None:
    press(olu)
    with desk.database.write() as connection:
        letter = connection.execute(
            letters.update()
            .where(letters.c.receipt == "TH4NKS00")
            .values(state="with_us", reason="consultant_unknown")
            .returning(letters.c.id)
        ).scalar_one()
        decision = latest(connection, letter)
        assert decision is not None
        assert carried(connection, decision.id, now=desk.now)
    page = spoken(olu.get(f"{THANKS}/decided").text)
    assert "with our team" in page
    assert "Carried on after all" in page


def test_what_waits_or_is_filed_has_no_such_press(desk: SampleDesk, olu: TestClient) -> None:
    for path in ("/p/9HXW-3T5R", "/p/7KQ4-M2XD", "/p/ANSW-ER00", "/p/PASS-W0RD"):
        status, said = press(olu, path)
        assert status == 409
        assert "decided" in said.lower()
        assert "/after-all" not in olu.get(path).text
    assert decided(desk) == []


def test_the_package_page_has_the_press_and_names_the_kind(olu: TestClient) -> None:
    page = spoken(olu.get(THANKS).text)
    assert f'action="{THANKS}/after-all"' in page
    assert "Thank-you." in page


def test_its_page_leads_back_to_the_shelf_and_asks_nobody_to_look_at_anything(
    desk: SampleDesk, olu: TestClient
) -> None:
    unclear: list[dict[str, Any]] = [{"code": "consultant_unknown", "part": None, "fields": {}}]
    with desk.database.write() as connection:
        connection.execute(sa.update(packages).values(problems=unclear))
    page = spoken(olu.get(THANKS).text)
    assert f'<p class="crumb"><a href="{SHELF}">Not submissions</a></p>' in page
    assert "We could not tell who handles this" not in page
    assert "No case " in page
    assert "No case yet" not in page


def test_a_mail_that_only_says_a_password_is_spoken_of_to_staff_and_not_to_its_sender(
    olu: TestClient,
) -> None:
    page = spoken(olu.get("/p/PASS-W0RD").text)
    assert "It says a password, and hardly anything else." in page
    assert "Your message holds a password" not in page
    assert '<a href="/packages">All packages</a>' in page


def test_a_press_needs_the_token_of_its_page(desk: SampleDesk, olu: TestClient) -> None:
    assert olu.post(f"{THANKS}/after-all", data={"csrf": "x"}).status_code in {400, 403, 409}
    assert decided(desk) == []
