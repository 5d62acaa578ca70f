"""The draft of an upload link: what a sender's form has of the link that it was begun by.

Looking uses nothing up, nor does beginning a draft: the submission does, in the transaction that
takes it as a letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal import events, receipt_number
from portal.postbox import Owed, owe
from portal.tables import accounts, letters, upload_link_drafts, upload_links
from portal.upload_link import USED_MAIL, UploadLinkGone, holding, sha256


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
        sa.select(sa.and_(*holding(now)))
        .join_from(upload_link_drafts, upload_links)
        .where(upload_link_drafts.c.draft_id == draft_id)
    ).one_or_none()
    if link is not None and not link[0]:
        raise UploadLinkGone


def fixed(connection: sa.Connection, draft_id: int) -> dict[str, str]:
    """Return the fields of a draft that its link has filled in for good; none without a link.

    The words may be added to. The case may not be another one: the link is to that, and its maker
    is told that something came for it.
    """
    case = connection.scalar(
        sa.select(upload_links.c.case_number)
        .join(upload_link_drafts, upload_link_drafts.c.link_id == upload_links.c.id)
        .where(upload_link_drafts.c.draft_id == draft_id)
    )
    return {} if case is None else {"way": "number", "case": case}


def use(connection: sa.Connection, draft_id: int, letter_id: int, *, now: datetime) -> None:
    """Use up the link that a draft was begun by, if it was, as the draft becomes a letter.

    Its maker is told, by mail and on the page. Raises UploadLinkGone; then nothing is sent.
    """
    links = upload_links.c
    link = connection.execute(
        sa.select(
            *(links.id, links.letter_id, links.case_number, accounts.c.email, letters.c.receipt)
        )
        .join(upload_link_drafts, upload_link_drafts.c.link_id == links.id)
        .outerjoin(accounts, accounts.c.id == links.account_id)
        .outerjoin(letters, letters.c.id == links.letter_id)
        .where(upload_link_drafts.c.draft_id == draft_id)
    ).one_or_none()
    if link is None:
        return
    used = connection.execute(
        sa.update(upload_links)
        .where(links.id == link.id, *holding(now))
        .values(used_at=now, used_by_id=letter_id)
    )
    if used.rowcount != 1:
        raise UploadLinkGone
    told_of = letter_id if link.letter_id is None else link.letter_id
    if link.email is not None:
        by = connection.scalar(sa.select(letters.c.receipt).where(letters.c.id == letter_id)) or ""
        first = receipt_number.shown(link.receipt) if link.receipt else f"case {link.case_number}"
        mail = _used(link.email, first, receipt_number.shown(by))
        owe(connection, mail, letter_id=told_of, occasion=str(link.id), now=now)
    events.record(
        connection,
        letter_id=told_of,
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
            upload_links.c.token_sha256 == sha256(token), *holding(now)
        )
    ).one_or_none()
    if row is None:
        raise UploadLinkGone
    return row
