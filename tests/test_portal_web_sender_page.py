"""The sender's page: only who reads the mail of its address opens it, and nobody learns more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from httpx import Response

from config.settings import Sending
from portal.six_digits import TooManyCodes, throttle
from portal.tables import answer_links, letters, outbox
from tests.desk import SampleDesk, TestClient, filled_desk, kinds
from tests.filling_in import code_of, csrf, post, press, words

THERE, NOT_THERE = "7KQ4-M2XD", "0000-0000"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    desk = filled_desk(tmp_path)
    yield desk
    desk.close()


def sender_of(desk: SampleDesk, receipt: str = THERE) -> str:
    with desk.database.read() as connection:
        found = connection.scalar(
            sa.select(letters.c.sender).where(letters.c.receipt == receipt.replace("-", ""))
        )
    assert found
    return str(found)


def codes_mailed(desk: SampleDesk) -> int:
    with desk.database.read() as connection:
        rows = connection.execute(sa.select(outbox.c.id).where(outbox.c.kind == "code")).all()
    return len(rows)


def ask(browser: TestClient, email: str, receipt: str = THERE) -> Response:
    return post(browser, f"/p/{receipt}/code", f"/p/{receipt}", do="new", email=email)


def enter(browser: TestClient, code: str, receipt: str = THERE) -> Response:
    return post(browser, f"/p/{receipt}/code", f"/p/{receipt}", do="enter", code=code)


def proven(desk: SampleDesk) -> TestClient:
    browser = desk.browser()
    ask(browser, sender_of(desk).upper())
    assert enter(browser, code_of(desk.database)).headers["location"] == f"/p/{THERE}"
    return browser


def test_a_number_that_is_not_there_is_answered_as_one_that_is(desk: SampleDesk) -> None:
    browser = desk.browser()
    browser.get(f"/p/{THERE}")  # the browser has its cookie

    def said(answer: Response, receipt: str) -> tuple[int, str]:
        return answer.status_code, answer.text.replace(receipt, "NUMBER")

    def each(receipt: str) -> list[tuple[int, str]]:
        answers = [browser.get(f"/p/{receipt}"), ask(browser, sender_of(desk), receipt)]
        answers.append(enter(browser, "nothing", receipt))
        return [said(one, receipt) for one in answers]

    assert each(THERE) == each(NOT_THERE)
    assert codes_mailed(desk) == 1


def test_another_address_is_sent_no_code_and_told_the_same(desk: SampleDesk) -> None:
    browser = desk.browser()
    answer = ask(browser, "somebody@else.example")
    assert "If that address sent this receipt, a 6-digit code is on its way" in words(answer.text)
    assert codes_mailed(desk) == 0
    assert answer.text == ask(browser, sender_of(desk)).text
    assert codes_mailed(desk) == 1


@pytest.mark.parametrize("receipts", ["go elsewhere", "go to nobody"])
def test_who_stands_in_the_envelope_and_gets_no_receipt_gets_no_code(
    desk: SampleDesk, receipts: str
) -> None:
    of_letter = (
        outbox.c.letter_id
        == sa.select(letters.c.id)
        .where(letters.c.receipt == THERE.replace("-", ""))
        .scalar_subquery()
    )
    envelope = sender_of(desk)
    with desk.database.write() as connection:
        if receipts == "go elsewhere":  # to the From that is proven
            elsewhere = sa.update(outbox).where(of_letter, outbox.c.kind == "receipt")
            connection.execute(elsewhere.values(recipient="From@firm.example"))
        else:  # proof failed, or a machine wrote it
            connection.execute(sa.update(outbox).where(of_letter).values(kind="notice"))
    ask(desk.browser(), envelope)
    ask(desk.browser(), "")
    assert codes_mailed(desk) == 0
    ask(desk.browser(), "from@firm.example")
    assert codes_mailed(desk) == (1 if receipts == "go elsewhere" else 0)


@pytest.mark.parametrize("missing", [{"proof": "none"}, {"proof": "failed"}, {"firm_id": None}])
def test_of_a_letter_that_is_not_a_proven_firms_documents_are_counted_and_not_named(
    desk: SampleDesk, missing: dict[str, str | None]
) -> None:
    browser = proven(desk)
    with desk.database.write() as connection:
        connection.execute(sa.update(letters).values(missing))
    text = words(browser.get(f"/p/{THERE}").text)
    assert "6 documents and your message" in text
    assert "Sent. Receipt 7KQ4-M2XD" in text
    assert "deposition" not in text
    assert "SHA-256" not in text


def test_over_a_way_that_is_open_to_others_documents_are_counted_and_not_named(
    desk: SampleDesk,
) -> None:
    """The code that opens the page goes that way, and so may whoever reads along."""
    desk.encrypted = False
    text = words(proven(desk).get(f"/p/{THERE}").text)
    assert "6 documents and your message" in text
    assert "deposition" not in text
    assert "Locked documents" not in text
    desk.encrypted = (
        None  # a folder of this machine: private to who sent from here, and to no other
    )
    assert "deposition" in words(proven(desk).get(f"/p/{THERE}").text)
    with desk.database.write() as connection:
        connection.execute(sa.update(letters).values(proof="aligned"))
    assert "deposition" not in words(proven(desk).get(f"/p/{THERE}").text)


def test_every_view_and_every_wrong_code_is_recorded_and_told_to_staff(desk: SampleDesk) -> None:
    browser = desk.browser()
    ask(browser, sender_of(desk))
    enter(browser, "nothing")
    assert enter(browser, code_of(desk.database)).status_code == 303
    browser.get(f"/p/{THERE}")
    text = words(desk.signed_in("Olu Adeyemi").get(f"/p/{THERE}").text)
    assert "The sender opened this package" in text
    assert [who for who, kind, _ in kinds(desk) if kind == "access.refused"] == ["sender"]


def test_the_right_code_shows_the_package_and_nothing_of_staffs(desk: SampleDesk) -> None:
    browser = proven(desk)
    text = words(browser.get(f"/p/{THERE}").text)
    for said in (
        "Sent. Receipt 7KQ4-M2XD",
        "Filed, except 2",
        "Smith deposition 2 (final).pdf came as Smith deposition #2 (final).pdf",
        "SHA-256",
        "Send more about this case",
    ):
        assert said in text
    for kept in ("Dana Reyes", "Lee Park", "History", "opened this package", "24-O01300"):
        assert kept not in text, kept
    other = words(browser.get("/p/N0TF-11ED").text)
    assert "Enter the address you sent from" in other, "the right is to one letter"
    assert "Enter the address" in words(desk.browser().get(f"/p/{THERE}").text)


def test_the_right_ends_after_a_day(desk: SampleDesk) -> None:
    browser = proven(desk)
    desk.pass_time(hours=25)
    assert "Enter the address you sent from" in words(browser.get(f"/p/{THERE}").text)


def test_a_code_is_good_in_its_own_browser_once_in_time_and_not_after_wrong_ones(
    desk: SampleDesk,
) -> None:
    browser = desk.browser()
    ask(browser, sender_of(desk))
    code = code_of(desk.database)
    assert enter(desk.browser(), code).status_code == 422, "another browser"
    wrong = "000 001" if code == "000 000" else "000 000"
    for _ in range(Sending().code_tries):
        assert enter(browser, wrong).status_code == 422
    assert enter(browser, code).status_code == 422, "used up by wrong ones"
    ask(browser, sender_of(desk))
    code = code_of(desk.database)
    desk.pass_time(hours=2)
    assert enter(browser, code).status_code == 422, "too late"


def test_codes_are_throttled_by_address_whoever_it_is(desk: SampleDesk) -> None:
    answers = []
    for email in (sender_of(desk), "somebody@else.example"):
        browser = desk.browser()
        answers.append([ask(browser, email).status_code for _ in range(12)])
    assert answers[0] == answers[1]
    assert answers[0][-1] == 429


def test_codes_of_letters_and_of_drafts_are_counted_together(desk: SampleDesk) -> None:
    browser, address = desk.browser(), sender_of(desk)
    for _ in range(Sending().codes_an_hour):
        assert ask(browser, address).status_code == 200
    with desk.database.read() as connection, pytest.raises(TooManyCodes):
        throttle(connection, address, None, Sending(), desk.now)


def test_a_request_to_delete_is_recorded_once_and_hides_nothing(desk: SampleDesk) -> None:
    browser = proven(desk)
    page, path = f"/p/{THERE}", f"/p/{THERE}/erasure"
    for reason in ("  ", "x" * 501):
        token = csrf(browser.get(page).text)
        answer = browser.post(path, data={"csrf": token, "reason": reason})
        assert answer.status_code == 422
        assert "Write why it should be deleted, in at most 500 characters" in words(answer.text)
        assert f">{reason.strip()}</textarea>" in answer.text, "what was typed stays"
    token = csrf(browser.get(page).text)
    for reason in ("Sent to you by mistake.", "Another one."):
        assert browser.post(path, data={"csrf": token, "reason": reason}).status_code == 303
    text = words(browser.get(page).text)
    assert "We have your request of" in text
    assert "Smith deposition 2 (final).pdf" in text
    staff = words(desk.signed_in("Dana Reyes").get(page).text)
    assert "The sender asked us to delete it: Sent to you by mistake." in staff
    assert "Another one." not in staff
    assert [kind for _, kind, _ in kinds(desk)].count("erasure.asked") == 1


def test_the_end_of_a_line_is_one_character(desk: SampleDesk) -> None:
    browser = proven(desk)
    token = csrf(browser.get(f"/p/{THERE}").text)
    reason = "\r\n".join(["x" * 99] * 5)  # 499 as the browser counts
    answer = browser.post(f"/p/{THERE}/erasure", data={"csrf": token, "reason": reason})
    assert answer.status_code == 303


def test_who_is_waited_for_reads_that(desk: SampleDesk) -> None:
    browser = proven(desk)
    with desk.database.write() as connection:
        connection.execute(sa.update(letters).values(state="needs_you"))
    assert "Waiting for you" in words(browser.get(f"/p/{THERE}").text)


def test_nobody_without_the_right_asks_to_delete(desk: SampleDesk) -> None:
    browser = desk.browser()
    answer = post(browser, f"/p/{THERE}/erasure", f"/p/{THERE}", reason="Mine.")
    assert "Enter the address you sent from" in words(answer.text)
    assert browser.post(f"/p/{THERE}/erasure", data={"reason": "Mine."}).status_code == 403
    assert "erasure.asked" not in [kind for _, kind, _ in kinds(desk)]


def test_who_sent_it_by_the_form_opens_it_without_another_code(desk: SampleDesk) -> None:
    browser = desk.browser()
    press(browser, "go")
    page = "/send/code?then=send"
    post(browser, "/send/code", page, do="new", then="send")
    post(browser, "/send/code", page, do="enter", code=code_of(desk.database), then="send")
    done = browser.get("/send/done").text
    with desk.database.read() as connection:
        number = connection.scalar(sa.select(letters.c.receipt).order_by(letters.c.id.desc()))
    assert number is not None
    address = f"/p/{number[:4]}-{number[4:]}"
    assert f'href="{address}"' in done
    assert "Sent. Receipt" in words(browser.get(address).text)


def receipt_of(
    desk: SampleDesk, text: str, html: str | None = "<p>Filed</p>", *, occasion: str = "2"
) -> None:
    """Give the letter a newer receipt with these words."""
    with desk.database.write() as connection:
        row = connection.execute(
            sa.select(outbox)
            .join(letters, letters.c.id == outbox.c.letter_id)
            .where(letters.c.receipt == THERE.replace("-", ""), outbox.c.kind == "receipt")
            .limit(1)
        ).one()
        changed = {"occasion": occasion, "message_id": f"sample-{occasion}x", "sent_at": None}
        values = {**row._asdict(), **changed, "tries": 0, "text": text, "html": html}
        del values["id"]
        connection.execute(sa.insert(outbox).values(values))


def test_what_was_mailed_is_on_the_page_without_its_one_time_links(desk: SampleDesk) -> None:
    receipt_of(
        desk,
        "Filed for: Dana Reyes\nUpload what is missing here: http://x/send/with/abc_-1\n"
        "Choose the case here: http://x/answer/def",
        '<p>Filed</p><a href="http://x/answer/def" class="l">Choose the case here</a>',
    )
    browser = proven(desk)
    text = browser.get(f"/p/{THERE}").text
    assert "Filed for: Dana Reyes" in text
    assert "abc_-1" not in text
    assert "/answer/def" not in text
    answer = browser.get(f"/p/{THERE}/receipt.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert 'filename="Receipt 7KQ4-M2XD.pdf"' in answer.headers["content-disposition"]
    assert desk.printed[-1][0] == '<p>Filed</p><a class="l">Choose the case here</a>'
    assert kinds(desk)[-1][:2] == ("sender", "receipt.downloaded")


def test_a_receipt_that_waits_for_its_undo_window_is_told_to_nobody(desk: SampleDesk) -> None:
    receipt_of(desk, "Filed after all")
    browser = proven(desk)
    with desk.database.write() as connection:
        later = sa.update(outbox).where(outbox.c.text == "Filed after all")
        connection.execute(later.values(not_before=desk.now + timedelta(minutes=1)))
    assert "Filed after all" not in browser.get(f"/p/{THERE}").text
    desk.pass_time(minutes=2)
    assert "Filed after all" in browser.get(f"/p/{THERE}").text


def test_the_pdf_of_a_receipt_is_its_senders_and_operations(desk: SampleDesk) -> None:
    receipt_of(desk, "Filed")
    address = f"/p/{THERE}/receipt.pdf"
    stranger = desk.browser()
    stranger.get(f"/p/{THERE}")  # the browser has its cookie
    there, other = (stranger.get(one) for one in (address, "/p/0000-0000/receipt.pdf"))
    assert there.text.replace(THERE, "N") == other.text.replace("0000-0000", "N")
    assert "Enter the address you sent from" in words(there.text)
    assert desk.signed_in("Dana Reyes").get(address).status_code == 404
    assert desk.printed == []
    assert desk.signed_in("Olu Adeyemi").get(address).status_code == 200
    assert 'href="/p/7KQ4-M2XD/receipt.pdf"' in (
        desk.signed_in("Olu Adeyemi").get(f"/p/{THERE}/sender").text
    )


def test_the_live_part_holds_the_state_and_no_names_and_is_the_senders_alone(
    desk: SampleDesk,
) -> None:
    browser = proven(desk)
    before = len(kinds(desk))
    text = browser.get(f"/p/{THERE}/status").text
    assert 'id="live"' in text
    assert "data-waits" not in text, "it has come to its end"
    assert "Filed, except 2" in text
    assert "deposition" not in text
    assert len(kinds(desk)) == before
    for receipt in (THERE, NOT_THERE):
        assert desk.browser().get(f"/p/{receipt}/status").status_code == 404
    with desk.database.write() as connection:
        connection.execute(sa.update(letters).values(state="with_us"))
    text = words(browser.get(f"/p/{THERE}/status").text)
    assert "That is by 10:00 am Eastern on " in text
    assert "data-waits" in browser.get(f"/p/{THERE}/status").text


def asked(desk: SampleDesk, *, ends_in: timedelta = timedelta(days=1)) -> None:
    """Have the letter wait for its sender, who was mailed a link."""
    with desk.database.write() as connection:
        this = letters.c.receipt == THERE.replace("-", "")
        connection.execute(sa.update(letters).where(this).values(state="needs_you"))
        letter_id = connection.scalar(sa.select(letters.c.id).where(this))
        connection.execute(
            sa.insert(answer_links).values(
                token_sha256="mailed",
                letter_id=letter_id,
                made_at=desk.now,
                expires_at=desk.now + ends_in,
            )
        )


def test_who_was_asked_goes_from_the_page_to_the_question(desk: SampleDesk) -> None:
    browser = proven(desk)
    assert "Say which case it is" not in browser.get(f"/p/{THERE}").text
    page = csrf(browser.get(f"/p/{THERE}").text)
    refused = browser.post(f"/p/{THERE}/answer", data={"csrf": page})
    assert refused.status_code == 410, "nobody was asked"
    asked(desk)
    assert "Say which case it is" in browser.get(f"/p/{THERE}").text
    answer = post(browser, f"/p/{THERE}/answer", f"/p/{THERE}")
    assert "Which case is this?" in words(desk.browser().get(answer.headers["location"]).text)
    desk.pass_time(hours=23)
    assert desk.browser().get(answer.headers["location"]).status_code == 200
    desk.pass_time(hours=2)
    assert desk.browser().get(answer.headers["location"]).status_code == 410, "as the mailed one"


def test_more_is_sent_to_the_case_that_the_receipt_named_and_to_no_other(
    desk: SampleDesk,
) -> None:
    receipt_of(desk, "3 documents are filed")
    browser = proven(desk)
    post(browser, f"/p/{THERE}/more", f"/p/{THERE}")
    assert 'value="24-001234"' not in browser.get("/send").text, "the receipt named none"
    receipt_of(desk, "Case:      24-001234", occasion="3")
    answer = post(browser, f"/p/{THERE}/more", f"/p/{THERE}")
    assert answer.headers["location"] == "/send"
    assert 'value="24-001234"' in browser.get("/send").text
    press(browser, "add", case="24-001300")
    post(browser, f"/p/{THERE}/more", f"/p/{THERE}")
    assert 'value="24-001300"' in browser.get("/send").text, "what was typed stays"


def test_nobody_without_the_right_does_any_of_it(desk: SampleDesk) -> None:
    asked(desk)
    browser = desk.browser()
    for what in ("answer", "more"):
        refused = post(browser, f"/p/{THERE}/{what}", f"/p/{THERE}")
        assert "Enter the address you sent from" in words(refused.text)
        assert browser.post(f"/p/{THERE}/{what}", data={}).status_code == 403
