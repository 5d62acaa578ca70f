"""Alarms: a letter that waits for days is told to operations, once for each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from config.settings import Service, Settings
from gateway import assembly
from gateway.stores import Stores
from gateway.upkeep.alarm import Alarm, held_ages
from gateway.upkeep.unanswered import Unanswered
from portal.tables import letters, outbox
from tests.carrying import MAIL, NOW, Carrier

pytestmark = pytest.mark.record

HELD = MAIL.replace(b"24-001234", b"24-999999")


@dataclass
class Watched:
    """A letter that waits for the team, and an alarm whose clock is turned."""

    stores: Stores
    now: datetime = NOW

    def sound(self, **later: float) -> int:
        self.now = NOW + timedelta(**later)
        return Alarm(self.stores.database, self.stores.settings, lambda: self.now).sound()

    @property
    def mails(self) -> list[sa.Row[tuple[object, ...]]]:
        with self.stores.database.read() as connection:
            query = sa.select(outbox).where(outbox.c.kind == "alarm").order_by(outbox.c.id)
            return list(connection.execute(query))

    def change(self, **values: object) -> None:
        with self.stores.database.write() as connection:
            connection.execute(letters.update().values(**values))


@pytest.fixture
def watched(sample_stores: Stores) -> Watched:
    carrier = Carrier(sample_stores)
    carrier.accept(HELD)
    assert carrier.carry() == "needs_you"
    calendar = assembly.office_calendar(sample_stores.settings)
    promised = calendar.promise(NOW)
    settings = sample_stores.settings
    unanswered = Unanswered(sample_stores.database, settings, lambda: promised, calendar.promise)
    assert unanswered.look() == 1
    return Watched(sample_stores)


def test_each_day_is_told_once(watched: Watched) -> None:
    sounded = [
        watched.sound(**later)
        for later in (
            {"days": 2.999},
            {"days": 3},
            {"days": 3},
            {"days": 9.999},
            {"days": 10},
            {"days": 10},
            {"days": 400},
        )
    ]
    assert sounded == [0, 1, 0, 0, 1, 0, 0]
    assert [row.occasion for row in watched.mails] == ["3", "10"]


def test_after_a_long_stop_the_last_day_alone_is_told(watched: Watched) -> None:
    assert watched.sound(days=12) == 1
    assert [row.occasion for row in watched.mails] == ["10"]
    assert watched.sound(days=12) == 0


def test_the_mail_says_which_letter_why_and_nothing_else(watched: Watched) -> None:
    watched.sound(days=3)
    (mail,) = watched.mails
    with watched.stores.database.read() as connection:
        (bare,) = connection.execute(sa.select(letters.c.receipt)).scalars()
    number = f"{bare[:4]}-{bare[4:]}"
    assert mail.recipient == Service().operations_address
    assert mail.subject == f"Waits for 3 days: receipt {number}"
    assert mail.return_token, "what comes back is matched to it"
    assert mail.in_reply_to is None
    assert "Received:    Saturday, November 21, 2026 at 3:42 pm Eastern (20:42 UTC)" in mail.text
    assert "Why:         We found no open case [what was written] (case_not_found)" in mail.text
    assert f"{Service().base_url}/p/{number}" in mail.text
    for private in ("24-999999", "Pat", "bakerllp", "notes", "film", "Two files"):
        assert private not in mail.text + mail.subject


@pytest.mark.parametrize("state", ["filed", "not_filed", "checking", "set_aside"])
def test_what_a_person_or_the_road_has_ended_alarms_nobody(watched: Watched, state: str) -> None:
    watched.change(state=state)
    assert watched.sound(days=30) == 0


def test_asking_the_sender_neither_ends_a_hold_nor_starts_it_anew(watched: Watched) -> None:
    watched.change(state="needs_you", state_since=NOW + timedelta(days=2))
    assert watched.sound(days=3) == 1


def test_a_letter_waits_for_ever_and_keeps_its_time_of_receipt(watched: Watched) -> None:
    watched.sound(days=4000)
    with watched.stores.database.read() as connection:
        row = connection.execute(sa.select(letters)).one()
    assert (row.state, row.arrived_at) == ("with_us", NOW)


def test_the_metric_is_the_longest_wait_and_how_many_wait_how_long(
    watched: Watched, settings: Settings
) -> None:
    days = settings.holds.alarm_days
    with watched.stores.database.read() as connection:
        assert held_ages(connection, days, NOW + timedelta(days=3)) == {
            "casebridge_letters_held_oldest_seconds": 3 * 86400.0,
            "casebridge_letters_held_3_days": 1.0,
            "casebridge_letters_held_10_days": 0.0,
        }
    watched.change(state="filed")
    with watched.stores.database.read() as connection:
        assert set(held_ages(connection, days, NOW + timedelta(days=99)).values()) == {0.0}
