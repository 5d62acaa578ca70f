"""Tell: which mails are owed for a package, to whom, in the words of receipt and notice."""

from __future__ import annotations

import re
from datetime import datetime

from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.mail import Mail
from gateway.notice import notice
from gateway.receipt import receipt
from gateway.road.file import final_state
from gateway.road.package import Filing, Package
from gateway.trial import Trial
from portal.postbox import Owed

# What may stand in In-Reply-To (RFC 5322, 3.6.4), strictly: it comes from a stranger.
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,400}>")


def owed(
    package: Package,
    number: str,
    settings: Settings,
    *,
    answer_link: str | None = None,
    upload_link: str | None = None,
    code: str | None = None,
    promised: datetime | None = None,
) -> tuple[Owed, ...]:
    """Return the sender's receipt and the consultants' notices, where they are owed.

    `answer_link` leads to the page where a held sender is asked, `upload_link` to the form for what
    did not reach us; `code` is what an address that is not known or not proven is confirmed by;
    `promised` is when a person will have looked at a package that waits.
    """
    if package.letter.envelope.quiet:
        return ()
    mails: list[Owed] = []
    trial = Trial.of(package.letter.envelope.recipients, settings.intake)
    sender = receipt_goes_to(package, own_domain=settings.intake.domain)
    if sender is not None:
        words = receipt(
            package,
            number,
            settings.service,
            encrypted=settings.outbound.is_encrypted,
            answer_link=answer_link,
            upload_link=upload_link,
            code=code,
            promised=promised,
            trial=trial,
        )
        mails.append(mail_of("receipt", sender, words, in_reply_to=replied_to(package)))
    is_filed = final_state(package)[0] in {"filed", "filed_in_part"}
    # Old mail is no news to a consultant, and a thousand notices would hide those that are.
    if not is_filed or trial is Trial.ALONE or package.letter.envelope.is_imported:
        return tuple(mails)
    readers: dict[str, list[Filing]] = {}
    for filing in package.filed_under:
        for reader in filter(None, (filing.consultant_email, filing.cover_email)):
            readers.setdefault(reader, []).append(filing)
    for reader, theirs in readers.items():
        parts = (part for part in package.parts if any(one.takes(part) for one in theirs))
        words = notice(package.but(parts=tuple(parts)), theirs, number, settings.service)
        mails.append(mail_of("notice", reader, words, begun=True))
    return tuple(mails)


def mail_of(
    kind: str, recipient: str, words: Mail, *, in_reply_to: str | None = None, begun: bool = False
) -> Owed:
    """Address what a mail says. `begun` marks one that answers nothing: its bounces come back."""
    return Owed(kind, recipient, words.subject, words.text, in_reply_to, words.html, begun)


def replied_to(package: Package) -> str | None:
    """Return the Message-ID that a mail about a package answers, where it may stand in a header."""
    message_id = package.message_id or ""
    return message_id if _MESSAGE_ID.fullmatch(message_id) else None
