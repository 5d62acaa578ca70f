"""The upload link: a way to the form with a letter's case and words filled in, for one submission.

Kept as the SHA-256 of its token alone. Looking uses nothing up, nor does beginning a draft: the
submission does, in the transaction that takes it as a letter.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal import events, receipt_number
from portal.dossier import Dossier, NotThere
from portal.postbox import Owed, owe
from portal.rights import Filing, Viewer, may_open
from portal.sign_in import new_token
from portal.tables import accounts, letters, upload_link_drafts, upload_links

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


def make(
    connection: sa.Connection,
    viewer: Viewer,
    dossier: Dossier,
    case: str,
    subject: str,
    narrative: str,
    *,
    now: datetime,
    days: int,
) -> str:
    """Make a link and return its token, which is kept nowhere.

    Raises NotThere where the viewer may not.
    """
    if case not in cases_for(viewer, dossier):
        raise NotThere(dossier.letter_id)
    token = new_token()
    said = (subject.strip()[:MOST_SUBJECT], narrative.strip()[:MOST_NARRATIVE])
    connection.execute(
        sa.insert(upload_links).values(
            token_sha256=sha256(token),
            letter_id=dossier.letter_id,
            account_id=viewer.account_id,
            case_number=case,
            message="\n\n".join(filter(None, said)),
            made_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    _note(connection, dossier.letter_id, viewer, events.LINK_MADE, now)
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
    revoked = connection.execute(
        sa.update(upload_links)
        .where(upload_links.c.id == link_id, *_holding(now))
        .values(revoked_at=now)
    )
    if revoked.rowcount:
        _note(connection, dossier.letter_id, viewer, events.LINK_REVOKED, now)


def of(connection: sa.Connection, viewer: Viewer, dossier: Dossier) -> tuple[UploadLink, ...]:
    """Return the links of a letter to cases that the viewer may open, the newest first."""
    sent = letters.alias()
    links = upload_links.c
    rows = connection.execute(
        sa.select(
            *(links.id, _MAKER, links.case_number, links.made_at, links.expires_at),
            *(links.revoked_at, links.used_at, sent.c.receipt),
        )
        .outerjoin(accounts, accounts.c.id == links.account_id)
        .outerjoin(sent, sent.c.id == links.used_by_id)
        .where(
            links.letter_id == dossier.letter_id,
            links.case_number.in_(cases_for(viewer, dossier)),
        )
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


def filled_in(connection: sa.Connection, token: str, *, now: datetime) -> Mapping[str, str]:
    """Return the fields of the form that a link fills in. Raises UploadLinkGone."""
    row = _row(connection, token, now)
    return {"way": "number", "case": row.case_number, "message": row.message}


def begin(connection: sa.Connection, token: str, draft_id: int, *, now: datetime) -> None:
    """Note that a draft was begun by a link. Raises UploadLinkGone."""
    link = _row(connection, token, now)
    connection.execute(sa.insert(upload_link_drafts).values(draft_id=draft_id, link_id=link.id))


def require(connection: sa.Connection, draft_id: int, *, now: datetime) -> None:
    """Raise UploadLinkGone where a draft was begun by a link that holds no more."""
    link = connection.execute(
        sa.select(sa.and_(*_holding(now)))
        .join_from(upload_link_drafts, upload_links)
        .where(upload_link_drafts.c.draft_id == draft_id)
    ).one_or_none()
    if link is not None and not link[0]:
        raise UploadLinkGone


def use(connection: sa.Connection, draft_id: int, letter_id: int, *, now: datetime) -> None:
    """Use up the link that a draft was begun by, if it was, as the draft becomes a letter.

    Its maker is told, by mail and on the page. Raises UploadLinkGone; then nothing is sent.
    """
    link = connection.execute(
        sa.select(upload_links.c.id, upload_links.c.letter_id, accounts.c.email, letters.c.receipt)
        .join(upload_link_drafts, upload_link_drafts.c.link_id == upload_links.c.id)
        .outerjoin(accounts, accounts.c.id == upload_links.c.account_id)
        .join(letters, letters.c.id == upload_links.c.letter_id)
        .where(upload_link_drafts.c.draft_id == draft_id)
    ).one_or_none()
    if link is None:
        return
    used = connection.execute(
        sa.update(upload_links)
        .where(upload_links.c.id == link.id, *_holding(now))
        .values(used_at=now, used_by_id=letter_id)
    )
    if used.rowcount != 1:
        raise UploadLinkGone
    if link.email is not None:
        by = connection.scalar(sa.select(letters.c.receipt).where(letters.c.id == letter_id)) or ""
        mail = _used(link.email, receipt_number.shown(link.receipt), receipt_number.shown(by))
        owe(connection, mail, letter_id=link.letter_id, occasion=str(link.id), now=now)
    events.record(
        connection,
        letter_id=link.letter_id,
        actor=events.SENDER,
        kind=events.LINK_USED,
        detail={"letter": letter_id},
        at=now,
    )


def _used(maker: str, first: str, then: str) -> Owed:
    return Owed(
        kind=USED_MAIL,
        recipient=maker,
        subject=f"Your upload link was used ({first})",
        text=f"Documents came by the link that you made for {first}. Their receipt is {then}.\n",
    )


def let_go(connection: sa.Connection, draft_id: int) -> None:
    """Part a draft from its link, which holds no more: it can be sent without it."""
    connection.execute(
        sa.delete(upload_link_drafts).where(upload_link_drafts.c.draft_id == draft_id)
    )


def _row(connection: sa.Connection, token: str, now: datetime) -> sa.Row[*tuple[Any, ...]]:
    row = connection.execute(
        sa.select(upload_links.c.id, upload_links.c.case_number, upload_links.c.message).where(
            upload_links.c.token_sha256 == sha256(token), *_holding(now)
        )
    ).one_or_none()
    if row is None:
        raise UploadLinkGone
    return row


def _holding(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        upload_links.c.used_at.is_(None),
        upload_links.c.revoked_at.is_(None),
        upload_links.c.expires_at > now,
    )


def _note(
    connection: sa.Connection, letter_id: int, viewer: Viewer, kind: str, now: datetime
) -> None:
    actor = events.account(viewer.account_id)
    events.record(connection, letter_id=letter_id, actor=actor, kind=kind, detail={}, at=now)


def sha256(token: str) -> str:
    """Return what is kept of a token: it is 256 random bits, so a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
