"""Again: the same files, sent once more by the same firm to the same case. Told, and filed as ever.

Safety rule 7: that two submissions hold the same file is told only within one case and one firm.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from gateway.road.package import Fate, Package, Trouble
from gateway.telling.mail import counted
from portal import moments, receipt_number
from portal.earlier import EarlierLetter

_KEPT = {Fate.FILED, Fate.CONVERTED, Fate.HELD}


class EarlierView(Protocol):
    """What the road asks the record; `portal.earlier.Earlier` answers."""

    def letters_with(
        self, sha256s: Collection[str], *, firm_id: int, case_id: int, before: datetime
    ) -> Sequence[EarlierLetter]:
        """Return the firm's letters to the case that filed any of these documents."""


def again(package: Package, earlier: EarlierView, zone: ZoneInfo) -> Package:
    """Say of which earlier letter some documents are the same, byte for byte as they were decoded.

    Of several the one that holds the most of them, and of equals the first: so the number that is
    told is true of the receipt that is named. The message's words and decoration do not count, nor
    does anything where the package waits: it is not filed beside anything yet.
    """
    resolution = package.resolution
    if resolution.firm_id is None or resolution.case_id is None or resolution.hold is not None:
        return package
    mine = [one.sha256 for one in package.parts if one.fate in _KEPT and one.reason != "narrative"]
    if not mine:
        return package
    there = earlier.letters_with(
        set(mine),
        firm_id=resolution.firm_id,
        case_id=resolution.case_id,
        before=package.letter.envelope.arrived_at,
    )
    if not there:
        return package

    def same(letter: EarlierLetter) -> int:
        return sum(sha256 in letter.sha256s for sha256 in mine)

    first = min(there, key=lambda letter: (-same(letter), letter.arrived_at))
    at = first.arrived_at
    fields = {
        "n": same(first),
        "files": "file" if same(first) == 1 else counted(same(first), "file"),
        "time": f"{moments.clock(at, zone)} {moments.zone_name(at, zone)}"
        f" on {moments.day(at, zone)}",
        "r": receipt_number.shown(first.receipt),
    }
    return package.but(troubles=(*package.troubles, Trouble("duplicate", fields)))
