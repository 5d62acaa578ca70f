"""Replying: a reply with just a case number answers our question, as the answer page would.

A YES to a mail that has asked about a case is the reply with that number
(gateway/replies/agreeing.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from config import problems
from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.road.aside import answered
from gateway.road.package import Package
from gateway.road.tell import mail_of, replied_to
from gateway.telling.frame import ways
from gateway.telling.hold_words import did_you_mean
from gateway.telling.mail import Mail, harmless
from gateway.telling.sheet import Sheet
from portal import answer_link, receipt_number
from portal.answer_reply import replied
from portal.decision import Filing
from portal.firm_cases import case_of, one_open
from portal.postbox import Owed
from portal.rights import is_private

_REFUSED = "reply_not_taken"


@dataclass(frozen=True)
class Reply:
    """A reply, and the number that it consists of."""

    package: Package
    number: str
    answered: tuple[str, ...]  # the mails of ours that it answers, as the outbox holds them
    receipt: str  # its own
    near: tuple[str, ...] = ()  # the numbers that it may be a slip of
    is_slip: bool = False  # it is no case number itself


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
    is there or not, and asked whether the one case of theirs is meant that it is near to; from the
    page's limit on nobody is written to any more. A slip that is near to no one case is no answer.
    Raises StaleAttempt by the fence, and then nothing of the caller's transaction may stand.
    """
    firm_id = reply.package.resolution.firm_id
    if firm_id is None:
        return False
    question = replied(connection, reply.answered, firm_id, now=now)
    if question is None:
        return False
    today = now.astimezone(ZoneInfo(settings.service.time_zone)).date()
    meant = one_open(connection, firm_id, reply.near, today)
    if reply.is_slip and meant is None:
        return False
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
            owed = _refusal(reply, meant, settings)
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


def _refusal(reply: Reply, meant: str | None, settings: Settings) -> Owed | None:
    """Write that there is no open case of a number, and ask about the one that may be meant."""
    package = reply.package
    goes_to = receipt_goes_to(package, own_domain=settings.intake.domain)
    if goes_to is None:
        return None
    row = problems.problem(_REFUSED)
    private = is_private(package.letter.envelope.proof, settings.outbound.is_encrypted)
    suggests = meant if private else None
    shown = receipt_number.shown(reply.receipt)
    sheet = Sheet(
        # Without the number: it would be in the subject of the next reply, beside another one.
        subject=f"Waiting for you: which case is this? (receipt {shown})",
        heading=f"{row.title.format(value=harmless(reply.number))}.",
        lead=(f"{row.fix}.",) if suggests is None else (),
        asks=() if suggests is None else (did_you_mean(suggests),),
        suggests=suggests,
        ways=ways(settings.service, shown),
    )
    return mail_of("receipt", goes_to, Mail.of(sheet), in_reply_to=replied_to(package))
