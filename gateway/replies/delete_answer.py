"""The answer to whoever asks to delete: what is hidden, what is only asked for, what is unclear.

Names of files and of people go a private way alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config import problems
from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.road.package import Package
from gateway.road.tell import mail_of, replied_to
from gateway.telling.frame import ways
from gateway.telling.mail import Mail, counted, harmless
from gateway.telling.sheet import Sheet
from portal import receipt_number
from portal.piece import Piece
from portal.postbox import Owed
from portal.rights import is_private

_MOST_NAMED = 20
_MOST_IN_SUBJECT = 3
_OUR_TEAM = "our team"


@dataclass(frozen=True)
class Outcome:
    """What became of the names in a reply that asks to delete."""

    hidden: Sequence[Piece]
    asked: Sequence[Piece]
    unclear: Sequence[str]  # the names that mean no document, or two
    documents: Sequence[Piece]  # what there is to be named
    consultant: str | None  # who decides, where that is known and may be told


def answer(
    package: Package, outcome: Outcome, receipt: str, settings: Settings
) -> tuple[Owed, ...]:
    """Return the mail to the sender of a reply, `receipt` its own number; none where none reads."""
    goes_to = receipt_goes_to(package, own_domain=settings.intake.domain)
    if goes_to is None:
        return ()
    is_firms = package.resolution.firm_id is not None  # a contributor is told counts
    private = is_firms and is_private(package.letter.envelope.proof, settings.outbound.is_encrypted)
    shown = receipt_number.shown(receipt)
    (title, fix), *others = _said(outcome, _MOST_NAMED, private=private)
    subject, _ = next(_said(outcome, _MOST_IN_SUBJECT, private=private))
    sheet = Sheet(
        subject=f"{subject} (receipt {shown})",
        heading=f"{title}.",
        lead=(f"{fix}.", *(f"{title}. {fix}." for title, fix in others)),
        ways=ways(settings.service, shown),
    )
    return (mail_of("receipt", goes_to, Mail.of(sheet), in_reply_to=replied_to(package)),)


def _said(outcome: Outcome, most: int, *, private: bool) -> Iterator[tuple[str, str]]:
    """Give each part of the answer: its title and its fix. `most` names are said of a title's."""
    consultant = harmless((outcome.consultant if private else None) or _OUR_TEAM)
    for code, pieces in (("delete_asked", outcome.asked), ("delete_hidden", outcome.hidden)):
        if pieces:
            names = [_name(piece) for piece in pieces]
            files = _listed(names, most) if private else counted(len(pieces), "document")
            yield _row(code, consultant=consultant, files=files)
    names = [name for name in outcome.unclear if name]
    if names and private and outcome.documents:
        there = [_name(piece) for piece in outcome.documents]
        yield _row("delete_which", names=_listed(names, most), files=_listed(there, _MOST_NAMED))
    elif outcome.unclear:
        yield _row("delete_unclear")


def _row(code: str, **fields: str) -> tuple[str, str]:
    row = problems.problem(code)
    return row.title.format(**fields), row.fix.format(**fields)


def _name(piece: Piece) -> str:
    """Call a document as its receipt did: by the name of its PDF where one was made."""
    return piece.shown_name or "a document without a name"


def _listed(names: Sequence[str], most: int) -> str:
    """Return names in quotes, and behind so many of them how many there are besides."""
    quoted = [f"'{harmless(name)}'" for name in names]
    beyond = len(quoted) - most
    *first, last = (*quoted[:most], f"{beyond} more") if beyond > 0 else quoted
    return f"{', '.join(first)} and {last}" if first else last
