"""The scanner: asks clamd whether a file holds a virus, over its socket.

A file goes as `INSTREAM`, in chunks, so clamd needs no right to read what is ours, and may be on
another machine (clamd(8), COMMANDS). It tells OK of what it has not looked at to the end, unless
`AlertExceedsMax` is set: what is larger than `most_bytes` is not sent at all.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import BinaryIO, Final

_CHUNK_BYTES: Final = 256 * 1024
_CONNECT_SECONDS: Final = 5
_MOST_ANSWER_BYTES: Final = 4096
# What clamd alerts to that is no virus: it did not look at everything, or could not.
_UNSEEN: Final = {
    "Heuristics.Limits.Exceeded": "too_large",
    "Heuristics.Encrypted": "encrypted",
}


class Outcome(StrEnum):
    """What came of a scan."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNSEEN = "not_scanned"


@dataclass(frozen=True)
class Verdict:
    """What clamd said of one file.

    `detail` is a signature's name where it is infected; where it was not scanned, why not:
    `too_large`, `encrypted`, or `failed` where clamd ended, refused or took too long on this file.
    """

    outcome: Outcome
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.outcome}:{self.detail}" if self.detail else self.outcome.value


class ScannerAway(Exception):
    """Nobody answers at clamd's socket. It says nothing about any file."""


@dataclass(frozen=True)
class Scanner:
    """One clamd. `place` is the path of its socket, or `host:port`. Safe to use from threads."""

    place: str
    most_bytes: int
    seconds: int  # for one file, from the first byte sent to the last one of the answer

    def ping(self) -> None:
        """Ask whether clamd is there. Raises ScannerAway."""
        with self._connected(monotonic() + _CONNECT_SECONDS) as line:
            try:
                line.send(b"zPING\0")
                answer = line.answer()
            except _LineLost as fault:
                raise ScannerAway("it does not answer") from fault
        if answer != "PONG":
            raise ScannerAway("what answers is no clamd")

    def scan(self, content: BinaryIO, size: int) -> Verdict:
        """Have a file of `size` bytes looked at. Raises ScannerAway where nobody answers at all."""
        if size > self.most_bytes:
            return Verdict(Outcome.UNSEEN, "too_large")
        with self._connected(monotonic() + self.seconds) as line:
            # It may say no, and hang up, before the last chunk is sent: then its answer says why.
            with contextlib.suppress(_LineLost):
                line.send(b"zINSTREAM\0")
                while chunk := content.read(_CHUNK_BYTES):
                    line.send(struct.pack("!L", len(chunk)) + chunk)
                line.send(struct.pack("!L", 0))
            try:
                return _verdict(line.answer())
            except _LineLost:
                return Verdict(Outcome.UNSEEN, "failed")

    @contextlib.contextmanager
    def _connected(self, until: float) -> Iterator[_Line]:
        try:
            there = _connect(self.place)
        except OSError as fault:
            raise ScannerAway(str(fault)) from fault
        with there:
            yield _Line(there, until)


class _LineLost(Exception):
    """The connection ended, or its time did."""


@dataclass(frozen=True)
class _Line:
    """A connection that has to end by a moment. Every call raises _LineLost."""

    socket: socket.socket
    until: float

    def send(self, octets: bytes) -> None:
        with self._in_time():
            self.socket.sendall(octets)

    def answer(self) -> str:
        """Return the answer, without the NUL that ends it; what came where there is none."""
        said = b""
        while b"\0" not in said and len(said) < _MOST_ANSWER_BYTES:
            with self._in_time():
                more = self.socket.recv(_MOST_ANSWER_BYTES)
            if not more:
                break
            said += more
        return said.partition(b"\0")[0].decode("utf-8", errors="replace")

    @contextlib.contextmanager
    def _in_time(self) -> Iterator[None]:
        left = self.until - monotonic()
        if left <= 0:
            raise _LineLost
        try:
            self.socket.settimeout(left)
            yield
        except OSError as fault:
            raise _LineLost from fault


def _connect(place: str) -> socket.socket:
    if place.startswith("/"):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.settimeout(_CONNECT_SECONDS)
            made.connect(place)
        except OSError:
            made.close()
            raise
        return made
    host, _, port = place.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS)


def _verdict(answer: str) -> Verdict:
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return Verdict(Outcome.CLEAN)
    name, _, word = said.rpartition(" ")
    if word == "FOUND":
        for beginning, why in _UNSEEN.items():
            if name.startswith(beginning):
                return Verdict(Outcome.UNSEEN, why)
        return Verdict(Outcome.INFECTED, name)
    if "size limit exceeded" in said:
        return Verdict(Outcome.UNSEEN, "too_large")
    return Verdict(Outcome.UNSEEN, "failed")
