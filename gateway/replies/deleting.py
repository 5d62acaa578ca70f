"""Deleting: a reply that asks to delete documents by name, from whoever is proven to send them.

That is the firm, or a contributor by the very address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from config.settings import Service, Settings
from gateway.replies.delete_answer import Outcome, answer
from gateway.road.aside import belongs
from gateway.road.delete_word import Deletion, Names
from gateway.road.package import Package
from gateway.road.tell import mail_of
from gateway.telling.notice import erasure_asked, said
from portal import conversation, hiding
from portal.conversation import Nearest
from portal.firm_cases import cases_of, contributed_of
from portal.piece import Piece, pieces_of
from portal.postbox import Owed, owe
from portal.unlocked_copy import forms_of


@dataclass(frozen=True)
class Asking:
    """A reply that asks to delete."""

    package: Package
    deletion: Deletion
    own: Sequence[str]  # the mails of ours that it answers, as the outbox holds them
    receipt: str


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
    word is not in capitals, and no document has the name, it may be any sentence. Of a letter that
    waits the documents are hidden as well, and whoever has it once it is filed is told then. Raises
    StaleAttempt by the fence, and then nothing of the caller's transaction may stand.
    """
    package, deletion = asking.package, asking.deletion
    firm_id, sender = package.resolution.firm_id, package.sender
    assert sender is not None, "it is known by its address"
    theirs = conversation.sent_by(firm_id, sender)
    home = conversation.nearest(connection, asking.own, theirs, now)
    if home is None:
        return False
    documents = [one for one in pieces_of(connection, home.letter_id).values() if one.is_placed]
    names = Names(documents, ours_first=hiding.answers_list(connection, asking.own))
    found = {name: names.named(name) for name in deletion.names}
    if not deletion.is_certain and None in found.values():
        return False
    all_forms = forms_of(documents)
    named = (all_forms[piece.id] for pieces in found.values() for piece in pieces or ())
    wanted = {forms[0].id: forms for forms in named}
    parts = [piece.id for forms in wanted.values() for piece in forms]
    today = _today(settings, now)
    numbers = conversation.case_numbers(connection, home.letter_id, parts)
    may_send = _may_send(connection, firm_id, sender, numbers, today)
    is_held = _is_held(connection, home.letter_id, settings)
    hidden = _asked(
        connection, home, wanted.values(), asking, letter_id, now, may_hide=may_send and not is_held
    )
    name = None
    if home.is_settled and may_send:
        name = conversation.handler(connection, home.letter_id, parts)
    outcome = Outcome(
        hidden=[forms[0] for part, forms in wanted.items() if hidden[part]],
        asked=[forms[0] for part, forms in wanted.items() if not hidden[part]],
        unclear=[name for name, pieces in found.items() if pieces is None],
        documents=[one for one in documents if all_forms[one.id][0] is one],
        consultant=name,
    )
    if wanted or deletion.why:
        conversation.unread_again(connection, home.letter_id, package.urgent)
    mails: list[Owed] = []
    if wanted:
        mails = _notices(connection, home, hidden, settings.service, today)
    elif deletion.why:
        words = said(home.receipt, settings.service)
        readers = conversation.readers(connection, home.letter_id, today)
        mails = [mail_of("notice", reader, words, begun=True) for reader in readers]
    told = answer(package, outcome, asking.receipt, settings)
    belongs(
        connection,
        package,
        letter_id=letter_id,
        attempt=attempt,
        home_id=home.letter_id,
        reason=hiding.ASKS,
        owed=[*told, *mails] if home.is_settled else told,
        now=now,
    )
    if not home.is_settled:
        # With the letter's own mails: these go when nobody can take the decision back any more.
        for mail in mails:
            owe(
                connection,
                mail,
                letter_id=home.letter_id,
                occasion=f"asked {letter_id}",
                now=now,
                not_before=home.undo_until,
            )
    return True


def carry_on(
    connection: sa.Connection,
    letter_id: int,
    receipt: str,
    settings: Settings,
    *,
    attempt: int,
    now: datetime,
    not_before: datetime | None,
) -> None:
    """Tell whoever has a letter that is filed now what was asked of it while it waited.

    Where a case of it is on legal hold, nothing of it stays hidden.
    """
    if not hiding.asked_of(connection, letter_id):
        return
    conversation.unread_again(
        connection, letter_id, conversation.urgent_meanwhile(connection, letter_id)
    )
    if _is_held(connection, letter_id, settings):
        hiding.may_not_hide(connection, letter_id, now=now)
    hidden = {
        one.part_id: one.is_hidden
        for one in hiding.asked_of(connection, letter_id)
        if one.shown_at is None
    }
    home = Nearest(letter_id, receipt, is_filed=True, undo_until=not_before)
    for mail in _notices(connection, home, hidden, settings.service, _today(settings, now)):
        owe(
            connection,
            mail,
            letter_id=letter_id,
            occasion=f"asked before {attempt}",
            now=now,
            not_before=not_before,
        )


def _asked(
    connection: sa.Connection,
    home: Nearest,
    wanted: Iterable[Sequence[Piece]],
    asking: Asking,
    letter_id: int,
    now: datetime,
    *,
    may_hide: bool,
) -> dict[int, bool]:
    """Record what is asked for. Return whether it is hidden, by the id of the document."""
    return {
        forms[0].id: hiding.ask(
            connection,
            home.letter_id,
            forms,
            mail_id=letter_id,
            by=asking.package.sender or "",
            reason=asking.deletion.why,
            may_hide=may_hide,
            now=now,
        )
        for forms in wanted
    }


def _may_send(
    connection: sa.Connection,
    firm_id: int | None,
    sender: str,
    numbers: Collection[str],
    day: date,
) -> bool:
    """Say whether a firm, or a contributor, may send today to each of these cases."""
    if firm_id is None:
        return contributed_of(connection, sender, numbers, day) == frozenset(numbers)
    return len(cases_of(connection, firm_id, numbers, day)) == len(numbers)


def _is_held(connection: sa.Connection, letter_id: int, settings: Settings) -> bool:
    """Say whether a case of a letter is on legal hold."""
    numbers = conversation.case_numbers(connection, letter_id)
    return not set(settings.cases.legal_holds).isdisjoint(numbers)


def _notices(
    connection: sa.Connection,
    home: Nearest,
    hidden: Mapping[int, bool],
    service: Service,
    day: date,
) -> list[Owed]:
    """Return a notice for each reader of these documents: whether it is hidden, by part."""
    readers: dict[str, bool] = {}
    for part, is_hidden in hidden.items():
        for reader in conversation.readers(connection, home.letter_id, day, [part]):
            readers[reader] = readers.get(reader, False) or is_hidden
    return [
        mail_of(
            "notice", reader, erasure_asked(home.receipt, service, hidden=is_hidden), begun=True
        )
        for reader, is_hidden in readers.items()
    ]


def _today(settings: Settings, now: datetime) -> date:
    return now.astimezone(ZoneInfo(settings.service.time_zone)).date()
