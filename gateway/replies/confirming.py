"""Confirming: an address that is not known is asked in the receipt, and confirmed by a reply."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.letter import Proof
from gateway.road.aside import answered
from gateway.road.ask import may_confirm
from gateway.road.package import Package
from gateway.road.tell import mail_of, replied_to
from gateway.telling.frame import ways
from gateway.telling.mail import Mail
from gateway.telling.sheet import Sheet
from portal import address_code, confirmation, events, receipt_number
from portal.database import Database
from portal.postbox import Owed


def code_for(
    database: Database, package: Package, letter_id: int, settings: Settings, now: datetime
) -> str | None:
    """Return the code for a letter's receipt; None where its address is not asked, or not again.

    It is kept before the mail is owed. An attempt that ends in between leaves a code that nobody
    gets, and the next attempt draws another.
    """
    address = may_confirm(package, own_domain=settings.intake.domain)
    if address is None:
        return None
    with database.write() as connection:
        return address_code.ask(connection, letter_id, address, sending=settings.sending, now=now)


def take(
    connection: sa.Connection,
    package: Package,
    own: tuple[str, ...],
    settings: Settings,
    *,
    receipt: str,
    letter_id: int,
    attempt: int,
    now: datetime,
) -> bool:
    """Take a reply that says yes as the confirmation of its address; False where it is none.

    `own` are the mails of ours that it answers, as the outbox holds them. It comes from the address
    that they went to, by From and by envelope. Raises StaleAttempt by the fence, and then nothing
    of the caller's transaction may stand.
    """
    envelope, address = package.letter.envelope, package.sender
    if address is None or envelope.sender != address or envelope.proof is Proof.FAILED:
        return False
    confirmed = confirmation.replied(connection, own, address)
    if confirmed is None:
        return False
    confirmation.confirm(connection, address, (confirmed,), "reply", now=now)
    answered(
        connection,
        package,
        letter_id=letter_id,
        attempt=attempt,
        first_id=confirmed,
        owed=_thanks(package, receipt, settings),
        now=now,
        kind=events.CONFIRMING_REPLY,
    )
    return True


def _thanks(package: Package, receipt: str, settings: Settings) -> Owed | None:
    goes_to = receipt_goes_to(package, own_domain=settings.intake.domain)
    if goes_to is None:
        return None
    shown = receipt_number.shown(receipt)
    sheet = Sheet(
        subject=f"Confirmed: your address (receipt {shown})",
        heading="Thank you. We have noted that you sent your message.",
        lead=("Our team has it. You do not need to send it again.",),
        ways=ways(settings.service, shown),
    )
    return mail_of("receipt", goes_to, Mail.of(sheet), in_reply_to=replied_to(package))
