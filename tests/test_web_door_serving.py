"""The web door for real: uploads by tus to a server that is killed, and gigabytes in a sandbox."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import shutil
import signal
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from docx import Document
from tusclient.client import TusClient

from config.settings import Conversion, Reading, Settings
from gateway import assembly, clock
from gateway.moving.worker import Worker
from gateway.road.walk import Road
from gateway.stores import Stores
from gateway.verification import damages, disagreements
from gateway.watch import Metrics
from portal import draft as drafting
from portal.draft import Owner
from portal.tables import drafts, letters, outbox, parts
from portal.vault import Blob, Vault
from tests.carrying import NOW, Carrier
from tests.drafting import TYPED, Sender
from tests.served import Served, serving, storage_with

pytestmark = pytest.mark.slow

GIB = 1 << 30
MIB = 1 << 20


def upload(served: Served, cookie: str, name: str, content: bytes, declared_type: str) -> None:
    client = TusClient(
        f"{served.web}/send/uploads", headers={"Cookie": f"casebridge_draft={cookie}"}
    )
    metadata = {"filename": name, "filetype": declared_type}
    client.uploader(file_stream=io.BytesIO(content), chunk_size=MIB, metadata=metadata).upload()


def word() -> bytes:
    made, document = io.BytesIO(), Document()
    document.add_paragraph("The visit of 4 May.")
    document.save(made)
    return made.getvalue()


def send(stores: Stores, cookie: str) -> str:
    """Fill in the form and press the button, as the pages do."""
    with stores.database.write() as connection:
        draft = drafting.find(connection, Owner(cookie, None))
        drafting.write(connection, draft.id, TYPED, now=clock.now())
        drafting.prove(connection, draft.id, now=clock.now())
    return stores.web_door(clock.now).send(draft.id)


def test_what_is_uploaded_and_sent_is_filed_though_the_server_is_killed(
    tmp_path: Path, sampled: Path
) -> None:
    storage = storage_with(sampled, tmp_path / "var")
    cookie = secrets.token_urlsafe(32)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("notes.txt", "notes")
    with serving(storage) as served:
        upload(served, cookie, "Visit.docx", word(), "application/octet-stream")
        upload(served, cookie, "Pack.zip", packed.getvalue(), "application/zip")
        with served.opened() as stores:
            receipt = send(stores, cookie)
        os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait()
    with serving(storage) as again, again.opened() as stores:
        assert send_again(stores, receipt) == receipt
        (letter,) = again.wait_until_rested(1)
        with stores.database.read() as connection:
            rows = connection.execute(sa.select(parts).order_by(parts.c.position)).all()
            mails = {(one.kind, one.recipient) for one in connection.execute(sa.select(outbox))}
        assert (letter.receipt, letter.state) == (receipt, "filed")
        assert [(one.path, one.fate, one.rendition_id is not None) for one in rows] == [
            ("1", "filed", False),
            ("2", "converted", True),
            ("3", "left_out", False),
            ("3/1", "converted", True),
        ]
        assert ("receipt", TYPED["email"]) in mails
        assert list(disagreements(stores.database)) == []
        assert list(damages(stores.database, stores.vault)) == []


def send_again(stores: Stores, receipt: str) -> str:
    """Press the button once more, in a tab that did not hear the answer."""
    with stores.database.read() as connection:
        draft_id = connection.execute(
            sa.select(drafts.c.id)
            .join(letters, letters.c.id == drafts.c.letter_id)
            .where(letters.c.receipt == receipt)
        ).scalar_one()
    return stores.web_door(clock.now).send(draft_id)


def sparse(vault: Vault, head: bytes, tail: bytes = b"") -> Blob:
    """Keep a file of a gibibyte, nearly all of it holes."""
    file = vault.upload(secrets.token_hex(16))
    with file.open("wb") as stream:
        stream.write(head)
        stream.truncate(GIB - len(tail))
        stream.seek(0, os.SEEK_END)
        stream.write(tail)
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    vault.adopt(file, sha256)
    return Blob(sha256, GIB)


def memory(line: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{line}:")[2].split()[0]) * 1024


def worker_with(road: Road, stores: Stores) -> Worker:
    return Worker(
        stores.database, stores.raw(), road, stores.settings, stores.work, lambda: NOW, Metrics()
    )


@pytest.mark.skipif(not os.environ.get("CASEBRIDGE_LONG"), reason="CASEBRIDGE_LONG is not set")
def test_three_gibibytes_are_read_where_they_lie(sample_stores: Stores) -> None:
    """Neither we nor the sandbox may take memory or disk for them: its limits would end it."""
    sender = Sender(Carrier(sample_stores))
    vault = sample_stores.vault
    draft = sender.draft()
    sender.add(draft, "film.mp4", sparse(vault, b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"), "video/mp4")
    sender.add(draft, "cut.pdf", sparse(vault, b"%PDF-1.7\n"), "application/pdf")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("one.txt", "one")
    sender.add(draft, "behind.zip", sparse(vault, b"", archive.getvalue()), "application/zip")
    sender.send(draft)
    settings: Settings = sample_stores.settings.model_copy(
        update={
            "reading": Reading(max_memory_bytes=256 * MIB),
            "conversion": Conversion(max_output_bytes=16 * MIB),
        }
    )
    sample_stores.work.mkdir(exist_ok=True)
    shutil.rmtree(sample_stores.work)
    sample_stores.work.mkdir()
    with assembly.road(settings, sample_stores.work) as road:
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        state = worker_with(road, sample_stores).carry(1, 1)
        grown = memory("VmHWM") - before
    print(f"grown by {grown / MIB:.1f} MiB")
    assert state == "filed"
    assert [(name, fate, reason) for _, name, fate, reason in sender.fates()[1:]] == [
        ("film.mp4", "filed", None),
        ("cut.pdf", "filed", "file_damaged"),
        ("behind.zip", "left_out", "opened"),
        ("one.txt", "converted", None),
    ]
    assert grown < 32 * MIB, grown
