"""The sent-folder check: what a firm has sent to us, by its own copies, beside what we have filed.

A message is found again by its Message-ID, or else by its date and its body, and in either case by
the address in its From: a number that somebody else wrote down finds nothing. The name beside the
address is another in each program's copy. Found by its Message-ID, whether the body is the same is
said beside it, since footers and warnings of mail systems change it on the way.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway import assembly
from gateway.about import About, NotRead, about
from gateway.address import AddressFault, NoSuchAddress, OurAddresses, canonical
from gateway.body_hash import body_sha256
from gateway.bulk.door import NotTaken, read
from gateway.bulk.messages import Message, Passed
from gateway.road.walk import Road
from gateway.stores import Stores
from portal.receipt_number import shown
from portal.tables import cases, letters, packages, submissions
from portal.vault import BlobMissing

_MOST_ALIKE = 1_000  # with one Message-ID, or of one moment
_ANGLED = re.compile(r"<([^<>\s]+@[^<>\s]+)>\s*\Z")
_FOUND = (
    sa.select(letters, packages.c.header_from)
    .join(packages, packages.c.letter_id == letters.c.id)
    .order_by(letters.c.id)
    .limit(_MOST_ALIKE)
)
_BY_ID = _FOUND.where(packages.c.message_id == sa.bindparam("message_id"))
_BY_DATE = _FOUND.where(
    packages.c.sent_at == sa.bindparam("sent_at", type_=packages.c.sent_at.type)
)
_CASES = (
    sa.select(cases.c.number)
    .join(submissions, submissions.c.case_id == cases.c.id)
    .where(submissions.c.letter_id == sa.bindparam("letter"))
    .distinct()
    .order_by(cases.c.number)
)
_Row = sa.Row[tuple[Any, ...]]
_FATES = {
    "filed": "filed",
    "filed_in_part": "filed",
    "with_us": "held",
    "needs_you": "held",
    "checking": "on_the_way",
    "not_filed": "not_filed",
}
"""What became of a letter, by its state; of any other it was set aside."""
ORDER = ("filed", "held", "on_the_way", "not_filed", "set_aside", "never_arrived")
"""From the best that can be said of a message to the worst."""


@dataclass(frozen=True)
class Compared:
    """One message of a sent folder, and what became of it here."""

    file: Path
    index: int | None
    fate: str  # one of ORDER, "not_for_us", or "unreadable"
    why: str | None = None
    receipt: str | None = None
    cases: tuple[str, ...] = ()
    is_same: bool | None = None  # whether the body is byte for byte that which was sent
    sent_at: datetime | None = None
    subject: str | None = None
    message_id: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON and CSV, but for the file's name."""
        return {
            "fate": self.fate,
            "why": self.why,
            "receipt": self.receipt,
            "cases": list(self.cases),
            "same_body": self.is_same,
            "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "subject": self.subject,
            "message_id": self.message_id,
        }


def compare(
    stores: Stores, found: Iterable[Message | Passed], others: Collection[str]
) -> Iterator[Compared]:
    """Compare each message that was sent to us, in order. Nothing is written.

    `others` are addresses that count as ours as well. Raises SandboxMissing.
    """
    settings = stores.settings
    workers = settings.reading.processes
    with (
        tempfile.TemporaryDirectory(prefix="casebridge-") as name,
        assembly.road(settings, Path(name), converting=False) as road,
        ThreadPoolExecutor(workers) as threads,
    ):
        checker = _Checker(stores, road, road.addresses, frozenset(others), Path(name))
        waiting = (checker.copied(one) for one in found)
        while group := list(islice(waiting, 4 * workers)):
            yield from threads.map(checker.compared, group)


@dataclass(frozen=True)
class _Checker:
    stores: Stores
    road: Road
    addresses: OurAddresses
    others: frozenset[str]
    folder: Path

    def copied(self, one: Message | Passed) -> tuple[Message | Passed, Path | str]:
        """Copy a message into a file of its own, or say why not: its bytes go with the next one.

        What is too large for us to have taken it is not copied.
        """
        if isinstance(one, Passed):
            return one, one.why
        if one.octets > self.stores.settings.intake.max_message_bytes:
            return one, "email_too_large"
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as copy:
            try:
                copy.writelines(read(one))
            except NotTaken as fault:
                Path(copy.name).unlink()
                return one, fault.code
        return one, Path(copy.name)

    def compared(self, given: tuple[Message | Passed, Path | str]) -> Compared:
        one, copy = given
        if isinstance(copy, str):
            return Compared(one.file, one.index, "unreadable", copy)
        try:
            return self._compared(one, copy)
        except NotRead:
            return Compared(one.file, one.index, "unreadable", "message_unreadable")
        finally:
            copy.unlink()

    def _compared(self, one: Message | Passed, copy: Path) -> Compared:
        with tempfile.TemporaryDirectory(dir=self.folder) as work, copy.open("rb") as raw:
            said = about(raw, self.road.reader, Path(work), self.stores.settings.reading)
            raw.seek(0)
            body = body_sha256(raw)
        told = Compared(
            one.file,
            one.index,
            "not_for_us",
            sent_at=said.sent,
            subject=said.subject,
            message_id=said.message_id,
        )
        if not any(map(self._is_ours, said.addressed)):
            return told
        found = self._found(said, body)
        if found is None:
            return replace(told, fate="never_arrived")
        row, is_same = found
        with self.stores.database.read() as connection:
            numbers = tuple(connection.execute(_CASES, {"letter": row.id}).scalars())
        return replace(
            told,
            fate=_fate(row),
            why=row.reason,
            receipt=shown(row.receipt),
            cases=numbers,
            is_same=is_same,
        )

    def _found(self, said: About, body: str) -> tuple[_Row, bool] | None:
        """Find the letter that it came as, the best of several, and whether its body is that."""
        with self.stores.database.read() as connection:
            if said.message_id is not None:
                asked = connection.execute(_BY_ID, {"message_id": said.message_id})
                if rows := [row for row in asked if _wrote(said, row)]:
                    best = min(rows, key=lambda row: ORDER.index(_fate(row)))
                    return best, self._body(best) == body
            if said.sent is None:
                return None
            asked = connection.execute(_BY_DATE, {"sent_at": said.sent})
            rows = [row for row in asked if _wrote(said, row)]
        same = [row for row in rows if self._body(row) == body]
        return (min(same, key=lambda row: ORDER.index(_fate(row))), True) if same else None

    def _body(self, row: _Row) -> str | None:
        try:
            with self.stores.vault.open(row.raw_sha256) as raw:
                return body_sha256(raw)
        except BlobMissing:
            return None

    def _is_ours(self, address: str) -> bool:
        if address in self.others:
            return True
        try:
            self.addresses.recipient(address)
        except (AddressFault, NoSuchAddress):
            return False
        return True


def _wrote(said: About, row: _Row) -> bool:
    """Say whether a letter's From is that of a message: its address, where it has one."""
    if said.sender is None:
        return bool(said.header_from == row.header_from)
    found = _ANGLED.search(row.header_from)
    try:
        return canonical(found[1] if found else row.header_from.strip()) == said.sender
    except AddressFault:
        return False


def _fate(row: _Row) -> str:
    return _FATES.get(row.state, "set_aside")


def in_motion(stores: Stores) -> int:
    """Count the letters that are being checked: what they say is not known yet."""
    counted = sa.select(sa.func.count()).select_from(letters).where(letters.c.state == "checking")
    with stores.database.read() as connection:
        return connection.execute(counted).scalar_one()
