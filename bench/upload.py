"""An upload through tus, beside the Node reference server and beside writing the same bytes.

`python -m bench.upload MEGABYTES` runs it with less than the 2 GB that are asked for.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.rounds import Figure, NotMeasured, interleaved, print_table
from bench.server import Server, free_port

_ROOT = Path(__file__).parent.parent
_MEGABYTE = 1_000_000
_MEBIBYTE = 1 << 20
_SIZE = 1 << 31
_CHUNK = 8 << 20
_START_SECONDS = 60.0
_OURS = (sys.executable, "-m", "bench.idle_pages")


@dataclass(frozen=True)
class _Body:
    """What is sent: one chunk of random bytes again and again, so that no source is waited for."""

    size: int
    chunk: bytes = secrets.token_bytes(_CHUNK)

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, self.size, _CHUNK):
            yield self.chunk[: min(_CHUNK, self.size - start)]

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()


def beside_others(size: int = _SIZE) -> list[Figure]:
    """A 2 GB upload through tus in chunks of 8 MB: to @tus/server, and to a direct write."""
    body = _Body(size)
    sha256 = body.sha256()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        ours = stack.enter_context(_pages(folder / "ours"))
        try:
            node: int | NotMeasured = stack.enter_context(_node(folder / "node"))
        except NotMeasured as reason:
            node = reason

        def through_ours() -> float:
            seconds = _upload(ours.port, body)
            # Removed, so that the disk does not fill; and that it is there is the proof.
            (folder / "ours/vault" / sha256[:2] / sha256).unlink()
            return size / _MEGABYTE / seconds

        def through_node() -> float:
            if isinstance(node, NotMeasured):
                raise node
            seconds = _upload(node, body)
            for file in (folder / "node").iterdir():
                file.unlink()
            return size / _MEGABYTE / seconds

        rounds = interleaved(
            {
                "casebridge": through_ours,
                "@tus/server": through_node,
                "direct write": lambda: size / _MEGABYTE / _directly(folder / "direct", body),
            }
        )
    print_table(f"{size / _MEGABYTE:.0f} MB in chunks of 8 MiB", "MB/s", rounds, "casebridge")
    return [
        Figure(
            "upload to @tus/server",
            rounds.ratio("casebridge", "@tus/server"),
            "",
            1,
            at_least=True,
            note="(it neither hashes nor fsyncs)",
        ),
        Figure(
            "upload to a direct write",
            rounds.ratio("casebridge", "direct write"),
            "",
            0.4,
            at_least=True,
            note="(written, hashed, fsynced for each chunk)",
        ),
    ]


def memory(size: int = _SIZE) -> list[Figure]:
    """Four uploads of 2 GB at once: how much the server's peak rises."""
    body = _Body(size)
    with tempfile.TemporaryDirectory() as name, _pages(Path(name) / "ours") as ours:
        _upload(ours.port, _Body(50 * _MEGABYTE))
        before = ours.resident_bytes()
        faults: list[Exception] = []

        def send() -> None:
            try:
                _upload(ours.port, body)
            except (OSError, http.client.HTTPException, RuntimeError) as fault:
                faults.append(fault)

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        rise = (ours.peak_bytes() - before) / _MEBIBYTE
    return [Figure("memory for four uploads at once", rise, "MiB", 128, at_least=False)]


def _upload(port: int, body: _Body) -> float:
    """Send it in chunks, and return the seconds from the first to the answer to the last."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {
        "Tus-Resumable": "1.0.0",
        "Cookie": f"casebridge_draft={secrets.token_urlsafe(32)}",
    }
    start = time.perf_counter()
    client.request("POST", "/send/uploads", headers=headers | {"Upload-Length": str(body.size)})
    where = _answer(client, 201).headers["location"]
    headers["Content-Type"] = "application/offset+octet-stream"
    offset = 0
    for chunk in body.chunks():
        client.request("PATCH", where, chunk, headers | {"Upload-Offset": str(offset)})
        offset = int(_answer(client, 204).headers["upload-offset"])
    seconds = time.perf_counter() - start
    client.close()
    if offset != body.size:
        raise RuntimeError(f"the server has {offset} of {body.size} bytes")
    return seconds


def _answer(client: http.client.HTTPConnection, status: int) -> http.client.HTTPResponse:
    answer = client.getresponse()
    said = answer.read()
    if answer.status != status:
        raise RuntimeError(f"{answer.status} {said[:200]!r}")
    return answer


def _directly(file: Path, body: _Body) -> float:
    """Write the bytes to a file, hashed, and fsynced where an upload would have been answered."""
    digest = hashlib.sha256()
    start = time.perf_counter()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    for chunk in body.chunks():
        view = memoryview(chunk)
        for at in range(0, len(view), _MEBIBYTE):
            os.write(descriptor, view[at : at + _MEBIBYTE])
            digest.update(view[at : at + _MEBIBYTE])
        os.fsync(descriptor)
    os.close(descriptor)
    seconds = time.perf_counter() - start
    file.unlink()
    return seconds


@contextlib.contextmanager
def _pages(folder: Path) -> Iterator[Server]:
    port = free_port()
    environment = {
        **os.environ,
        "CASEBRIDGE_STORAGE__PATH": str(folder),
        "CASEBRIDGE_WEB__PORT": str(port),
        "CASEBRIDGE_SENDING__UNPROVEN_BYTES": str(1 << 40),
    }
    with _running(_OURS, port, environment) as process:
        yield Server("127.0.0.1", port, f"http://127.0.0.1:{port}", folder, process)


@contextlib.contextmanager
def _node(folder: Path) -> Iterator[int]:
    """Start the reference server. Raises NotMeasured where it is not installed."""
    node = shutil.which("node", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if node is None or not (_ROOT / "node_modules/@tus/server").is_dir():
        raise NotMeasured("@tus/server is not installed: bin/set-up test")
    folder.mkdir()
    port = free_port()
    command = (node, str(_ROOT / "bench/node_tus.mjs"), str(port), str(folder))
    with _running(command, port, dict(os.environ)):
        yield port


@contextlib.contextmanager
def _running(
    command: tuple[str, ...], port: int, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, env=environment, cwd=_ROOT, stdout=sys.stderr) as process:
        try:
            _await_listening(port, process)
            yield process
        finally:
            process.terminate()
            process.wait()


def _await_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with contextlib.suppress(OSError):
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            client.connect()
            client.close()
            return
        time.sleep(0.05)
    raise RuntimeError("the server does not listen")


if __name__ == "__main__":
    asked = int(sys.argv[1]) * _MEGABYTE if len(sys.argv) > 1 else _SIZE
    for figure in beside_others(asked) + memory(asked):
        print(f"  {figure}")
