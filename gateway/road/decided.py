"""Decided: a person's decision about a letter, as the road takes it, in the place of its own.

The road has looked for a case by itself and found none to take. What it found stays a candidate;
the cases are the person's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import date, datetime

from gateway.road.describe import KEPT
from gateway.road.package import Filing, Package, Part, Trouble
from portal.decision import Decision
from portal.directory import Case

DIFFERS = "documents_changed"
"""Why a letter goes back that does not hold any more what was decided about."""


class CannotCarry(Exception):
    """A decision does not fit the directory any more: a person decides anew. `code` says why."""

    code: str


class CaseGone(CannotCarry):
    """A case of the decision is not in the directory any more."""

    code = "case_not_found"


class RestrictedShared(CannotCarry):
    """A restricted case is one of several: each of them would show the message's own words."""

    code = "case_restricted"


class NobodyThere(CannotCarry):
    """A sender named a case that no consultant has: a person chooses one."""

    code = "consultant_unknown"


@dataclass(frozen=True)
class Wanted:
    """A case, and the parts that go there by their paths; None for everything."""

    case: Case
    paths: frozenset[str] | None


@dataclass(frozen=True)
class Decided:
    """A live decision: to file, to ask the sender, or to file after all what was set aside."""

    id: int
    kind: str  # "file", "ask" or "after_all"
    by_sender: bool
    undo_until: datetime  # nobody is told before
    was_reason: str | None
    filings: tuple[Wanted, ...] = ()

    @property
    def by_staff(self) -> bool:
        """Whether one of our own people decided."""
        return not self.by_sender


def decided(decision: Decision, case_of: Callable[[str], Case | None]) -> Decided:
    """Return a decision of the record with its cases looked up.

    Raises CaseGone, NobodyThere and RestrictedShared.
    """
    wanted = []
    for one in decision.filings:
        case = case_of(one.case)
        if case is None:
            raise CaseGone
        if case.consultant is None and decision.account_id is None:
            raise NobodyThere
        wanted.append(Wanted(case, None if one.parts is None else frozenset(one.parts)))
    if len(wanted) > 1 and any(one.case.restricted for one in wanted):
        raise RestrictedShared
    return Decided(
        id=decision.id,
        kind=decision.kind,
        by_sender=decision.account_id is None,
        undo_until=decision.undo_until,
        was_reason=decision.was_reason,
        filings=tuple(wanted),
    )


def carry_out(package: Package, decision: Decided, today: date) -> Package:
    """Return the package with the decision carried out: its filings, or the question to ask.

    `today` is the day that covers are asked for, in the office's zone.
    """
    resolution = package.resolution
    if decision.kind == "after_all":
        return package  # that it is a submission is all that was decided
    if decision.kind == "ask":
        hold = resolution.hold or decision.was_reason or "consultant_unknown"
        return package.but(
            resolution=dataclasses.replace(
                resolution, hold=hold, case_id=None, case_number=None, found_in=None
            ),
            asked=True,
        )
    filings = tuple(_filing(one, today) for one in decision.filings)
    only = filings[0] if len(filings) == 1 else None
    held = {
        resolution.hold,
        "case_closed",
        "document_names_other_case",
        "consultant_named_other",
    }
    troubles = [one for one in package.troubles if one.code not in held]
    troubles += [
        Trouble("case_closed", {"value": one.case.number, "consultant": filing.consultant_name})
        for one, filing in zip(decision.filings, filings, strict=True)
        if one.case.closed
    ]
    return package.but(
        filings=filings,
        troubles=tuple(troubles),
        resolution=dataclasses.replace(
            resolution,
            case_id=only.case_id if only else None,
            case_number=only.case_number if only else None,
            found_in=None,
            consultant_id=only.consultant_id if only else None,
            consultant_name=only.consultant_name if only else None,
            consultant_email=only.consultant_email if only else None,
            cover_email=only.cover_email if only else None,
            how="answer" if decision.by_sender else "person",
            hold=None,
            doubt=resolution.hold,
            # Of a restricted case nothing is told to whoever passed the message on.
            is_staffs=resolution.is_staffs
            and not (package.forwarded and any(one.case.restricted for one in decision.filings)),
        ),
    )


def fits(package: Package, decision: Decided, seen: Set[str]) -> bool:
    """Say whether what was decided about is what the letter came apart into now.

    `seen` are the paths of the documents that the record showed to who decided. Each of them must
    be there still; and where each was put to a case, none may have come that was put to none.
    """
    there = {part.path for part in package.parts if is_placed(part)}
    put = {path for one in decision.filings for path in one.paths or ()}
    return decision.kind != "file" or (seen <= there and (not put or put == there))


def is_placed(part: Part) -> bool:
    """Say whether a part is put to a case by itself; the letter's own words go to each."""
    is_own_words = part.reason == "narrative" and part.container is None
    return part.fate in KEPT and part.filed_name is not None and not is_own_words


def _filing(wanted: Wanted, today: date) -> Filing:
    consultant = wanted.case.consultant
    return Filing(
        case_id=wanted.case.id,
        case_number=wanted.case.number,
        consultant_id=consultant.id if consultant else None,
        consultant_name=consultant.name if consultant else None,
        consultant_email=consultant.email if consultant else None,
        cover_email=consultant.cover_on(today) if consultant else None,
        paths=wanted.paths,
    )
