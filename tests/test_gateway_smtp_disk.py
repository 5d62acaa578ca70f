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

from config.settings import Settings, Storage
from tests.live_door import Client, open_door, until

CONTENT = b"Subject: 24-001234\r\n\r\nAttached.\r\n"
ROOT = Path(__file__).parent.parent


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a small tmpfs needs root and the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


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


@contextlib.contextmanager
def door_process(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A door in a process of its own, for faults that are injected from outside."""
    port = free_port()
    environment = os.environ | {
        "CASEBRIDGE_SMTP__PORT": str(port),
        "CASEBRIDGE_STORAGE__PATH": str(folder),
    }
    command = [sys.executable, "-m", "tests.bare_door"]
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
    with door_process(tmp_path) as (port, process), Client(port) as client:
        client.begin()
        call = fault.partition(":")[0]
        strace = ["strace", "-f", "-qq", "-p", str(process.pid), "-o", str(tmp_path / "trace")]
        strace += ["-e", f"trace={call}", "-e", f"inject={fault}"]
        with subprocess.Popen(strace, stderr=subprocess.PIPE) as tracer:
            try:
                until(lambda: traced(process.pid) or tracer.poll() is not None)
                if tracer.poll() is not None:
                    pytest.skip("strace cannot attach here")
                client.say(CONTENT + b".\r\n")
                assert client.reply()[:4] == ("452 " if "ENOSPC" in fault else "451 ")
            finally:
                tracer.terminate()
        assert list((tmp_path / "vault/drafts").iterdir()) == []
        until(lambda: not traced(process.pid))
        client.envelope()
        client.say(CONTENT + b".\r\n")
        assert client.reply().startswith("250 2.0.0 Received as ")


def traced(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    attached = "TracerPid:\t0\n" not in status
    if attached:
        time.sleep(0.1)  # it sees the process before it has all of its threads
    return attached
