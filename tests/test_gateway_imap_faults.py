"""The IMAP door under faults: killed between accept and move, and schedules of what servers do."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from config.settings import Settings
from gateway.stores import Stores, open_stores
from portal.tables import letters
from samples.make import INTAKE
from tests.dovecot import Dovecot, dovecot, needs_dovecot
from tests.live_door import anybody, until
from tests.live_mailbox import LIMITS, TAKEN, accepted, mailbox, message, open_mailbox, reading
from tests.mail_server import Certificates, make_certificates
from tests.mailbox_process import mailbox_process
from tests.served import Served, serving, storage_with
from tests.wire import Wire, wire_to

pytestmark = [needs_dovecot, pytest.mark.slow]

SEED = 20261125
AT_ONCE = 20
SCHEDULES = 200 if os.environ.get("CASEBRIDGE_LONG") else AT_ONCE
MESSAGES = 12
RECONNECTED_SECONDS = 120
KINDS = ("cut", "freeze", "renumber", "idle", "cut at move", "freeze at move")
KILLS = ("kill", "kill at move")  # in every fourth schedule: they meet all mailboxes


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls") / "certificates")


def test_killed_between_accept_and_move(
    certificates: Certificates, sampled: Path, tmp_path: Path
) -> None:
    storage = storage_with(sampled, tmp_path / "var")
    running: list[Served] = []

    def kill_at_move(chunk: bytes, from_server: bool) -> bool:
        if from_server or b" UID MOVE " not in chunk:
            return False
        running[0].process.send_signal(signal.SIGKILL)
        return True

    with dovecot(certificates) as server, wire_to(server.plain_port) as wire:
        server.deliver(*(message(number) for number in range(3)))
        settings = {
            "CASEBRIDGE_IMAP__MAILBOXES": json.dumps([mailbox(wire.port, tmp_path)]),
            "CASEBRIDGE_IMAP__POLL_SECONDS": "1",
            "CASEBRIDGE_LMTP__SOCKET": str(tmp_path / "lmtp"),
        }
        with serving(storage, settings) as served:
            running.append(served)
            wire.swallowed = kill_at_move
            served.process.wait(60)
        assert server.count("INBOX") == 3
        with open_stores(Settings(storage={"path": storage})) as stores:  # type: ignore[arg-type]
            assert accepted(stores) == 3

        wire.swallowed = lambda _chunk, _from_server: False
        with serving(storage, settings) as served:
            until(lambda: server.count(TAKEN) == 3)
            # The other doors are open beside it.
            with smtplib.LMTP(str(tmp_path / "lmtp")) as client:
                client.sendmail("pat@smithdefence.example", INTAKE, message(3))
            with smtplib.SMTP("127.0.0.1", served.smtp_port) as encrypted:
                encrypted.starttls(context=anybody())
                encrypted.sendmail("pat@smithdefence.example", INTAKE, message(4))
            rows = served.wait_until_rested(5)
            assert [(row.door, row.tls) for row in rows] == [
                *[("imap", None)] * 3,
                ("lmtp", None),
                ("smtp", "TLSv1.3"),
            ]
            metrics = httpx.get(f"{served.web}/metrics").text
            assert 'imap_messages_total{mailbox="claims",outcome="repeated"} 3.0' in metrics
            assert "casebridge_imap_claims_waiting 0.0" in metrics
            checks = httpx.get(f"{served.web}/readyz").json()["checks"]
            assert {"name": "imap claims", "problem": None} in checks
            assert served.end() == 0
        assert server.count("INBOX") == 0


@dataclass
class Schedule:
    """What happens to one mailbox: faults of its wire, its server and ours, drawn from a seed.

    A kill meets every mailbox that the process reads, wherever each one is at that moment.
    """

    seed: int
    server: Dovecot
    wire: Wire
    kill: Callable[[], None] = lambda: None
    reconnected: list[float] = field(default_factory=list)  # seconds from each fault
    _lost: tuple[float, int] | None = None  # when, and how many connections there had been
    chance: random.Random = field(init=False)
    faults: list[tuple[int, str]] = field(init=False)
    happened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        kinds = KINDS + (KILLS if self.seed % 4 == 0 else ())
        at = 0
        self.faults = []
        for _ in range(self.chance.randint(2, 4)):
            at += self.chance.randint(200, 9000)
            self.faults.append((at, self.chance.choice(kinds)))
        self.wire.on_bytes = self._passed
        self.wire.swallowed = self._swallowed

    @property
    def user(self) -> str:
        return f"box{self.seed % AT_ONCE}"

    @property
    def is_connected(self) -> bool:
        """Whether a connection has come since the last fault."""
        return self._lost is None

    def _passed(self, total: int) -> None:
        if self._lost is not None and self.wire.connections > self._lost[1]:
            self.reconnected.append(time.monotonic() - self._lost[0])
            self._lost = None
        if self.faults and total >= self.faults[0][0]:
            kind = self.faults[0][1]
            if kind in {"cut", "freeze"}:
                self._done(kind)
                getattr(self.wire, kind)()
            elif kind == "renumber":
                self._done(kind)
                self.wire.cut()
                self.server.renumber(self.user)
            elif kind == "kill":
                self._done(kind)
                self.kill()

    def _swallowed(self, chunk: bytes, from_server: bool) -> bool:
        if not self.faults or self.wire.passed < self.faults[0][0]:
            return False
        kind = self.faults[0][1]
        if kind == "idle" and from_server and chunk.startswith(b"+ idling"):
            self._done(kind)
            return True
        if kind == "kill at move" and not from_server and b" UID MOVE " in chunk:
            # The wall has said yes, and the server is not asked any more.
            self._done(kind)
            self.kill()
            return True
        if kind in {"cut at move", "freeze at move"} and from_server and b"COPYUID" in chunk:
            # The server has moved them, and its word is lost.
            self._done(kind)
            (self.wire.cut if kind.startswith("cut") else self.wire.freeze)()
            return True
        return False

    def _done(self, kind: str) -> None:
        self.faults.pop(0)
        self.happened.append(kind)
        if self._lost is None:
            self._lost = (time.monotonic(), self.wire.connections)


def _letters_by_content(stores: Stores) -> Counter[str]:
    with stores.database.read() as connection:
        return Counter(connection.execute(sa.select(letters.c.raw_sha256)).scalars().all())


@pytest.mark.parametrize("first", range(0, SCHEDULES, AT_ONCE))
def test_schedules_of_faults_lose_nothing_and_take_nothing_twice(
    first: int, certificates: Certificates, stores: Stores, tmp_path: Path
) -> None:
    users = [f"box{number}" for number in range(AT_ONCE)]
    chance = random.Random(SEED + first)
    sent: set[str] = set()
    with contextlib.ExitStack() as ending:
        server = ending.enter_context(dovecot(certificates, users=users))
        schedules = [
            Schedule(
                first + number,
                server,
                ending.enter_context(wire_to(server.plain_port)),
            )
            for number in range(AT_ONCE)
        ]

        def deliver(schedule: Schedule, number: int) -> None:
            content = message(1000 * schedule.seed + number, size=chance.choice([300, 3000, 9000]))
            sent.add(sha256(content).hexdigest())
            server.deliver(content, user=schedule.user)

        for schedule in schedules:
            for number in range(MESSAGES // 2):
                deliver(schedule, number)
        boxes = [mailbox(schedule.wire.port, tmp_path, schedule.user) for schedule in schedules]
        limits = LIMITS | {"piece_bytes": 1024}
        said_in = tmp_path / "said"
        process = ending.enter_context(
            mailbox_process(stores.settings.storage.path, boxes, limits, said_in)
        )
        for schedule in schedules:
            schedule.kill = process.kill
        restart = chance.randrange(MESSAGES // 2, MESSAGES)
        for number in range(MESSAGES // 2, MESSAGES):
            for schedule in schedules:
                deliver(schedule, number)
            time.sleep(0.3)
            if number == restart:
                server.stop()
                server.start()
        until(lambda: accepted(stores) >= len(sent), RECONNECTED_SECONDS)
        until(lambda: all(server.count("INBOX", user) == 0 for user in users), RECONNECTED_SECONDS)
        for schedule in schedules:
            schedule.faults.clear()
        until(lambda: all(one.is_connected for one in schedules), RECONNECTED_SECONDS)
        standings = process.end()
        assert [one["overdue"] for one in standings] == [None] * AT_ONCE
        assert _letters_by_content(stores) == Counter(sent)
        # Each is there. Where UIDs were forgotten in the middle of a move, the server itself may
        # have made two of one.
        there = {
            sha256(content).hexdigest()
            for user in users
            for content in server.contents(TAKEN, user)
        }
        assert there == sent
    happened = Counter(kind for schedule in schedules for kind in schedule.happened)
    mended = [seconds for schedule in schedules for seconds in schedule.reconnected]
    print(f"faults that happened: {dict(happened)}, and {process.kills} kills of all mailboxes")
    print(f"reconnected {len(mended)} times, after {max(mended):.1f} seconds at most")
    assert happened.total() >= AT_ONCE
    assert max(mended) <= RECONNECTED_SECONDS


@pytest.mark.skipif(SCHEDULES == AT_ONCE, reason="minutes: CASEBRIDGE_LONG is not set")
def test_five_thousand_messages_that_wait(
    certificates: Certificates, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    with dovecot(certificates) as server:
        server.deliver(*(message(number, size=10_000) for number in range(5000)))
        done = threading.Event()
        with open_mailbox(stores, reading(settings, server.plain_port, tmp_path)) as live:
            begun = time.monotonic()
            while accepted(stores) < 5000 and not done.wait(1):
                assert live.trouble != "folder"
                assert time.monotonic() < begun + 600
            seconds = time.monotonic() - begun
            until(lambda: server.count("INBOX") == 0)
        print(f"5,000 messages of 10 KB: {seconds:.0f} s, {5000 / seconds:.0f} a second")
        assert server.count(TAKEN) == 5000
        assert accepted(stores) == 5000
