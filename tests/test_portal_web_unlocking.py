"""The password of a locked document: used once, kept nowhere, of no use without a right."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from portal.tables import documents, events, letters, outbox, packages, parts, submissions
from portal.unlocked_copy import Copy
from portal.unlocking import NotUnlocked, Opened
from tests.desk import PASSWORD, SampleDesk, TestClient, filled_desk, kinds
from tests.desk import csrf as framed_csrf
from tests.filling_in import csrf, words
from tests.record_sample import NOW, Part
from tests.test_portal_web_sender_page import proven

PAGE = "/p/7KQ4-M2XD"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    desk = filled_desk(tmp_path)
    yield desk
    desk.close()


def locked(desk: SampleDesk) -> Any:
    with desk.database.read() as connection:
        return connection.execute(
            sa.select(parts)
            .join(letters, letters.c.id == parts.c.letter_id)
            .where(letters.c.receipt == "7KQ4M2XD", parts.c.reason == "file_password")
        ).one()


def part_of(desk: SampleDesk, number: int) -> Any:
    with desk.database.read() as connection:
        return connection.execute(sa.select(parts).where(parts.c.id == number)).one()


def give(browser: TestClient, number: int, password: str, where: str = "documents") -> Any:
    token = csrf(browser.get(PAGE).text)
    path = f"{PAGE}/{where}/{number}/password"
    return browser.post(path, data={"csrf": token, "password": password})


def everything_kept(desk: SampleDesk) -> str:
    """Return every row of the record, in words."""
    with desk.database.read() as connection:
        tables = connection.execute(
            sa.text("SELECT name FROM sqlite_master WHERE type = 'table'")
        ).scalars()
        return "".join(
            str(connection.execute(sa.text(f'SELECT * FROM "{name}"')).all()) for name in tables
        )


@pytest.mark.parametrize("who", ["Dana Reyes", "Olu Adeyemi", "the sender"])
@pytest.mark.slow
def test_who_has_a_right_opens_it_and_the_password_is_kept_nowhere(
    desk: SampleDesk, who: str
) -> None:
    piece = locked(desk)
    is_sender = who == "the sender"
    browser = proven(desk) if is_sender else desk.signed_in(who)
    where = "locked" if is_sender else "documents"
    assert "Locked documents" in words(browser.get(PAGE).text)
    answer = give(browser, piece.id, PASSWORD, where)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#documents")
    after = part_of(desk, piece.id)
    assert (after.fate, after.reason) == ("converted", "unlocked")
    assert after.sha256 == piece.sha256, "the original stays"
    page = words(browser.get(PAGE).text)
    assert "Opened with its password, which we did not keep" in page
    assert "Locked documents" not in page
    if not is_sender:
        view = browser.get(f"{PAGE}/documents/{piece.id}/view")
        assert view.content == b"%PDF-1.7 readable"
        assert browser.get(f"{PAGE}/documents/{piece.id}/original").status_code == 200
    assert PASSWORD not in everything_kept(desk)
    with desk.database.read() as connection:
        (mail,) = connection.execute(sa.select(outbox).where(outbox.c.kind == "unlocked")).all()
    assert mail.recipient == "dana@sample.example"
    assert piece.original_name not in mail.text
    again = give(browser, piece.id, PASSWORD, where)
    assert again.status_code == 404, "it is open"


@pytest.mark.slow
def test_a_wrong_one_is_said_and_recorded_and_after_ten_it_is_enough(desk: SampleDesk) -> None:
    number = locked(desk).id
    browser = proven(desk)
    answer = give(browser, number, "lincoln 7", "locked")
    assert answer.status_code == 422
    assert "That is not the password of" in words(answer.text)
    assert "lincoln 7" not in answer.text
    assert kinds(desk)[-2][:2] == ("sender", "unlocking.refused")
    staff = desk.signed_in("Dana Reyes")
    assert "That is not the password of" in words(give(staff, number, "x").text)
    for _ in range(8):
        give(staff, number, "x")
    assert give(staff, number, PASSWORD).status_code == 429
    assert give(browser, number, PASSWORD, "locked").status_code == 429
    desk.pass_time(minutes=61)
    assert give(proven(desk), number, PASSWORD, "locked").status_code == 303


@pytest.mark.slow
def test_many_at_the_same_moment_are_counted_one_after_the_other(desk: SampleDesk) -> None:
    """Each was within the limit when it came: no more than ten of them are told what they are."""
    number = locked(desk).id
    browser = proven(desk)
    token, cookies = csrf(browser.get(PAGE).text), dict(browser.cookies)
    together = threading.Barrier(20)
    unlock, told = desk.unlock, list[int]()

    def slow(sha256: str, password: str, letter_id: int) -> Opened:
        with suppress(threading.BrokenBarrierError):
            together.wait(30)
        return unlock(sha256, password, letter_id)

    desk.unlock = slow  # type: ignore[method-assign]

    def give_wrong() -> None:
        form = {"csrf": token, "password": "x"}
        path = f"{origin}{PAGE}/locked/{number}/password"
        told.append(httpx.post(path, data=form, cookies=cookies, timeout=60).status_code)

    with desk.serving() as origin:
        threads = [threading.Thread(target=give_wrong) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == [422] * 10 + [429] * 10


def test_nobody_else_opens_anything(desk: SampleDesk) -> None:
    number = locked(desk).id
    for browser in (desk.signed_in("Lee Park"), desk.signed_in("Ada Oyelaran-Whitcombe")):
        token = framed_csrf(browser.get("/packages").text)
        path = f"{PAGE}/documents/{number}/password"
        assert browser.post(path, data={"csrf": token, "password": PASSWORD}).status_code == 404
    stranger = desk.browser()
    answer = give(stranger, number, PASSWORD, "locked")
    assert "Enter the address you sent from" in words(answer.text)
    path = f"{PAGE}/locked/{number}/password"
    assert stranger.post(path, data={"password": PASSWORD}).status_code == 403
    with desk.database.write() as connection:
        connection.execute(sa.update(letters).values(proof="none"))
    unproven = proven(desk)
    assert "Locked documents" not in words(unproven.get(PAGE).text)
    for password in ("x", PASSWORD):
        answer = give(unproven, number, password, "locked")
        assert answer.status_code == 404
        assert locked(desk).original_name not in answer.text, "files are counted, and not named"
    assert locked(desk).fate == "held"


def test_what_is_not_locked_is_not_there(desk: SampleDesk) -> None:
    other = desk.sample.part_ids["7KQ4M2XD"][1]
    assert give(desk.signed_in("Dana Reyes"), other, PASSWORD).status_code == 404


def test_what_was_unlocked_is_no_longer_said_to_need_a_password(desk: SampleDesk) -> None:
    piece = locked(desk)
    said = [{"code": "file_password", "part": piece.path, "fields": {"name": "it.pdf"}}]
    with desk.database.write() as connection:
        letter = sa.select(parts.c.letter_id).where(parts.c.id == piece.id).scalar_subquery()
        of_it = sa.update(packages).where(packages.c.letter_id == letter)
        connection.execute(of_it.values(problems=said))
        mail = {"actor": "gateway", "kind": "unlocked.sent", "detail": {}, "at": desk.now}
        connection.execute(sa.insert(events).values(letter_id=letter, **mail))
    dana = desk.signed_in("Dana Reyes")
    give(dana, piece.id, PASSWORD, "documents")
    page = words(dana.get(PAGE).text)
    assert "needs a password" not in page
    assert "The consultant was told that a document can be read now" in page


@pytest.mark.slow
def test_a_letter_that_lacks_nothing_more_is_filed(desk: SampleDesk) -> None:
    number = locked(desk).id
    with desk.database.write() as connection:
        here = sa.select(letters.c.id).where(letters.c.receipt == "7KQ4M2XD").scalar_subquery()
        rest = sa.and_(parts.c.letter_id == here, parts.c.id != number)
        connection.execute(
            sa.update(parts)
            .where(rest, sa.or_(parts.c.fate.in_(("held", "refused")), parts.c.reason.is_not(None)))
            .values(fate="filed", reason=None)
        )
        connection.execute(
            sa.update(packages).where(packages.c.letter_id == here).values(problems=[])
        )
    give(desk.signed_in("Dana Reyes"), number, PASSWORD)
    with desk.database.read() as connection:
        row = connection.execute(
            sa.select(letters.c.state, letters.c.reason).where(letters.c.receipt == "7KQ4M2XD")
        ).one()
    assert tuple(row) == ("filed", None)


def mailed(desk: SampleDesk, receipt: str, says: tuple[str, ...], **changes: Any) -> int:
    """Put a mail into the record that says passwords, and return its letter."""
    with desk.database.read() as connection:
        first = connection.execute(sa.select(letters).where(letters.c.receipt == "7KQ4M2XD")).one()
    said = {"firm_id": first.firm_id, "sender": first.sender, "proof": "aligned"} | changes
    detail = said.pop("answers", [])
    letter = desk.sample.letter(receipt, said.pop("state", "filed"), **said)
    desk.sample.package(letter)
    desk.sample.event(letter, "password.said", answers=detail)
    desk.said[letter] = says
    return letter


def try_mailed(browser: TestClient, part: int, mail: str) -> Any:
    token = framed_csrf(browser.get("/packages").text)
    path = f"{PAGE}/documents/{part}/mailed-password"
    return browser.post(path, data={"csrf": token, "mail": mail})


def test_staff_are_offered_what_a_later_mail_says_and_one_press_tries_it(desk: SampleDesk) -> None:
    piece = locked(desk)
    mail = mailed(desk, "3MA1WRD5", ("Lincoln", PASSWORD))
    browser = desk.signed_in("Olu Adeyemi")
    page = browser.get(PAGE).text
    assert "seems to hold the password" in words(page)
    assert "3MA1-WRD5" in page
    assert PASSWORD not in page
    answer = try_mailed(browser, piece.id, "3MA1-WRD5")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#documents")
    assert part_of(desk, piece.id).reason == "unlocked"
    with desk.database.read() as connection:
        rows = connection.execute(
            sa.select(events.c.kind, events.c.detail).where(events.c.kind.like("%unlock%"))
        ).all()
    assert [tuple(one) for one in rows] == [
        ("unlocking.refused", {"part": piece.id}),
        ("document.unlocked_by_mail", {"part": piece.id, "mail": mail}),
    ]
    assert "opened, with the password that a mail says, records.pdf" in words(
        browser.get(PAGE).text
    )
    assert PASSWORD not in everything_kept(desk)


def test_each_password_of_a_mail_counts_among_the_tries(desk: SampleDesk) -> None:
    piece = locked(desk)
    mailed(desk, "3MA1WRD5", ("one", "two", "three", "four"))
    browser = desk.signed_in("Olu Adeyemi")
    answer = try_mailed(browser, piece.id, "3MA1-WRD5")
    assert answer.status_code == 422
    assert "No password that the mail says opens" in words(answer.text)
    assert [kind for _, kind, *_ in kinds(desk)].count("unlocking.refused") == 4
    assert try_mailed(browser, piece.id, "3MA1-WRD5").status_code == 422
    assert try_mailed(browser, piece.id, "3MA1-WRD5").status_code == 429
    assert give(browser, piece.id, PASSWORD).status_code == 429


def test_a_mail_that_cannot_be_read_now_is_no_try(desk: SampleDesk) -> None:
    mailed(desk, "3MA1WRD5", ())
    answer = try_mailed(desk.signed_in("Olu Adeyemi"), locked(desk).id, "3MA1-WRD5")
    assert "No password that the mail says opens" in words(answer.text)
    assert "unlocking.refused" not in {kind for _, kind, *_ in kinds(desk)}


@pytest.mark.slow
def test_where_others_wait_or_what_is_inside_cannot_be_shown_nothing_counts(
    desk: SampleDesk,
) -> None:
    """A password that was not tried, or that opened an infected file, is not a wrong one."""
    number, tried = locked(desk).id, list[str]()
    mailed(desk, "3MA1WRD5", ("one", "two", "three"))

    def not_unlocked(sha256: str, password: str, letter_id: int) -> Opened:
        del sha256, letter_id
        tried.append(password)
        raise NotUnlocked

    desk.unlock = not_unlocked  # type: ignore[method-assign]
    staff = desk.signed_in("Olu Adeyemi")
    for answer in (
        try_mailed(staff, number, "3MA1-WRD5"),
        give(staff, number, PASSWORD),
        give(proven(desk), number, PASSWORD, "locked"),
    ):
        assert answer.status_code == 422
        assert "We could not open" in words(answer.text)
    assert tried == ["one", PASSWORD, PASSWORD], "of a mail's, the next would fare no better"
    assert "unlocking.refused" not in {kind for _, kind, *_ in kinds(desk)}


@pytest.mark.slow
def test_a_mail_is_read_for_a_document_that_is_locked_and_within_the_limit(
    desk: SampleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[int]()
    mail = mailed(desk, "3MA1WRD5", ("one",))

    class Heard(dict[int, tuple[str, ...]]):
        def get(self, key: int, default: Any = None) -> Any:
            read.append(key)
            return super().get(key, default)

    monkeypatch.setattr(desk, "said", Heard(desk.said))
    browser = desk.signed_in("Olu Adeyemi")
    other = desk.sample.part_ids["7KQ4M2XD"][1]
    assert try_mailed(browser, other, "3MA1-WRD5").status_code == 404
    assert read == []
    for _ in range(10):
        assert try_mailed(browser, locked(desk).id, "3MA1-WRD5").status_code == 422
    assert try_mailed(browser, locked(desk).id, "3MA1-WRD5").status_code == 429
    assert read == [mail] * 10


@pytest.mark.parametrize(
    ("changes", "is_offered"),
    [
        ({}, True),
        ({"sender": "lee@bakerholt.example"}, False),
        ({"sender": "lee@bakerholt.example", "answers": [1]}, True),
        ({"proof": "none"}, False),
        ({"proof": "failed"}, False),
        ({"firm_id": None}, False),
        ({"state": "checking"}, False),
        ({"state": "set_aside", "sender": "lee@bakerholt.example", "copy_of": 1}, True),
        ({"arrived_at": NOW - timedelta(days=60)}, False),
    ],
)
@pytest.mark.slow
def test_only_a_mail_of_the_firm_that_belongs_to_it_is_offered(
    desk: SampleDesk, changes: dict[str, Any], is_offered: bool
) -> None:
    with desk.database.read() as connection:
        first = connection.scalar(sa.select(letters.c.id).where(letters.c.receipt == "7KQ4M2XD"))
    if "answers" in changes:
        changes = changes | {"answers": [first]}
    if "copy_of" in changes:
        changes = changes | {"copy_of": first}
    mailed(desk, "3MA1WRD5", (PASSWORD,), **changes)
    browser = desk.signed_in("Olu Adeyemi")
    assert ("seems to hold the password" in words(browser.get(PAGE).text)) == is_offered
    answer = try_mailed(browser, locked(desk).id, "3MA1-WRD5")
    assert answer.status_code == (303 if is_offered else 404)


def test_what_a_person_may_not_see_is_not_offered_to_them(desk: SampleDesk) -> None:
    mailed(desk, "3MA1WRD5", (PASSWORD,), state="with_us")
    consultant = desk.signed_in("Dana Reyes")
    assert "seems to hold the password" not in words(consultant.get(PAGE).text)
    assert try_mailed(consultant, locked(desk).id, "3MA1-WRD5").status_code == 404
    assert "seems to hold the password" in words(desk.signed_in("Olu Adeyemi").get(PAGE).text)


@pytest.mark.slow
def test_a_mail_that_was_set_aside_is_tried_and_leads_only_who_may_see_it_to_its_page(
    desk: SampleDesk,
) -> None:
    with desk.database.read() as connection:
        first = connection.scalar(sa.select(letters.c.id).where(letters.c.receipt == "7KQ4M2XD"))
    mailed(desk, "3MA1WRD5", (PASSWORD,), state="set_aside", copy_of=first)
    consultant = desk.signed_in("Dana Reyes")
    page = consultant.get(PAGE).text
    assert "3MA1-WRD5" in page
    assert 'href="/p/3MA1-WRD5"' not in page
    assert consultant.get("/p/3MA1-WRD5").status_code == 404
    assert 'href="/p/3MA1-WRD5"' in desk.signed_in("Olu Adeyemi").get(PAGE).text
    assert try_mailed(consultant, locked(desk).id, "3MA1-WRD5").status_code == 303


def test_mails_that_a_person_may_not_see_keep_none_from_them(desk: SampleDesk) -> None:
    for number in range(25):
        mailed(desk, f"H1DDEN{number:02}", ("x",), state="with_us")
    piece, earlier = locked(desk), NOW - timedelta(days=1)
    letter = mailed(desk, "3MA1WRD5", (PASSWORD,), arrived_at=earlier)
    desk.sample.file(letter, "24-001234", "Dana Reyes", [])
    consultant = desk.signed_in("Dana Reyes")
    assert "3MA1-WRD5" in consultant.get(PAGE).text
    assert try_mailed(consultant, piece.id, "3MA1-WRD5").status_code == 303


def test_the_sender_is_offered_no_mail(desk: SampleDesk) -> None:
    mailed(desk, "3MA1WRD5", (PASSWORD,))
    assert "seems to hold the password" not in words(proven(desk).get(PAGE).text)


def test_the_page_of_a_mail_says_that_its_password_is_masked(desk: SampleDesk) -> None:
    letter = mailed(desk, "3MA1WRD5", (PASSWORD,))
    desk.sample.parts(
        "3MA1WRD5",
        letter,
        [Part(None, "text/plain", reason="narrative", remarks=("password_masked",), stored=False)],
    )
    page = words(desk.signed_in("Olu Adeyemi").get("/p/3MA1-WRD5").text)
    assert "A password in it is masked here" in page
    assert "A password stands in its words" in page


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("is_converted", "reason"), [(False, "unlocked_copy"), (True, "file_convert_failed")]
)
def test_the_copy_of_an_office_document_is_a_document_beside_it(
    desk: SampleDesk, is_converted: bool, reason: str
) -> None:
    piece = locked(desk)
    blob = desk.vault.add(io.BytesIO(b"PK readable"))
    desk.copy = Copy(blob.sha256, blob.bytes, DOCX, ".docx", is_converted, "clean")
    with desk.database.write() as connection:
        connection.execute(
            sa.update(parts)
            .where(parts.c.id == piece.id)
            .values(detected_type="application/encrypted", filed_name="notes.docx")
        )
        connection.execute(
            sa.update(parts)
            .where(parts.c.filed_name == "budget.xlsx")
            .values(filed_name="Notes (Unlocked).docx")
        )
    browser = desk.signed_in("Dana Reyes")
    assert give(browser, piece.id, PASSWORD).status_code == 303
    after = part_of(desk, piece.id)
    assert (after.fate, after.reason, after.sha256) == ("filed", "unlocked_beside", piece.sha256)
    with desk.database.read() as connection:
        copy = connection.execute(sa.select(parts).where(parts.c.path == f"{piece.path}/1")).one()
        held = connection.execute(
            sa.select(documents.c.submission_id, documents.c.part_id).where(
                documents.c.part_id.in_((piece.id, copy.id))
            )
        ).all()
    assert (copy.filed_name, copy.container) == ("notes (unlocked) (2).docx", piece.path)
    assert (copy.fate, copy.reason, copy.scan) == ("filed", reason, "clean")
    assert len(held) == 2, "it is filed beside the locked one"
    assert len({one.submission_id for one in held}) == 1
    page = words(browser.get(PAGE).text)
    assert "the copy that opens stands beside it" in page
    assert page.index("notes.docx") < page.index("notes (unlocked) (2).docx")
    got = browser.get(f"{PAGE}/documents/{copy.id}/original")
    assert got.content == b"PK readable"
    assert PASSWORD not in everything_kept(desk)
    assert give(browser, piece.id, PASSWORD).status_code == 404, "it is open"


def test_the_name_of_a_copy_is_free_in_what_its_opener_may_not_see_too(desk: SampleDesk) -> None:
    piece = locked(desk)
    blob = desk.vault.add(io.BytesIO(b"PK readable"))
    desk.copy = Copy(blob.sha256, blob.bytes, DOCX, ".docx", False, "clean")
    taken = "records (unlocked).docx"
    with desk.database.write() as connection:
        other = connection.execute(
            sa.update(parts)
            .where(parts.c.filed_name == "budget.xlsx")
            .values(filed_name=taken)
            .returning(parts.c.id)
        ).scalar_one()
        connection.execute(sa.delete(documents).where(documents.c.part_id == other))
    desk.sample.file(piece.letter_id, "24-001300", "Lee Park", [other], sequence=2)
    browser = desk.signed_in("Ada Oyelaran-Whitcombe")
    with desk.database.write() as connection:
        ada = desk.sample.consultants["Ada Oyelaran-Whitcombe"]
        mine = sa.select(documents.c.submission_id).where(documents.c.part_id == piece.id)
        connection.execute(
            sa.update(submissions).where(submissions.c.id.in_(mine)).values(consultant_id=ada)
        )
    assert taken not in browser.get(PAGE).text
    assert give(browser, piece.id, PASSWORD).status_code == 303
    with desk.database.read() as connection:
        made = connection.scalar(
            sa.select(parts.c.filed_name).where(parts.c.container == piece.path)
        )
    assert made == "records (unlocked) (2).docx"


@pytest.mark.parametrize(
    ("media_type", "opens"),
    [
        ("application/pdf", True),
        ("application/encrypted", True),
        ("application/msword", True),
        ("application/vnd.ms-excel.sheet.macroEnabled.12", True),
        (DOCX, True),
        ("application/zip", False),
        ("application/vnd.oasis.opendocument.text", False),
        ("application/epub+zip", False),
    ],
)
@pytest.mark.slow
def test_a_password_is_asked_for_where_it_is_of_use(
    desk: SampleDesk, media_type: str, opens: bool
) -> None:
    with desk.database.write() as connection:
        connection.execute(
            sa.update(parts).where(parts.c.id == locked(desk).id).values(detected_type=media_type)
        )
    page = words(desk.signed_in("Olu Adeyemi").get(PAGE).text)
    assert ("Locked documents" in page) == opens
