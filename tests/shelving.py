"""Letters of the sample record that were set aside as no submission, of each kind one."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from portal import events
from portal.tables import letters
from tests.desk import SampleDesk
from tests.record_rows import HOSTILE_NAME
from tests.record_sample import ARRIVED

THANKS = "/p/TH4N-KS00"
RULES = {
    "B0VNCE00": ("bounce", "delivery_report", "Undelivered Mail Returned to Sender"),
    "TH4NKS00": ("thanks", "thanks_words", "Re: Filed: 3 documents, case 24-001234"),
    "0VT0FF1C": ("out_of_office", "answers_by_itself", f"Automatic reply: {HOSTILE_NAME}"),
    "RECA1100": ("recall", "recall_words", "Recall: Deposition"),
    "CA1ENDAR": ("calendar_answer", "calendar_method", "Accepted: Deposition of Dr. Smith"),
}


def set_aside(desk: SampleDesk) -> None:
    """Set one letter of each kind aside, one that a person did, and two that belong to another."""
    for number, (receipt, (reason, rule, subject)) in enumerate(RULES.items()):
        _one(desk, receipt, reason, subject, {"reason": reason, "rule": rule}, hours=number)
    _one(desk, "PERS0N00", "case_not_found", "Lunch?", {"reason": None, "case": None}, hours=9)
    first = sa.select(letters.c.id).where(letters.c.receipt == "9HXW3T5R")
    with desk.database.read() as connection:
        asked = connection.execute(first).scalar_one()
    desk.sample.letter("ANSWER00", "set_aside", reason="answer", copy_of=asked)
    desk.sample.letter("PASSW0RD", "set_aside", reason="password_alone", copy_of=asked)


def _one(
    desk: SampleDesk,
    receipt: str,
    reason: str,
    subject: str,
    detail: dict[str, str | None],
    *,
    hours: int,
) -> None:
    arrived = ARRIVED - timedelta(hours=hours)
    letter = desk.sample.letter(receipt, "set_aside", reason=reason, arrived_at=arrived)
    desk.sample.package(letter, subject=subject, narrative="Thank you!")
    with desk.database.write() as connection:
        events.record(
            connection,
            letter_id=letter,
            actor=events.GATEWAY,
            kind=events.SET_ASIDE,
            detail=detail,
            at=arrived,
        )
