"""The mail that says a password: its sender is told where to give it, and an answer that says
nothing else is no submission.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection
from datetime import datetime
from email.utils import parseaddr

import sqlalchemy as sa

from config import problems
from config.apart import ApartRules
from config.not_submissions import NotSubmissions, Thanks
from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.road.aside import answered
from gateway.road.mask import ALONE, NOWHERE, PASSWORD
from gateway.road.package import Package
from gateway.road.sign_off import Known, SignOff
from gateway.road.tell import mail_of, replied_to
from gateway.said_password import MASK
from gateway.telling.frame import ways
from gateway.telling.mail import Mail
from gateway.telling.sheet import Sheet
from portal import events, mailed_password, receipt_number
from portal.mailed_password import Locked
from portal.postbox import Owed
from portal.rights import is_private

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_REPLY = re.compile(r"\s*(?:(?:re|aw|sv|antw)\s*:\s*)+", re.IGNORECASE)


def locked_by(
    connection: sa.Connection, package: Package, own: Collection[str]
) -> tuple[Locked, ...]:
    """Return the firm's letters whose document a mail's password may open, likeliest first.

    `own` are the mails of ours that it answers, as the outbox holds them.
    """
    firm_id = package.resolution.firm_id
    envelope = package.letter.envelope
    if firm_id is None or not envelope.proof.holds or not package.says_password:
        return ()
    return mailed_password.locked_for(
        connection,
        firm_id=firm_id,
        sender=envelope.sender,
        answered=own,
        case_ids={one.case_id for one in package.filed_under},
    )


def pointed(package: Package, receipt: str, locked: Collection[Locked], base_url: str) -> Package:
    """Return the package with the page on which the password is given, where there is one.

    `receipt` is the mail's own number: a locked document that came with it is on its own page.
    """
    holds_it = any(part.reason == "file_password" for part in package.parts)
    number = receipt if holds_it else next((one.receipt for one in locked), None)
    if number is None:
        return package
    link = f"{base_url}/p/{receipt_number.shown(number)}"
    return package.but(
        troubles=tuple(
            dataclasses.replace(one, fields={"link": link}) if one.code == PASSWORD else one
            for one in package.troubles
        )
    )


def is_only_password(package: Package, rules: NotSubmissions, apart: ApartRules) -> bool:
    """Say whether a mail says a password, and nothing else: every word around it is a known one.

    A number beside it may be a case: such a mail is a letter like any other. So is an urgent one,
    and one whose subject says more than that of our mail, which it answers.
    """
    if package.stands_alone or package.urgent is not None or not package.says_password:
        return False
    own = package.own_words
    if own.differs or own.other_subjects.strip():
        return False
    name, address = parseaddr(package.header_from)
    known = rules.beside_password | _words(name) | _words(address.partition("@")[0])
    said = package.narrative
    if _REPLY.match(package.subject) is None:
        said = f"{package.subject}\n{said}"
    return _words(said.replace(MASK, " ")) <= known and _is_signed(
        package, known, rules.thanks, apart
    )


def _is_signed(package: Package, known: frozenset[str], thanks: Thanks, apart: ApartRules) -> bool:
    """Say whether what is set apart from the words is a signature and its like, and no more."""
    sign_off = SignOff(Known.of(package), thanks, apart)
    lines = [
        line.strip()
        for one in package.set_apart
        if one.what == "signature"
        for line in one.text.replace(MASK, " ").split("\n")
        if not _words(line) <= known
    ]
    return sign_off.are_signature(lines) and all(map(sign_off.is_usual, package.set_apart))


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text))


def take(
    connection: sa.Connection,
    package: Package,
    own: Collection[str],
    settings: Settings,
    *,
    receipt: str,
    letter_id: int,
    attempt: int,
    now: datetime,
) -> bool:
    """Set a mail that only says a password aside, with the letter that it answers.

    Return False where it answers none of the firm's with a locked document. Raises StaleAttempt by
    the fence, and then nothing of the caller's transaction may stand.
    """
    first = next((one for one in locked_by(connection, package, own) if one.is_answered), None)
    if first is None:
        return False
    package = _as_alone(pointed(package, receipt, (first,), settings.service.base_url))
    answered(
        connection,
        package,
        letter_id=letter_id,
        attempt=attempt,
        first_id=first.letter_id,
        owed=None if package.letter.envelope.quiet else _told(package, receipt, settings),
        now=now,
        reason=ALONE,
        kind=events.BRINGS_PASSWORD,
    )
    mailed_password.note(connection, letter_id, own, now=now)
    return True


def _as_alone(package: Package) -> Package:
    """Say of a mail that holds a password that nothing of it is filed."""
    troubles = (
        dataclasses.replace(one, code=ALONE) if one.code == PASSWORD else one
        for one in package.troubles
    )
    return package.but(troubles=tuple(troubles))


def _told(package: Package, receipt: str, settings: Settings) -> Owed | None:
    goes_to = receipt_goes_to(package, own_domain=settings.intake.domain)
    if goes_to is None:
        return None
    row = problems.problem(ALONE)
    private = is_private(package.letter.envelope.proof, settings.outbound.is_encrypted)
    given = next(one.fields for one in package.troubles if one.code == ALONE)
    link = str(given["link"]) if private else NOWHERE
    shown = receipt_number.shown(receipt)
    title, _, rest = row.title.partition(". ")
    sheet = Sheet(
        subject=f"{title} (receipt {shown})",
        heading=f"{title}.",
        lead=(f"{rest}.", f"{row.fix.format(link=link)}."),
        ways=ways(settings.service, shown),
    )
    return mail_of("receipt", goes_to, Mail.of(sheet), in_reply_to=replied_to(package))
