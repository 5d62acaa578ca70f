"""Thumbnails on the pages: for those with the right, kept by the browser, made when looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import thumbnails
from portal.tables import parts
from tests.desk import Pictures, SampleDesk, TestClient, filled_desk, kinds
from tests.record_sample import Part, pdf

PAGE = "/p/7KQ4-M2XD"
DEPOSITION = 2


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def dana(desk: SampleDesk) -> TestClient:
    return desk.signed_in("Dana Reyes")


def picture_of(desk: SampleDesk, number: int, page: int = 1, receipt: str = "7KQ4M2XD") -> str:
    part = desk.sample.part_ids[receipt][number - 1]
    return f"/p/{receipt[:4]}-{receipt[4:]}/documents/{part}/pages/{page}.webp"


def letter_with(desk: SampleDesk, *documents: Part) -> None:
    with desk.sample.together():
        letter = desk.sample.letter("P1CT0R35")
        desk.sample.package(letter)
        numbers = desk.sample.parts("P1CT0R35", letter, list(documents))
        desk.sample.file(letter, "24-001234", "Dana Reyes", numbers)


def test_the_package_shows_the_first_page_of_each_document_and_nothing_jumps(
    desk: SampleDesk, dana: TestClient
) -> None:
    shown = re.findall(r"<img[^>]*>", dana.get(PAGE).text)
    with desk.database.read() as connection:
        pdfs = connection.scalar(sa.text("SELECT count(*) FROM parts p LEFT JOIN renditions r"
            " ON r.id = p.rendition_id JOIN letters l ON l.id = p.letter_id"
            " WHERE l.receipt = '7KQ4M2XD' AND p.filed_name IS NOT NULL AND (r.id IS NOT NULL"
            " OR (p.detected_type = 'application/pdf' AND p.fate = 'filed'))"))  # fmt: skip
    assert len(shown) == pdfs > 1
    for one in shown:
        for said in ('loading="lazy"', 'width="48"', 'height="64"', 'alt="Pages of '):
            assert said in one
    assert desk.pictured == [], "the page itself draws nothing"


def test_a_picture_is_kept_by_this_browser_for_this_session_and_asked_for_by_its_hash(
    desk: SampleDesk, dana: TestClient
) -> None:
    dana.get(PAGE)
    answer = dana.get(picture_of(desk, DEPOSITION))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert answer.headers["cache-control"] == "private, max-age=604800"
    assert answer.headers["vary"] == "Cookie"
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = dana.get(
        picture_of(desk, DEPOSITION), headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_without_the_right_there_is_no_picture_and_the_attempt_is_recorded(
    desk: SampleDesk, dana: TestClient
) -> None:
    etag = dana.get(picture_of(desk, DEPOSITION)).headers["etag"]
    ada = desk.signed_in("Ada Oyelaran-Whitcombe")
    for path in (picture_of(desk, DEPOSITION), picture_of(desk, DEPOSITION).rsplit("/", 1)[0]):
        assert ada.get(path, headers={"If-None-Match": etag}).status_code == 404
        assert kinds(desk)[-1][1] == "access.refused"
    assert desk.browser().get(picture_of(desk, DEPOSITION)).status_code == 303


def test_looking_at_pictures_is_looking_at_the_package(desk: SampleDesk, dana: TestClient) -> None:
    dana.get(picture_of(desk, DEPOSITION))
    looked = ("document.viewed", {"part": desk.sample.part_ids["7KQ4M2XD"][DEPOSITION - 1]})
    assert kinds(desk)[-1][1:] == looked
    before = len(kinds(desk))
    dana.get(picture_of(desk, DEPOSITION))
    assert len(kinds(desk)) == before, "once is enough"
    dana.get(picture_of(desk, DEPOSITION).rsplit("/", 1)[0])
    assert kinds(desk)[-1][1:] == looked
    assert len(kinds(desk)) == before + 1


def test_a_pdf_that_would_do_something_is_pictured_though_it_is_not_viewed(
    desk: SampleDesk, dana: TestClient
) -> None:
    letter_with(desk, Part("a.pdf", filed_name="a.pdf", content=pdf("x"), remarks=("pdf_script",)))
    picture = picture_of(desk, 1, receipt="P1CT0R35")
    assert picture in dana.get("/p/P1CT-0R35").text
    assert dana.get(picture).status_code == 200
    assert dana.get(picture.replace("pages/1.webp", "view")).status_code == 404
    page = dana.get(picture.rsplit("/", 1)[0]).text
    assert "a picture of it does nothing" in page
    assert "View PDF" not in page


def test_what_has_no_pages_shows_its_kind_and_so_does_what_could_not_be_drawn(
    desk: SampleDesk, dana: TestClient
) -> None:
    letter_with(
        desk,
        Part("call.mp3", "audio/mpeg", filed_name="call.mp3", content=b"ID3"),
        Part("torn.pdf", filed_name="torn.pdf", content=b"%PDF-1.7 torn"),
        Part("locked.pdf", filed_name="locked.pdf", fate="held", reason="file_password"),
    )
    page = dana.get("/p/P1CT-0R35").text
    assert page.count('class="thumb none"') == 2
    for number in (1, 3):
        assert dana.get(picture_of(desk, number, receipt="P1CT0R35")).status_code == 404
    torn = dana.get(picture_of(desk, 2, receipt="P1CT0R35"))
    assert (torn.status_code, torn.headers["location"]) == (302, "/static/no-picture.svg")
    assert torn.headers["cache-control"] == "no-store", "another time it may be there"
    assert dana.get(torn.headers["location"]).headers["content-type"] == "image/svg+xml"
    with desk.database.write() as connection:
        sha256 = connection.scalar(sa.select(parts.c.sha256).where(parts.c.path == "2"))
        torn_sha = connection.scalar(
            sa.select(parts.c.sha256).where(parts.c.original_name == "torn.pdf")
        )
        assert sha256 is not None
        assert torn_sha is not None
        thumbnails.keep(connection, torn_sha, 1, "others", None, now=desk.now)
    page = dana.get("/p/P1CT-0R35").text
    assert page.count("<img") == 1, "another version of the engine may draw it"
    with desk.database.write() as connection:
        thumbnails.keep(connection, torn_sha, 1, Pictures.settings, None, now=desk.now)
    page = dana.get("/p/P1CT-0R35").text
    assert page.count('class="thumb none" aria-hidden="true">PDF document<') == 2
    assert "<img" not in page


def test_a_document_has_a_page_with_its_pages_and_not_with_all_of_a_long_one(
    desk: SampleDesk, dana: TestClient
) -> None:
    letter_with(
        desk,
        Part("long.pdf", filed_name="long.pdf", content=pdf("x"), pages=300),
        Part("short.pdf", filed_name="short.pdf", content=pdf("y"), pages=2),
    )
    page = dana.get(picture_of(desk, 1, receipt="P1CT0R35").rsplit("/", 1)[0]).text
    assert page.count("<img") == thumbnails.MOST_PAGES
    assert "The first 24 of 300 pages" in page
    assert dana.get(picture_of(desk, 1, 24, "P1CT0R35")).status_code == 200
    assert dana.get(picture_of(desk, 1, 25, "P1CT0R35")).status_code == 404
    assert dana.get(picture_of(desk, 2, 2, "P1CT0R35")).status_code == 200
    assert dana.get(picture_of(desk, 2, 3, "P1CT0R35")).status_code == 404
    assert kinds(desk)[-1][1] == "access.refused"


def test_many_documents_take_no_more_questions_than_few(desk: SampleDesk, dana: TestClient) -> None:
    def asked(path: str) -> int:
        statements: list[str] = []

        def heard(*said: object) -> None:
            statements.append(str(said[2]))

        sa.event.listen(desk.database.engine, "before_cursor_execute", heard)
        try:
            assert dana.get(path).status_code == 200
        finally:
            sa.event.remove(desk.database.engine, "before_cursor_execute", heard)
        return len(statements)

    letter_with(desk, Part("a.pdf", filed_name="a.pdf", content=pdf("x")))
    few = asked("/p/P1CT-0R35")
    with desk.sample.together():
        letter = desk.sample.letter("MANYMANY")
        desk.sample.package(letter)
        many = [
            Part(f"{n}.pdf", filed_name=f"{n}.pdf", content=b"%%PDF-1.7 %d" % n) for n in range(60)
        ]
        numbers = desk.sample.parts("MANYMANY", letter, many)
        desk.sample.file(letter, "24-001234", "Dana Reyes", numbers)
    assert asked("/p/MANY-MANY") <= few
