"""The door on a disk that is full or fails: never a yes, and mended by itself."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from config.settings import Settings, Storage
from gateway.stores import open_stores
from gateway.verification import damages
from portal.tables import letters
from tests.live_door import Client, open_door, until

CONTENT = b"Subject: 24-001234\r\n\r\nAttached.\r\n"
ROOT = Path(__file__).parent.parent


def test_a_disk_that_fills_up_during_data_is_452_and_mends_itself(small_disk: Path) -> None:
    settings = Settings(storage=Storage(path=small_disk, minimum_free_bytes=1))
    with open_door(settings) as live, live.client() as client:
        client.begin()
        client.say(b"A" * 8_000_000 + b"\r\n.\r\n")
        assert client.reply().startswith("452 4.3.1 ")
        assert live.drafts() == []
        client.envelope()
        client.say(CONTENT + b".\r\n")
        assert client.reply().startswith("250 2.0.0 Received as ")
        assert live.contents() == [CONTENT]


@pytest.mark.slow
def test_free_space_below_the_floor_is_452_at_mail_and_mends_itself(small_disk: Path) -> None:
    settings = Settings(storage=Storage(path=small_disk, minimum_free_bytes=2_000_000))
    with open_door(settings) as live, live.client() as client:
        filler = small_disk / "filler"
        filler.write_bytes(bytes(3_000_000))
        client.reply()
        client.ask("EHLO client.example")
        assert client.ask("MAIL FROM:<pat@smithdefence.example>").startswith("452 4.3.1 ")
        filler.unlink()
        mail = "MAIL FROM:<pat@smithdefence.example>"
        until(lambda: client.ask(mail).startswith("250 "))
        client.ask("RSET")
        client.envelope()
        client.say(CONTENT + b".\r\n")
        assert client.reply().startswith("250 2.0.0 Received as ")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.mark.slow
def test_a_record_on_a_full_disk_is_452_and_mends_itself(small_disk: Path, migrated: Path) -> None:
    """A small letter goes into the record alone, and the vault is not asked."""
    shutil.copy(migrated, small_disk / "casebridge.db")
    with door_process(small_disk, "bench.idle_server") as (port, _process), Client(port) as client:
        client.begin()
        client.say(CONTENT + b".\r\n")
        assert client.reply().startswith("250 2.0.0 Received as ")
        filler = small_disk / "filler"
        fill(filler)
        client.envelope()
        client.say(b"A" * 60_000 + b"\r\n.\r\n")
        assert client.reply().startswith("452 4.3.1 ")
        filler.unlink()
        client.envelope()
        client.say(b"A" * 60_000 + b"\r\n.\r\n")
        assert client.reply().startswith("250 2.0.0 Received as ")
    with open_stores(Settings(storage=Storage(path=small_disk))) as stores:
        assert list(damages(stores.database, stores.vault)) == []
        with stores.database.read() as connection:
            assert connection.scalars(sa.select(letters.c.raw_bytes)).all() == [33, 60_002]


def fill(file: Path) -> None:
    """Take all the room that is left."""
    with file.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(4096))


@contextlib.contextmanager
def door_process(
    folder: Path, door: str = "tests.bare_door", *, pouch_bytes: int = 65_536
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A door in a process of its own, for faults that are injected from outside."""
    port = free_port()
    environment = os.environ | {
        "CASEBRIDGE_SMTP__PORT": str(port),
        "CASEBRIDGE_STORAGE__PATH": str(folder),
        "CASEBRIDGE_STORAGE__MINIMUM_FREE_BYTES": "1",
        "CASEBRIDGE_STORAGE__POUCH_BYTES": str(pouch_bytes),
    }
    command = [sys.executable, "-m", door]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as process:
        try:
            until(lambda: listens(port))
            yield port, process
        finally:
            process.terminate()


def listens(port: int) -> bool:
    try:
        with Client(port) as client:
            return client.reply().startswith("220 ")
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(
    "fault",
    ["fsync:error=EIO", "fsync:error=EIO:when=2", "rename:error=EIO", "fsync:error=ENOSPC"],
)
def test_a_failed_sync_or_rename_is_never_250(fault: str, tmp_path: Path) -> None:
    with door_process(tmp_path, pouch_bytes=0) as (port, process), Client(port) as client:
        client.begin()
        with injected(fault, process, tmp_path):
            client.say(CONTENT + b".\r\n")
            assert client.reply()[:4] == ("452 " if "ENOSPC" in fault else "451 ")
        assert list((tmp_path / "vault/drafts").iterdir()) == []
        client.envelope()
        client.say(CONTENT + b".\r\n")
        assert client.reply().startswith("250 2.0.0 Received as ")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("fault", ["fsync,fdatasync:error=EIO", "pwrite64:error=ENOSPC"])
def test_a_record_whose_log_fails_is_never_250(fault: str, tmp_path: Path) -> None:
    """The commit is all that makes a small letter durable: SQLite's own write and sync."""
    with door_process(tmp_path, "bench.idle_server") as (port, process), Client(port) as client:
        client.begin()
        with injected(fault, process, tmp_path):
            client.say(CONTENT + b".\r\n")
            assert client.reply()[:4] == ("452 " if "ENOSPC" in fault else "451 ")
        client.envelope()
        client.say(CONTENT + b".\r\n")
        assert client.reply().startswith("250 2.0.0 Received as ")
    with open_stores(Settings(storage=Storage(path=tmp_path))) as stores:
        assert list(damages(stores.database, stores.vault)) == []
        with stores.database.read() as connection:
            assert len(connection.execute(sa.select(letters)).all()) == 1


@contextlib.contextmanager
def injected(fault: str, process: subprocess.Popen[bytes], folder: Path) -> Iterator[None]:
    """Let every such call of a process fail for as long as the context lasts."""
    call = fault.partition(":")[0]
    strace = ["strace", "-f", "-qq", "-p", str(process.pid), "-o", str(folder / "trace")]
    strace += ["-e", f"trace={call}", "-e", f"inject={fault}"]
    with subprocess.Popen(strace, stderr=subprocess.PIPE) as tracer:
        try:
            until(lambda: traced(process.pid) or tracer.poll() is not None)
            if tracer.poll() is not None:
                pytest.skip("strace cannot attach here")
            yield
        finally:
            tracer.terminate()
    until(lambda: not traced(process.pid))


def traced(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    attached = "TracerPid:\t0\n" not in status
    if attached:
        time.sleep(0.1)  # it sees the process before it has all of its threads
    return attached
