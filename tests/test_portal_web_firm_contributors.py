"""What a firm's sender lets somebody else do, on the page of a package: one case, until a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import Response

from portal.directory import Directory
from portal.tables import cases, contributors, identifiers, letters, rights
from tests.desk import SampleDesk, TestClient, filled_desk, kinds
from tests.filling_in import post, words
from tests.test_portal_web_sender_page import THERE, ask, proven

REPORTER = "reporter@vendor.example"
TODAY, LAST = date(2026, 11, 21), date(2026, 12, 1)
HEADING = "Let somebody else send"


def with_right(desk: SampleDesk) -> int:
    """Give the firm of the letter its right to the case; return the firm's id."""
    asked = sa.select(letters.c.firm_id).where(letters.c.receipt == THERE.replace("-", ""))
    with desk.database.write() as connection:
        firm_id: int = connection.execute(asked).scalar_one()
        connection.execute(rights.insert().values(firm_id=firm_id, case_id=case_id(desk)))
    return firm_id


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    desk = filled_desk(tmp_path)
    firm_id = with_right(desk)
    named = {"firm_id": firm_id, "type": "mail_address", "value": "solo@postbox.example"}
    with desk.database.write() as connection:
        connection.execute(identifiers.insert().values(named))
    yield desk
    desk.close()


def let_in(
    browser: TestClient, email: str = "Reporter@Vendor.example", until: str = ""
) -> Response:
    asked = {"email": email, "until": until or LAST.isoformat()}
    return post(browser, f"/p/{THERE}/let-in", f"/p/{THERE}", **asked)


def end(browser: TestClient, number: int = 1) -> Response:
    return post(browser, f"/p/{THERE}/let-in/{number}/end", f"/p/{THERE}")


def case_id(desk: SampleDesk) -> int:
    with desk.database.read() as connection:
        found = sa.select(cases.c.id).where(cases.c.number == "24-001234")
        number: int = connection.execute(found).scalar_one()
    return number


def may_send(desk: SampleDesk, day: date = TODAY) -> bool:
    return case_id(desk) in Directory(desk.database).contributed(REPORTER, day)


def change(desk: SampleDesk, table: sa.Table, **values: Any) -> None:
    with desk.database.write() as connection:
        connection.execute(sa.update(table).values(**values))


def test_a_sender_lets_somebody_in_until_a_day_and_ends_it(desk: SampleDesk) -> None:
    browser = proven(desk)
    assert HEADING in words(browser.get(f"/p/{THERE}").text)
    assert let_in(browser).headers["location"] == f"/p/{THERE}#let-in"
    text = words(browser.get(f"/p/{THERE}").text)
    assert f"{REPORTER} may send to this case until December 1, 2026." in text
    assert may_send(desk, LAST)
    assert not may_send(desk, date(2026, 12, 2))
    assert end(browser).status_code == 303
    assert not may_send(desk)
    assert REPORTER not in browser.get(f"/p/{THERE}").text
    happened = [kind for _, kind, _ in kinds(desk) if kind.startswith("contributor.")]
    assert happened == ["contributor.let_in_by_firm", "contributor.ended"]


def test_our_staff_see_by_whom_and_can_end_it(desk: SampleDesk) -> None:
    let_in(proven(desk))
    browser = desk.signed_in("Olu Adeyemi")
    assert f"{REPORTER} , case 24-001234 , let in by Baker & Holt LLP" in words(
        browser.get("/contributors").text
    )
    assert post(browser, "/contributors/1/end", "/contributors").status_code == 303
    assert not may_send(desk)
    history = words(browser.get(f"/p/{THERE}").text)
    assert "The sender let somebody else send to case 24-001234" in history


def test_a_right_of_our_staffs_giving_is_neither_replaced_nor_ended(desk: SampleDesk) -> None:
    asked = {"email": REPORTER, "case": "24-001234", "until": "2026-12-31"}
    post(desk.signed_in("Olu Adeyemi"), "/contributors", "/contributors", **asked)
    browser = proven(desk)
    assert REPORTER not in browser.get(f"/p/{THERE}").text, "it is no other's business"
    let_in(browser)
    for number in (1, 2):
        end(browser, number)
    assert may_send(desk, date(2026, 12, 31))


def test_anew_is_in_the_place_of_the_earlier_one(desk: SampleDesk) -> None:
    browser = proven(desk)
    let_in(browser)
    let_in(browser, until="2026-11-25")
    assert not may_send(desk, LAST)
    assert browser.get(f"/p/{THERE}").text.count("may send to this case") == 1


def test_it_holds_for_as_long_as_the_firm_may_send_itself(desk: SampleDesk) -> None:
    let_in(proven(desk))
    change(desk, rights, ends=date(2026, 11, 20))
    assert not may_send(desk)


@pytest.mark.parametrize(
    ("email", "until", "said"),
    [
        ("no address", "", "'no address' is not an email address"),
        (REPORTER, "2026-11-20", "is not a day that somebody can be let in until"),
        (REPORTER, "2028-01-01", "is not a day that somebody can be let in until"),
        (
            "solo@postbox.example",
            "",
            "solo@postbox.example belongs to a firm that is in the directory",
        ),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(
    desk: SampleDesk, email: str, until: str, said: str
) -> None:
    answer = let_in(proven(desk), email, until)
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert f'value="{email}"' in answer.text
    assert "<details open>" in answer.text


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (letters, {"proof": "none"}),
        (letters, {"firm_id": None}),
        (cases, {"restricted": True}),
        (cases, {"state": "closed"}),
        (rights, {"ends": date(2026, 11, 20)}),
    ],
)
def test_where_the_firm_cannot_it_is_not_offered_and_not_taken(
    desk: SampleDesk, table: sa.Table, values: dict[str, Any]
) -> None:
    browser = proven(desk)
    change(desk, table, **values)
    assert HEADING not in browser.get(f"/p/{THERE}").text
    assert let_in(browser).status_code == 404
    assert end(browser).status_code == 404
    with desk.database.read() as connection:
        assert connection.execute(contributors.select()).first() is None


def test_nobody_else_can(desk: SampleDesk) -> None:
    stranger = desk.browser()
    ask(stranger, "stranger@else.example")
    for answer in (let_in(stranger), end(stranger)):
        assert HEADING not in answer.text
        assert "Enter the address you sent from" in words(answer.text)
    assert not may_send(desk)
