"""A real clamd of the tests' own: unprivileged, on a socket, with one signature of our own."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
needs_clamd = pytest.mark.skipif(
    PROGRAM is None, reason="clamd (Debian: clamav-daemon) is not installed"
)
VIRUS = b"Casebridge test virus 7f3a"
"""What our signature finds. It is no virus, and no scanner in the world knows it."""
_PATIENCE_SECONDS = 60.0
MOST_BYTES = 2_000_000  # that it looks at

_CONFIG = """\
LocalSocket {folder}/clamd.sock
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
LogFile {folder}/log
Foreground yes
AlertExceedsMax yes
AlertEncrypted yes
MaxFileSize {most}
MaxScanSize {most}
StreamMaxLength 20000000
"""


class Clamd:
    """One clamd, that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = str(folder / "clamd.sock")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM is not None, "marked with needs_clamd"
        config = self.folder / "clamd.conf"
        self._process = subprocess.Popen(
            [PROGRAM, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + _PATIENCE_SECONDS
        while not Path(self.socket).exists():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, "clamd has not started"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            Path(self.socket).unlink(missing_ok=True)


@contextlib.contextmanager
def clamd_running() -> Iterator[Clamd]:
    """Start a clamd of one's own in a short folder: a socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="clamd-") as name:
        folder = Path(name)
        (folder / "signatures").mkdir()
        (folder / "signatures" / "own.ndb").write_text(f"CasebridgeTest:0:*:{VIRUS.hex()}\n")
        (folder / "clamd.conf").write_text(_CONFIG.format(folder=folder, most=MOST_BYTES))
        made = Clamd(folder)
        made.start()
        try:
            yield made
        finally:
            made.stop()
