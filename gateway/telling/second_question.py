"""The second question: a letter's case is asked of the firm's second contact, by a mail of its own.

It names the sender, and leads to the page that takes the answer, only where the contact may read
what the sender may; else it says that a letter waits, and whom to call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from config.settings import Service
from gateway.telling.frame import ways
from gateway.telling.mail import Mail, harmless
from gateway.telling.sheet import Link, Sheet
from portal import moments, receipt_number

Why = Literal["unanswered", "came_back"]

_WHY = {
    "unanswered": "We asked {who} which case it belongs to, and have had no answer.",
    "came_back": "We asked {who} which case it belongs to, and our mail came back.",
}
_NO_NAMES = "This mail holds no names, since we cannot be sure who reads it."
_NAMED = "Your firm has named you as its second contact for such questions."


@dataclass(frozen=True)
class Waiting:
    """A letter that waits for its case, as a second contact is told of it."""

    receipt: str  # as stored
    arrived_at: datetime
    sender: str  # who was asked
    why: Why
    by: datetime  # when our team looks at it, whoever has answered
    with_team: bool  # whether it does so already


def second_question(waiting: Waiting, service: Service, answer_link: str | None) -> Mail:
    """Write the mail; without `answer_link` it carries no details."""
    number = receipt_number.shown(waiting.receipt)
    zone = ZoneInfo(service.time_zone)
    who = "its sender" if answer_link is None else harmless(waiting.sender)
    facts = (("Receipt", number), ("Received", moments.in_full(waiting.arrived_at, zone)))
    then = (
        "It is urgent, so our team has it as well: the first answer counts."
        if waiting.with_team
        else f"If we hear nothing by {moments.by(waiting.by, zone)}, our team will match it for"
        " you; that takes longer."
    )
    return Mail.of(
        Sheet(
            subject=f"Still waiting: which case is this? (receipt {number})",
            heading="We keep a message from your firm that waits for its case number.",
            lead=(_WHY[waiting.why].format(who=who), _NAMED),
            asks=(*_ask(answer_link, service, number), then),
            facts=facts if answer_link is None else (*facts, ("Sent by", who)),
            ways=() if answer_link is None else ways(service, number),
            signature=("This is an automatic mail.", service.organisation),
        )
    )


def _ask(answer_link: str | None, service: Service, number: str) -> tuple[str | Link, ...]:
    if answer_link is None:
        return (f"Call {service.phone} and quote {number}.", _NO_NAMES)
    return (
        Link("Choose the case here", answer_link),
        "Or reply with the case number and nothing else.",
    )
