"""Deleting: a reply that asks to delete documents by name, from the proven firm that sent them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from config import problems
from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.mail import Mail, harmless
from gateway.notice import erasure_asked
from gateway.road.aside import belongs
from gateway.road.delete_word import Deletion, named
from gateway.road.package import Package
from gateway.road.tell import mail_of, replied_to
from gateway.telling.frame import ways
from gateway.telling.sheet import Sheet
from portal import conversation, erasure, hiding, receipt_number
from portal.conversation import Nearest
from portal.piece import Piece, pieces_of
from portal.postbox import Owed
from portal.rights import is_private
from portal.tables import cases, submissions

REASON = "asks_to_delete"
_MOST_NAMED = 20
_OUR_TEAM = "our team"


@dataclass(frozen=True)
class Asking:
    """A reply that asks to delete."""

    package: Package
    deletion: Deletion
    own: Sequence[str]  # the mails of ours that it answers, as the outbox holds them
    receipt: str


@dataclass(frozen=True)
class _Answer:
    """What its sender is told of one name: a row of the catalogue, and the documents."""

    code: str
    pieces: tuple[Piece, ...] = ()
    name: str = ""


def take(
    connection: sa.Connection,
    asking: Asking,
    settings: Settings,
    *,
    letter_id: int,
    attempt: int,
    now: datetime,
) -> bool:
    """Take a reply as a request to delete; return False where it is none.

    A name that means no document, or two, is asked about, and nothing is done about it. Where the
    word is not in capitals, and no document has the name, it may be any sentence. A letter that
    waits is asked about as a whole: our people see it there. Raises StaleAttempt by the fence, and
    then nothing of the caller's transaction may stand.
    """
    package, deletion = asking.package, asking.deletion
    firm_id, sender = package.resolution.firm_id, package.sender
    assert firm_id is not None, "it is a known firm's"
    assert sender is not None, "it is known by its address"
    home = conversation.nearest(connection, asking.own, firm_id, now)
    if home is None:
        return False
    documents = [one for one in pieces_of(connection, home.letter_id).values() if one.is_placed]
    found = {name: named(name, documents) for name in deletion.names}
    if not deletion.is_certain and None in found.values():
        return False
    answers = [
        _Answer("delete_which", tuple(documents), name)
        for name, pieces in found.items()
        if pieces is None
    ]
    wanted = {piece.id: piece for pieces in found.values() for piece in pieces or ()}
    if wanted and home.is_settled:
        held = _is_held(connection, home, settings)
        hidden = {
            piece.id
            for piece in wanted.values()
            if hiding.ask(
                connection,
                home.letter_id,
                piece,
                mail_id=letter_id,
                by=sender,
                reason=deletion.why,
                may_hide=not held,
                now=now,
            )
        }
    elif wanted:
        hidden = set()
        reason = package.narrative.strip()[: erasure.MOST_CHARACTERS]
        erasure.ask(connection, home.letter_id, reason, now=now)
    for code, is_hidden in (("delete_hidden", True), ("delete_asked", False)):
        those = tuple(one for one in wanted.values() if (one.id in hidden) is is_hidden)
        if those:
            answers.insert(0, _Answer(code, those))
    mails = [*_told(connection, asking, home, answers, settings)]
    if wanted and home.is_settled:
        today = now.astimezone(ZoneInfo(settings.service.time_zone)).date()
        words = erasure_asked(home.receipt, settings.service, hidden=bool(hidden))
        readers = conversation.readers(connection, home.letter_id, today)
        mails += [mail_of("notice", reader, words, begun=True) for reader in readers]
    belongs(
        connection,
        package,
        letter_id=letter_id,
        attempt=attempt,
        home_id=home.letter_id,
        reason=REASON,
        owed=mails,
        now=now,
    )
    return True


def _is_held(connection: sa.Connection, home: Nearest, settings: Settings) -> bool:
    """Say whether a case of a letter is on legal hold."""
    numbers = connection.scalars(
        sa.select(cases.c.number)
        .join(submissions, submissions.c.case_id == cases.c.id)
        .where(submissions.c.letter_id == home.letter_id)
    )
    return not set(settings.cases.legal_holds).isdisjoint(numbers)


def _told(
    connection: sa.Connection,
    asking: Asking,
    home: Nearest,
    answers: Sequence[_Answer],
    settings: Settings,
) -> Sequence[Owed]:
    package = asking.package
    goes_to = receipt_goes_to(package, own_domain=settings.intake.domain)
    if goes_to is None:
        return ()
    private = is_private(package.letter.envelope.proof, settings.outbound.is_encrypted)
    name = conversation.handler(connection, home.letter_id) if private else None
    shown = receipt_number.shown(asking.receipt)
    said = [_said(one, name or _OUR_TEAM, private=private) for one in answers]
    sheet = Sheet(
        subject=f"{said[0][0]} (receipt {shown})",
        heading=f"{said[0][0]}.",
        lead=(f"{said[0][1]}.", *(f"{title}. {fix}." for title, fix in said[1:])),
        ways=ways(settings.service, shown),
    )
    words = Mail.of(sheet)
    return (mail_of("receipt", goes_to, words, in_reply_to=replied_to(package)),)


def _said(answer: _Answer, consultant: str, *, private: bool) -> tuple[str, str]:
    """Say one answer: its title and its fix. Names of files go a private way alone."""
    is_asked = answer.code == "delete_which"
    is_nameless = not private or not answer.name or not answer.pieces
    row = problems.problem("delete_unclear" if is_asked and is_nameless else answer.code)
    names = [f"'{harmless(_name(piece))}'" for piece in answer.pieces[:_MOST_NAMED]]
    files = _joined(names) if private else _counted(len(answer.pieces))
    fields = {"consultant": harmless(consultant), "files": files, "name": harmless(answer.name)}
    return row.title.format(**fields), row.fix.format(**fields)


def _name(piece: Piece) -> str:
    return piece.filed_name or "a document without a name"


def _joined(names: Sequence[str]) -> str:
    *first, last = names or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _counted(documents: int) -> str:
    return "1 document" if documents == 1 else f"{documents} documents"
