"""One package: everything about it in words, and nothing of it to those without the right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from portal import vocabulary
from portal.tables import events, letters, packages, parts, submissions
from tests.desk import SampleDesk, TestClient, csrf, filled_desk, kinds, spoken
from tests.record_sample import Part


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path_factory.mktemp("package"))
    yield opened
    opened.close()


@pytest.fixture
def dana(desk: SampleDesk) -> TestClient:
    return desk.signed_in("Dana Reyes")


def words(page: str) -> str:
    """Return the text of a page on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", spoken(page)))


@pytest.mark.parametrize("written", ["7kq4m2xd", "7KQ4M2XD", "7kq4-m2xd", "7KQ4 M2XD"])
def test_a_receipt_number_is_taken_as_people_write_it(dana: TestClient, written: str) -> None:
    answer = dana.get(f"/p/{written}")
    assert answer.headers["location"] == "/p/7KQ4-M2XD"


def test_letters_that_look_like_digits_are_read_as_digits(desk: SampleDesk) -> None:
    operations = desk.signed_in("Olu Adeyemi")
    for written in ("notfiled", "NOTF-IIED", "N0TF-LLED"):
        assert operations.get(f"/p/{written}").headers["location"] == "/p/N0TF-11ED"
    assert operations.get("/p/U0TF-11ED").status_code == 404, "U is no letter of ours"


def test_the_page_says_it_all(dana: TestClient) -> None:
    page = dana.get("/p/7KQ4-M2XD")
    assert "<title>7KQ4-M2XD</title>" in page.text
    text = words(page.text)
    for said in (
        "Filed, except 2 since Saturday, November 21, 2026 at 3:42 pm Eastern (20:42 UTC)",
        "It is with Dana Reyes",
        "Urgent:",
        "Read the whole message",
        "6 documents filed to case 24-001234",
        "Smith deposition 2 (final).pdf came as Smith deposition #2 (final).pdf",
        "The character # is not supported.",
        "Chronology 24-001300.pdf came as Chronology 24-001300.docx",
        "Word document",
        "84",
        "Converted to PDF",
        "The original has comments, which are not in the PDF.",
        "Of an older release.",
        "needs a password to open",
        "We could not turn &#39;budget.xlsx&#39; into a PDF",
        "A small picture from the signature.",
        "is a program, not a document",
        "The name of &#39;Chronology 24-001300.docx&#39; holds another case number.",
        "24-O01300 in the quoted history",
        "An open case of the sender&#39;s firm.",
        "Lee Park opened this package",
        "Converted to PDF Chronology 24-001300.docx , with LibreOffice 24.8, 3 pages",
        "Receipt sent to the sender",
        "Proven: sent from this machine",
    ):
        assert said in text, said


def test_what_came_in_an_archive_names_it_and_one_kept_whole_shows_its_list(
    desk: SampleDesk,
) -> None:
    sample = desk.sample
    with sample.together():
        letter = sample.letter("B0X0B0X0")
        sample.package(letter)
        _, *members = sample.parts(
            "B0X0B0X0",
            letter,
            [
                Part("records.zip", "application/zip", fate="left_out", reason="opened"),
                Part("a/report.pdf", filed_name="report.pdf"),
                Part("a/Thumbs.db", fate="left_out", reason="system_file", stored=False),
                Part(
                    "disc.zip",
                    "application/zip",
                    filed_name="disc.zip",
                    reason="kept_whole",
                    remarks=("programs:start.exe",),
                    made=b"%PDF-1.4 the list",
                ),
            ],
        )
        sample.file(letter, "24-001234", "Dana Reyes", [members[0], members[2]])
    with desk.database.write() as connection:
        inside = parts.update().where(parts.c.id.in_(members[:2]))
        connection.execute(inside.values(container="1"))
    text = words(desk.signed_in("Dana Reyes").get("/p/B0X0-B0X0").text)
    for said in (
        "report.pdf came as a/report.pdf in records.zip",
        "A file that a computer keeps for itself. in records.zip",
        "disc.zip There are programs in it: start.exe.",
        "View contents of disc.zip",
        "Kept whole, with a list of what is in it.",
        "disc.zip contents list made here",
    ):
        assert said in text, said


def test_the_narrative_comes_before_everything_else_about_the_package(dana: TestClient) -> None:
    page = dana.get("/p/7KQ4-M2XD").text
    order = [page.index(f'id="{part}"') for part in ("message", "documents", "why", "history")]
    assert order == sorted(order)


