"""The page that confirms an address: whoever has the code, and nobody learns anything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import Response

from config.settings import Sending
from portal import address_code
from portal.tables import address_codes, address_tries, confirmations, letters, outbox
from tests.confirming import EVE, RECEIPTS, SECRETS, asked, two_letters
from tests.desk import SampleDesk, TestClient, filled_desk, kinds
from tests.filling_in import code_of, csrf, post, words

OTHER = "nobody@else.example"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    desk = filled_desk(tmp_path)
    yield desk
    desk.close()


def look(browser: TestClient, code: str, email: str = EVE, **more: str) -> Response:
    return post(browser, "/confirm", "/confirm", do="look", email=email, code=code, **more)


def confirm(browser: TestClient, code: str, *receipts: str) -> Response:
    chosen = {f"letter-{one}": "yes" for one in receipts}
    return post(browser, "/confirm", "/confirm", do="confirm", email=EVE, code=code, **chosen)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def rows(desk: SampleDesk, table: sa.Table) -> list[Any]:
    with desk.database.read() as connection:
        return list(connection.execute(table.select().order_by(*table.primary_key.columns)))


def confirmed(desk: SampleDesk) -> list[str]:
    with desk.database.read() as connection:
        return list(
            connection.scalars(
                sa.select(letters.c.receipt)
                .join(confirmations, confirmations.c.letter_id == letters.c.id)
                .where(confirmations.c.confirmed_at.is_not(None))
                .order_by(letters.c.receipt)
            )
        )


def test_whoever_has_the_code_says_which_letters_they_sent(desk: SampleDesk) -> None:
    code, browser = two_letters(desk), desk.browser()
    page = look(browser, f"{code[:3]} {code[3:]}", EVE.upper())
    text = words(page.text)
    assert "What did you send?" in text
    assert "2 documents (receipt EVE0-0001 )" in text
    assert "no documents (receipt EVE0-0002 )" in text
    assert confirmed(desk) == []
    assert "We have noted that you sent this message" in words(
        confirm(browser, code, RECEIPTS[0]).text
    )
    assert confirmed(desk) == [RECEIPTS[0]]
    proofs = {one.receipt: one.proof for one in rows(desk, letters) if one.receipt in RECEIPTS}
    assert proofs == {RECEIPTS[0]: "code", RECEIPTS[1]: "none"}
    assert ("sender", "address.confirmed") in [(one[0], one[1]) for one in kinds(desk)]


def test_no_page_tells_anything_of_a_letter_but_when_it_came_and_how_much(
    desk: SampleDesk,
) -> None:
    code, browser = two_letters(desk), desk.browser()
    pages = [look(browser, code), look(browser, wrong(code)), browser.get("/confirm")]
    pages += [confirm(browser, code, *RECEIPTS), look(browser, code)]
    said = " ".join(one.text for one in pages)
    assert not [one for one in SECRETS if one in said]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_page_confirms_nothing(desk: SampleDesk, method: str) -> None:
    code = two_letters(desk)
    tables = (confirmations, address_codes, address_tries, letters, outbox)
    before = [rows(desk, table) for table in tables]
    for path in ("/confirm", f"/confirm?email={EVE}&code={code}&do=confirm&letter-EVE00001=yes"):
        assert desk.browser().request(method, path).status_code == 200
    assert [rows(desk, table) for table in tables] == before


def statements(desk: SampleDesk, browser: TestClient, **form: str) -> tuple[list[str], Response]:
    """Return the statements that an answer takes, without their values, and the answer."""
    taken: list[str] = []

    def note(*args: Any) -> None:
        taken.append(args[2])

    token = csrf(browser.get("/confirm").text)
    sa.event.listen(desk.database.engine, "before_cursor_execute", note)
    try:
        answer: Response = browser.post("/confirm", data={"csrf": token} | form)
    finally:
        sa.event.remove(desk.database.engine, "before_cursor_execute", note)
    return taken, answer


def test_whatever_is_not_the_code_is_one_answer_by_the_same_work(desk: SampleDesk) -> None:
    code, browser = two_letters(desk), desk.browser()
    typed = [
        {"email": EVE, "code": wrong(code)},
        *({"email": EVE, "code": one} for one in ("", "12", "letters", "١٢٣٤٥٦", "9" * 500)),
        *({"email": one, "code": code} for one in (OTHER, "", "no address", "pat.lee@x.example")),
    ]
    said = [statements(desk, browser, **one) for one in typed[:4]]
    said += [statements(desk, browser, **one) for one in typed[6:]]
    desk.pass_time(days=1)
    said.append(statements(desk, browser, email=EVE, code=code))  # it has run out
    asked_again = asked_anew(desk)
    assert confirm(browser, asked_again, RECEIPTS[0]).status_code == 200
    said.append(statements(desk, browser, email=EVE, code=asked_again))  # it was used
    assert len({tuple(taken) for taken, _ in said}) == 1
    assert {answer.status_code for _, answer in said} == {422}
    shown = {words(answer.text) for _, answer in said}
    assert len(shown) == 1
    assert "That code did not match" in shown.pop()


def asked_anew(desk: SampleDesk) -> str:
    browser = desk.browser()
    post(browser, "/confirm", "/confirm", do="new", email=EVE)
    return code_of(desk.database)


@pytest.mark.slow
def test_so_many_wrong_codes_end_a_code_and_nobody_is_told_which_it_was(desk: SampleDesk) -> None:
    mailed, browser = two_letters(desk), desk.browser()
    asked = asked_anew(desk)
    for _ in range(desk.sending.code_tries):
        assert look(browser, wrong(mailed)).status_code == 422
    ended = look(browser, asked)
    assert (ended.status_code, "That code did not match" in ended.text) == (422, True)
    assert look(browser, mailed).status_code == 200, "it stands beside, and holds for twenty"
    elsewhere = desk.browser(client=("198.51.100.7", 5000))
    for _ in range(20):
        look(elsewhere, wrong(mailed))
    assert look(browser, mailed).status_code == 422
    assert look(browser, asked_anew(desk)).status_code == 200


def test_whoever_asks_for_another_code_takes_nobodys_away(desk: SampleDesk) -> None:
    mailed = two_letters(desk)
    stranger = desk.browser(client=("198.51.100.7", 5000))
    for _ in range(3):
        post(stranger, "/confirm", "/confirm", do="new", email=EVE)
    for _ in range(15):
        look(stranger, wrong(mailed))
    assert look(desk.browser(), mailed).status_code == 200


def test_a_code_holds_for_its_time_and_for_its_address_alone(desk: SampleDesk) -> None:
    mailed, browser = two_letters(desk), desk.browser()
    asked = asked_anew(desk)
    assert look(browser, mailed, OTHER).status_code == 422
    desk.pass_time(minutes=desk.sending.code_minutes, seconds=-1)
    assert look(browser, asked).status_code == 200
    desk.pass_time(seconds=2)
    assert look(browser, asked).status_code == 422
    desk.pass_time(hours=23)
    assert look(browser, mailed).status_code == 200
    desk.pass_time(hours=1)
    assert look(browser, mailed).status_code == 422


def test_a_code_that_confirmed_is_used_up(desk: SampleDesk) -> None:
    code, browser = two_letters(desk), desk.browser()
    confirm(browser, code, RECEIPTS[0])
    assert confirm(browser, code, RECEIPTS[1]).status_code == 422
    assert confirmed(desk) == [RECEIPTS[0]]


def test_who_chooses_nothing_is_asked_again_and_confirms_nothing(desk: SampleDesk) -> None:
    code, browser = two_letters(desk), desk.browser()
    for chosen in ((), ("7KQ4M2XD",)):
        answer = confirm(browser, code, *chosen)
        assert answer.status_code == 422
        assert "No message is chosen" in words(answer.text)
    assert confirmed(desk) == []


def test_a_letter_that_is_decided_meanwhile_is_not_offered(desk: SampleDesk) -> None:
    code, browser = two_letters(desk), desk.browser()
    with desk.database.write() as connection:
        moved = sa.update(letters).where(letters.c.receipt.in_(RECEIPTS))
        connection.execute(moved.values(state="set_aside"))
    assert "Nothing waits for you" in words(look(browser, code).text)
    assert confirm(browser, code, *RECEIPTS).status_code == 200
    assert confirmed(desk) == []


@pytest.mark.parametrize("there", [True, False])
def test_an_address_is_tried_so_often_within_an_hour_whether_it_is_known_or_not(
    desk: SampleDesk, there: bool
) -> None:
    desk.sending = Sending(code_tries=2, codes_an_hour=2)
    code, browser = two_letters(desk), desk.browser()
    email = EVE if there else OTHER
    tries = [look(browser, wrong(code), email) for _ in range(5)]
    assert [one.status_code for one in tries] == [422, 422, 422, 422, 429]
    assert "That was tried too often" in words(tries[-1].text)
    assert look(browser, code, email).status_code == 429, "nor does the right one help then"
    desk.pass_time(hours=1, seconds=1)
    assert look(browser, wrong(code), email).status_code == 422


def test_a_network_tries_so_often_whatever_the_addresses(desk: SampleDesk) -> None:
    desk.sending = Sending(code_tries=1, codes_an_hour_of_a_network=3)
    hosts = ["203.0.113.7", "203.0.113.9", "203.0.113.200", "203.0.113.1", "203.0.114.1"]
    tries = [
        look(desk.browser(client=(host, 5000)), "123456", f"{number}@else.example").status_code
        for number, host in enumerate(hosts)
    ]
    assert tries == [422, 422, 422, 429, 422]


def test_another_code_is_sent_where_a_letter_waits_and_the_answer_is_the_same(
    desk: SampleDesk,
) -> None:
    two_letters(desk)
    said = []
    for email in (EVE, OTHER):
        answer = post(desk.browser(), "/confirm", "/confirm", do="new", email=email)
        assert answer.status_code == 200
        said.append(words(answer.text))
    assert said[0] == said[1]
    assert "If a message from that address waits, a new 6-digit code is on its way" in said[0]
    mails = [one for one in rows(desk, outbox) if one.kind == "code"]
    assert [one.recipient for one in mails] == [EVE]
    assert look(desk.browser(), code_of(desk.database)).status_code == 200


def test_so_many_codes_are_sent_to_an_address_and_no_more(desk: SampleDesk) -> None:
    two_letters(desk)  # one is in the receipt
    browser = desk.browser()
    answers = [post(browser, "/confirm", "/confirm", do="new", email=EVE) for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 200, 429]


@pytest.mark.parametrize("token", ["", "forged", "another browser's"])
def test_a_form_of_another_page_is_refused(desk: SampleDesk, token: str) -> None:
    code, browser = two_letters(desk), desk.browser()
    browser.get("/confirm")
    given = csrf(desk.browser().get("/confirm").text) if token == "another browser's" else token
    form = {"csrf": given, "do": "confirm", "email": EVE, "code": code, "letter-EVE00001": "yes"}
    assert browser.post("/confirm", data=form).status_code == 403
    assert desk.browser().post("/confirm", data=form).status_code == 403
    own = {"csrf": csrf(browser.get("/confirm").text)}
    foreign = {"sec-fetch-site": "cross-site"}
    assert browser.post("/confirm", data=form | own, headers=foreign).status_code == 403
    assert confirmed(desk) == []


def test_staff_see_that_an_address_is_confirmed_and_what_that_does_not_say(
    desk: SampleDesk,
) -> None:
    code = two_letters(desk)
    staff = desk.signed_in("Olu Adeyemi")
    before = words(staff.get("/p/EVE0-0001/triage").text)
    assert "Address confirmed" not in before
    assert "Sender not proven" in before
    confirm(desk.browser(), code, RECEIPTS[0])
    for path in ("/p/EVE0-0001", "/p/EVE0-0001/triage"):
        said = words(staff.get(path).text)
        assert "Address confirmed" in said
        assert "Sender not proven" not in said
    assert "That says nothing of a firm, nor of a right to a case" in said
    page = words(staff.get("/p/EVE0-0001").text)
    assert "The sender confirmed that it came from their address" in page
    assert "Proven: by a code that was sent to the address" in page
    assert "Address confirmed" not in words(staff.get("/p/EVE0-0002").text)


def test_codes_and_tries_that_count_no_longer_are_swept(desk: SampleDesk) -> None:
    code = two_letters(desk)
    look(desk.browser(), wrong(code))
    desk.pass_time(days=1, seconds=1)
    with desk.database.write() as connection:
        assert address_code.sweep(connection, now=desk.now) == 2
    assert rows(desk, address_codes) == rows(desk, address_tries) == []
    assert asked(desk), "and the address may be asked again"
