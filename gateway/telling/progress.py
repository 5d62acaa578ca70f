"""The progress mail: that a letter came, where the road takes longer than a sender waits calmly.

It holds counts only: what the letter is and whose is not decided yet.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from config.settings import Service
from gateway.telling.frame import ways, with_banner
from gateway.telling.mail import Mail, counted
from gateway.telling.sheet import Sheet
from gateway.trial import Trial
from portal import moments, receipt_number


def progress(
    files: int,
    number: str,
    service: Service,
    *,
    arrived_at: datetime,
    promised: datetime,
    trial: Trial = Trial.NONE,
) -> Mail:
    """Write the mail. `files` counts what came beside the words; `number` is as stored.

    `promised` is when a person will have looked at it, should it still not be done.
    """
    zone = ZoneInfo(service.time_zone)
    shown = receipt_number.shown(number)
    came = counted(files, "file") if files else "your message"
    by = moments.by(promised, zone)
    also = f" and {counted(files, 'file')}" if files else ""
    sheet = Sheet(
        subject=f"Received: {came}, still checking (receipt {shown})",
        heading=f"We have your message{also}.",
        lead=(
            "Checking takes a little longer than usual.",
            f"We will write once more when it is done, by {by} at the latest.",
            "You do not need to send anything again.",
        ),
        facts=(
            ("Receipt", shown),
            ("Received", moments.in_full(arrived_at, zone)),
        ),
        ways=ways(service, shown),
        signature=("This is an automatic receipt.", service.organisation),
    )
    return Mail.of(with_banner(sheet, trial))
