"""Six digits: a code as it is drawn, mailed, typed and compared, and how many may be asked for."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from config.settings import Sending
from portal.postbox import Owed
from portal.tables import address_codes, codes, letter_codes, outbox

KIND = "code"
WRONG = "code_wrong"
USED_UP = "code_used_up"
_AN_HOUR = timedelta(hours=1)
_DIGITS = 6
_IN_WORDS = re.compile(r"\bcode \d{3} \d{3}\b")


class TooManyCodes(Exception):
    """So many were sent to the address, or asked for from the network, within the hour."""

    code = "too_many_codes"


def drawn() -> str:
    """Draw a code."""
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"


def digest(purpose: str, token: str, typed: str) -> str:
    """Return what is kept of a code: it is keyed by the browser's token, which is kept nowhere.

    What people type between the digits counts for nothing.
    """
    digits = re.sub(r"[\s-]", "", typed)
    return hmac.new(token.encode(), f"{purpose} {digits}".encode(), hashlib.sha256).hexdigest()


def spaced(digits: str) -> str:
    """Return a code as people read it."""
    return f"{digits[:3]} {digits[3:]}"


def masked(text: str) -> str:
    """Return the words of a mail without the code in them: only whoever got it may know that."""
    return _IN_WORDS.sub("code \N{HORIZONTAL ELLIPSIS}", text)


def throttle(
    connection: sa.Connection, email: str, network: str | None, sending: Sending, now: datetime
) -> None:
    """Raise TooManyCodes where no more may be sent, whatever the codes before were for."""

    def asked(column: str, value: str) -> int:
        return sum(
            connection.scalar(
                sa.select(sa.func.count()).where(
                    table.c.made_at > now - _AN_HOUR, table.c[column] == value
                )
            )
            or 0
            for table in (codes, letter_codes, address_codes)
        )

    if asked("email", email) >= sending.codes_an_hour:
        raise TooManyCodes
    most = sending.codes_an_hour_of_a_network
    if network is not None and asked("network", network) >= most:
        raise TooManyCodes


def mail(email: str, digits: str, where: str, minutes: int) -> Owed:
    """Write the mail of a code. `where` says on which page it is typed."""
    shown = spaced(digits)
    return Owed(
        kind=KIND,
        recipient=email,
        subject=f"{shown} is your code",
        text=(
            f"Your code: {shown}\n\n"
            f"Enter it on {where}. It holds for {minutes} minutes, and once.\n\n"
            "We never ask for it by phone. You have not asked for a code? Then somebody wrote your"
            " address by mistake, and you do not need to do anything.\n"
        ),
    )


def sweep(connection: sa.Connection, *, now: datetime, minutes: int) -> int:
    """Remove the mails whose code holds no longer, and that are on their way no more.

    What the relay has not taken yet stays: whoever carries it out looks for its row. Returns how
    many went.
    """
    over = (
        outbox.c.kind == KIND,
        outbox.c.created_at <= now - timedelta(minutes=minutes),
        sa.or_(
            outbox.c.sent_at.is_not(None),
            outbox.c.failed_at.is_not(None),
            outbox.c.withdrawn_at.is_not(None),
        ),
    )
    return connection.execute(sa.delete(outbox).where(*over)).rowcount
