"""Events: the audit trail. Every view, download and refusal is one, from the first day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.prepared import Prepared
from portal.tables import events

_INSERT = Prepared(events.insert)

GATEWAY = "gateway"
SENDER = "sender"
"""The sender of a letter, on the answer page or their own."""

# What people do with the pages.
PACKAGE_VIEWED = "package.viewed"
PACKAGE_DOWNLOADED = "package.downloaded"
DOCUMENT_VIEWED = "document.viewed"
DOCUMENT_DOWNLOADED = "document.downloaded"
SUBMISSION_REASSIGNED = "submission.reassigned"
SUBMISSION_STAYED = "submission.stayed"  # read already, when its case's consultant changed
DIRECTORY_VIEWED = "directory.viewed"
OUTBOX_VIEWED = "outbox.viewed"
SHELF_VIEWED = "not_submissions.viewed"
ACCESS_REFUSED = "access.refused"
SENT_MAILS_VIEWED = "mails.viewed"
RECEIPT_DOWNLOADED = "receipt.downloaded"
BINDER_ASKED = "binder.asked"  # for the package as one PDF
BINDER_DOWNLOADED = "binder.downloaded"
DOCUMENT_UNLOCKED = "document.unlocked"  # its password was given, and forgotten
UNLOCKED_BY_MAIL = "document.unlocked_by_mail"  # by the password that a letter says
UNLOCKING_REFUSED = "unlocking.refused"  # by another password
# A password: in the letter's own words; or in a mail that says nothing else, which is named.
SAYS_PASSWORD = "password.said"  # noqa: S105 -- a kind
BRINGS_PASSWORD = "password.came"  # noqa: S105 -- a kind
SIGNED_IN = "account.signed_in"
SIGNED_OUT = "account.signed_out"

# What people decide, and what became of it.
SET_ASIDE = "letter.set_aside"
DECIDED = "decision.{kind}"
UNDONE = "decision.undone"
NOT_CARRIED = "decision.not_carried"
COPY_RELEASED = "copy.released"
ANSWER_REFUSED = "answer.refused"
PASSED_ON = "question.passed_on"  # to the second contact; the detail says why
REPLIED = "answer.replied"  # by a mail with just a case number, which the detail names
ADDRESS_CONFIRMED = "address.confirmed"  # by a code, or by a reply; the detail says how it came
CONFIRMING_REPLY = "address.replied"  # a mail that says yes to that question, which is named
CONTRIBUTOR_LET_IN = "contributor.let_in"  # an address, to one case until a day
CONTRIBUTOR_LET_IN_BY_FIRM = "contributor.let_in_by_firm"
CONTRIBUTOR_ENDED = "contributor.ended"  # before that day
CONTRIBUTOR_RESTORED = "contributor.restored"  # its end was taken back
CLOSED = "closing.closed"  # nothing more will come of a letter filed except some
REOPENED = "closing.reopened"
LINK_MADE = "link.made"  # an upload link to the form
LINK_REVOKED = "link.revoked"
LINK_USED = "link.used"
ERASURE_ASKED = "erasure.asked"  # by the sender; nothing is deleted by it
DOCUMENT_HIDDEN = "document.hidden"  # with that, since nobody had opened it
DOCUMENT_SHOWN = "document.shown"  # again, by whoever decided so
NOT_HIDDEN = "document.not_hidden"  # again, since its letter was filed to a case on legal hold
JOINED = "package.joined"  # a later letter brought documents to it
MESSAGE = "package.message"  # a later letter says something about it
JOINS = "letter.joins"  # it is in the package of an earlier one
HEALED = "document.healed"  # a better one came in its place
LACKS_AGAIN = "document.lacks_again"  # that one is hidden
ARRIVED = "closing.arrived"  # what did not reach us came in an answer

LOOKS = (
    *(PACKAGE_VIEWED, PACKAGE_DOWNLOADED, BINDER_DOWNLOADED),
    *(DOCUMENT_VIEWED, DOCUMENT_DOWNLOADED),
)
"""The kinds that say who saw a package: what "who saw what and when" is printed from."""


def has_looked(connection: sa.Connection, letter_id: int, actor: str) -> bool:
    """Say whether the trail has that somebody looked at a package."""
    looked = sa.select(events.c.id).where(
        events.c.letter_id == letter_id, events.c.actor == actor, events.c.kind.in_(LOOKS)
    )
    return connection.execute(looked.limit(1)).first() is not None


def account(account_id: int) -> str:
    """Name an account as the actor of an event."""
    return f"account:{account_id}"


def record(
    connection: sa.Connection,
    *,
    letter_id: int | None,
    actor: str,
    kind: str,
    detail: Mapping[str, Any],
    at: datetime,
) -> None:
    """Write one event into the caller's transaction.

    `actor` is GATEWAY, SENDER or `account(ID)`. `detail` is JSON of ids, codes and counts: it
    outlives erasure, so it never holds a file name, an address or words of a message.
    """
    _INSERT.run(
        connection,
        {"letter_id": letter_id, "at": at, "actor": actor, "kind": kind, "detail": dict(detail)},
    )


def record_each(
    connection: sa.Connection,
    letters: Iterable[tuple[int, Mapping[str, Any]]],
    *,
    actor: str,
    kind: str,
    at: datetime,
) -> None:
    """Write one event for each letter and detail, as `record` does."""
    connection.execute(
        sa.insert(events),
        [
            {"letter_id": one, "at": at, "actor": actor, "kind": kind, "detail": dict(detail)}
            for one, detail in letters
        ],
    )
