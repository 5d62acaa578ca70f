"""The upload link: a way to the form with a letter's case and words filled in, for one submission.

Kept as the SHA-256 of its token alone. Looking uses nothing up, nor does beginning a draft: the
submission does, in the transaction that takes it as a letter.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal import events
from portal.dossier import Dossier, NotThere
from portal.rights import Filing, Viewer, may_open
from portal.sign_in import new_token
from portal.tables import accounts, cases, letters, upload_link_drafts, upload_links

MOST_SUBJECT = 200
MOST_NARRATIVE = 5_000
USED_MAIL = "link_used"
_MAKER = sa.func.coalesce(accounts.c.name, "The receipt")


class UploadLinkGone(Exception):
    """The link was used or revoked, has run out, or never was: the answer to all is the same."""

    code = "upload_link_gone"


@dataclass(frozen=True)
class UploadLink:
    """A link as the page of the letter that it completes shows it."""

    id: int
    maker: str
    case: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    receipt: str | None  # of the letter that was sent by it

    def holds(self, now: datetime) -> bool:
        """Say whether something can be sent by it."""
        return self.revoked_at is None and self.used_at is None and self.expires_at > now


def form_token(token: str) -> str:
    """Return what the form of a link's page must bring back: nobody has it without the link."""
    return hmac.new(token.encode(), b"upload", hashlib.sha256).hexdigest()


def cases_for(viewer: Viewer, dossier: Dossier) -> tuple[str, ...]:
    """Return the cases of a letter that the viewer may make links for."""
    return tuple(
        one.case
        for one in dossier.submissions
        if may_open(viewer, Filing(one.consultant_id, one.restricted))
    )


@dataclass(frozen=True)
class Wanted:
    """What a link fills in, as its maker typed it."""

    case: str  # the number, in our form
    subject: str = ""
    narrative: str = ""

    @property
    def message(self) -> str:
        """The words of the form's message."""
        said = self.subject.strip()[:MOST_SUBJECT], self.narrative.strip()[:MOST_NARRATIVE]
        return "\n\n".join(filter(None, said))


def make(
    connection: sa.Connection,
    viewer: Viewer,
    dossier: Dossier,
    wanted: Wanted,
    *,
    now: datetime,
    days: int,
) -> str:
    """Make a link that completes a letter, and return its token, which is kept nowhere.

    Raises NotThere where the viewer may not.
    """
    if wanted.case not in cases_for(viewer, dossier):
        raise NotThere(dossier.letter_id)
    return _made(connection, viewer, wanted, dossier.letter_id, now, days)


def make_for_case(
    connection: sa.Connection, viewer: Viewer, wanted: Wanted, *, now: datetime, days: int
) -> str:
    """Make a link to a case, for documents that nobody has begun to send. Return its token.

    Raises NotThere where there is no such open case, or the viewer may not see it.
    """
    case = connection.execute(
        sa.select(cases.c.consultant_id, cases.c.restricted).where(
            cases.c.number == wanted.case, cases.c.state == "open"
        )
    ).one_or_none()
    if case is None or not may_open(viewer, Filing(case.consultant_id, case.restricted)):
        raise NotThere
    return _made(connection, viewer, wanted, None, now, days)


