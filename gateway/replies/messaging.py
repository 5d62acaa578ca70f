"""Messaging: a reply that only says something becomes a message on the package that it answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from config import problems
from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.road.aside import belongs
from gateway.road.package import Package
from gateway.road.tell import mail_of, replied_to
from gateway.telling.frame import ways
from gateway.telling.mail import Mail, harmless
from gateway.telling.notice import said
from gateway.telling.sheet import Sheet
from portal import conversation, events, receipt_number
from portal.conversation import Answered
from portal.postbox import Owed
from portal.rights import is_private

REASON = "message"
_TOLD = "message_passed"
_OUR_TEAM = "our team"


def may_be_message(package: Package) -> bool:
    """Say whether a letter may be one: words of a known firm, to one case, and no document.

    What speaks of documents that did not come, or says a password, is a letter of its own: its
    sender is asked for them, or told where the password is given.
    """
    envelope = package.letter.envelope
    is_letter_of_its_own = (
        package.resolution.firm_id is None
        or package.resolution.hold is not None
        or len(package.filed_under) != 1
        or package.device is not None
        or package.says_password
        or envelope.quiet
        or envelope.is_imported
        or package.stands_alone
    )
    return not is_letter_of_its_own and bool(package.narrative.strip())


def take(
    connection: sa.Connection,
    package: Package,
    own: Sequence[str],
    settings: Settings,
    *,
    receipt: str,
    letter_id: int,
    attempt: int,
    now: datetime,
) -> bool:
    """Put the words of a reply on the page of the package that it answers; False where it is none.

    The road has found its case, and it is the one of that package. Whoever has the package is told,
    and so is the sender. Raises StaleAttempt by the fence, and then nothing of the caller's
    transaction may stand.
    """
    (filing,) = package.filed_under
    firm_id = package.resolution.firm_id
    assert firm_id is not None, "may_be_message has seen it"
    there = conversation.answered(connection, own, firm_id, now)
    home = next((one for one in there if one.case_id == filing.case_id), None)
    if home is None:
        return False
    today = now.astimezone(ZoneInfo(settings.service.time_zone)).date()
    words = said(home.receipt, settings.service)
    readers = conversation.readers(connection, home.letter_id, today)
    # What repeats the ones before it is there to be read, and no news.
    told = () if package.repeats else readers
    notices = [mail_of("notice", reader, words, begun=True) for reader in told]
    belongs(
        connection,
        package,
        letter_id=letter_id,
        attempt=attempt,
        home_id=home.letter_id,
        reason=REASON,
        owed=[*_told(connection, package, home, receipt, settings), *notices],
        now=now,
    )
    conversation.unread_again(connection, home.letter_id, package.urgent)
    events.record(
        connection,
        letter_id=home.letter_id,
        actor=events.GATEWAY,
        kind=events.MESSAGE,
        detail={"letter": letter_id},
        at=now,
    )
    return True


def _told(
    connection: sa.Connection, package: Package, home: Answered, receipt: str, settings: Settings
) -> Sequence[Owed]:
    goes_to = receipt_goes_to(package, own_domain=settings.intake.domain)
    if goes_to is None:
        return ()
    row = problems.problem(_TOLD)
    private = is_private(package.letter.envelope.proof, settings.outbound.is_encrypted)
    name = conversation.handler(connection, home.letter_id) if private else None
    fields = {
        "consultant": harmless(name or _OUR_TEAM),
        "r": receipt_number.shown(home.receipt),
    }
    title, shown = row.title.format(**fields), receipt_number.shown(receipt)
    sheet = Sheet(
        subject=f"{title} (receipt {shown})",
        heading=f"{title}.",
        lead=(f"{row.fix.format(**fields)}.",),
        ways=ways(settings.service, shown),
    )
    return (mail_of("receipt", goes_to, Mail.of(sheet), in_reply_to=replied_to(package)),)
