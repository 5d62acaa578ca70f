"""Agreeing: a reply that says yes to a mail of ours which asked about a case.

The number is the one that stands with that mail in the outbox, whatever the directory says since;
whether the firm may send there is asked anew, by the guard of a reply with a number.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from config import problems
from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.replies import replying
from gateway.replies.replying import Reply
from gateway.road.aside import answered
from gateway.road.package import Package
from gateway.road.tell import mail_of, replied_to
from gateway.telling.frame import ways
from gateway.telling.mail import Mail
from gateway.telling.sheet import Sheet
from portal import answer_reply, receipt_number
from portal.postbox import Owed

_SETTLED = "answer_settled"


@dataclass(frozen=True)
class Yes:
    """A reply that says yes, and the numbers that it names beside it."""

    package: Package
    named: Collection[str]
    answered: tuple[str, ...]  # the mails of ours that it answers, as the outbox holds them
    receipt: str  # its own


def take(
    connection: sa.Connection,
    yes: Yes,
    settings: Settings,
    *,
    letter_id: int,
    attempt: int,
    now: datetime,
) -> bool:
    """Take a yes as the answer to the suggestion that it answers; return False where it is none.

    Where the question was settled before, it is set aside as well, and its sender is told so; where
    it has run out, and the letter still waits, it is a letter like any other. Raises StaleAttempt
    by the fence, and then nothing of the caller's transaction may stand.
    """
    firm_id = yes.package.resolution.firm_id
    if firm_id is None:
        return False
    asked = answer_reply.suggested(connection, yes.answered, firm_id)
    if asked is None or not {asked.number}.issuperset(yes.named):
        return False
    reply = Reply(yes.package, asked.number, (asked.message_id,), yes.receipt)
    if replying.take(connection, reply, settings, letter_id=letter_id, attempt=attempt, now=now):
        return True
    if not answer_reply.is_settled(connection, asked.letter_id):
        return False
    answered(
        connection,
        yes.package,
        letter_id=letter_id,
        attempt=attempt,
        first_id=asked.letter_id,
        owed=_settled(yes, settings),
        now=now,
    )
    return True


def _settled(yes: Yes, settings: Settings) -> Owed | None:
    goes_to = receipt_goes_to(yes.package, own_domain=settings.intake.domain)
    if goes_to is None:
        return None
    row = problems.problem(_SETTLED)
    shown = receipt_number.shown(yes.receipt)
    sheet = Sheet(
        subject=f"{row.title} (receipt {shown})",
        heading=f"{row.title}.",
        lead=(f"{row.fix}.",),
        ways=ways(settings.service, shown),
    )
    return mail_of("receipt", goes_to, Mail.of(sheet), in_reply_to=replied_to(yes.package))
