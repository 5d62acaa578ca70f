"""Thumbnails made for the pages: once, in the sandbox, and forgotten with their PDF."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa
from PIL import Image

from converters.workshop import Workshop
from gateway.stores import Stores
from gateway.upkeep.thumbnails import Thumbnailer
from gateway.verification import damages
from portal import renditions, thumbnails
from portal.tables import renditions as rendition_rows
from portal.tables import thumbnails as rows
from portal.thumbnails import NoThumbnail
from tests.record_sample import pdf
from tests.test_gateway_moving_sweep import sweep

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def draw(workshop: Workshop, stores: Stores, tmp_path: Path) -> Thumbnailer:
    return Thumbnailer(workshop, stores.database, stores.vault, tmp_path / "x", lambda: NOW)


def kept(stores: Stores, content: bytes) -> str:
    """Keep a PDF as a letter's conversion does."""
    blob = stores.vault.add(io.BytesIO(content))
    with stores.database.write() as connection:
        renditions.keep(
            connection,
            renditions.Key("a firm", blob.sha256, "engine", "settings"),
            pdf_sha256=blob.sha256,
            pages=1,
            pdf_bytes=blob.bytes,
            warnings=(),
            now=NOW,
        )
    return blob.sha256


def count(stores: Stores) -> int:
    with stores.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(rows)) or 0


@pytest.mark.slow
def test_a_page_is_drawn_once_and_kept(
    draw: Thumbnailer, workshop: Workshop, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = kept(stores, pdf("Deposition"))
    picture = draw(sha256, 1)
    with stores.vault.open(picture) as content, Image.open(content) as opened:
        assert (opened.format, opened.size) == ("WEBP", (227, 320))
    monkeypatch.setattr(workshop, "thumbnail", None)
    assert draw(sha256, 1) == picture


@pytest.mark.slow
def test_what_cannot_be_drawn_is_tried_once_and_again_after_a_month(
    draw: Thumbnailer, workshop: Workshop, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = kept(stores, b"%PDF-1.7 torn")
    with pytest.raises(NoThumbnail):
        draw(sha256, 1)
    with stores.database.read() as connection:
        assert thumbnails.undrawable(connection, {sha256, "another"}, draw.settings) == {sha256}
        assert not thumbnails.undrawable(connection, {sha256}, "a later version")
    monkeypatch.setattr(workshop, "thumbnail", None)
    with pytest.raises(NoThumbnail):
        draw(sha256, 1)
    sweep(stores, NOW + timedelta(days=29))
    assert count(stores) == 1
    sweep(stores, NOW + timedelta(days=30))
    assert count(stores) == 0


@pytest.mark.slow
def test_a_bomb_ends_in_its_sandbox_and_is_no_picture(draw: Thumbnailer, stores: Stores) -> None:
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    picture = document.make_stream(b"\0" * 60_000)
    picture.stream_dict = pikepdf.Dictionary(
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=200_000,
        Height=200_000,
        BitsPerComponent=16,
        ColorSpace=pikepdf.Name.DeviceRGB,
    )
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=picture))
    page.Contents = document.make_stream(b"q 595 0 0 842 0 0 cm /I Do Q\n" * 1000)
    target = io.BytesIO()
    document.save(target)
    sha256 = kept(stores, target.getvalue())
    try:
        picture_sha256 = draw(sha256, 1)
    except NoThumbnail:
        return
    assert stores.vault.file(picture_sha256).stat().st_size < 100_000


@pytest.mark.slow
def test_other_settings_make_another_picture_in_the_place_of_the_old(
    draw: Thumbnailer, workshop: Workshop, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = kept(stores, pdf("x"))
    draw(sha256, 1)
    monkeypatch.setattr(workshop, "thumbnail_settings", lambda: "a later version")
    draw(sha256, 1)
    with stores.database.read() as connection:
        assert connection.scalars(sa.select(rows.c.settings)).all() == ["a later version"]


@pytest.mark.slow
def test_who_waits_for_long_is_told_so_and_nothing_is_kept_of_it(
    draw: Thumbnailer, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.upkeep.thumbnails._PATIENCE_SECONDS", 0.05)
    sha256 = kept(stores, pdf("x"))
    with draw._turn, pytest.raises(NoThumbnail):
        draw(sha256, 1)
    assert count(stores) == 0
    assert draw(sha256, 1)


@pytest.mark.slow
def test_those_who_look_at_the_same_moment_get_the_same_picture(
    draw: Thumbnailer, stores: Stores
) -> None:
    sha256 = kept(stores, pdf("x"))
    found: list[str] = []
    looking = [threading.Thread(target=lambda: found.append(draw(sha256, 1))) for _ in range(4)]
    for one in looking:
        one.start()
    for one in looking:
        one.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert count(stores) == 1


def test_a_picture_goes_with_its_pdf(stores: Stores) -> None:
    sha256 = kept(stores, b"%PDF-1.7 x")
    picture = stores.vault.add(io.BytesIO(b"RIFF")).sha256
    with stores.database.write() as connection:
        thumbnails.keep(connection, sha256, 1, "settings", picture, now=NOW)
    assert list(damages(stores.database, stores.vault)) == []
    sweep(stores, NOW)
    assert {blob.sha256 for blob in stores.vault.blobs()} == {sha256, picture}
    with stores.database.write() as connection:
        connection.execute(sa.delete(rendition_rows))
    sweep(stores, NOW)
    assert count(stores) == 0
    assert list(stores.vault.blobs()) == []


def test_a_picture_that_the_vault_has_lost_is_named_by_verify(stores: Stores) -> None:
    with stores.database.write() as connection:
        thumbnails.keep(connection, "0" * 64, 1, "settings", "ab" * 32, now=NOW)
        thumbnails.keep(connection, "0" * 64, 2, "settings", None, now=NOW)
    found = list(damages(stores.database, stores.vault))
    assert found == [f"blob {'ab' * 32} is missing"]
