"""Tell: which mails are owed for a package, to whom, in the words of receipt and notice."""

from __future__ import annotations

import re

from config.settings import Settings
from gateway.notice import notice
from gateway.receipt import receipt, receipt_goes_to
from gateway.road.file import final_state
from gateway.road.package import Package
from portal.postbox import Owed

# What may stand in In-Reply-To (RFC 5322, 3.6.4), strictly: it comes from a stranger.
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,400}>")


def owed(package: Package, number: str, settings: Settings) -> tuple[Owed, ...]:
    """Return the sender's receipt and the consultant's notice, where they are owed."""
    if package.letter.envelope.quiet:
        return ()
    mails: list[Owed] = []
    sender = receipt_goes_to(package, own_domain=settings.intake.domain)
    if sender is not None:
        words = receipt(package, number, settings.service)
        mails.append(Owed("receipt", sender, words.subject, words.text, _replied_to(package)))
    consultant = package.resolution.consultant_email
    if consultant is not None and final_state(package)[0] in {"filed", "filed_in_part"}:
        words = notice(package, number, settings.service)
        readers = dict.fromkeys(filter(None, (consultant, package.resolution.cover_email)))
        mails += (Owed("notice", one, words.subject, words.text, begun=True) for one in readers)
    return tuple(mails)


def _replied_to(package: Package) -> str | None:
    message_id = package.message_id or ""
    return message_id if _MESSAGE_ID.fullmatch(message_id) else None
