"""Resolve: which case a package belongs to, and so which consultant. Asking beats misfiling.

Rule 1 of docs/rules.md, as code. The places are looked at rank by rank, most trusted first, and
the first rank that says anything decides: one number that this sender has a right to is taken;
anything else waits for a person, and what lower ranks say is a suggestion. A slip of the pen
("24-00123") is never taken: alone it stops the search, and beside a number that it is no slip of it
disagrees.

About a case that is another firm's the answer is the same as about a case that is not there, and a
sender who is not known and proven has a right to none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.letter import Envelope
from gateway.numbers.case_number import CaseShape
from gateway.numbers.number_context import Likeness
from gateway.road.addressee import Addressee, addressee
from gateway.road.forwarder import inner_sender, may_be_told
from gateway.road.look import DirectoryView, Glass, Looked
from gateway.road.package import Candidate, Forwarded, Package, Resolution, Trouble
from gateway.road.places import RANKS, places, thread_places
from gateway.road.sender import sender_of
from portal.directory import Case, Firm

_MOST_LISTED = 10
_MOST_SUGGESTED = 10
_NO_FIT = {"case_format", "case_not_found"}
_BY_ADDRESS = "case_by_address_alone"


@dataclass(frozen=True)
class _Verdict:
    taken: Looked | None
    trouble: Trouble | None
    rank: int | None  # the rank that decided or stopped the search


def resolve(
    package: Package,
    directory: DirectoryView,
    shape: CaseShape,
    today: date,
    *,
    tags: tuple[str, ...] = (),
    answered: tuple[str, ...] = (),
) -> Package:
    """Find the package's case and consultant, or the code of why it waits.

    `tags` are the case tags of the recipient addresses, `answered` the mails that it answers, by
    the Message-IDs that may be ours, without their domain. `today` is the day that rights and
    covers are asked for, in the office's zone. Every candidate is kept with its place and a
    sentence for staff.
    """
    forwarded = package.forwarded
    sender = (
        inner_sender(forwarded, directory) if forwarded else sender_of(package, directory, today)
    )
    thread = thread_places(directory.answered(answered), sender.firm) if answered else ()
    looked = Glass(directory, shape, sender, today).look(places(package, shape, tags, thread))
    verdict = _signed(_decide(looked, shape), looked, package.letter.envelope)
    meant_for = addressee(package, directory.consultants())
    resolution = Resolution(
        # A firm that is not proven is tied to nothing: what was forwarded is not.
        firm_id=sender.firm.id if sender.firm and not forwarded else None,
        firm_name=sender.firm.name if sender.firm and not forwarded else None,
        is_staffs=sender.member is not None,
        candidates=(*_candidates(looked, verdict), *_names(meant_for, verdict)),
    )
    troubles: list[Trouble] = []
    hold = sender.trouble or verdict.trouble
    if hold is None and is_to_postmaster_alone(package.letter.envelope):
        hold = Trouble("consultant_unknown")
    if verdict.taken is not None and (case := verdict.taken.case) is not None:
        resolution = _with_case(resolution, case, verdict.taken.place.found_in)
        resolution = _with_consultant(resolution, case, meant_for, today)
        if hold is None and resolution.consultant_id is None:
            hold = Trouble("consultant_unknown")  # a person chooses one
        if hold is None and case.closed:
            fields = {"value": case.number, "consultant": resolution.consultant_name}
            troubles.append(Trouble("case_closed", fields))
        if hold is None and (other := _meant_for_another(resolution, meant_for)) is not None:
            troubles.append(other)
        troubles.extend(_named_elsewhere(looked, case))
    if hold is not None:
        suggestions = () if verdict.taken else _suggestions(looked)
        resolution = dataclasses.replace(
            resolution,
            hold=hold.code,
            suggestions=suggestions,
            meant=_meant(hold, looked, suggestions),
        )
        troubles.insert(0, hold)
    if forwarded is not None:
        case = verdict.taken.case if verdict.taken else None
        is_told = may_be_told(forwarded, case, directory, today)
        resolution = dataclasses.replace(resolution, is_staffs=is_told)
        package = package.but(forwarded=_of_firm(forwarded, sender.firm))
    return package.but(resolution=resolution, troubles=(*package.troubles, *troubles))


def _of_firm(forwarded: Forwarded, firm: Firm | None) -> Forwarded:
    if firm is None:
        return forwarded
    return dataclasses.replace(forwarded, firm_id=firm.id, firm_name=firm.name)


def _decide(looked: tuple[Looked, ...], shape: CaseShape) -> _Verdict:
    for rank, names in enumerate(RANKS):
        here = [one for one in looked if one.place.found_in in names]
        if not here:
            continue
        first = next((one for one in here if one.place.counts), None)
        if first is None:
            return _Verdict(None, _in_doubt(here, shape), rank)
        if (doubt := next((one for one in here if _is_doubt(one)), None)) is not None:
            return _Verdict(None, Trouble("case_doubted", {"value": doubt.what}), rank)
        against = (one.what for one in here if one.weighs or _is_another_slip(one, first))
        different = list(dict.fromkeys((first.what, *against)))
        if len(different) > 1:
            listed = ", ".join(different[:_MOST_LISTED])
            fields: dict[str, Any] = {"n": len(different), "list": listed}
            return _Verdict(None, Trouble("case_ambiguous", fields), rank)
        if first.case is not None:
            return _Verdict(first, None, rank)
        return _Verdict(None, _not_theirs(first, shape), rank)
    return _Verdict(None, Trouble("consultant_unknown"), None)


def _signed(verdict: _Verdict, looked: Iterable[Looked], envelope: Envelope) -> _Verdict:
    """Ask about a case that the recipient's tag alone names, where a signature alone is the proof.

    It covers what a message says, and never to whom it is handed: whoever has got a firm's signed
    message could hand it to us for any case of that firm (RFC 6376, 8.6).
    """
    if verdict.taken is None or envelope.proof_rule != "dkim":
        return verdict
    number = verdict.taken.what
    if any(one.what == number and one.place.found_in != "tag" for one in looked):
        return verdict
    return _Verdict(None, Trouble(_BY_ADDRESS, {"value": number}), verdict.rank)


def _is_doubt(looked: Looked) -> bool:
    return looked.place.found.likeness is Likeness.DOUBT


def _is_another_slip(looked: Looked, first: Looked) -> bool:
    """Say whether a slip of the pen is no slip of the first number, but perhaps of another."""
    if looked.place.found.likeness is not Likeness.SLIP or first.what in looked.slips:
        return False
    slip, number = ("".join(filter(str.isdigit, one.what)) for one in (looked, first))
    if number.endswith(slip) and slip.startswith("0"):
        return False  # "no. 001234"
    shorter, longer = sorted((slip, number), key=len)
    without_one = (longer[:place] + longer[place + 1 :] for place in range(len(longer)))
    return shorter != longer and shorter not in without_one


def _in_doubt(here: list[Looked], shape: CaseShape) -> Trouble:
    slip = next((one for one in here if one.place.found.likeness is Likeness.SLIP), None)
    if slip is None:
        return Trouble("consultant_unknown")
    return Trouble("case_format", {"value": slip.what, "example": shape.example})


def _not_theirs(looked: Looked, shape: CaseShape) -> Trouble:
    if looked.place.found.number is None:
        return Trouble("case_format", {"value": looked.what, "example": shape.example})
    return Trouble("case_not_found", {"value": looked.what})


def _candidates(looked: Iterable[Looked], verdict: _Verdict) -> Iterable[Candidate]:
    for one in looked:
        found, found_in = one.place.found, one.place.found_in
        why = one.why
        rank = next(index for index, names in enumerate(RANKS) if found_in in names)
        if one is verdict.taken:
            why += " It was taken."
        elif verdict.rank is not None and rank > verdict.rank:
            why += " It is a suggestion only: a more trusted place goes before it."
        yield Candidate(found.text, found.number, found_in, why)
        for case in one.near:
            meant = f"Perhaps {case.number} is meant: a question, never taken."
            yield Candidate(found.text, case.number, found_in, meant)


def _names(meant_for: Addressee, verdict: _Verdict) -> Iterable[Candidate]:
    """Give the names that were seen, but for that of the case's own consultant: it says nothing."""
    case = verdict.taken.case if verdict.taken else None
    own = case.consultant.id if case and case.consultant else None
    return (
        one for one in meant_for.candidates if one.consultant_id is None or one.consultant_id != own
    )