def test_the_narrative_is_the_submissions_and_the_whole_is_behind_it(dana: TestClient) -> None:
    first, whole = dana.get("/p/7KQ4-M2XD").text.split("Read the whole message")
    assert "Kind regards" not in first
    assert "Kind regards" in whole


def test_every_hash_is_there(desk: SampleDesk, dana: TestClient) -> None:
    page = dana.get("/p/7KQ4-M2XD").text
    hashes = re.findall(r"<code>([0-9a-f]{64})</code>", page)
    # Five originals, three made PDFs, and the letter itself.
    assert len(set(hashes)) == 9
    assert all(desk.vault.holds(one) for one in hashes[:-1])


def test_not_there_and_not_allowed_are_one_answer(desk: SampleDesk) -> None:
    lee = desk.signed_in("Lee Park")
    lee_is = f"account:{desk.sample.accounts['Lee Park']}"
    answers = [lee.get(f"/p/{one}") for one in ("REST-R1CT", "7KQ4-M2XD", "0000-0000", "nothing")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    headers = [dict(answer.headers) for answer in answers]
    for one in headers:
        del one["x-request-id"]
    assert all(one == headers[0] for one in headers)
    refused = [(actor, kind) for actor, kind, _ in kinds(desk)][-4:]
    assert refused == [(lee_is, "access.refused")] * 4


def test_both_refusals_ask_the_record_as_often(desk: SampleDesk) -> None:
    """The same answer in the same time: what is there takes two questions more, not one for each
    of its parts."""
    lee = desk.signed_in("Lee Park")
    asked: list[str] = []

    def count(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    sa.event.listen(desk.database.engine, "before_cursor_execute", count)
    lee.get("/p/0000-0000")
    for_nothing = len(asked)
    asked.clear()
    lee.get("/p/REST-R1CT")
    assert len(asked) - for_nothing <= 1


def test_operations_read_who_was_refused_and_the_consultant_does_not(desk: SampleDesk) -> None:
    desk.signed_in("Ada Oyelaran-Whitcombe").get("/p/7KQ4-M2XD")
    told = "Ada Oyelaran-Whitcombe asked for this package and was refused"
    assert told in words(desk.signed_in("Olu Adeyemi").get("/p/7KQ4-M2XD").text)
    assert told not in words(desk.signed_in("Dana Reyes").get("/p/7KQ4-M2XD").text)


def test_each_view_is_an_event_and_the_page_tells_them_in_one_line(
    desk: SampleDesk, dana: TestClient
) -> None:
    for _ in range(3):
        page = dana.get("/p/7KQ4-M2XD").text
    assert "Dana Reyes opened this package, 3 times, last 3:47 pm today" in words(page)
    with desk.database.read() as connection:
        views = connection.execute(
            sa.select(events.c.letter_id, letters.c.receipt)
            .join(letters, letters.c.id == events.c.letter_id)
            .where(
                events.c.kind == "package.viewed",
                events.c.actor == f"account:{desk.sample.accounts['Dana Reyes']}",
            )
        ).all()
    assert [row.receipt for row in views] == ["7KQ4M2XD"] * 3


@pytest.mark.slow
def test_only_its_consultant_or_cover_marks_it_as_read(desk: SampleDesk) -> None:
    def read_at(receipt: str) -> object:
        with desk.database.read() as connection:
            return connection.scalar(
                sa.select(submissions.c.read_at)
                .join(letters, letters.c.id == submissions.c.letter_id)
                .where(letters.c.receipt == receipt)
            )

    desk.signed_in("Olu Adeyemi").get("/p/BADB-AD00")
    assert read_at("BADBAD00") is None
    desk.signed_in("Dana Reyes").get("/p/BADB-AD00")
    assert read_at("BADBAD00") == desk.now, "Dana covers Lee"
    desk.pass_time(minutes=1)
    desk.signed_in("Lee Park").get("/p/BADB-AD00")
    assert read_at("BADBAD00") != desk.now


@pytest.mark.slow
def test_a_held_letter_says_what_waits_and_why(desk: SampleDesk) -> None:
    text = words(desk.signed_in("Olu Adeyemi").get("/p/9HXW-3T5R").text)
    for said in (
        "With our team since",
        "This message names 2 cases: 24-001234, 24-001300.",
        "What the sender reads:",
        "2 documents not filed yet",
        "Ready to file",
        "Ready, as PDF",
        "It was filed to no case.",
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("receipt", "said"),
    [
        ("CHEC-K1NG", "It is filed by itself as soon as every file has been read."),
        ("N0TF-11ED", "Your message had no text and no files."),
        ("4ZZ0-QF8B", "We do not know someone@elsewhere.example yet."),
        ("C0PY-0000", "See F1RS-T000"),
        ("F1RS-T000", "(closed)"),
    ],
)
def test_each_state_in_words(desk: SampleDesk, receipt: str, said: str) -> None:
    assert said in words(desk.signed_in("Olu Adeyemi").get(f"/p/{receipt}").text)


def test_hostile_words_are_inert(desk: SampleDesk) -> None:
    page = desk.signed_in("Olu Adeyemi").get("/p/BADB-AD00").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert "{{ 7*7 }}" in page, "a template in a message is text"
    assert page.count("<script") == 0


def test_what_a_later_release_writes_is_shown_as_it_is(desk: SampleDesk) -> None:
    """The record outlives the words for it, so an unknown code is no reason for a page to fail."""
    with desk.database.write() as connection:
        letter = connection.scalar(sa.select(letters.c.id).where(letters.c.receipt == "9HXW3T5R"))
        connection.execute(
            sa.update(letters).where(letters.c.id == letter).values(reason="not_yet_known")
        )
    desk.sample.event(letter, "case.moved", case="24-001300")
    desk.sample.event(letter, "letter.archived", reason=None)
    text = words(desk.signed_in("Olu Adeyemi").get("/p/9HXW-3T5R").text)
    assert "Not yet known." in text
    assert "case moved" in text
    assert "Archived" in text


def test_no_address_or_title_holds_anything_personal(desk: SampleDesk, dana: TestClient) -> None:
    for path in ("/packages", "/p/7KQ4-M2XD"):
        page = dana.get(path).text
        for address in re.findall(r'(?:href|action|src)="([^"]*)"', page):
            assert re.fullmatch(r"(?:#|/)[A-Za-z0-9/?=&;._-]*", address), address
        assert "Pat" not in (re.search(r"<title>(.*?)</title>", page) or [""])[0]
    assert csrf(dana.get("/packages").text) not in str(dana.get("/packages").headers)


def test_what_its_sender_said_of_a_file_stands_beside_it(
    desk: SampleDesk, dana: TestClient
) -> None:
    with desk.database.write() as connection:
        said = {"document_type": "Expert report", "description": "Dr <Lee>'s"}
        connection.execute(
            sa.update(parts).where(parts.c.filed_name.like("Smith deposition%")).values(**said)
        )
    assert "Expert report: Dr &lt;Lee&gt;" in dana.get("/p/7KQ4-M2XD").text


def test_whether_a_document_was_scanned_for_viruses_is_said(
    desk: SampleDesk, dana: TestClient
) -> None:
    assert "Not scanned for viruses: no scanner is set up." in words(dana.get("/p/7KQ4-M2XD").text)
    first, second = desk.sample.part_ids["7KQ4M2XD"][:2]
    with desk.database.write() as connection:
        for part, said in ((first, "clean"), (second, "not_scanned:too_large")):
            connection.execute(sa.update(parts).where(parts.c.id == part).values(scan=said))
    text = words(dana.get("/p/7KQ4-M2XD").text)
    assert "Not scanned for viruses: it is larger than what the scanner looks at." in text
    assert "no scanner is set up" not in text
    assert text.count("Not scanned ") == 2, "at the head, and at the document"


def test_of_an_imported_letter_both_are_shown_when_it_was_sent_and_when_it_came(
    desk: SampleDesk, dana: TestClient
) -> None:
    sent = datetime(2008, 3, 4, 15, 0, tzinfo=UTC)
    with desk.database.write() as connection:
        this = letters.c.receipt == "7KQ4M2XD"
        letter_id = connection.scalar(sa.select(letters.c.id).where(this))
        connection.execute(
            packages.update().where(packages.c.letter_id == letter_id).values(sent_at=sent)
        )
    assert "Sent" not in re.findall(r"<dt>(\w+)</dt>", dana.get("/p/7KQ4-M2XD").text)
    with desk.database.write() as connection:
        connection.execute(letters.update().where(this).values(door="import"))
    page = dana.get("/p/7KQ4-M2XD").text
    assert "Sent Tuesday, March 4, 2008 at 10:00 am Eastern (15:00 UTC)" in words(page)
    assert "Received" in re.findall(r"<dt>(\w+)</dt>", page)


def test_a_kind_of_file_is_called_as_on_the_help_page() -> None:
    assert vocabulary.kind("application/epub+zip") == "E-book"
    assert vocabulary.kind("application/vnd.ms-visio.drawing") == "Visio drawing"
    assert vocabulary.kind("application/x-nobody-knows") == "application/x-nobody-knows"
