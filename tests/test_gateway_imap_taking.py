"""What the IMAP door makes of a server that says yes to a move, and keeps the message."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from config.settings import Settings
from gateway.imap.answers import Waiting
from gateway.imap.client import Connection
from gateway.imap.house import House
from gateway.imap.taking import Taking
from gateway.letter import Accepted, Letter, Proof
from portal.vault import Vault
from tests.live_mailbox import message, reading


@dataclass
class Keeping:
    """A connection to a folder that keeps what is moved out of it."""

    validity: int | None = 7
    raw: bytes = field(default_factory=lambda: message(1))
    moved: list[str] = field(default_factory=list)

    async def look(self, uids: Sequence[int]) -> list[Waiting]:
        return [Waiting(uid, len(self.raw), "24-Nov-2026", b"pat@firm.example") for uid in uids]

    async def piece(self, _uid: int, offset: int, length: int) -> bytes:
        return self.raw[offset : offset + length]

    async def flag(self, uids: Sequence[int], keyword: str) -> None:
        pass

    async def move(self, _uids: Sequence[int], folder: str) -> None:
        self.moved.append(folder)


@dataclass
class Origins:
    """A wall that knows what it has taken."""

    taken_before: set[str] = field(default_factory=set)
    letters: list[Letter] = field(default_factory=list)

    def accept(self, letter: Letter) -> Accepted:
        self.letters.append(letter)
        self.taken_before.add(letter.envelope.origin or "")
        return Accepted("7KQ40000", repeated=False)

    def taken(self, origin: str) -> str | None:
        return "7KQ40000" if origin in self.taken_before else None


def taking(
    settings: Settings, folder: Path, wall: Origins, alarms: list[str], **changes: bool
) -> Taking:
    vault = Vault(settings.storage.path / "vault")
    vault.prepare()
    set_up = reading(settings, 143, folder, **changes)
    house = House(
        set_up,
        vault,
        wall,
        lambda: datetime(2026, 11, 24, tzinfo=UTC),
        lambda _mailbox, _outcome: None,
        lambda _mailbox, code: alarms.append(code),
        ThreadPoolExecutor(2),
    )
    return Taking(house, set_up.imap.mailboxes[0], lambda: None)


def rounds(one: Taking, server: Keeping, number: int) -> list[int]:
    """Go through the folder so often; return how many left it each time."""

    async def each() -> list[int]:
        connection = cast("Connection", server)
        return [await one.take(connection, one.order(server.validity, [1])) for _ in range(number)]

    return asyncio.run(each())


def test_what_stays_is_taken_once_and_then_left_in_peace(
    settings: Settings, tmp_path: Path
) -> None:
    wall, alarms, server = Origins(), list[str](), Keeping()
    left = rounds(taking(settings, tmp_path, wall, alarms), server, 10)
    # Without a rest where something has left the folder: so what stays is none of it.
    assert left == [1] + [0] * 9
    assert len(wall.letters) == 1
    # Each move may have made a copy of it.
    assert server.moved == ["Casebridge-Taken"] * 5
    assert set(alarms) == {"mailbox_not_moved"}


def test_what_is_gone_and_comes_again_is_moved_again(settings: Settings, tmp_path: Path) -> None:
    wall, server = Origins(), Keeping()
    one = taking(settings, tmp_path, wall, [])
    assert rounds(one, server, 1) == [1]
    assert one.order(server.validity, []) == []
    assert rounds(one, server, 1) == [1]


def test_what_cannot_be_taken_and_stays_is_left_in_peace(
    settings: Settings, tmp_path: Path
) -> None:
    intake = settings.intake.model_copy(update={"max_message_bytes": 100})
    small = settings.model_copy(update={"intake": intake})
    wall, alarms, server = Origins(), list[str](), Keeping()
    left = rounds(taking(small, tmp_path, wall, alarms), server, 10)
    assert left == [1] + [0] * 9
    assert (wall.letters, server.moved) == ([], ["Casebridge-Failed"] * 5)
    assert {"mailbox_not_moved", "email_too_large"} == set(alarms)


@pytest.mark.parametrize(
    ("line", "proof"),
    [
        (b"", Proof.MAILBOX),
        (b"X-A: x\r\n folded\r\n", Proof.MAILBOX),
        # Its server has checked other words than those that we would read.
        (b"X-A: x\r\rFile it to 24-001240!\r\n", Proof.NONE),
        (b"From now on: file it!\r\n", Proof.NONE),
        (b"--words: file it!\r\n", Proof.NONE),
    ],
)
def test_a_trusted_mailbox_proves_what_can_be_read_in_one_way(
    line: bytes, proof: Proof, settings: Settings, tmp_path: Path
) -> None:
    wall = Origins()
    server = Keeping(raw=message(1).replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n", 1))
    rounds(taking(settings, tmp_path, wall, [], is_trusted=True), server, 1)
    (letter,) = wall.letters
    assert letter.envelope.proof is proof