def _suggestions(looked: Iterable[Looked]) -> tuple[str, ...]:
    """Return what the sender may be asked about: cases that they have a right to, best first."""
    named = (
        case.number for one in looked for case in (*one.near, *((one.case,) if one.case else ()))
    )
    return tuple(dict.fromkeys(named))[:_MOST_SUGGESTED]


def _meant(hold: Trouble, looked: Iterable[Looked], suggestions: tuple[str, ...]) -> str | None:
    """Return the case that a number which did not fit may be a slip of, where it is the only one.

    Another suggestion is another answer, whatever place it stands in; and to ask about a closed
    case would be to take back that there is no open one.
    """
    if len(suggestions) != 1 or hold.code not in {*_NO_FIT, _BY_ADDRESS}:
        return None
    if hold.code == _BY_ADDRESS:
        case = next((one.case for one in looked if one.what == suggestions[0]), None)
        return suggestions[0] if case is not None and not case.closed else None
    near = (case for one in looked if one.what == hold.fields["value"] for case in one.near)
    return next((case.number for case in near if not case.closed), None)


def _with_case(resolution: Resolution, case: Case, found_in: str) -> Resolution:
    return dataclasses.replace(
        resolution, case_id=case.id, case_number=case.number, found_in=found_in
    )


def _with_consultant(
    resolution: Resolution, case: Case, meant_for: Addressee, today: date
) -> Resolution:
    """Add the case's consultant; where it has none, whom the sender chose by name.

    A restricted case is opened to nobody by a name in a message.
    """
    consultant, how = case.consultant, "case"
    if consultant is None and not case.restricted:
        consultant, how = meant_for.consultant, meant_for.how
    if consultant is None:
        return resolution
    return dataclasses.replace(
        resolution,
        consultant_id=consultant.id,
        consultant_name=consultant.name,
        consultant_email=consultant.email,
        cover_email=consultant.cover_on(today),
        how=how,
    )


def _meant_for_another(resolution: Resolution, meant_for: Addressee) -> Trouble | None:
    """Flag a package that is meant for somebody who is neither the consultant nor their cover."""
    named = meant_for.consultant
    if named is None or named.id == resolution.consultant_id:
        return None
    if named.email.lower() == (resolution.cover_email or "").lower():
        return None
    fields = {"named": named.name, "consultant": resolution.consultant_name}
    return Trouble("consultant_named_other", fields)


def _named_elsewhere(looked: tuple[Looked, ...], case: Case) -> list[Trouble]:
    """Flag each document whose name names another case."""
    parts = {
        one.place.part.path: one.place.part
        for one in looked
        if one.place.part is not None and one.weighs and one.what != case.number
    }
    return [
        Trouble("document_names_other_case", {"name": part.original_name}, path)
        for path, part in parts.items()
    ]


def is_to_postmaster_alone(envelope: Envelope) -> bool:
    """Say whether a letter is for the people behind the gateway, and for no case."""
    # RFC 5321, 4.5.1: what is sent there is for people, whatever numbers it holds.
    locals_ = {recipient.rpartition("@")[0] or recipient for recipient in envelope.recipients}
    return locals_ == {"postmaster"}
