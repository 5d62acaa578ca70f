"""The digest: one mail about many letters of one sender, a line for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from config.settings import Service
from gateway.mail import Mail, counted, harmless
from gateway.telling.sheet import Section, Sheet, Table
from portal import moments, receipt_number

_OUTCOMES = {"filed": "Filed", "not_filed": "Not filed", "rehearsed": "Rehearsed"}
_WAITS = "With our team"
_NEXT = (
    "You do not need to send anything again. A message that is with our team is matched to its case"
    " by a person."
)


@dataclass(frozen=True)
class Line:
    """What a digest says of one letter."""

    receipt: str  # as stored
    arrived_at: datetime
    state: str
    documents: int  # filed, or kept where the letter waits
    missing: int
    case: str | None  # None where it has none, and where no details are told

    @property
    def outcome(self) -> str:
        """What became of it, in the words of a receipt's subject."""
        if self.state == "filed_in_part":
            return f"Filed, except {self.missing} of {self.documents + self.missing}"
        return _OUTCOMES.get(self.state, _WAITS)


def digest(lines: Sequence[Line], service: Service) -> Mail:
    """Write the digest of letters, at least one, in the order in which they are given."""
    zone = ZoneInfo(service.time_zone)
    many = counted(len(lines), "more message")
    filed = sum(line.state == "filed" for line in lines)
    has_cases = any(line.case for line in lines)
    columns = ("Received", *(("Case",) if has_cases else ()), "Documents", "Outcome", "Receipt")
    rows = tuple(
        (
            _time(line.arrived_at, zone),
            *((harmless(line.case or "none yet"),) if has_cases else ()),
            str(line.documents + line.missing),
            line.outcome,
            receipt_number.shown(line.receipt),
        )
        for line in lines
    )
    all_filed = filed == len(lines)
    subject = f"Filed: {many}" if all_filed else f"Received: {many}, {filed} of them filed"
    sheet = Sheet(
        subject=subject,
        heading=f"We received {many} from you" + (" and filed all of them." if all_filed else "."),
        lead=() if all_filed else (_so_far(filed),),
        facts=(("All times", f"{moments.zone_name(lines[0].arrived_at, zone)}"),),
        sections=(
            Section(f"Messages: {len(lines)}", table=Table(columns, rows)),
            Section(
                "What happens next",
                (_NEXT,),
            ),
        ),
        ways=(f"Something wrong? Call {service.phone} and quote the receipt number.",),
        signature=("This is an automatic summary of several receipts.", service.organisation),
    )
    return Mail.of(sheet)


def _so_far(filed: int) -> str:
    if filed == 0:
        return "None of them is filed as a whole yet."
    return f"{filed} of them {'is' if filed == 1 else 'are'} filed as a whole."


def _time(moment: datetime, zone: ZoneInfo) -> str:
    here = moment.astimezone(zone)
    return f"{here:%b} {here.day}, {moments.clock(moment, zone)}"