def _made(
    connection: sa.Connection,
    viewer: Viewer,
    wanted: Wanted,
    letter_id: int | None,
    now: datetime,
    days: int,
) -> str:
    token = new_token()
    connection.execute(
        sa.insert(upload_links).values(
            token_sha256=sha256(token),
            letter_id=letter_id,
            account_id=viewer.account_id,
            case_number=wanted.case,
            message=wanted.message,
            made_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    _note(connection, letter_id, viewer, events.LINK_MADE, now)
    return token


def offer(
    connection: sa.Connection,
    letter_id: int,
    token_sha256: str,
    case: str,
    message: str,
    *,
    now: datetime,
    days: int,
) -> None:
    """Keep a link that a receipt offers, within the transaction that owes the mail with it."""
    connection.execute(
        sa.insert(upload_links).values(
            token_sha256=token_sha256,
            letter_id=letter_id,
            case_number=case,
            message=message,
            made_at=now,
            expires_at=now + timedelta(days=days),
        )
    )


def revoke(
    connection: sa.Connection, viewer: Viewer, dossier: Dossier, link_id: int, *, now: datetime
) -> None:
    """Revoke a link of a letter; one that holds no more stays as it is.

    Raises NotThere where the letter has no such link that the viewer may make.
    """
    if link_id not in {one.id for one in of(connection, viewer, dossier)}:
        raise NotThere(dossier.letter_id)
    _revoked(connection, viewer, dossier.letter_id, link_id, now)


def revoke_own(connection: sa.Connection, viewer: Viewer, link_id: int, *, now: datetime) -> None:
    """Revoke a link to a case that the viewer has made. Raises NotThere where it is none."""
    if link_id not in {one.id for one in own(connection, viewer)}:
        raise NotThere
    _revoked(connection, viewer, None, link_id, now)


def _revoked(
    connection: sa.Connection, viewer: Viewer, letter_id: int | None, link_id: int, now: datetime
) -> None:
    revoked = connection.execute(
        sa.update(upload_links)
        .where(upload_links.c.id == link_id, *holding(now))
        .values(revoked_at=now)
    )
    if revoked.rowcount:
        _note(connection, letter_id, viewer, events.LINK_REVOKED, now)


def of(connection: sa.Connection, viewer: Viewer, dossier: Dossier) -> tuple[UploadLink, ...]:
    """Return the links of a letter to cases that the viewer may open, the newest first."""
    links = upload_links.c
    return _links(
        connection,
        links.letter_id == dossier.letter_id,
        links.case_number.in_(cases_for(viewer, dossier)),
    )


def own(connection: sa.Connection, viewer: Viewer) -> tuple[UploadLink, ...]:
    """Return the links to cases that the viewer has made, the newest first."""
    links = upload_links.c
    return _links(connection, links.letter_id.is_(None), links.account_id == viewer.account_id)


def _links(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> tuple[UploadLink, ...]:
    sent = letters.alias()
    links = upload_links.c
    rows = connection.execute(
        sa.select(
            *(links.id, _MAKER, links.case_number, links.made_at, links.expires_at),
            *(links.revoked_at, links.used_at, sent.c.receipt),
        )
        .outerjoin(accounts, accounts.c.id == links.account_id)
        .outerjoin(sent, sent.c.id == links.used_by_id)
        .where(*which)
        .order_by(links.id.desc())
    )
    return tuple(UploadLink(*row) for row in rows)


def completes(connection: sa.Connection, letter_id: int) -> str | None:
    """Return the receipt of the letter that this one completes: it was sent by a link of it."""
    return connection.scalar(
        sa.select(letters.c.receipt)
        .join(upload_links, upload_links.c.letter_id == letters.c.id)
        .where(upload_links.c.used_by_id == letter_id)
    )


def sweep(connection: sa.Connection, *, now: datetime, days: int) -> int:
    """Remove the links that ended unused so many days ago. Return how many went."""
    ended = sa.and_(
        upload_links.c.used_at.is_(None),
        sa.func.coalesce(upload_links.c.revoked_at, upload_links.c.expires_at)
        <= now - timedelta(days=days),
    )
    of_ended = upload_link_drafts.c.link_id.in_(sa.select(upload_links.c.id).where(ended))
    connection.execute(sa.delete(upload_link_drafts).where(of_ended))
    return connection.execute(sa.delete(upload_links).where(ended)).rowcount


def holding(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions on rows of `upload_links` that something can be sent by them."""
    return (
        upload_links.c.used_at.is_(None),
        upload_links.c.revoked_at.is_(None),
        upload_links.c.expires_at > now,
    )


def _note(
    connection: sa.Connection, letter_id: int | None, viewer: Viewer, kind: str, now: datetime
) -> None:
    actor = events.account(viewer.account_id)
    events.record(connection, letter_id=letter_id, actor=actor, kind=kind, detail={}, at=now)


def sha256(token: str) -> str:
    """Return what is kept of a token: it is 256 random bits, so a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
