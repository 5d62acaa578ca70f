"""Scans: read after filing where the settings ask for it, and nothing of their letter changes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pypdf
import pytest
import sqlalchemy as sa
from PIL import Image, ImageDraw, ImageFont

from config.settings import Cases, Conversion, Settings
from converters import ocr
from converters.fault import ConversionFault
from converters.workshop import Workshop
from gateway.numbers.case_number import CaseShape
from gateway.readiness import findings
from gateway.stores import Stores
from gateway.upkeep.scans import Scans, reading
from portal import text_layers
from portal.tables import letters, parts
from portal.tables import text_layers as rows
from portal.text_layers import TextLayer
from tests.desk import SampleDesk, filled_desk
from tests.record_sample import Part, pdf
from tests.test_gateway_moving_sweep import NOW, sweep

needs_ocr = pytest.mark.skipif(not ocr.installed(), reason="ocrmypdf is not installed")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path / "desk")
    yield opened
    opened.database.close()


def scan(*pages: str) -> bytes:
    """Print pages large, and take a picture of each."""
    font = ImageFont.load_default(size=60)
    pictures = []
    for page in pages:
        picture = Image.new("L", (1240, 1754), 255)
        ImageDraw.Draw(picture).text((100, 200), page, font=font, fill=0)
        pictures.append(picture)
    target = io.BytesIO()
    pictures[0].save(target, "PDF", save_all=True, append_images=pictures[1:], resolution=150)
    return target.getvalue()


def held_letter(desk: SampleDesk, *documents: Part) -> list[int]:
    """Write a letter that waits for its case."""
    with desk.sample.together():
        letter = desk.sample.letter("SCANSCAN")
        desk.sample.package(letter)
        numbers = desk.sample.parts("SCANSCAN", letter, list(documents))
    with desk.database.write() as connection:
        connection.execute(
            sa.update(letters)
            .where(letters.c.id == letter)
            .values(state="needs_you", reason="case_unclear")
        )
        # The sample's own documents are no real ones.
        connection.execute(sa.update(parts).where(parts.c.letter_id != letter).values(stored=False))
    return numbers


def sha256_of(desk: SampleDesk, part: int) -> str:
    with desk.database.read() as connection:
        return str(connection.scalar(sa.select(parts.c.sha256).where(parts.c.id == part)))


def layer_of(desk: SampleDesk, sha256: str) -> TextLayer | None:
    with desk.database.read() as connection:
        return text_layers.of(connection, [sha256]).get(sha256)


@needs_ocr
@pytest.mark.slow
def test_a_scan_gets_a_copy_with_words_and_its_number_is_a_suggestion(
    desk: SampleDesk, workshop: Workshop, tmp_path: Path
) -> None:
    content = scan("Claim number: 24-001234", "Claim number: 24-001300")
    (part, other) = held_letter(
        desk,
        Part("scan.pdf", filed_name="scan.pdf", content=content),
        Part("typed.pdf", filed_name="typed.pdf", content=pdf("Claim number 24-001300")),
    )
    shape = CaseShape.of(Cases())
    scans = Scans(workshop, desk.database, desk.vault, shape, tmp_path / "work", lambda: desk.now)
    with desk.database.read() as connection:
        before = connection.execute(sa.select(parts).where(parts.c.id == part)).one()
    assert (scans.read(), scans.read(), scans.read()) == (True, True, False)
    sha256 = sha256_of(desk, part)
    layer = layer_of(desk, sha256)
    assert layer is not None
    assert {number for _, number in layer.numbers} == {"24-001234"}, "of page one alone"
    assert layer_of(desk, sha256_of(desk, other)) is None, "it has words of its own"
    with desk.vault.open(layer.sha256) as copy:
        pages = pypdf.PdfReader(copy).pages
        assert "24-001234" in pages[0].extract_text()
        assert len(pages) == 2
    with desk.vault.open(sha256) as filed:
        assert filed.read() == content
    with desk.database.read() as connection:
        assert connection.execute(sa.select(parts).where(parts.c.id == part)).one() == before
        state = connection.scalar(sa.select(letters.c.state).where(letters.c.receipt == "SCANSCAN"))
        assert state == "needs_you", "it files nothing"


@needs_ocr
@pytest.mark.slow
def test_what_cannot_be_read_is_looked_at_once(
    desk: SampleDesk, workshop: Workshop, tmp_path: Path
) -> None:
    held_letter(desk, Part("torn.pdf", filed_name="torn.pdf", content=b"%PDF-1.7 torn"))
    shape = CaseShape.of(Cases())
    scans = Scans(workshop, desk.database, desk.vault, shape, tmp_path / "work", lambda: desk.now)
    assert (scans.read(), scans.read()) == (True, False)


@pytest.mark.slow
def test_a_number_read_on_page_one_is_a_suggestion_with_its_source_and_the_copy_is_shown(
    desk: SampleDesk,
) -> None:
    (part,) = held_letter(desk, Part("scan.pdf", filed_name="scan.pdf", content=pdf("x")))
    copy = desk.vault.add(io.BytesIO(pdf("with words")))
    path = f"/p/SCAN-SCAN/documents/{part}/text"
    olu = desk.signed_in("Olu Adeyemi")
    assert olu.get(path).status_code == 404
    assert "printed on page 1" not in olu.get("/p/SCAN-SCAN/triage").text
    with desk.database.write() as connection:
        text_layers.keep(
            connection,
            sha256_of(desk, part),
            copy=(copy.sha256, copy.bytes),
            numbers=[("24-001234", "24-001234")],
            now=desk.now,
        )
    page = olu.get("/p/SCAN-SCAN/triage").text
    assert "printed on page 1 of scan.pdf, read by OCR" in page.replace("</span>", "")
    assert path in olu.get("/p/SCAN-SCAN").text
    shown = olu.get(path)
    assert (shown.status_code, shown.content) == (200, pdf("with words"))
    assert shown.headers["content-disposition"].startswith("inline; ")
    assert desk.signed_in("Dana Reyes").get(path).status_code == 404


@pytest.mark.parametrize(
    "reason",
    ["scanner_away", "sender_not_known", "sender_not_proven", "sender_of_other_firm"],
)
def test_a_letter_that_waits_for_the_virus_scanner_or_of_a_stranger_is_not_read(
    desk: SampleDesk, reason: str
) -> None:
    (part,) = held_letter(desk, Part("scan.pdf", filed_name="scan.pdf", content=pdf("x")))
    with desk.database.write() as connection:
        assert text_layers.unread(connection) == sha256_of(desk, part)
        waits = sa.update(letters).where(letters.c.receipt == "SCANSCAN")
        connection.execute(waits.values(state="with_us", reason=reason))
        assert text_layers.unread(connection) is None


class NoTime:
    """A workshop whose sandboxes take too long."""

    def read_scan(self, _file: Path, _into: Path) -> None:
        raise ConversionFault("it took too long")


def test_what_failed_is_told_from_what_needs_no_copy_and_tried_again_after_a_month(
    stores: Stores, desk: SampleDesk, tmp_path: Path
) -> None:
    (part,) = held_letter(desk, Part("scan.pdf", filed_name="scan.pdf", content=pdf("x")))
    workshop = cast("Workshop", NoTime())
    shape = CaseShape.of(Cases())
    scans = Scans(workshop, desk.database, desk.vault, shape, tmp_path / "work", lambda: desk.now)
    assert (scans.read(), scans.read()) == (True, False)
    other = "1" * 64
    with desk.database.write() as connection:
        text_layers.keep(connection, other, copy=None, numbers=[], now=desk.now)
        connection.execute(
            sa.update(parts).where(parts.c.id != part).values(sha256=other, stored=True)
        )
        failed = sa.select(rows.c.pdf_sha256).where(rows.c.failed)
        assert list(connection.scalars(failed)) == [sha256_of(desk, part)]
        assert text_layers.sweep(connection, now=desk.now + timedelta(days=29)) == 0
        assert text_layers.sweep(connection, now=desk.now + timedelta(days=30)) == 1
        assert text_layers.unread(connection) == sha256_of(desk, part)


def test_once_all_is_read_only_letters_that_have_moved_since_are_looked_through(
    desk: SampleDesk, workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "read_scan", lambda *_: None)
    held_letter(desk, Part("scan.pdf", filed_name="scan.pdf", content=pdf("x")))
    shape = CaseShape.of(Cases())
    scans = Scans(workshop, desk.database, desk.vault, shape, tmp_path / "work", lambda: desk.now)
    assert (scans.read(), scans.read()) == (True, False)
    desk.pass_time(hours=3)
    assert not scans.read()
    with desk.database.write() as connection:
        connection.execute(sa.delete(rows))
    assert not scans.read(), "its letter has stood still for hours"
    desk.pass_time(hours=21)
    assert (scans.read(), scans.read()) == (True, False)
    desk.pass_time(hours=3)
    with desk.database.write() as connection:
        connection.execute(sa.delete(rows))
    assert not scans.read()
    with desk.database.write() as connection:
        moved = sa.update(letters).where(letters.c.receipt == "SCANSCAN")
        connection.execute(moved.values(state="filed", state_since=desk.now))
    assert (scans.read(), scans.read()) == (True, False)


def test_the_copy_goes_with_its_pdf(stores: Stores) -> None:
    copy = stores.vault.add(io.BytesIO(b"%PDF-1.7 x"))
    with stores.database.write() as connection:
        text_layers.keep(connection, "0" * 64, copy=(copy.sha256, copy.bytes), numbers=[], now=NOW)
    sweep(stores, NOW)
    with stores.database.read() as connection:
        assert connection.execute(sa.select(rows)).all() == []
    assert list(stores.vault.blobs()) == []


def test_it_is_off_until_the_settings_ask_for_it_and_check_says_what_is_there(
    stores: Stores, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(asked: Settings) -> list[str]:
        return [one.text for one in findings(asked) if "scans" in one.text.lower()]

    workshop = Workshop(settings.conversion, tmp_path / "never started")
    asking = settings.model_copy(update={"conversion": Conversion(ocr=True)})
    for there, off, on in (
        (True, "scans are not read; ocrmypdf is there", "scans are read, by ocrmypdf"),
        (
            False,
            "scans are not read; ocrmypdf is not installed",
            "Scans are to be read, and ocrmypdf is not installed",
        ),
    ):
        monkeypatch.setattr(ocr, "installed", lambda there=there: there)
        assert said(settings) == [off]
        assert said(asking) == [on]
        assert list(reading(stores, workshop, lambda: NOW)) == []
        chores = list(reading(replace(stores, settings=asking), workshop, lambda: NOW))
        assert [one.name for one in chores] == (["scans"] if there else [])
