"""The page of contributors: who may let whom in, until when, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import Response

from portal.tables import contributors, events, identifiers
from tests.confirming import EVE, two_letters
from tests.desk import SampleDesk, TestClient, filled_desk, kinds, spoken
from tests.filling_in import post, words

ASKED = {"email": "Reporter@Vendor.example", "case": "24-001234", "until": "2026-12-01"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    desk = filled_desk(tmp_path)
    yield desk
    desk.close()


def rows(desk: SampleDesk) -> list[Any]:
    with desk.database.read() as connection:
        return list(connection.execute(contributors.select().order_by(contributors.c.id)))


def let_in(browser: TestClient, **changes: str) -> Response:
    return post(browser, "/contributors", "/contributors", **(ASKED | changes))


def press(browser: TestClient, what: str, contributor_id: int = 1) -> Response:
    return post(browser, f"/contributors/{contributor_id}/{what}", "/contributors")


def happened(desk: SampleDesk) -> list[str]:
    return [kind for _, kind, _ in kinds(desk) if kind.startswith("contributor.")]


@pytest.mark.parametrize("who", ["Olu Adeyemi", "Dana Reyes"])
def test_operations_and_the_cases_consultant_let_somebody_in(desk: SampleDesk, who: str) -> None:
    browser = desk.signed_in(who)
    assert let_in(browser).status_code == 303
    (row,) = rows(desk)
    assert (row.email, str(row.starts), str(row.ends)) == (
        "reporter@vendor.example",
        "2026-11-21",
        "2026-12-01",
    )
    text = words(browser.get("/contributors").text)
    assert f"reporter@vendor.example , case 24-001234 , let in by {who}" in text
    assert "may send until December 1, 2026" in text
    assert happened(desk) == ["contributor.let_in"]
    with desk.database.read() as connection:
        kept = connection.scalars(sa.select(events.c.detail)).all()
    assert "vendor" not in str(kept), "the trail outlives erasure, and holds no address"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": "no address"}, "'no address' is not an email address"),
        ({"until": ""}, "'' is not a day"),
        ({"until": "2026-11-20"}, "'2026-11-20' is not a day"),
        ({"until": "2027-11-23"}, "'2027-11-23' is not a day"),
        ({"case": "24-999999"}, "24-999999"),
        ({"case": "23-004410"}, "23-004410"),  # closed
        ({"case": "24-009999"}, "24-009999"),  # restricted, and another's
        ({"email": "pat@firm.example"}, "belongs to a firm that is in the directory"),
        ({"email": "solo@postbox.example"}, "belongs to a firm that is in the directory"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_mend(
    desk: SampleDesk, changes: dict[str, str], said: str
) -> None:
    firm_id = next(iter(desk.sample.firms.values()))
    for kind, value in (("mail_domain", "firm.example"), ("mail_address", "solo@postbox.example")):
        desk.sample.insert(identifiers, firm_id=firm_id, type=kind, value=value)
    browser = desk.signed_in("Olu Adeyemi")
    answer = let_in(browser, **changes)
    assert answer.status_code == 422
    assert said in words(spoken(answer.text))
    assert rows(desk) == []


def test_a_case_that_one_may_not_open_is_answered_as_none(desk: SampleDesk) -> None:
    browser = desk.signed_in("Lee Park")
    said = [
        words(let_in(browser, case=case).text).replace(case, "N")
        for case in ("24-009999", "24-999999")
    ]
    assert said[0] == said[1]


def test_nobody_else_lets_anybody_in(desk: SampleDesk) -> None:
    stranger = desk.browser()
    assert stranger.get("/contributors").headers["location"] == "/sign-in"
    assert stranger.post("/contributors", data=ASKED).headers["location"] == "/sign-in"
    staff = desk.signed_in("Olu Adeyemi")
    for csrf in ({}, {"csrf": "forged"}):
        assert staff.post("/contributors", data=ASKED | csrf).status_code == 403
        assert staff.post("/contributors/1/end", data=csrf).status_code == 403
    assert rows(desk) == []


def test_a_right_is_ended_at_once_and_that_is_taken_back_within_its_time(
    desk: SampleDesk,
) -> None:
    browser = desk.signed_in("Dana Reyes")
    let_in(browser)
    assert press(browser, "end").status_code == 303
    assert rows(desk)[0].ended_at == desk.now
    assert "Undo" in words(browser.get("/contributors").text)
    assert press(browser, "undo").status_code == 303
    assert rows(desk)[0].ended_at is None
    press(browser, "end")
    desk.pass_time(seconds=desk.triage.undo_seconds + 1)
    page = words(browser.get("/contributors").text)
    assert "Undo" not in page
    assert "ended" in page
    assert press(browser, "undo").status_code == 409
    assert rows(desk)[0].ended_at is not None
    assert happened(desk) == [
        *("contributor.let_in", "contributor.ended", "contributor.restored", "contributor.ended")
    ]


def test_an_end_is_not_taken_back_beside_a_newer_right(desk: SampleDesk) -> None:
    browser = desk.signed_in("Olu Adeyemi")
    let_in(browser)
    let_in(browser, until="2026-12-24")
    assert press(browser, "undo").status_code == 409
    assert [one.ended_at is None for one in rows(desk)] == [False, True]


def test_a_consultant_sees_and_ends_what_is_of_their_cases_alone(desk: SampleDesk) -> None:
    let_in(desk.signed_in("Olu Adeyemi"), case="24-001300")  # Lee Park's
    ada = desk.signed_in("Ada Oyelaran-Whitcombe")
    assert "reporter@vendor.example" not in ada.get("/contributors").text
    for what in ("end", "undo"):
        assert press(ada, what).status_code == 404
        assert press(ada, what, 77).status_code == 404
    assert rows(desk)[0].ended_at is None
    assert "reporter@vendor.example" in desk.signed_in("Lee Park").get("/contributors").text


def test_the_sender_of_a_letter_that_waits_is_let_in_from_its_page(desk: SampleDesk) -> None:
    two_letters(desk)
    browser = desk.signed_in("Olu Adeyemi")
    for path in ("/p/EVE0-0001", "/p/EVE0-0001/triage"):
        assert "Let this sender send to a case" in words(browser.get(path).text)
    fields = {"case": "24-001234", "until": "2026-12-01", "email": "forged@else.example"}
    answer = post(browser, "/p/EVE0-0001/contributors", "/p/EVE0-0001", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/contributors")
    (row,) = rows(desk)
    assert row.email == EVE
    said = words(browser.get("/p/EVE0-0001").text)
    assert "Olu Adeyemi let its sender send to case 24-001234" in said
    assert "Decide about it" in said, "the letter itself is decided apart"


@pytest.mark.parametrize("receipt", ["7KQ4-M2XD", "9HXW-3T5R", "ZZZZ-ZZZZ"])
def test_of_a_letter_that_is_filed_or_a_firms_nobody_is_let_in(
    desk: SampleDesk, receipt: str
) -> None:
    browser = desk.signed_in("Olu Adeyemi")
    fields = {"case": "24-001234", "until": "2026-12-01"}
    answer = post(browser, f"/p/{receipt}/contributors", "/contributors", **fields)
    assert answer.status_code == 404
    assert rows(desk) == []
