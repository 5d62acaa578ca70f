"""Unlocking by the real engine: the copy opens, the original stays, and nothing is left behind."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pypdf
import pytest
import structlog

from config.settings import Conversion
from converters.workshop import Workshop
from gateway.checkpoints import Kept
from gateway.stores import Stores
from gateway.unlocking import Unlocker
from portal.tables import renditions
from portal.unlocking import NotUnlocked, WrongPassword
from tests.carrying import NOW

pytestmark = pytest.mark.slow

PASSWORD = "Łódź + 7"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    made = Workshop(Conversion(render_processes=1), tmp_path_factory.mktemp("workshop"))
    made.start()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def unlock(workshop: Workshop, stores: Stores, tmp_path: Path) -> Unlocker:
    kept = Kept(stores.database, stores.vault, lambda: NOW)
    return Unlocker(workshop, kept, stores.vault, tmp_path / "unlocking")


def locked_pdf(*, active: bool = False) -> bytes:
    made = io.BytesIO()
    with pikepdf.new() as document:
        page = document.add_blank_page()
        page.Contents = document.make_stream(b"0 0 100 100 re f")
        if active:
            script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
            document.Root.OpenAction = script
        document.save(made, encryption=pikepdf.Encryption(owner="o", user=PASSWORD, R=6))
    return made.getvalue()


def test_the_copy_opens_without_a_password(unlock: Unlocker, stores: Stores) -> None:
    blob = stores.vault.add(io.BytesIO(locked_pdf()))
    with structlog.testing.capture_logs() as log:
        made = unlock(blob.sha256, PASSWORD, 1)
    with stores.database.read() as connection:
        row = connection.execute(renditions.select().where(renditions.c.id == made)).one()
    assert row.pages == 1
    with stores.vault.open(row.pdf_sha256) as copy:
        reader = pypdf.PdfReader(copy)
        assert not reader.is_encrypted
        assert len(reader.pages) == 1
    assert unlock(blob.sha256, PASSWORD, 1) == made
    assert unlock(blob.sha256, PASSWORD, 2) != made, "another letter has its own"
    assert PASSWORD not in str(log)
    assert list(unlock.folder.iterdir()) == [], "nothing is left"


def test_another_password_opens_nothing(unlock: Unlocker, stores: Stores) -> None:
    blob = stores.vault.add(io.BytesIO(locked_pdf()))
    for wrong in ("", "lodz", "x" * 200, "\x00\ud83d"):
        with pytest.raises((WrongPassword, NotUnlocked)):
            unlock(blob.sha256, wrong, 1)


def test_a_locked_file_with_a_script_gets_no_copy_to_view(unlock: Unlocker, stores: Stores) -> None:
    blob = stores.vault.add(io.BytesIO(locked_pdf(active=True)))
    with pytest.raises(NotUnlocked):
        unlock(blob.sha256, PASSWORD, 1)


def test_where_others_wait_it_says_so(
    unlock: Unlocker, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.unlocking._PATIENCE_SECONDS", 0.05)
    with unlock._turn, pytest.raises(NotUnlocked):
        unlock("0" * 64, PASSWORD, 1)
