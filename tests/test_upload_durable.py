"""What 204 stands for: the bytes were synced before it was said; a failed sync never says it."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.bad_line import PagesProcess, pages_process
from tests.test_gateway_smtp_disk import traced

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]

SIZE = 1_500_000
BYTES = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def pages(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesProcess]:
    folder = tmp_path_factory.mktemp("durable") / "var"
    folder.mkdir()
    shutil.copy(migrated, folder / "casebridge.db")
    with pages_process(folder) as server:
        yield server


@pytest.fixture
def browser(pages: PagesProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{pages.port}", timeout=60) as browser:
        yield browser


@contextmanager
def strace(pages: PagesProcess, log: Path, *options: str) -> Iterator[None]:
    assert pages.process is not None
    pid = pages.process.pid
    command = ["strace", "-f", "-y", "-qq", "-s", "64", "-p", str(pid), "-o", str(log), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
        try:
            while not traced(pid):
                if tracer.poll() is not None:
                    pytest.skip("strace cannot attach here")
                time.sleep(0.02)
            yield
        finally:
            tracer.terminate()
    while traced(pid):
        time.sleep(0.02)


def made(browser: httpx.Client) -> str:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(SIZE)}
    answer = browser.post("/send/uploads", headers=headers)
    assert answer.status_code == 201
    return str(answer.headers["location"])


def patch(browser: httpx.Client, where: str, content: bytes, start: int, end: int = SIZE) -> int:
    headers = BYTES | {"Upload-Offset": str(start)}
    return browser.patch(where, content=content[start:end], headers=headers).status_code


def test_the_bytes_are_synced_before_204_and_the_blobs_folder_too(
    pages: PagesProcess, browser: httpx.Client, tmp_path: Path
) -> None:
    where, log, content = made(browser), tmp_path / "trace", secrets.token_bytes(SIZE)
    file = f"uploads/{where.rpartition('/')[2]}"
    sha256 = hashlib.sha256(content).hexdigest()
    calls = "trace=fsync,fdatasync,rename,sendto,write,pwrite64"
    with strace(pages, log, "-e", calls):
        assert patch(browser, where, content, 0, 1_000_000) == 204
        assert patch(browser, where, content, 1_000_000) == 204
    happened = _in_order(log)
    answers = [at for at, (_, call) in enumerate(happened) if "HTTP/1.1 204" in call]
    assert len(answers) == 2
    before = 0
    for answer in answers:
        during = [call for _, call in happened[before:answer]]
        data = _places(during, r"^(write|pwrite64)\(\d+<[^>]*" + file)
        synced = _places(during, r"^fsync\(\d+<[^>]*" + file)
        record = _places(during, r"^(fsync|fdatasync)\(\d+<[^>]*casebridge\.db-wal")
        assert data[-1] < synced[-1] < record[-1], "bytes, their sync, the row's"
        before = answer
    last = [call for _, call in happened[answers[0] : answers[1]]]
    renamed = _places(last, rf"^rename\(.*{file}.*{sha256}")
    folder = _places(last, rf"^fsync\(\d+<[^>]*/vault/{sha256[:2]}>")
    assert renamed[-1] < folder[-1]


def _in_order(log: Path) -> list[tuple[str, str]]:
    """Return thread and call, in the order in which the calls had ended well."""
    begun: dict[str, str] = {}
    happened = []
    for line in log.read_text(errors="replace").splitlines():
        thread, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>")
        elif resumed := re.match(r"<\.\.\. \w+ resumed>", call):
            call = begun.pop(thread, "") + call[resumed.end() :]
        if "unfinished" not in call and not re.search(r"= -1 ", call):
            happened.append((thread, call))
    return happened


def _places(calls: list[str], pattern: str) -> list[int]:
    found = [at for at, call in enumerate(calls) if re.search(pattern, call)]
    assert found, pattern
    return found


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("fsync:error=EIO:when=1", 500),
        ("fsync:error=ENOSPC:when=1", 507),
        ("rename:error=EIO:when=1", 500),
    ],
)
def test_a_failed_sync_or_rename_is_never_204(
    pages: PagesProcess, browser: httpx.Client, tmp_path: Path, fault: str, said: int
) -> None:
    where, content = made(browser), secrets.token_bytes(SIZE)
    assert patch(browser, where, content, 0, 500_000) == 204
    call = fault.partition(":")[0]
    options = ("-e", f"trace={call}", "-e", f"inject={fault}")
    with strace(pages, tmp_path / "trace", *options):
        assert patch(browser, where, content, 500_000) == said
    headers = {"Tus-Resumable": "1.0.0"}
    at = int(browser.head(where, headers=headers).headers["upload-offset"])
    if at < SIZE:
        assert at == 500_000
        assert patch(browser, where, content, at) == 204
    sha256 = hashlib.sha256(content).hexdigest()
    blob = pages.storage / "vault" / sha256[:2] / sha256
    assert hashlib.sha256(blob.read_bytes()).hexdigest() == sha256
