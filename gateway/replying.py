"""Replying: a reply with just a case number answers our question, as the answer page would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from config import problems
from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.mail import Mail, harmless
from gateway.road.aside import answered
from gateway.road.package import Package
from gateway.road.tell import mail_of, replied_to
from gateway.telling.frame import ways
from gateway.telling.sheet import Sheet
from portal import answer_link, receipt_number
from portal.answer_reply import replied
from portal.decision import Filing
from portal.firm_cases import case_of
from portal.postbox import Owed

_REFUSED = "reply_not_taken"


@dataclass(frozen=True)
class Reply:
    """A reply, and the number that it consists of."""

    package: Package
    number: str
    answered: tuple[str, ...]  # the mails of ours that it answers, as the outbox holds them
    receipt: str  # its own


def take(
    connection: sa.Connection,
    reply: Reply,
    settings: Settings,
    *,
    letter_id: int,
    attempt: int,
    now: datetime,
) -> bool:
    """Take a reply as the answer to the question that it answers; return False where it is none.

    The waiting letter is decided about, as by its page; the reply is set aside and points to it. A
    number that the firm may not send to is refused in the page's words, in the same way whether it
    is there or not; from the page's limit on nobody is written to any more. Raises StaleAttempt by
    the fence, and then nothing of the caller's transaction may stand.
    """
    firm_id = reply.package.resolution.firm_id
    if firm_id is None:
        return False
    question = replied(connection, reply.answered, firm_id, now=now)
    if question is None:
        return False
    today = now.astimezone(ZoneInfo(settings.service.time_zone)).date()
    owed: Owed | None = None
    try:
        most = settings.triage.answer_tries_an_hour
        answer_link.throttle(connection, question, now=now, most=most)
    except answer_link.TooManyTries:
        pass  # the team has it, and sees the tries
    else:
        case = case_of(connection, firm_id, reply.number, today)
        if case is None:
            answer_link.refuse(connection, question, now=now)
            owed = _refusal(reply, settings)
        else:
            answer_link.answer(
                connection,
                question,
                (Filing(case.number),),
                now=now,
                undo=timedelta(seconds=settings.triage.undo_seconds),
            )
    answered(
        connection,
        reply.package,
        letter_id=letter_id,
        attempt=attempt,
        first_id=question.letter_id,
        owed=owed,
        now=now,
    )
    return True


def _refusal(reply: Reply, settings: Settings) -> Owed | None:
    goes_to = receipt_goes_to(reply.package, own_domain=settings.intake.domain)
    if goes_to is None:
        return None
    row = problems.problem(_REFUSED)
    title = row.title.format(value=harmless(reply.number))
    shown = receipt_number.shown(reply.receipt)
    sheet = Sheet(
        subject=f"{title} (receipt {shown})",
        heading=f"{title}.",
        lead=(f"{row.fix}.",),
        ways=ways(settings.service, shown),
    )
    return mail_of("receipt", goes_to, Mail.of(sheet), in_reply_to=replied_to(reply.package))
