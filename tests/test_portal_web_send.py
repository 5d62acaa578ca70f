"""The web form without a script: from an empty page to the receipt, and everything on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from config.settings import Sending
from portal.tables import codes, drafts, letters, outbox, uploads
from tests.desk import SampleDesk, TestClient, filled_desk
from tests.filling_in import add, code_of, csrf, post, press, words


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    desk = filled_desk(tmp_path)
    yield desk
    desk.close()


def count(desk: SampleDesk, table: sa.Table) -> int:
    with desk.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def prove(desk: SampleDesk, browser: TestClient, then: str = "send") -> None:
    """Have a code sent, and enter it."""
    page = f"/send/code?then={then}"
    assert post(browser, "/send/code", page, do="new", then=then).status_code == 303
    answer = post(browser, "/send/code", page, do="enter", code=code_of(desk.database), then=then)
    assert answer.status_code == 303, words(answer.text)


def test_looking_begins_no_draft(desk: SampleDesk) -> None:
    browser = desk.browser()
    page = browser.get("/send")
    assert page.status_code == 200
    assert "up to 2 GB each" in words(page.text), "the limits are said before choosing"
    assert count(desk, drafts) == 0


def test_the_whole_journey_of_a_stranger(desk: SampleDesk) -> None:
    browser = desk.browser()
    before = count(desk, letters)
    add(browser, ("Smith #2.pdf", b"%PDF-1.7 one"), ("notes.docx", b"PK two"), ("run.exe", b"MZ"))
    page = words(browser.get("/send").text)
    assert "Your draft from" in page
    assert "Will be filed as Smith 2.pdf . The character # is not supported." in page
    assert "Will be filed as notes.pdf . We convert it to PDF and keep your original." in page
    assert "It will not be filed: we do not take programs." in page
    assert press(browser, "go").headers["location"] == "/send/check"
    check = words(browser.get("/send/check").text)
    assert "24-001234" in check
    assert "notes.pdf" in check
    assert "Dana Reyes" not in check, "whose case it is, strangers do not learn"
    assert "Send 2 documents" in check
    answer = post(browser, "/send/check", "/send/check")
    assert answer.headers["location"] == "/send/code?then=send"
    assert count(desk, letters) == before, "nothing is sent before the address is proven"
    assert "Enter it to send" in words(browser.get("/send/code?then=send").text)
    post(browser, "/send/check", "/send/check")
    assert count(desk, codes) == 1, "one that waits is not sent again"
    page, typed = "/send/code?then=send", code_of(desk.database)
    answer = post(browser, "/send/code", page, do="enter", code=typed, then="send")
    assert answer.headers["location"] == "/send/done"
    done = words(browser.get("/send/done").text)
    with desk.database.read() as connection:
        receipt = connection.scalar(sa.select(letters.c.receipt).order_by(letters.c.id.desc()))
        mail = connection.execute(sa.select(outbox).where(outbox.c.kind == "code")).one()
    assert receipt is not None
    assert f"{receipt[:4]}-{receipt[4:]}" in done
    assert count(desk, letters) == before + 1
    assert mail.recipient == "pat@firm.example"
    assert re.fullmatch(r"\d{3} \d{3} is your code", mail.subject)
    assert "We never ask for it by phone" in mail.text


def test_a_message_alone_can_be_sent(desk: SampleDesk) -> None:
    browser = desk.browser()
    assert press(browser, "go", way="unknown").headers["location"] == "/send/check"
    assert "Send the message" in browser.get("/send/check").text
    prove(desk, browser)
    assert "Our team finds the case first" in browser.get("/send/done").text


def test_the_check_says_that_there_will_be_several_linked_submissions(desk: SampleDesk) -> None:
    desk.submission_bytes = 1_048_576
    browser = desk.browser()
    add(browser, ("a.pdf", b"%PDF-1.7" + b"a" * 600_000))
    press(browser, "go")
    assert "One submission holds" not in words(browser.get("/send/check").text)
    add(browser, ("b.pdf", b"%PDF-1.7" + b"b" * 600_000))
    assert (
        "One submission holds up to 1 MB of documents. Yours will be filed as 2, “part 1 of 2” to"
        " “part 2 of 2”, linked with each other under one receipt."
    ) in words(browser.get("/send/check").text)


def test_who_comes_back_reads_what_is_here_and_what_to_choose_again(desk: SampleDesk) -> None:
    def note() -> str:
        page = browser.get("/send").text
        start = page.index('id="draft-note"')
        return words(page[start + len('id="draft-note">') : page.index("</div>", start)])

    browser = desk.browser()
    press(browser, "save")
    assert note().endswith("is here.")
    add(browser, ("a.pdf", b"%PDF-1.7 a"))
    assert note().endswith("is here. 1 file uploaded.")
    stopped = add(browser, ("b.pdf", b"%PDF-1.7 b"), ("records.pdf", b"%PDF-1.7 r"))
    with desk.database.write() as connection:
        connection.execute(
            sa.update(uploads)
            .where(uploads.c.public_id == stopped[2])
            .values(sha256=None, offset=62, length=100)
        )
    assert note().endswith(
        "is here. 2 files uploaded, 1 stopped at 62%: choose records.pdf again to continue."
    )
    with desk.database.write() as connection:
        connection.execute(sa.update(uploads).values(sha256=None, offset=62, length=100))
    assert note().endswith("is here. 3 stopped: choose them again to continue.")


def test_sending_twice_gives_one_submission(desk: SampleDesk) -> None:
    browser = desk.browser()
    before = count(desk, letters)
    press(browser, "go")
    prove(desk, browser, then="")
    token = csrf(browser.get("/send/check").text)
    answers = [browser.post("/send/check", data={"csrf": token}) for _ in range(3)]
    assert [one.headers["location"] for one in answers] == [
        "/send/done",
        "/send/done?again=1",
        "/send/done?again=1",
    ]
    assert browser.get("/send/check").headers["location"] == "/send/done?again=1"
    assert "You already sent this at" in words(browser.get("/send/done?again=1").text)
    assert count(desk, letters) == before + 1


def test_what_a_form_of_a_draft_that_was_sent_says_goes_nowhere(desk: SampleDesk) -> None:
    browser = desk.browser()
    press(browser, "go")
    old = csrf(browser.get("/send").text)
    prove(desk, browser)
    answer = browser.post(
        "/send", data={"csrf": old, "message": "more"}, files=[("files", ("", b""))]
    )
    assert answer.status_code == 403
    assert "out of date" in answer.text


def test_more_about_the_same_case_asks_for_nothing_twice(desk: SampleDesk) -> None:
    browser = desk.browser()
    press(browser, "go")
    prove(desk, browser)
    assert post(browser, "/send/more", "/send/done").headers["location"] == "/send"
    page = browser.get("/send").text
    assert 'value="24-001234"' in page
    assert "This address has been proven." in page
    assert "The records that you asked for." not in page
    press(browser, "go", email="other@firm.example")
    assert "proven." not in browser.get("/send").text


def test_every_error_is_said_at_the_head_and_at_its_field_and_nothing_is_lost(
    desk: SampleDesk,
) -> None:
    browser = desk.browser()
    answer = press(
        browser,
        "go",
        ("empty.pdf", b""),
        case="24 what",
        name="",
        email="pat at firm",
        deadline="soon",
        message="Kept.",
    )
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    said = words(answer.text)
    assert "There is a problem" in said
    for wrong in ("case", "deadline", "name", "email"):
        assert f'<a href="#{wrong}">' in answer.text
        assert f'id="wrong-{wrong}"' in answer.text
        assert re.search(rf'id="{wrong}"[^>]*aria-invalid="true"', answer.text)
    assert "&#39;empty.pdf&#39; is empty" in answer.text
    assert 'value="24 what"' in answer.text
    assert ">Kept.</textarea>" in answer.text
    assert "Send the message" not in browser.get("/send/check").text


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"case": ""}, "The case number is missing"),
        ({"way": "consultant"}, "The consultant is missing"),
        ({"way": "nobody"}, "We do not know which case this is"),
        ({"email": ""}, "Your email address is missing"),
        ({"email": "a@b"}, "is not an email address"),
        ({"message": ""}, "There is nothing to send yet"),
    ],
)
def test_what_is_missing_is_named(desk: SampleDesk, fields: dict[str, str], title: str) -> None:
    answer = press(desk.browser(), "go", **fields)
    assert answer.status_code == 422
    assert title in words(answer.text)


def test_a_file_is_removed_after_a_question(desk: SampleDesk) -> None:
    browser = desk.browser()
    first, second = add(browser, ("one.pdf", b"1"), ("two.pdf", b"2"))
    answer = press(browser, f"remove-{first}", message="Typed meanwhile.")
    assert answer.headers["location"] == f"/send/remove/{first}"
    page = browser.get(f"/send/remove/{first}").text
    assert "<h1>Confirm delete document</h1>" in page
    assert "Are you sure you want to delete this document?" in page
    assert count(desk, uploads) == 2, "looking removes nothing"
    for _ in range(2):
        answer = browser.post(f"/send/remove/{first}", data={"csrf": csrf(page)})
        assert answer.headers["location"] == "/send#your-files"
    page = browser.get("/send").text
    assert first not in page
    assert second in page
    assert "Typed meanwhile." in page


@pytest.mark.slow
def test_another_persons_file_is_as_if_it_did_not_exist(desk: SampleDesk) -> None:
    browser, other = desk.browser(), desk.browser()
    (theirs,) = add(browser, ("one.pdf", b"1"))
    press(other, "add")
    for path in (f"/send/remove/{theirs}", f"/send/remove/{'0' * 32}"):
        assert other.get(path).status_code == 404
    assert other.get(f"/send/remove/{theirs}").text == other.get("/send/remove/none").text
    token = csrf(other.get("/send").text)
    gone = [other.post(f"/send/remove/{one}", data={"csrf": token}) for one in (theirs, "0" * 32)]
    assert gone[0].headers["location"] == gone[1].headers["location"]
    assert count(desk, uploads) == 1


@pytest.mark.parametrize("path", ["/send/check", "/send/code", "/send/more"])
def test_a_form_without_its_token_does_nothing(desk: SampleDesk, path: str) -> None:
    browser = desk.browser()
    press(browser, "go")
    prove(desk, browser, then="")
    if path == "/send/more":
        post(browser, "/send/check", "/send/check")
    before = count(desk, letters), count(desk, drafts)
    answer = browser.post(path, data={"csrf": "0" * 64})
    assert answer.status_code == 403
    assert (count(desk, letters), count(desk, drafts)) == before


def test_type_and_description_are_guessed_kept_and_cleared(desk: SampleDesk) -> None:
    browser = desk.browser()
    (one,) = add(browser, ("MRI records.pdf", b"1"))
    assert "<option selected>Medical records</option>" in browser.get("/send").text
    press(browser, "add", **{f"type-{one}": "", f"description-{one}": " of May "})
    page = browser.get("/send").text
    assert "<option selected>" not in page, "what its sender took away is not guessed again"
    assert 'value="of May"' in page
    press(browser, "add", **{f"type-{one}": "Pleading"})
    assert "<option selected>Pleading</option>" in browser.get("/send").text


def test_a_code_holds_once_for_ten_minutes_and_five_tries(desk: SampleDesk) -> None:
    browser = desk.browser()
    press(browser, "go")
    page = "/send/code?then="
    post(browser, "/send/code", page, do="new")
    digits = code_of(desk.database).replace(" ", "")
    wrong = f"{(int(digits) + 1) % 10**6:06}"
    for number in range(1, 6):
        answer = post(browser, "/send/code", page, do="enter", code=wrong)
        assert answer.status_code == 422
        title = "That code did not match" if number < 5 else "This code holds no longer"
        assert title in answer.text
    answer = post(browser, "/send/code", page, do="enter", code=digits)
    assert answer.status_code == 422, "tried too often, so the right one is no use either"
    post(browser, "/send/code", page, do="new")
    desk.pass_time(minutes=11)
    answer = post(browser, "/send/code", page, do="enter", code=code_of(desk.database))
    assert answer.status_code == 422, "it has run out"
    post(browser, "/send/code", page, do="new")
    first = code_of(desk.database)
    post(browser, "/send/code", page, do="new")
    if first != code_of(desk.database):
        answer = post(browser, "/send/code", page, do="enter", code=first)
        assert answer.status_code == 422, "the newest one alone counts"
    answer = post(browser, "/send/code", page, do="enter", code=code_of(desk.database))
    assert answer.status_code == 303


def test_where_no_more_codes_go_the_page_of_the_code_asks_and_says_so(desk: SampleDesk) -> None:
    desk.sending = Sending(codes_an_hour=1)
    first, second = desk.browser(), desk.browser()
    for browser in (first, second):
        press(browser, "go")
        answer = post(browser, "/send/check", "/send/check")
        assert answer.headers["location"] == "/send/code?then=send"
    assert "Enter it to send" in words(first.get("/send/code?then=send").text)
    page = second.get("/send/code?then=send").text
    assert "Send me the code" in page
    answer = post(second, "/send/code", "/send/code?then=send", do="new", then="send")
    assert answer.status_code == 429


@pytest.mark.slow
def test_so_many_codes_go_to_an_address_and_no_more(desk: SampleDesk) -> None:
    for number in range(6):
        browser = desk.browser()
        press(browser, "go", email="PAT@firm.example" if number % 2 else "pat@firm.example")
        answer = post(browser, "/send/code", "/send/code", do="new")
        assert answer.status_code == (303 if number < 5 else 429)
    assert "So many codes were sent" in answer.text
    assert count(desk, codes) == 5
    desk.pass_time(minutes=61)
    assert post(browser, "/send/code", "/send/code", do="new").status_code == 303


@pytest.mark.slow
def test_a_network_is_throttled_and_the_proxy_on_this_machine_is_not(desk: SampleDesk) -> None:
    desk.sending = Sending(drafts_an_hour=2, codes_an_hour_of_a_network=1)
    hosts = ["203.0.113.7", "203.0.113.9", "203.0.113.200", "203.0.114.1"]
    made = [desk.browser(client=(host, 5000)) for host in hosts]
    assert [press(one, "go").status_code for one in made] == [303, 303, 429, 303]
    sent = [post(made[at], "/send/code", "/send/code", do="new").status_code for at in (0, 1, 3)]
    assert sent == [303, 429, 303]
    here = [press(desk.browser(client=("127.0.0.1", 1)), "go").status_code for _ in range(4)]
    assert here == [303] * 4


def test_the_code_of_one_address_proves_no_other(desk: SampleDesk) -> None:
    browser = desk.browser()
    press(browser, "go")
    post(browser, "/send/code", "/send/code", do="new")
    digits = code_of(desk.database)
    press(browser, "go", email="other@firm.example")
    token = csrf(browser.get("/send/code").text)
    answer = browser.post("/send/code", data={"csrf": token, "do": "enter", "code": digits})
    assert answer.status_code == 422
    assert "proven." not in browser.get("/send").text


def test_large_files_are_taken_after_the_code_alone(desk: SampleDesk) -> None:
    desk.sending = Sending(unproven_bytes=2_000_000)
    browser = desk.browser()
    large = ("large.pdf", b"1" * 2_000_001)
    answer = press(browser, "go", large)
    assert answer.status_code == 422
    assert "Prove your address by a code" in words(answer.text)
    assert ">The records that you asked for.</textarea>" in answer.text
    assert press(browser, "code").headers["location"] == "/send/code"
    prove(desk, browser, then="")
    assert len(add(browser, large)) == 1


def test_staff_are_not_asked_who_they_are_and_learn_whose_case_it_is(desk: SampleDesk) -> None:
    browser = desk.signed_in("Dana Reyes")
    page = browser.get("/send").text
    assert 'name="email"' not in page
    assert '<select id="consultant"' in page
    assert press(browser, "go", ("one.pdf", b"1")).headers["location"] == "/send/check"
    check = words(browser.get("/send/check").text)
    assert "Dana Reyes will receive this." in check
    assert post(browser, "/send/check", "/send/check").headers["location"] == "/send/done"


def test_the_consultant_of_a_case_is_told_to_those_with_a_right_alone(desk: SampleDesk) -> None:
    browser = desk.signed_in("Ada Oyelaran-Whitcombe")
    press(browser, "go")
    assert "will receive this" not in browser.get("/send/check").text


def test_nobody_reads_a_code_in_the_outbox(desk: SampleDesk) -> None:
    browser = desk.browser()
    press(browser, "go")
    post(browser, "/send/code", "/send/code", do="new")
    page = desk.signed_in("Olu Adeyemi").get("/outbox")
    assert page.status_code == 200
    assert code_of(desk.database) not in page.text
    assert "is your code" not in page.text
