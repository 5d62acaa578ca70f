"""History: what happened to a letter, in words, from its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal import erasure, vocabulary
from portal import events as trail
from portal.dossier import Dossier
from portal.hiding import Asked, asked_of
from portal.piece import Piece
from portal.rights import Viewer
from portal.tables import accounts, consultants, events

_Row = sa.Row[*tuple[Any, ...]]

_LEFT = "Somebody who has left"
_LOOKED = {
    trail.PACKAGE_VIEWED: "opened this package",
    trail.PACKAGE_DOWNLOADED: "downloaded all documents",
    trail.BINDER_ASKED: "asked for all documents as one PDF",
    trail.BINDER_DOWNLOADED: "downloaded all documents as one PDF",
    trail.DOCUMENT_VIEWED: "viewed",
    trail.DOCUMENT_DOWNLOADED: "downloaded",
    trail.SENT_MAILS_VIEWED: "looked at what the sender sees",
    trail.RECEIPT_DOWNLOADED: "downloaded the receipt",
    trail.DOCUMENT_UNLOCKED: "gave the password of",
    trail.UNLOCKED_BY_MAIL: "opened, with the password that a mail says,",
    trail.UNLOCKING_REFUSED: "tried a password that is not the right one",
    trail.ACCESS_REFUSED: "asked for this package and was refused",
}

_IN_PART = "letter.filed_in_part"
_DECIDED = {
    trail.DECIDED.format(kind="file"): "decided: file under {case}",
    trail.DECIDED.format(kind="ask"): "decided: ask the sender which case it is",
    trail.DECIDED.format(kind="not_submission"): "decided: not a submission",
    trail.DECIDED.format(kind="after_all"): "decided: file it after all",
    trail.UNDONE: "took the decision back",
    trail.NOT_CARRIED: "The decision could not be carried out",
    trail.COPY_RELEASED: "Checked by itself: what it was a copy of is not filed any more",
    trail.ANSWER_REFUSED: "gave an answer that was not taken",
    trail.PASSED_ON: "The question was passed on to the firm's second contact",
    trail.REPLIED: "A reply came that holds just a case number",
    trail.SAYS_PASSWORD: "A password stands in its words; we masked it in what we keep",
    trail.BRINGS_PASSWORD: "A mail came that holds just a password",
    trail.ADDRESS_CONFIRMED: "confirmed that it came from their address",
    trail.CONFIRMING_REPLY: "A reply came that confirms the address",
    trail.CONTRIBUTOR_LET_IN: "let its sender send to case {case}",
    trail.CONTRIBUTOR_LET_IN_BY_FIRM: "let somebody else send to case {case}",
    trail.CONTRIBUTOR_ENDED: "ended somebody's right to send to case {case}",
    trail.CONTRIBUTOR_RESTORED: "took back that somebody's right to send to case {case} ended",
    trail.CLOSED: "said that nothing more will come",
    trail.REOPENED: "said that documents are still missing",
    trail.LINK_MADE: "made an upload link",
    trail.LINK_REVOKED: "revoked an upload link",
    trail.LINK_USED: "sent documents by an upload link",
    trail.JOINED: "A reply brought documents to this package",
    trail.MESSAGE: "A reply came with a message",
    trail.JOINS: "It joined the package of an earlier message",
    trail.ARRIVED: "What did not reach us has come in an answer to the receipt",
}
_OF_DOCUMENT = {
    trail.DOCUMENT_HIDDEN: "Hidden, since nobody had opened it:",
    trail.DOCUMENT_SHOWN: "brought back",
    trail.NOT_HIDDEN: "In sight again, since its case is on legal hold:",
    trail.LACKS_AGAIN: "What came in its place is hidden, so it is missing again:",
}


@dataclass(frozen=True)
class Line:
    """One line: who did what, to which file, when first and last, and how often."""

    at: datetime
    who: str | None  # None for the gateway itself
    did: str
    name: str | None = None
    then: str = ""
    times: int = 1
    last: datetime | None = None


def history(connection: sa.Connection, viewer: Viewer, dossier: Dossier) -> tuple[Line, ...]:
    """Return the lines, oldest first. Who was refused is told to operations alone."""
    passed_on = dossier.forwarded
    how = "" if passed_on is None else f", {vocabulary.forwarded(passed_on.by, passed_on.how)}"
    lines = [Line(dossier.arrived_at, None, "Received", then=how)]
    lines += _done(connection, dossier)
    lines += _looks(connection, dossier, with_refusals=viewer.works_in_operations)
    return tuple(sorted(lines, key=lambda line: line.at))


def _done(connection: sa.Connection, dossier: Dossier) -> list[Line]:
    rows = connection.execute(
        sa.select(events)
        .where(events.c.letter_id == dossier.letter_id, events.c.kind.not_in(_LOOKED))
        .order_by(events.c.at, events.c.id)
    ).all()
    lines: list[Line] = []
    names: dict[str, str] | None = None
    asks: dict[int, Asked] | None = None
    people = _people(connection)
    told = False  # of the names: an attempt that comes later has nothing new to say of them
    for row in rows:
        # A letter filed except some may be closed: it was filed all the same.
        ended = {f"letter.{dossier.state}"} | ({_IN_PART} if dossier.state == "filed" else set())
        if row.kind in ended and not told:
            lines += _renamings(dossier, row.at)
            told = True
        if row.kind in {trail.SUBMISSION_REASSIGNED, trail.SUBMISSION_STAYED}:
            names = names if names is not None else _names(connection)
            line = _handed(row, dossier, names)
            if line not in lines:  # linked parts go together, each with an event of its own
                lines.append(line)
        elif row.kind == trail.ERASURE_ASKED and "part" in row.detail:
            asks = asks if asks is not None else _asks(connection, dossier.letter_id)
            lines.append(_asked(row, dossier, asks))
        elif row.kind == trail.ERASURE_ASKED:
            asked = erasure.request_of(connection, dossier.letter_id)
            said = f": {asked.reason}" if asked else ""
            lines.append(Line(row.at, "The sender", "asked us to delete it", then=said))
        elif row.kind in _OF_DOCUMENT:
            name = _name(dossier, row.detail.get("part"))
            lines.append(Line(row.at, _who(row.actor, people), _OF_DOCUMENT[row.kind], name))
        elif row.kind in _DECIDED:
            case = row.detail.get("case")
            did = _DECIDED[row.kind].format(case=case or "no case")
            lines.append(Line(row.at, _who(row.actor, people), did))
        else:
            lines.append(_line(row, dossier))
    return lines


def _asks(connection: sa.Connection, letter_id: int) -> dict[int, Asked]:
    return {one.part_id: one for one in asked_of(connection, letter_id)}


def _asked(row: _Row, dossier: Dossier, asks: Mapping[int, Asked]) -> Line:
    """Say that somebody asked to delete a document: who and why are in its own row."""
    part = row.detail.get("part")
    found = asks.get(part) if isinstance(part, int) else None
    who = "The sender" if found is None else found.by
    why = f": {found.reason}" if found is not None and found.reason else ""
    return Line(row.at, who, "asked us to delete", _name(dossier, part), why)


def _handed(row: _Row, dossier: Dossier, names: Mapping[str, str]) -> Line:
    """Say that a submission went to another consultant, or stayed though its case did."""
    giver, taker = (names.get(f"consultant:{row.detail.get(end)}") for end in ("from", "to"))
    why = str(row.detail.get("why", ""))
    if row.kind == trail.SUBMISSION_STAYED:
        whose = f"stayed with {giver or 'no consultant'}, since it was read already"
        words = f"{whose}, when the case went to {taker or 'no consultant'}"
    else:
        words = vocabulary.handed(giver, taker, "" if why == "staff" else why)
    several = len({one.case for one in dossier.submissions}) > 1
    case = next(
        (one.case for one in dossier.submissions if one.id == row.detail.get("submission")), None
    )
    what = f"What was filed to case {case}" if several and case else "The package"
    if row.actor == trail.GATEWAY:
        return Line(row.at, None, f"{what} {words}")
    return Line(
        row.at, names.get(row.actor, _LEFT), f"decided: {what[0].lower()}{what[1:]} {words}"
    )


def _names(connection: sa.Connection) -> dict[str, str]:
    rows = connection.execute(sa.select(consultants.c.id, consultants.c.name))
    return _people(connection) | {f"consultant:{row.id}": row.name for row in rows}


def _who(actor: str, people: Mapping[str, str]) -> str | None:
    if actor == trail.GATEWAY:
        return None
    return "The sender" if actor == trail.SENDER else people.get(actor, _LEFT)


def _line(row: _Row, dossier: Dossier) -> Line:
    detail: Mapping[str, Any] = row.detail
    if row.kind == trail.HEALED:
        old, new = _name(dossier, detail.get("part")), _filed_name(dossier, detail.get("by"))
        also = f"; filed as {new}" if new and new != old else ""
        return Line(row.at, None, "A better copy came of", old, also)
    if row.kind == "document.converted":
        name = next(
            (
                one.original_name or one.filed_name
                for one in dossier.pieces
                if one.path == detail.get("path")
            ),
            None,
        )
        pages = vocabulary.number(int(detail.get("pages", 0)), "page", "pages")
        engine = str(detail.get("engine", "")).replace("/", " ")
        return Line(row.at, None, "Converted to PDF", name, f", with {engine}, {pages}")
    if row.kind.startswith("letter."):
        return Line(row.at, None, _moved(row.kind.removeprefix("letter."), detail, dossier))
    words = {
        "receipt.sent": "Receipt sent to the sender",
        "receipt_copy.sent": "Copy of the receipt sent to the firm's copy address",
        "second_question.sent": "Question sent to the firm's second contact",
        "notice.sent": "Notice sent to the consultant",
        "alarm.sent": "Alarm sent to operations: it waits",
        "unlocked.sent": "The consultant was told that a document can be read now",
        "reassignment.sent": "A consultant was told that it changed hands",
    }
    # A kind that a later release writes is still told, in the record's own word for it.
    return Line(row.at, None, words.get(row.kind, row.kind.replace(".", " ").replace("_", " ")))


def _name(dossier: Dossier, part: object) -> str | None:
    piece = _piece(dossier, part)
    return None if piece is None else piece.original_name or piece.filed_name


def _filed_name(dossier: Dossier, part: object) -> str | None:
    piece = _piece(dossier, part)
    return None if piece is None else piece.filed_name


def _piece(dossier: Dossier, part: object) -> Piece | None:
    return next((one for one in dossier.pieces if one.id == part), None)


def _moved(state: str, detail: Mapping[str, Any], dossier: Dossier) -> str:
    words = vocabulary.state(state, dossier.missing)
    rule = vocabulary.NOT_SUBMISSION_RULES.get(str(detail.get("rule", "")))
    if rule is not None:
        return f"{words}: {rule[0].lower()}{rule[1:].removesuffix('.')}"
    case = detail.get("case")
    if not case or not state.startswith("filed"):
        return words
    many: Mapping[str, int] = detail.get("linked", {})
    parts = "; ".join(
        f"{'' if number == case else f'case {number} '}in {n} linked parts"
        for number, n in many.items()
        if n > 1
    )
    return f"{words}: case {case}" + (f", {parts}" if parts else "")


def _renamings(dossier: Dossier, at: datetime) -> list[Line]:
    return [
        Line(at, None, "Renamed", piece.original_name or piece.filed_name, f": {said}")
        for piece in dossier.pieces
        if piece.remarks and piece.is_document
        for said in ["; ".join(vocabulary.name_remark(remark) for remark in piece.remarks)]
    ]


def _looks(connection: sa.Connection, dossier: Dossier, *, with_refusals: bool) -> list[Line]:
    """Views and downloads, those of one person and file as one line."""
    kinds = [kind for kind in _LOOKED if with_refusals or kind != trail.ACCESS_REFUSED]
    # The part is named once, within: PostgreSQL takes two bound keys for two expressions.
    looks = (
        sa.select(
            events.c.actor,
            events.c.kind,
            events.c.detail["part"].as_integer().label("part"),
            events.c.at,
        )
        .where(events.c.letter_id == dossier.letter_id, events.c.kind.in_(kinds))
        .subquery()
    )
    rows = connection.execute(
        sa.select(
            looks.c.actor,
            looks.c.kind,
            looks.c.part,
            sa.func.count().label("times"),
            sa.func.min(looks.c.at).label("first"),
            sa.func.max(looks.c.at).label("last"),
        ).group_by(looks.c.actor, looks.c.kind, looks.c.part)
    ).all()
    people = _people(connection)
    names = {piece.id: piece.filed_name or piece.original_name for piece in dossier.pieces}
    return [
        Line(
            at=row.first,
            who=_who(row.actor, people),
            did=_LOOKED[row.kind],
            name=names.get(row.part) if row.part is not None else None,
            times=row.times,
            last=row.last if row.times > 1 else None,
        )
        for row in rows
    ]


def _people(connection: sa.Connection) -> dict[str, str]:
    rows = connection.execute(sa.select(accounts.c.id, accounts.c.name))
    return {trail.account(row.id): row.name for row in rows}
