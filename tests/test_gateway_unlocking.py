"""Unlocking by the real engine: the copy opens, the original stays, and nothing is left behind."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import docx
import msoffcrypto
import pikepdf
import pypdf
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.media import catalogue
from converters.workshop import Workshop
from gateway.moving.checkpoints import Kept
from gateway.scanner import Outcome, Scanner, ScannerAway, Verdict
from gateway.stores import Stores
from gateway.unlocking import Unlocker
from portal.tables import renditions
from portal.unlocking import NotUnlocked, Opened, WrongPassword
from tests.carrying import NOW

pytestmark = pytest.mark.slow

PASSWORD = "Łódź + 7"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture
def unlock(workshop: Workshop, stores: Stores, tmp_path: Path) -> Unlocker:
    kept = Kept(stores.database, stores.vault, lambda: NOW)
    media = catalogue()
    return Unlocker(workshop, kept, stores.vault, tmp_path / "unlocking", media, scanner=None)


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
        its = renditions.c.id == made.rendition_id
        row = connection.execute(renditions.select().where(its)).one()
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


def locked_docx(words: str = "A report of the nurses") -> bytes:
    plain, made = io.BytesIO(), io.BytesIO()
    document = docx.Document()
    document.add_paragraph(words)
    document.save(plain)
    msoffcrypto.OfficeFile(plain).encrypt(PASSWORD, made)
    return made.getvalue()


def test_a_word_document_comes_out_of_its_lock_and_gets_its_pdf(
    unlock: Unlocker, stores: Stores
) -> None:
    blob = stores.vault.add(io.BytesIO(locked_docx()))
    with structlog.testing.capture_logs() as log:
        made = unlock(blob.sha256, PASSWORD, 1)
    assert made.copy is not None
    assert (made.copy.media_type, made.copy.extension) == (DOCX, ".docx")
    with stores.vault.open(made.copy.sha256) as copy:
        (paragraph,) = docx.Document(io.BytesIO(copy.read())).paragraphs
    assert paragraph.text == "A report of the nurses"
    with stores.database.read() as connection:
        row = connection.execute(
            renditions.select().where(renditions.c.id == made.rendition_id)
        ).one()
    with stores.vault.open(row.pdf_sha256) as pdf:
        assert "A report of the nurses" in pypdf.PdfReader(pdf).pages[0].extract_text()
    assert unlock(blob.sha256, PASSWORD, 1) == made, "the same again"
    assert PASSWORD not in str(log)
    assert list(unlock.folder.iterdir()) == [], "nothing is left"


def test_another_password_opens_no_word_document(unlock: Unlocker, stores: Stores) -> None:
    blob = stores.vault.add(io.BytesIO(locked_docx()))
    for wrong in ("", "lodz", "x" * 200):
        with pytest.raises(WrongPassword):
            unlock(blob.sha256, wrong, 1)


@given(place=st.integers(0, 20_000), octets=st.binary(min_size=1, max_size=200))
@settings(
    max_examples=6 if os.environ.get("CASEBRIDGE_LONG") else 3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_damaged_lock_is_no_fault_of_ours(
    unlock: Unlocker, stores: Stores, place: int, octets: bytes
) -> None:
    whole = bytearray(locked_docx())
    whole[512 + place : 512 + place + len(octets)] = octets
    blob = stores.vault.add(io.BytesIO(whole))
    with contextlib.suppress(WrongPassword, NotUnlocked):
        unlock(blob.sha256, PASSWORD, 1)
    assert list(unlock.folder.iterdir()) == []


@dataclass(frozen=True)
class SaysOfAll(Scanner):
    """A scanner that says the same of every file; None where it is away."""

    said: Verdict | None = None

    def scan(self, content: BinaryIO, size: int) -> Verdict:
        assert len(content.read()) == size
        if self.said is None:
            raise ScannerAway
        return self.said


@pytest.mark.parametrize("locked", [locked_pdf, locked_docx])
def test_what_comes_out_of_its_lock_is_scanned_for_viruses(
    unlock: Unlocker, stores: Stores, locked: Callable[[], bytes]
) -> None:
    blob = stores.vault.add(io.BytesIO(locked()))

    def scanned(said: Verdict | None, *, required: bool = False) -> Opened:
        scanner = SaysOfAll("nowhere", 1, 1, said)
        return replace(unlock, scanner=scanner, scan_required=required)(blob.sha256, PASSWORD, 1)

    with pytest.raises(NotUnlocked):
        scanned(Verdict(Outcome.INFECTED, "Eicar"))
    for said in (None, Verdict(Outcome.UNSEEN, "too_large")):
        with pytest.raises(NotUnlocked):
            scanned(said, required=True)
    assert [one.sha256 for one in stores.vault.blobs()] == [blob.sha256], "nothing was kept"
    away = scanned(None)
    assert away.copy is None or away.copy.scan == "not_scanned:away"
    clean = scanned(Verdict(Outcome.CLEAN))
    assert clean.copy is None or clean.copy.scan == "clean"


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("msoffcrypto-tool__inputs__rc4cryptoapi_password.ppt", "Password1234_"),
        ("poi__spreadsheet__password.xls", "password"),
        ("poi__spreadsheet__protected_passtika.xlsb", "tika"),
    ],
)
def test_older_locks_open_too(
    unlock: Unlocker, stores: Stores, corpus: Path, name: str, password: str
) -> None:
    with (corpus / "office" / name).open("rb") as content:
        blob = stores.vault.add(content)
    with pytest.raises(WrongPassword):
        unlock(blob.sha256, "another", 1)
    made = unlock(blob.sha256, password, 1)
    assert made.copy is not None
    assert made.rendition_id is not None
