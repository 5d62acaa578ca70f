"""Scan: what a virus scanner says of every file of a letter, before an engine or a person opens it.

An infected file seals the whole letter: nothing of it is filed, and nothing can be downloaded.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import BinaryIO

import structlog

from gateway.letter import Form
from gateway.road.package import Fate, Package, Part, Trouble
from gateway.scanner import Outcome, Scanner, ScannerAway, Verdict

_INFECTED = "file_virus"
_AWAY = Verdict(Outcome.UNSEEN, "away")
_FAILED = Verdict(Outcome.UNSEEN, "failed")
# What the scanner is made to leave: that is said of the file, and keeps no letter.
_ITS_OWN_LIMITS = {"too_large", "encrypted"}
# What is not a document to its sender, and is nothing that could be refused.
_NO_DOCUMENT = {"narrative", "alternative"}


def scan(
    package: Package,
    raw: BinaryIO,
    scanner: Scanner,
    *,
    required: bool,
    by_staff: bool = False,
    failed: frozenset[str] = frozenset(),
) -> Package:
    """Have every file looked at, and the message as a whole, in which another reader may find more.

    Every part that holds bytes of its own says what came of it. Where a scan is `required`, a
    letter is held when nobody answered (`scanner_away`), or when the scanner failed on a file
    (`file_not_scanned`) and it was not one `by_staff` who decided to file it all the same.

    `failed` are the SHA-256 of the files that it failed on in an earlier attempt: whatever ends it
    comes last, when the others have been looked at, and the letter is not held for it again.
    """
    asked = _Asked(scanner, failed)
    said = asked.files(package.parts)
    parts = tuple(dataclasses.replace(part, scan=said.get(part.path)) for part in package.parts)
    infected = {part.path: part for part in parts if _is(part, Outcome.INFECTED)}
    if not infected:
        whole = asked.message(package, raw)
        if whole is None or whole.outcome is not Outcome.INFECTED:
            unread = whole if package.is_unread else None
            marked = package.but(parts=_marked(parts, unread))
            return _held(marked, required=required, by_staff=by_staff, again=bool(failed))
        structlog.get_logger().warning("letter.infected", by=whole.detail, where="message")
    return _sealed(package, parts, infected)


class _Asked:
    """One letter's questions to the scanner: each content once, and none after it was away.

    Those that it `failed` on before come last.
    """

    def __init__(self, scanner: Scanner, failed: frozenset[str]) -> None:
        self._scanner = scanner
        self._failed = failed
        self._said: dict[str, Verdict] = {}
        self._is_away = False

    def files(self, parts: tuple[Part, ...]) -> dict[str, str]:
        """Say of each part that holds bytes, by its path, what came of it."""
        with_bytes = [(part, part.file) for part in parts if part.file is not None]
        in_order = sorted(with_bytes, key=lambda one: one[0].sha256 in self._failed)
        return {part.path: str(self._file(part, file)) for part, file in in_order}

    def _file(self, part: Part, file: Path) -> Verdict:
        if part.sha256 not in self._said:
            self._said[part.sha256] = self._open(part, file)
        said = self._said[part.sha256]
        if said.outcome is Outcome.INFECTED:
            structlog.get_logger().warning("letter.infected", by=said.detail, where=part.path)
        return said

    def message(self, package: Package, raw: BinaryIO) -> Verdict | None:
        """Look at a message as it came; None of a manifest, which holds no file's bytes."""
        if package.letter.form is Form.MANIFEST:
            return None
        raw.seek(0)
        return self._ask(raw, package.letter.raw.bytes)

    def _open(self, part: Part, file: Path) -> Verdict:
        with file.open("rb") as content:
            said = self._ask(content, part.bytes)
        # That nobody answers now takes nothing from what is known of it.
        return _FAILED if said == _AWAY and part.sha256 in self._failed else said

    def _ask(self, content: BinaryIO, size: int) -> Verdict:
        if self._is_away:
            return _AWAY
        try:
            return self._scanner.scan(content, size)
        except ScannerAway as fault:
            structlog.get_logger().error("scanner.away", why=str(fault))
            self._is_away = True
            return _AWAY


def _is(part: Part, outcome: Outcome) -> bool:
    return part.scan is not None and part.scan.startswith(outcome.value)


def _marked(parts: tuple[Part, ...], whole: Verdict | None) -> tuple[Part, ...]:
    """Say of a message that could not be read, and is its own one part, what came of the whole."""
    if whole is None:
        return parts
    return (dataclasses.replace(parts[0], scan=str(whole)), *parts[1:])


def _held(package: Package, *, required: bool, by_staff: bool, again: bool) -> Package:
    """Hold a package for the scanner's return, or for a person where it has failed on a file.

    It may have ended for any reason, and the files behind are not looked at then: the first time
    the letter waits for its return. Where it failed `again`, it would go on so for ever.
    """
    unseen = [part for part in package.parts if _is(part, Outcome.UNSEEN)]
    away = [part for part in unseen if _why(part) == _AWAY.detail]
    failed = [part for part in unseen if _why(part) not in {*_ITS_OWN_LIMITS, _AWAY.detail}]
    if not required or not (away or failed) or (by_staff and not away):
        return package
    waits = away and (by_staff or not (again and failed))
    code = "scanner_away" if waits else "file_not_scanned"
    troubles = tuple(Trouble(code, {"name": _name(part)}, part.path) for part in failed[:1])
    resolution = dataclasses.replace(package.resolution, hold=code)
    return package.but(
        resolution=resolution,
        filings=(),
        asked=False,
        troubles=package.troubles + (() if waits else troubles),
    )


def _sealed(package: Package, parts: tuple[Part, ...], infected: dict[str, Part]) -> Package:
    """Refuse everything that would be a document, and say which files it was for."""
    found = [Trouble(_INFECTED, {"name": _name(part)}, path) for path, part in infected.items()]
    return package.but(
        parts=tuple(_refused(part, is_infected=part.path in infected) for part in parts),
        troubles=tuple(found) or (Trouble(_INFECTED, {"name": "Your message"}),),
        message_pdf=False,
        filings=(),
        asked=False,
        is_sealed=True,
    )


def _refused(part: Part, *, is_infected: bool) -> Part:
    if is_infected and part.reason not in _NO_DOCUMENT:
        return dataclasses.replace(part, fate=Fate.REFUSED, reason=_INFECTED)
    if part.reason in _NO_DOCUMENT or part.fate is Fate.LEFT_OUT:
        return dataclasses.replace(part, fate=Fate.LEFT_OUT, filed_name=None)
    if part.fate is Fate.REFUSED:
        return part
    return dataclasses.replace(part, fate=Fate.REFUSED, reason="letter_sealed")


def _why(part: Part) -> str:
    return (part.scan or "").partition(":")[2]


def _name(part: Part) -> str:
    if part.reason in _NO_DOCUMENT:
        return "Your message"
    return part.original_name or part.filed_name or f"Part {part.path}"
