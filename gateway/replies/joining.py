"""Joining: a reply that brings a better copy of what had failed joins that package and heals it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.road.beside import CARDS
from gateway.road.corrected import FAILED, corrections
from gateway.road.describe import KEPT
from gateway.road.file import describe, final_state, move_letter
from gateway.road.name import Taken, unique
from gateway.road.package import Package, Part, Trouble
from gateway.road.stand_in import speaks_against
from gateway.road.tell import mail_of, replied_to
from gateway.telling.notice import addition
from gateway.telling.receipt import receipt
from portal import conversation, healing, receipt_number
from portal.absent import PROBLEMS as ABSENT
from portal.closing import arrived
from portal.conversation import Answered
from portal.piece import Piece, pieces_of
from portal.postbox import owe
from portal.tables import letters


@dataclass(frozen=True)
class Joining:
    """A letter that has answered mails of ours, as far as it is read."""

    package: Package
    own: Sequence[str]  # the mails of ours that it answers, as the outbox holds them
    receipt: str


def may_join(package: Package) -> bool:
    """Say whether a letter may be one: whole, filed to one case by the road, and no old mail."""
    envelope = package.letter.envelope
    return (
        package.resolution.firm_id is not None
        and package.typed is None
        and not envelope.quiet
        and not envelope.is_imported
        and final_state(package) == ("filed", None)
        and len(package.filed_under) == 1
        and bool(_brought(package))
    )


def take(
    connection: sa.Connection,
    joining: Joining,
    settings: Settings,
    *,
    letter_id: int,
    attempt: int,
    now: datetime,
) -> bool:
    """Add a letter's documents to the package that they heal; return False where they heal none.

    The road has found its case by itself, and it is the one of that package: what its subject or
    words say besides has not disagreed, and the firm has its right today. Raises StaleAttempt by
    the fence, and then nothing of the caller's transaction may stand.
    """
    package = joining.package
    found = _home(connection, joining, now)
    if found is None or not _fits(connection, found.letter, package):
        return False
    home, healed = found.letter, found.healed
    package = _named(package, found.pieces.values(), settings)
    package = _told(package, home, healed, found.pieces)
    move_letter(connection, letter_id, attempt, "filed", None, now)
    connection.execute(
        letters.update().where(letters.c.id == letter_id).values(firm_id=package.resolution.firm_id)
    )
    described = describe(connection, package, letter_id)
    brought = [described.ids[part.path] for part in package.parts if _is_document(part)]
    healing.join(connection, letter_id, home.letter_id, brought, urgent=package.urgent, now=now)
    by = {part: described.ids[path] for part, path in healed.items()}
    healing.heal(connection, by, now=now)
    arrived(
        connection,
        joining.own,
        letter_id=letter_id,
        documents=len(_brought(package)) - len(healed),
        home_id=home.letter_id,
        now=now,
    )
    _tell(connection, package, joining, home, settings, letter_id, attempt, now)
    return True


@dataclass(frozen=True)
class _Home:
    """The letter that a reply heals, with its package as it was."""

    letter: Answered
    pieces: Mapping[int, Piece]
    healed: Mapping[int, str]  # the path of what heals, by the part that it heals


def _home(connection: sa.Connection, joining: Joining, now: datetime) -> _Home | None:
    """Return the nearest of the letters that a reply answers and heals, or None.

    It alone is healed. A name stands in many packages of one case, and one whose part was healed
    from another package would say that it is whole, and have no document.
    """
    package = joining.package
    firm_id, (filing,) = package.resolution.firm_id, package.filed_under
    assert firm_id is not None, "may_join has seen it"
    there = conversation.answered(connection, joining.own, firm_id, now)
    there = tuple(one for one in there if one.case_id == filing.case_id)
    healing.lock(connection, [one.letter_id for one in there])
    is_plain = not speaks_against(package.narrative)
    for letter in there:
        pieces = pieces_of(connection, letter.letter_id)
        failed = [one for one in pieces.values() if one.reason in FAILED and one.healed_by is None]
        # Where documents are elsewhere, one of them may be what came.
        may_guess = is_plain and not conversation.lacks(connection, letter.letter_id)
        healed = corrections(failed, _brought(package), may_guess=may_guess)
        if healed:
            return _Home(letter, pieces, healed)
    return None


def _is_document(part: Part) -> bool:
    return part.fate in KEPT and part.filed_name is not None


def _brought(package: Package) -> tuple[Part, ...]:
    """Return the documents that came with a letter and have not failed themselves.

    Cards and what signs a mail are filed as well, and were asked for by nobody.
    """
    return tuple(
        part
        for part in package.parts
        if _is_document(part)
        and part.reason not in FAILED | ABSENT
        and not part.is_beside
        and part.detected_type not in CARDS
    )


def _fits(connection: sa.Connection, home: Answered, package: Package) -> bool:
    """Say whether the last submission of a letter holds what came as well."""
    room = healing.room_in(connection, home.letter_id, package.most_bytes)
    return room is None or sum(part.bytes for part in package.parts if _is_document(part)) <= room


def _named(package: Package, there: Iterable[Piece], settings: Settings) -> Package:
    """Give the documents names that are free in the package they join."""
    taken = Taken()
    for piece in there:
        if piece.filed_name is not None:
            unique(piece.filed_name, taken, settings.names, with_pdf=True)

    def renamed(part: Part) -> Part:
        if not _is_document(part) or part.filed_name is None:
            return part
        name = unique(part.filed_name, taken, settings.names, with_pdf=True)
        twin = ("twin",) if name != part.filed_name and "twin" not in part.remarks else ()
        return dataclasses.replace(part, filed_name=name, remarks=(*part.remarks, *twin))

    return package.but(parts=tuple(map(renamed, package.parts)))


def _told(
    package: Package, home: Answered, healed: Mapping[int, str], olds: Mapping[int, Piece]
) -> Package:
    """Say in the package, for its receipt and its page, where it went and what it heals."""
    names = {part.path: part.filed_name for part in package.parts}
    troubles = [Trouble("joined", {"r": receipt_number.shown(home.receipt)})]
    troubles += [
        Trouble("healed", {"name": names[path], "old": _name(olds[part])})
        for part, path in healed.items()
    ]
    return package.but(troubles=(*package.troubles, *troubles))


def _name(piece: Piece) -> str:
    return piece.original_name or piece.filed_name or "a file without a name"


def _tell(
    connection: sa.Connection,
    package: Package,
    joining: Joining,
    home: Answered,
    settings: Settings,
    letter_id: int,
    attempt: int,
    now: datetime,
) -> None:
    """Owe the sender the receipt, and whoever has the package a notice of it."""
    sender = receipt_goes_to(package, own_domain=settings.intake.domain)
    mails = []
    if sender is not None:
        words = receipt(
            package, joining.receipt, settings.service, encrypted=settings.outbound.is_encrypted
        )
        mails.append(mail_of("receipt", sender, words, in_reply_to=replied_to(package)))
    words = addition(len(_brought(package)), home.receipt, settings.service)
    readers = conversation.readers(connection, home.letter_id, _today(settings, now))
    mails += [mail_of("notice", reader, words, begun=True) for reader in readers]
    for mail in mails:
        owe(connection, mail, letter_id=letter_id, occasion=str(attempt), now=now)


def _today(settings: Settings, now: datetime) -> date:
    return now.astimezone(ZoneInfo(settings.service.time_zone)).date()
