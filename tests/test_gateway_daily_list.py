"""The daily list: what a firm's devices sent, once a day, to whoever hears in their place."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.settings import Devices, ListedDevice
from gateway.letter import Proof
from gateway.sending.patience import Patience
from gateway.stores import Stores
from portal.tables import firms, letters, outbox
from tests.carrying import MAIL, Carrier
from tests.deciding import Team, agrees, outbound
from tests.stripped import stripped

pytestmark = pytest.mark.record

SCANS = "scans@bakerllp.example"
COPIER = "copier-2@bakerllp.example"
PAT = "pat.hall@bakerllp.example"
COPIES = "receipts@bakerllp.example"
# A Monday, before and at the hour that the office promises things for.
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEN = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def scan(number: int = 0, sender: str = SCANS) -> bytes:
    found = MAIL.replace(b"Pat Hall <pat.hall@bakerllp.example>", sender.encode())
    return found.replace(b"<1@bakerllp.example>", b"<scan-%d@bakerllp.example>" % number)


def team_of(stores: Stores, contact: str = PAT, **columns: str) -> Team:
    device = ListedDevice(address=SCANS, contact=contact)
    settings = stores.settings.model_copy(update={"devices": Devices(listed=(device,))})
    if columns:
        with stores.database.write() as connection:
            theirs = firms.update().where(firms.c.name == "Baker LLP")
            connection.execute(theirs.values(columns))
    team = Team(Carrier(dataclasses.replace(stores, settings=settings)))
    team.now = MONDAY
    return team


def send(team: Team, number: int = 0, sender: str = SCANS, **changes: Any) -> str:
    content = changes.pop("content", None) or scan(number, sender)
    return team.wait(content, sender=sender, arrived_at=team.now, **changes)


def carry_out(team: Team) -> None:
    while outbound(team).send_due():
        pass


def lists(team: Team) -> list[Any]:
    return [one for one in team.rows(outbox) if one.kind == "daily"]


def test_what_a_device_sent_is_told_in_one_list_at_the_promised_hour(sample_stores: Stores) -> None:
    team = team_of(sample_stores)
    for number in range(7):
        assert send(team, number) == "filed"
    carry_out(team)
    (daily,) = lists(team)
    assert (daily.recipient, daily.not_before, daily.sent_at) == (PAT, TEN, None)
    team.now = TEN
    carry_out(team)
    (daily,) = lists(team)
    assert daily.sent_at == TEN
    assert daily.subject == "Filed: 7 messages from your devices"
    assert stripped(daily.html).split() == daily.text.split()
    for number in range(7):
        assert f"<scan-{number}@bakerllp.example>" in daily.text
    assert daily.text.count(SCANS) == 7
    assert daily.text.count("24-001234") == 7
    told = [one for one in team.rows(outbox) if one.kind == "listed"]
    assert {one.sent_at for one in told} == {TEN}
    assert not [one for one in team.rows(outbox) if one.kind == "receipt"]
    assert agrees(team)


def test_there_is_one_list_a_day_and_none_of_a_day_without_anything(sample_stores: Stores) -> None:
    team = team_of(sample_stores)
    send(team, 1)
    carry_out(team)
    team.now = TEN - timedelta(minutes=1)
    send(team, 2)
    carry_out(team)
    team.now = TEN + timedelta(minutes=1)
    carry_out(team)
    send(team, 3)
    carry_out(team)
    assert [one.sent_at is not None for one in lists(team)] == [True, False]
    team.now = TEN + DAY
    carry_out(team)
    team.now = TEN + 3 * DAY
    carry_out(team)
    assert [one.sent_at for one in lists(team)] == [TEN + timedelta(minutes=1), TEN + DAY]


def test_on_a_day_without_work_nobody_reads_a_list(sample_stores: Stores) -> None:
    team = team_of(sample_stores)
    team.now = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)  # before Thanksgiving and the day behind
    send(team)
    carry_out(team)
    assert [one.not_before for one in lists(team)] == [datetime(2026, 11, 30, 15, 0, tzinfo=UTC)]


@pytest.mark.slow
def test_a_long_list_is_more_than_one_mail_at_the_same_hour(sample_stores: Stores) -> None:
    team = team_of(sample_stores)
    for number in range(65):
        send(team, number)
    carry_out(team)
    assert [one.sent_at for one in lists(team)] == [None, None]
    team.now = TEN
    carry_out(team)
    assert [one.subject for one in lists(team)] == [
        "Filed: 60 messages from your devices",
        "Filed: 5 messages from your devices",
    ]
    assert {one.sent_at for one in lists(team)} == {TEN}


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (scan().replace(b"Case 24-001234", b"Scan"), "needs_you"),
        (scan().replace(b"ID3\x03\x00\x00", b"MZ\x90\x00" + b"\x00" * 60), "filed_in_part"),
        (scan().replace(b"Two files.", b"Time limit demand enclosed."), "filed"),
    ],
)
def test_what_somebody_has_to_see_to_does_not_wait_for_the_list(
    sample_stores: Stores, content: bytes, state: str
) -> None:
    """A question, what has to be mended, and what is urgent (safety rule 10)."""
    team = team_of(sample_stores)
    assert send(team, content=content) == state
    carry_out(team)
    (receipt,) = [one for one in team.rows(outbox) if one.kind == "receipt"]
    assert (receipt.recipient, receipt.sent_at) == (PAT, MONDAY)
    assert lists(team) == []


def test_a_device_without_a_contact_is_in_the_list_of_its_firms_copy_address(
    sample_stores: Stores,
) -> None:
    team = team_of(sample_stores, copy_address=COPIES)
    send(team, sender=COPIER)
    carry_out(team)
    team.now = TEN
    carry_out(team)
    (daily,) = lists(team)
    assert daily.recipient == COPIES
    assert COPIER in daily.text
    assert "24-001234" in daily.text


def test_contact_and_copy_address_have_a_list_each(sample_stores: Stores) -> None:
    team = team_of(sample_stores, copy_address=COPIES)
    send(team)
    carry_out(team)
    assert [one.recipient for one in lists(team)] == [PAT, COPIES]


def test_the_list_names_nothing_to_who_is_not_of_the_firm_or_whose_device_is_not_proven(
    sample_stores: Stores,
) -> None:
    team = team_of(sample_stores, copy_address="bureau@elsewhere.example")
    send(team, 1)
    send(team, 2, proof=Proof.NONE)
    send(team, 3, proof=Proof.FAILED)
    team.now = TEN
    carry_out(team)
    of = [(one.recipient, "24-001234" in one.text, SCANS in one.text) for one in lists(team)]
    assert sorted(of) == [
        ("bureau@elsewhere.example", False, False),
        (PAT, False, False),
        (PAT, True, True),
    ]
    assert not any("scan-2@" in one.text or "scan-3@" in one.text for one in lists(team))
    assert "scan-1@" not in next(one.text for one in lists(team) if one.recipient != PAT)


def test_a_list_tells_what_is_so_when_it_goes_out(sample_stores: Stores) -> None:
    """What was withdrawn is not in it; a letter that is filed by then is told as filed."""
    team = team_of(sample_stores)
    send(team, 1)
    send(team, 2)
    carry_out(team)
    with team.carrier.stores.database.write() as connection:
        first = outbox.update().where(outbox.c.letter_id == 1, outbox.c.kind == "listed")
        connection.execute(first.values(withdrawn_at=team.now))
        second = letters.update().where(letters.c.id == 2)
        connection.execute(second.values(state="with_us"))
    team.now = TEN
    carry_out(team)
    (daily,) = lists(team)
    assert daily.subject == "Received: 1 message from your devices, 0 of them filed"
    assert "scan-1@" not in daily.text


def test_a_flood_in_a_devices_name_is_five_mails_to_its_contact_and_a_digest(
    sample_stores: Stores,
) -> None:
    team = team_of(sample_stores)
    content = scan().replace(b"Two files.", b"Time limit demand enclosed.")
    for number in range(12):
        send(team, content=content + b"%d\r\n" % number, proof=Proof.NONE)
    carry_out(team)
    sent = [one for one in team.rows(outbox) if one.sent_at is not None]
    assert len(sent) == 5
    team.now += timedelta(hours=1)
    carry_out(team)
    rows = team.rows(outbox)
    assert all(one.sent_at is not None for one in rows)
    assert sum(one.digest_id is None for one in rows) == 6


def test_who_waits_long_before_a_device_is_nobody(sample_stores: Stores) -> None:
    team = team_of(sample_stores)
    team.carrier.accept(scan(), sender=SCANS, arrived_at=team.now)
    team.now += timedelta(minutes=5)
    stores, road = team.carrier.stores, team.carrier.worker.road
    Patience(
        stores.database, stores.raw(), road, stores.settings, stores.work, lambda: team.now
    ).look(threading.Event())
    assert team.rows(outbox) == []
