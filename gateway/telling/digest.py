"""The digest: one mail about many letters of one sender, a line for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from config.settings import Service
from gateway.telling.mail import Mail, counted, harmless
from gateway.telling.sheet import Section, Sheet, Table
from portal import moments, receipt_number

Whose = Literal["theirs", "firms", "devices"]
"""Who wrote the messages of a digest: its reader, people of their firm, or its devices."""

_WHO: Mapping[Whose, tuple[str, str]] = {
    "theirs": ("more message", "from you"),
    "firms": ("more message", "from your firm"),
    "devices": ("message", "from your devices"),
}
ADDED = "added"
ANSWER = "answer"
"""What a letter that belongs to another one was taken for, as a line has it for its state."""

_OUTCOMES = {
    "filed": "Filed",
    "not_filed": "Not filed",
    "set_aside": "Not filed",
    "copy": "Filed before",
    "rehearsed": "Rehearsed",
    "needs_you": "Waiting for you",
    ADDED: "Added to an earlier one",
    ANSWER: "Read as an answer",
}
_WAITS = "With our team"
_NEXT = (
    "You do not need to send anything again. A message that is with our team is matched to its case"
    " by a person."
)
_PAGE = (
    "Why a message is not filed as a whole, or what it waits for, stands on its page: {base}/p/ and"
    " its receipt number. Send what it lacks in a new message, with its case number in the subject."
)
_LONG = frozenset({"From", "Message-ID"})
# By themselves go questions and what the sender has to mend; who rehearses wants to see each one.
ALONE = frozenset({"needs_you", "filed_in_part", "not_filed", "rehearsed"})
_LACKS = ALONE - {"rehearsed"}
_GATHERED = {"filed", "with_us"}


def goes_alone(state: str | None, urgent: str | None) -> bool:
    """Say whether a receipt is never put into a digest, by its letter (safety rule 10)."""
    return urgent is not None or state in ALONE


def may_be_gathered(state: str | None) -> bool:
    """Say whether a mail to a letter's sender tells what became of it, and no more.

    A letter that belongs to another one is answered: what was wrong with a number or a name that
    its sender gave, or that it has reached somebody, is said in no line.
    """
    return state in _GATHERED


@dataclass(frozen=True)
class Line:
    """What a digest says of one letter."""

    receipt: str  # as stored
    arrived_at: datetime
    state: str
    documents: int  # filed, or kept where the letter waits
    missing: int
    case: str | None = None  # None where it has none, and where no details are told
    sent_at: datetime | None = None  # as its Date says
    message_id: str | None = None  # None where it has none, and where nobody proven has sent it
    sender: str | None = None  # None where no details are told

    @property
    def outcome(self) -> str:
        """What became of it, in the words of a receipt's subject."""
        if self.state == "filed_in_part":
            return f"Filed, except {self.missing} of {self.documents + self.missing}"
        return _OUTCOMES.get(self.state, _WAITS)


def digest(lines: Sequence[Line], service: Service, whose: Whose = "theirs") -> Mail:
    """Write the digest of letters, at least one, in the order in which they are given."""
    zone = ZoneInfo(service.time_zone)
    noun, who = _WHO[whose]
    many = counted(len(lines), noun)
    filed = sum(line.state == "filed" for line in lines)
    all_filed = filed == len(lines)
    told = many if whose == "theirs" else f"{many} {who}"
    subject = f"Filed: {told}" if all_filed else f"Received: {told}, {filed} of them filed"
    page = _PAGE.format(base=service.base_url)
    sheet = Sheet(
        subject=subject,
        heading=f"We received {many} {who}" + (" and filed all of them." if all_filed else "."),
        lead=() if all_filed else (_so_far(filed),),
        facts=(("All times", f"{moments.zone_name(lines[0].arrived_at, zone)}"),),
        sections=(
            Section(f"Messages: {len(lines)}", table=_table(lines, zone, whose)),
            Section(
                "What happens next",
                (_NEXT, *((page,) if any(line.state in _LACKS for line in lines) else ())),
            ),
        ),
        ways=(f"Something wrong? Call {service.phone} and quote the receipt number.",),
        signature=("This is an automatic summary of several receipts.", service.organisation),
    )
    return Mail.of(sheet)


def _table(lines: Sequence[Line], zone: ZoneInfo, whose: Whose) -> Table:
    """Give each message a row; what is said of none of them has no column.

    The Message-ID, by which a mail program finds the message, is long: it comes last.
    """
    names_senders = whose != "theirs" and any(line.sender for line in lines)
    columns: dict[str, list[str]] = {
        "Sent": [_time(line.sent_at or line.arrived_at, zone) for line in lines],
        "From": [harmless(line.sender or "not told") for line in lines] if names_senders else [],
        "Case": (
            [harmless(line.case or "none yet") for line in lines]
            if any(line.case for line in lines)
            else []
        ),
        "Documents": [str(line.documents + line.missing) for line in lines],
        "Outcome": [line.outcome for line in lines],
        "Receipt": [receipt_number.shown(line.receipt) for line in lines],
        "Message-ID": (
            [harmless(line.message_id or "none") for line in lines]
            if any(line.message_id for line in lines)
            else []
        ),
    }
    told = {name: cells for name, cells in columns.items() if cells}
    return Table(tuple(told), tuple(zip(*told.values(), strict=True)), _LONG)


def _so_far(filed: int) -> str:
    if filed == 0:
        return "None of them is filed as a whole yet."
    return f"{filed} of them {'is' if filed == 1 else 'are'} filed as a whole."


def _time(moment: datetime, zone: ZoneInfo) -> str:
    here = moment.astimezone(zone)
    return f"{here:%b} {here.day}, {moments.clock(moment, zone)}"
