"""Other readers of mail, each behind the same question: which parts does this file hold?"""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from bench.rounds import NotMeasured

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
_SECONDS = 20


@dataclass(frozen=True)
class Found:
    """A part as another reader has it."""

    name: str
    media_type: str
    data: bytes


Reader = Callable[[Path], list[Found] | None]
"""Gives the parts of one message, None where the reader gave up on it."""


@contextlib.contextmanager
def others() -> Iterator[dict[str, Reader]]:
    """Give the other readers by name. Raises NotMeasured where one is not installed."""
    node, perl = _program("node"), _program("perl")
    with (
        _Answering([node, str(_HERE / "postal.cjs")]) as postal,
        _Answering([perl, str(_HERE / "email_mime.pl")]) as email_mime,
    ):
        yield {
            "email, default": lambda file: _standard(file, email.policy.default),
            "email, compat32": lambda file: _standard(file, email.policy.compat32),
            "postal-mime": postal.parts,
            "Email::MIME": email_mime.parts,
            "munpack": _munpack,
        }


def _program(name: str) -> str:
    path = f"{_ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
    found = shutil.which(name, path=path)
    if found is None:
        raise NotMeasured(f"{name} is not installed (bin/set-up test)")
    return found


def _standard(file: Path, policy: email.policy.Policy) -> list[Found] | None:
    try:
        message = email.message_from_bytes(file.read_bytes(), policy=policy)
        return [_of_part(part) for part in message.walk() if not part.is_multipart()]
    except (AttributeError, IndexError, LookupError, RecursionError, ValueError):
        return None  # its known faults; what it cannot read is counted


def _of_part(part: Message) -> Found:
    try:
        name = part.get_filename() or ""
    except (AttributeError, IndexError, LookupError, TypeError, ValueError):
        name = ""
    data = part.get_payload(decode=True)
    return Found(name, part.get_content_type(), data if isinstance(data, bytes) else b"")


class _Answering(contextlib.AbstractContextManager["_Answering"]):
    """A program that answers each path on its standard input with a line of JSON."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT, text=True
        )

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def parts(self, file: Path) -> list[Found] | None:
        """Return what the program finds in a file."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{file.resolve()}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise NotMeasured(f"{self._process.args!r} ended: is it set up (bin/set-up test)?")
        said = json.loads(line)
        if "fault" in said:
            return None
        return [Found(name, kind, base64.b64decode(data)) for name, kind, data in said["parts"]]


def _munpack(file: Path) -> list[Found] | None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "out")
        folder.mkdir()
        # It knows LF alone: with CRLF it eats what stands in front of a soft line break.
        message = Path(scratch, "message")
        message.write_bytes(file.read_bytes().replace(b"\r\n", b"\n"))
        try:
            subprocess.run(
                [_program("munpack"), "-t", "-f", "-q", str(message)],
                cwd=folder,
                timeout=_SECONDS,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        return [
            Found(str(path.relative_to(folder)), "", path.read_bytes())
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix != ".desc"
        ]
