"""Unpack: a message's parts decoded, hashed and written to files, by our reader and the library."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from time import perf_counter

from bench.rounds import Figure, interleaved, print_table
from config.settings import Reading
from gateway.reader.entity import Count, Entity, Kind, Limits, read_tree
from gateway.reader.leaf import unpack
from gateway.reader.source import Extent

_MB = 1_000_000
_SMALL = 400
_LINE = 57  # bytes of a file in a line of 76
_BLOCK = _LINE * 18_000
_LIMITS = Limits(Reading().max_parts, Reading().max_depth, Reading().max_header_bytes)
_MEMORY_SIZES = (1 << 20, 1 << 24, 1 << 27, 1 << 30)
_FLAT_MIB = 8


def large() -> list[Figure]:
    """A 25 MB and a 150 MB message unpacked to files, no fsync: MB of message a second."""
    figures = []
    for size in (25, 150):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            message = folder / "message"
            _write_message(message, size * _MB)
            _check(message, folder)
            rounds = interleaved(
                {
                    "ours": partial(_rate, _ours, message, folder),
                    "email, default": partial(_rate, _standard, message, folder),
                }
            )
        print_table(f"A message of {size} MB", "MB/s", rounds, "ours")
        figures.append(
            Figure(
                f"unpacking {size} MB against the standard library",
                rounds.ratio("ours", "email, default"),
                "times",
                6,
                at_least=True,
            )
        )
    return figures


def small() -> list[Figure]:
    """400 messages as people write them, text with a PDF of 2 KB: messages a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        messages = []
        for number in range(_SMALL):
            messages.append(folder / f"message{number}")
            messages[-1].write_bytes(_small_message(number))

        def rate(read: Callable[[Path, Path], object]) -> float:
            begun = perf_counter()
            for message in messages:
                read(message, folder)
            return _SMALL / (perf_counter() - begun)

        rounds = interleaved(
            {"ours": lambda: rate(_ours), "email, default": lambda: rate(_standard)}
        )
    print_table("Small messages", "a second", rounds, "ours")
    return [
        Figure(
            "small messages against the standard library",
            rounds.ratio("ours", "email, default"),
            "times",
            1,
            at_least=True,
        )
    ]


def memory() -> list[Figure]:
    """Messages of 1 MiB to 1 GiB, each in a process of its own: peak resident MiB."""
    peaks = []
    with tempfile.TemporaryDirectory() as name:
        for size in _MEMORY_SIZES:
            message = Path(name, "message")
            _write_message(message, size)
            done = subprocess.run(
                [sys.executable, "-m", "bench.unpack", str(message), name],
                check=True,
                capture_output=True,
                text=True,
            )
            peaks.append(int(done.stdout) / 1024)
            print(f"  {size >> 20:5} MiB: {peaks[-1]:6.1f} MiB resident")
            message.unlink()
    return [
        Figure(
            "resident memory, 1 GiB above 1 MiB",
            max(peaks) - peaks[0],
            "MiB",
            _FLAT_MIB,
            at_least=False,
        )
    ]


def _rate(read: Callable[[Path, Path], object], message: Path, folder: Path) -> float:
    begun = perf_counter()
    read(message, folder)
    return message.stat().st_size / _MB / (perf_counter() - begun)


def _ours(message: Path, folder: Path) -> set[str]:
    found = set()
    with message.open("rb") as stream:
        raw = Extent(stream.fileno(), 0, message.stat().st_size)
        for number, leaf in enumerate(_leaves(read_tree(raw, Count(_LIMITS)))):
            file = folder / f"ours{number}"
            found.add(unpack(leaf, file).sha256)
            file.unlink()
    return found


def _leaves(entity: Entity) -> Iterator[Entity]:
    if entity.kind is Kind.LEAF:
        yield entity
    for child in entity.children:
        yield from _leaves(child)


def _standard(message: Path, folder: Path) -> set[str]:
    found = set()
    with message.open("rb") as stream:
        parsed = email.message_from_binary_file(stream, policy=email.policy.default)
    for number, part in enumerate(parsed.walk()):
        if part.is_multipart():
            continue
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        found.add(hashlib.sha256(data).hexdigest())
        file = folder / f"standard{number}"
        with file.open("xb", buffering=0) as stream:
            stream.write(data)
        file.unlink()
    return found


def _check(message: Path, folder: Path) -> None:
    """Hold both against each other: a benchmark of what is wrong says nothing."""
    ours, theirs = _ours(message, folder), _standard(message, folder)
    assert ours == theirs, "both find the same bytes"
    print(f"{len(ours)} parts, the same bytes from both")


def _write_message(file: Path, size: int) -> None:
    """Write a message with one attachment, in base64, of about `size` bytes."""
    with file.open("wb") as stream:
        stream.write(
            b"From: Pat Lee <pat@baker.example>\r\nSubject: Scans\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/mixed; boundary="=_scans"\r\n\r\n--=_scans\r\n'
            b"Content-Type: text/plain\r\n\r\nThe scans.\r\n--=_scans\r\n"
            b'Content-Type: application/pdf; name="scans.pdf"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n"
        )
        block = base64.encodebytes(os.urandom(_BLOCK)).replace(b"\n", b"\r\n")
        for _ in range(max(1, size // len(block))):
            stream.write(block)
        stream.write(b"--=_scans--\r\n")


def _small_message(number: int) -> bytes:
    message = EmailMessage()
    message["From"] = "Pat Lee <pat@baker.example>"
    message["To"] = "claims@casebridge.example"
    message["Subject"] = f"Statement {number}, case 24-001234"
    message["Message-ID"] = f"<{number}@baker.example>"
    message.set_content("Dear Dana,\n\nthe statement is attached.\n\nPat Lee\n")
    message.add_alternative("<p>Dear Dana,</p><p>the statement is attached.</p>", subtype="html")
    message.add_attachment(
        os.urandom(2000), maintype="application", subtype="pdf", filename=f"{number}.pdf"
    )
    return message.as_bytes()


if __name__ == "__main__":
    _ours(Path(sys.argv[1]), Path(sys.argv[2]))
    # Not getrusage: its figure begins with that of the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(status.partition("VmHWM:")[2].split()[0])
