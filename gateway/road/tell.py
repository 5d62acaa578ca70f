"""Tell: which mails are owed for a package, to whom, in the words of receipt and notice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.firm_readers import asked_second, copied_to
from gateway.road.file import final_state
from gateway.road.package import Filing, Package
from gateway.telling.digest import goes_alone
from gateway.telling.mail import Mail, harmless
from gateway.telling.notice import notice
from gateway.telling.receipt import receipt
from gateway.trial import Trial
from portal.firm_contacts import NOBODY, Contacts
from portal.postbox import Owed

LISTED = "listed"
"""The kind of a receipt that is told by the daily list alone: a device sent the letter."""

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
    contacts: Contacts = NOBODY,
) -> tuple[Owed, ...]:
    """Return the sender's receipt, its copy and the consultants' notices, where they are owed.

    `answer_link` leads to the page where a held sender is asked, `upload_link` to the form for what
    did not reach us; `code` is what an address that is not known or not proven is confirmed by;
    `promised` is when a person will have looked at a package that waits. The `contacts` are those
    of the sender's firm. What a device has sent is told by the daily list, unless somebody has to
    do something about it or it is urgent. Of what repeats the letters before it nobody is told.
    """
    if package.letter.envelope.quiet or package.repeats:
        return ()
    trial = Trial.of(package.letter.envelope.recipients, settings.intake)
    goes_to = receipt_goes_to(package, own_domain=settings.intake.domain)
    second = asked_second(contacts, goes_to, own_domain=settings.intake.domain)

    def words(*, with_details: bool = True, copied: str | None = None) -> Mail:
        return receipt(
            package,
            number,
            settings.service,
            encrypted=settings.outbound.is_encrypted if with_details else False,
            answer_link=answer_link if with_details else None,
            upload_link=upload_link if with_details else None,
            code=code if copied is None else None,
            promised=promised,
            second=second is not None and package.urgent is None,
            trial=trial,
            copied=copied,
            example=settings.cases.example,
        )

    is_listed = _is_listed(package, trial)
    mails: list[Owed] = []
    if goes_to is not None:
        kind = LISTED if is_listed else "receipt"
        # What comes back of a question is to be known: then somebody else is asked.
        begun = package.asked
        answered = replied_to(package)
        mails.append(mail_of(kind, goes_to, words(), in_reply_to=answered, begun=begun))
    copy = copied_to(package, contacts, goes_to, own_domain=settings.intake.domain)
    if copy is not None:
        kind = LISTED if is_listed else "receipt_copy"
        copied = words(with_details=copy.is_firms, copied=harmless(goes_to or ""))
        mails.append(mail_of(kind, copy.address, copied, begun=True))
    return (*mails, *_notices(package, number, settings, trial))


def _is_listed(package: Package, trial: Trial) -> bool:
    """Say whether a receipt waits for the daily list: of what a device has sent, for nobody waits.

    Unless somebody has to do something about it, it is urgent, or a rehearsal.
    """
    state = "rehearsed" if trial is Trial.ALONE else final_state(package)[0]
    return package.device is not None and not goes_alone(state, package.urgent)


def _notices(package: Package, number: str, settings: Settings, trial: Trial) -> Iterator[Owed]:
    is_filed = final_state(package)[0] in {"filed", "filed_in_part"}
    # Old mail is no news to a consultant, and a thousand notices would hide those that are.
    if not is_filed or trial is Trial.ALONE or package.letter.envelope.is_imported:
        return
    readers: dict[str, list[Filing]] = {}
    for filing in package.filed_under:
        for reader in filter(None, (filing.consultant_email, filing.cover_email)):
            readers.setdefault(reader, []).append(filing)
    for reader, theirs in readers.items():
        parts = (part for part in package.parts if any(one.takes(part) for one in theirs))
        words = notice(package.but(parts=tuple(parts)), theirs, number, settings.service)
        yield mail_of("notice", reader, words, begun=True)


def mail_of(
    kind: str, recipient: str, words: Mail, *, in_reply_to: str | None = None, begun: bool = False
) -> Owed:
    """Address what a mail says. `begun` marks one that answers nothing: its bounces come back."""
    return Owed(
        kind,
        recipient,
        words.subject,
        words.text,
        in_reply_to,
        words.html,
        begun,
        words.suggests,
    )


def replied_to(package: Package) -> str | None:
    """Return the Message-ID that a mail about a package answers, where it may stand in a header."""
    return answerable(package.message_id)


def answerable(message_id: str | None) -> str | None:
    """Return a Message-ID where it may stand in a mail of ours: it is a stranger's."""
    return message_id if message_id and _MESSAGE_ID.fullmatch(message_id) else None
