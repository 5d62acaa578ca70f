"""Forwarder: who of the staff passes a message on, proven, and whose message that is, not proven.

What somebody of the staff passes on is filed for whoever wrote it, where that one has a right to
the case. From of what is passed on proves nothing: it ties no letter to a firm, and nobody is
written to by it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from gateway.address import AddressFault, canonical
from gateway.letter import Envelope, Form
from gateway.road.package import Forwarded, Package, Trouble
from gateway.road.sender import Known, Sender, domain_of, is_vouched_for
from portal.directory import Case, Consultant
from portal.rights import Filing, may_open

SEVERAL = "forward_several"
_CALENDAR_ANSWERS = frozenset({"reply", "counter", "declinecounter", "refresh"})
_NAMED = re.compile(
    r"^[ \t]*(?:recipient|to|cc|bcc|on-behalf-of|sender)[ \t]*:(?P<who>.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_BETWEEN = re.compile(r"[\s<>()\[\],;:\"']+")
_MOST_NAMED = 50
_REPORT_CHARACTERS = 100_000


class Staff(Known, Protocol):
    """What the directory knows of our own people."""

    def consultants(self) -> tuple[Consultant, ...]:
        """Return everybody of the claims desk."""


@dataclass(frozen=True)
class Member:
    """One of the staff, by name and address."""

    name: str
    address: str


def forwarder(package: Package, staff: Staff, today: date) -> Member | None:
    """Return who of the staff has sent a letter, where that is proven and a person did it.

    What a program answers for somebody, or reports, is never a message that they pass on.
    """
    signs, envelope = package.signs, package.letter.envelope
    answers = signs.submitted == "auto-replied" or signs.answers_by_itself
    if answers or signs.report is not None or signs.method in _CALENDAR_ANSWERS:
        return None
    if package.sender is None or not may_forward(package) or not _is_theirs(package, envelope):
        return None
    return _member(package.sender, staff, today)


def keeper(package: Package, staff: Staff, today: date) -> Member | None:
    """Return whose mail a journal reports, by what the report says: the first one of the staff.

    They are of the domain that is proven for the report. One that is not from the null sender is no
    report: whoever can be answered has written it.
    """
    envelope = package.letter.envelope
    if not package.signs.journal or package.sender is None or not may_forward(package):
        return None
    if envelope.sender or not _is_theirs(package, envelope):
        return None
    for address in _named(package.own_words.text, domain_of(package.sender)):
        if (member := _member(address, staff, today)) is not None:
            return member
    return None


def _named(report: str, domain: str) -> Iterator[str]:
    """Give the first addresses of a domain that the lines of a report name."""
    left = _MOST_NAMED
    for line in _NAMED.finditer(report[:_REPORT_CHARACTERS]):
        for word in _BETWEEN.split(line["who"]):
            if not word.lower().endswith(f"@{domain}"):
                continue
            if not left:
                return
            left -= 1
            with contextlib.suppress(AddressFault):
                yield canonical(word)


def may_forward(package: Package) -> bool:
    """Say whether a letter is a mail of today that can be read in one way only."""
    ambiguous = any(one.code == "message_ambiguous" for one in package.troubles)
    is_mail = package.letter.form is Form.MESSAGE and package.typed is None
    return is_mail and not ambiguous and package.letter.envelope.door != "import"


def _is_theirs(package: Package, envelope: Envelope) -> bool:
    """Say whether a letter's From is proven: by the gate, or by whoever proves the envelope."""
    if not envelope.proof.holds:
        return False
    is_of_from = envelope.proof.is_of_from or is_vouched_for(envelope)
    return is_of_from or envelope.sender == package.sender


def _member(address: str, staff: Staff, today: date) -> Member | None:
    found = staff.member(address, today)
    if found is not None:
        return Member(found.name, address)
    theirs: Iterable[Consultant] = staff.consultants()
    return next((Member(one.name, address) for one in theirs if one.email.lower() == address), None)


def inner_sender(forwarded: Forwarded, known: Known) -> Sender:
    """Return the firm of whoever wrote what was passed on, as the address says; it is not proven.

    Where that is nobody's, several people's messages were passed on, or nobody has chosen to pass
    it on, a person decides.
    """
    if forwarded.is_several:
        return Sender(None, Trouble(SEVERAL, {"forwarder": forwarded.by}))
    address = forwarded.sender
    found = known.firm_of(address) if address is not None else None
    if found is None:
        unknown = forwarded.written or "whoever wrote what was forwarded"
        return Sender(None, Trouble("sender_not_known", {"address": address or unknown}))
    if not forwarded.is_chosen:
        return Sender(None, Trouble("sender_not_proven", {"domain": domain_of(address or "")}))
    return Sender(found.firm, None)


def may_be_told(forwarded: Forwarded, case: Case | None, staff: Staff, today: date) -> bool:
    """Say whether the receipt names things to the forwarder: of a restricted case to its own."""
    if case is None or not case.restricted:
        return True
    consultant = case.consultant
    if consultant is not None:
        theirs = {consultant.email.lower(), (consultant.cover_on(today) or "").lower()}
        if forwarded.address in theirs:
            return True
    member = staff.member(forwarded.address, today)
    filing = Filing(None if consultant is None else consultant.id, case.restricted)
    return member is not None and may_open(member, filing)
