"""The list: who sees what in it, in which order, a page at a time, and what narrows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.package_list import PAGE_ROWS
from portal.tables import letters, packages, parts
from portal.wish import SHOWS
from tests.desk import SampleDesk, TestClient, filled_desk, kinds, open_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path_factory.mktemp("packages"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def operations(desk: SampleDesk) -> TestClient:
    return desk.signed_in("Olu Adeyemi")


@pytest.fixture(scope="module")
def dana(desk: SampleDesk) -> TestClient:
    return desk.signed_in("Dana Reyes")


def receipts(browser: TestClient, path: str = "/packages") -> list[str]:
    answer = browser.get(path)
    assert answer.status_code == 200
    return re.findall(r'class="row-link" href="/p/([^"]+)"', answer.text)


def test_whoever_is_not_signed_in_is_sent_to_sign_in(desk: SampleDesk) -> None:
    for path in ("/packages", "/outbox"):
        answer = desk.browser().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("path", ["/p/7KQ4-M2XD", "/p/0000-0000", "/p/nothing"])
def test_a_package_asks_its_sender_for_an_address_and_staff_to_sign_in(
    desk: SampleDesk, path: str
) -> None:
    answer = desk.browser().get(path)
    assert answer.status_code == 200
    assert 'href="/sign-in"' in answer.text
    assert "Dana Reyes" not in answer.text


def test_operations_see_every_letter_but_the_restricted_one(
    desk: SampleDesk, operations: TestClient
) -> None:
    with desk.database.read() as connection:
        total = connection.scalar(sa.select(sa.func.count()).select_from(letters)) or 0
    seen = receipts(operations) + receipts(operations, "/packages?page=2")
    assert len(seen) == len(set(seen)) == total - 1
    assert "REST-R1CT" not in seen


def test_urgent_first_then_what_waits_longest_then_the_newest(operations: TestClient) -> None:
    seen = receipts(operations)
    assert seen[0] == "7KQ4-M2XD"
    assert seen[1:3] == ["4ZZ0-QF8B", "9HXW-3T5R"]
    assert seen[-1] > seen[-2], "receipts 2000-00nn were written the newest first"


def test_urgent_comes_first_among_what_waits_as_well(desk: SampleDesk, tmp_path: Path) -> None:
    other = filled_desk(tmp_path)
    with other.database.write() as connection:
        waiting = sa.select(letters.c.id).where(letters.c.receipt == "9HXW3T5R").scalar_subquery()
        connection.execute(
            sa.update(packages).where(packages.c.letter_id == waiting).values(urgent="summons")
        )
    browser = other.signed_in("Olu Adeyemi")
    assert receipts(browser, "/packages?show=with_us") == ["9HXW-3T5R", "4ZZ0-QF8B"]
    assert receipts(browser)[:2] == ["9HXW-3T5R", "7KQ4-M2XD"]
    other.close()


def test_a_consultant_sees_their_own_and_what_they_cover(dana: TestClient) -> None:
    seen = receipts(dana)
    assert "7KQ4-M2XD" in seen
    assert "BADB-AD00" in seen, "Dana covers Lee today"
    assert not {"9HXW-3T5R", "REST-R1CT", "CHEC-K1NG"} & set(seen)


def test_a_consultant_cannot_ask_for_the_teams_view(dana: TestClient) -> None:
    assert receipts(dana, "/packages?view=team") == receipts(dana)
    assert "/outbox" not in dana.get("/packages").text


def test_the_restricted_letter_is_its_consultants_alone(desk: SampleDesk) -> None:
    assert receipts(desk.signed_in("Ada Oyelaran-Whitcombe")) == ["REST-R1CT"]


def test_pages_hold_25_and_one_behind_the_last_is_the_last(operations: TestClient) -> None:
    assert len(receipts(operations)) == PAGE_ROWS
    last = receipts(operations, "/packages?page=2")
    assert 0 < len(last) < PAGE_ROWS
    assert receipts(operations, "/packages?page=9999999999") == last


@pytest.mark.parametrize("show", SHOWS)
def test_each_filter_shows_as_many_as_it_says(operations: TestClient, show: str) -> None:
    page = operations.get(f"/packages?show={show}").text
    said = re.search(rf'value="{show}"[^>]*>[^<]*\((\d+)\)', page)
    assert said
    pages = -(-int(said[1]) // PAGE_ROWS)
    shown = [
        one
        for number in range(1, pages + 1)
        for one in receipts(operations, f"/packages?show={show}&page={number}")
    ]
    assert len(shown) == int(said[1])


@pytest.mark.parametrize(
    ("find", "found"),
    [
        ("7kq4-m2xd", ["7KQ4-M2XD"]),
        ("7KQ4M2XD", ["7KQ4-M2XD"]),
        ("24-0013", ["BADB-AD00"]),
        ("24-009999", []),
        ("%", None),
        ("24_001300", None),
        ("x' OR 1=1 --", None),
    ],
)
def test_find(operations: TestClient, find: str, found: list[str] | None) -> None:
    shown = receipts(operations, f"/packages?find={find.replace('%', '%25')}")
    assert shown == (receipts(operations) if found is None else found)


def test_a_restricted_case_cannot_be_probed_by_find_or_firm(desk: SampleDesk) -> None:
    lee = desk.signed_in("Lee Park")
    assert receipts(lee, "/packages?find=24-009999") == []
    assert receipts(lee, "/packages?find=RESTR1CT") == []
    assert "Conaill" not in lee.get("/packages").text


@pytest.mark.parametrize(
    "query",
    [
        "page=-1",
        "page=x",
        "page=\u0663",
        "firm=99999999999999999999",
        "firm=x",
        "show=<b>",
        "view=%00",
        "find=%00",
        "find=" + "9" * 500,
        "page=1&page=2",
        "show=all&show=new",
    ],
)
def test_a_query_that_makes_no_sense_shows_the_list(operations: TestClient, query: str) -> None:
    assert operations.get(f"/packages?{query}").status_code == 200


def test_filters_stay_in_the_addresses_of_pages(operations: TestClient) -> None:
    page = operations.get("/packages?find=24-0012").text
    assert "/packages?find=24-0012&amp;page=2" in page


def test_flags_are_said_in_words(operations: TestClient) -> None:
    page = operations.get("/packages").text
    for words in (
        "Filed, except 2",
        "Urgent",
        "2 converted",
        "1 failed to convert",
        "oldest 2 days",
    ):
        assert words in page
    assert "sender not proven" in page


def test_hostile_names_are_inert(operations: TestClient) -> None:
    page = operations.get("/packages").text
    assert "<script>alert" not in page
    assert "\u202e" not in page


@pytest.mark.slow
def test_for_me_counts_what_is_new_and_opening_takes_one_off(tmp_path: Path) -> None:
    desk = filled_desk(tmp_path)
    dana = desk.signed_in("Dana Reyes")
    assert "(3 new)" in dana.get("/packages").text
    desk.signed_in("Olu Adeyemi").get("/p/7KQ4-M2XD")
    assert "(3 new)" in dana.get("/packages").text, "operations look, and it stays new"
    dana.get("/p/7KQ4-M2XD")
    assert "(2 new)" in dana.get("/packages").text
    desk.close()


def test_a_letter_being_checked_has_the_page_ask_again(operations: TestClient) -> None:
    page = operations.get("/packages").text
    assert 'data-waits data-said="1 still being checked."' in page
    assert '<script src="/static/refresh.js" defer>' in page


def test_an_empty_record(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    desk.sample.people()
    for name in ("Olu Adeyemi", "Dana Reyes"):
        assert "Nothing here yet." in desk.signed_in(name).get("/packages").text
    desk.close()


def test_the_outbox_is_for_operations_and_hides_restricted_mail(
    desk: SampleDesk, operations: TestClient, dana: TestClient
) -> None:
    assert dana.get("/outbox").status_code == 404
    page = operations.get("/outbox").text
    assert "records.pdf needs a password to open" in page
    assert "secret.pdf" not in page
    _, kind, detail = kinds(desk)[-1]
    assert kind == "outbox.viewed"
    assert len(detail["letters"]) == 1


def test_the_list_asks_the_record_a_fixed_number_of_times(
    desk: SampleDesk, operations: TestClient
) -> None:
    """Not once for each row: the record grows, and the list must stay quick."""
    asked: list[str] = []

    def count(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    sa.event.listen(desk.database.engine, "before_cursor_execute", count)
    operations.get("/packages")
    with_many = len(asked)
    asked.clear()
    operations.get("/packages?find=7KQ4M2XD")
    sa.event.remove(desk.database.engine, "before_cursor_execute", count)
    assert with_many == len(asked) <= 16
    assert parts.name in " ".join(asked)
