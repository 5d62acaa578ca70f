"""Taking: messages of a mailbox, piece by piece into the vault, to the wall, then moved away."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from config.settings import Mailbox
from gateway.gate.loop import HEAD_BYTES
from gateway.imap.answers import Waiting
from gateway.imap.client import Connection, ConnectionFault, Refused
from gateway.imap.envelope import envelope_of, origin_of
from gateway.imap.house import House
from gateway.letter import Accepted, Envelope, Letter, Proof
from gateway.reader.plain_header import begins_plainly
from portal.receipt_number import shown
from portal.vault import Blob, DiskFull, Draft

# What cannot be fetched so often, with everything else tried before it each time, is set aside.
_MOST_TRIES = 5
TOO_LARGE = "email_too_large"
UNFETCHABLE = "mailbox_unfetchable"


class _NotNow(Exception):
    """The server did not give the message: somebody else has moved it, or the next look tries."""


class _Unfit(Exception):
    """The message cannot be taken. `code` is of the problem catalogue."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Taking:
    """Takes what waits in one mailbox, over as many connections as it needs.

    A message is moved only after the wall's yes. Where we end between the two, the next look finds
    its origin in the record and moves it unread; under another UIDVALIDITY it is fetched again, and
    the wall knows its bytes.
    """

    house: House
    mailbox: Mailbox
    on_piece: Callable[[], None]
    _tries: dict[tuple[int | None, int], int] = field(default_factory=dict)
    # How often the server has said that a message was moved, which was there again after it.
    _moves: dict[tuple[int | None, int], int] = field(default_factory=dict)

    async def take(self, connection: Connection, uids: Sequence[int]) -> int:
        """Take these messages, each or its reason why not. Return how many left the folder.

        Raises ConnectionFault and the faults of wall and vault; what was accepted before is moved
        all the same where the connection lasts.
        """
        accepted: dict[int, asyncio.Future[Accepted]] = {}
        hopeless = [
            uid for uid in uids if self._tries.get((connection.validity, uid), 0) >= _MOST_TRIES
        ]
        failed = {UNFETCHABLE: hopeless} if hopeless else {}
        moved: list[int] = []
        try:
            for found in await self._look(connection, [uid for uid in uids if uid not in hopeless]):
                if self.house.stopping.is_set():
                    break
                try:
                    yes = await self._take_one(connection, found)
                except _NotNow:
                    continue
                except _Unfit as unfit:
                    failed.setdefault(unfit.code, []).append(found.uid)
                else:
                    if yes is not None:
                        accepted[found.uid] = yes
                    else:
                        moved.append(found.uid)
        finally:
            # Also on the way out of a fault: what the wall has, it has.
            said = await asyncio.gather(*accepted.values(), return_exceptions=True)
            faults = [one for one in said if isinstance(one, BaseException)]
            moved += [
                uid
                for uid, one in zip(accepted, said, strict=True)
                if not isinstance(one, BaseException)
            ]
            left = await self._move(connection, moved, self.mailbox.taken_folder)
            for code, these in failed.items():
                left += await self._set_aside(connection, these, code)
        if faults:
            raise faults[0]
        return left

    async def _look(self, connection: Connection, uids: list[int]) -> list[Waiting]:
        """Look at messages. One that cannot be looked at spoils it for all, until it is alone."""
        if not uids:
            return []
        if len(uids) > 1:
            return await connection.look(uids)
        try:
            return await connection.look(uids)
        except (ConnectionFault, Refused):
            key = (connection.validity, uids[0])
            self._tries[key] = self._tries.get(key, 0) + 1
            raise

    def order(self, validity: int | None, uids: Sequence[int]) -> list[int]:
        """Put what was tried in vain behind the rest; what is gone is forgotten."""
        there = {(validity, uid) for uid in uids}
        self._tries = {key: tries for key, tries in self._tries.items() if key in there}
        self._moves = {key: moves for key, moves in self._moves.items() if key in there}
        return sorted(uids, key=lambda uid: (self._tries.get((validity, uid), 0), uid))

    async def _take_one(
        self, connection: Connection, found: Waiting
    ) -> asyncio.Future[Accepted] | None:
        """Fetch one. Return the wall's answer to come, or None where it was taken before."""
        house, intake = self.house, self.house.settings.intake
        origin = origin_of(found, self.mailbox, connection.validity)
        if origin is not None and await house.in_worker(house.wall.taken, origin) is not None:
            house.on_message(self.mailbox.name, "repeated")
            return None
        if found.size > intake.max_message_bytes:
            raise _Unfit(TOO_LARGE)
        if await house.in_worker(house.free_bytes) < found.size:
            raise DiskFull("below the floor")
        envelope = envelope_of(
            found, self.mailbox, connection.validity, intake.address, house.clock()
        )
        draft = await self._fetched(connection, found)
        return asyncio.ensure_future(house.in_worker(self._accept, draft, envelope))

    async def _fetched(self, connection: Connection, found: Waiting) -> Draft:
        """Fetch a message into a draft."""
        key = (connection.validity, found.uid)
        tries = self._tries.get(key, 0)
        draft = await self.house.in_worker(self.house.vault.draft)
        try:
            await self._fill(connection, found, draft)
        except BaseException as fault:
            if isinstance(fault, ConnectionFault | _NotNow):
                # It may be the message that takes the connection down, again and again.
                self._tries[key] = tries + 1
            await self.house.in_worker(draft.discard)
            raise
        self._tries.pop(key, None)
        return draft

    async def _fill(self, connection: Connection, found: Waiting, draft: Draft) -> None:
        """Fetch piece by piece until the end, which is where nothing comes any more.

        The size is asked for first, and is believed for nothing but a refusal: some servers
        estimate it, and a short piece before that is no end.
        """
        limit = self.house.settings.intake.max_message_bytes
        length = self.house.settings.imap.piece_bytes
        while True:
            try:
                piece = await connection.piece(found.uid, draft.bytes, length)
            except Refused as refused:
                raise _NotNow from refused
            if piece is None:
                raise _NotNow
            self.on_piece()
            if piece:
                await self.house.in_worker(draft.write, piece)
            if draft.bytes > limit:
                raise _Unfit(TOO_LARGE)
            if not piece or (len(piece) < length and draft.bytes >= found.size):
                return

    def _accept(self, draft: Draft, envelope: Envelope) -> Accepted:
        with draft:
            raw = draft.keep()
            accepted = self.house.wall.accept(Letter(self._proven(envelope, raw), raw))
        structlog.get_logger().info(
            "imap.taken",
            mailbox=self.mailbox.name,
            receipt=shown(accepted.receipt),
            repeated=accepted.repeated,
        )
        self.house.on_message(self.mailbox.name, "repeated" if accepted.repeated else "taken")
        return accepted

    def _proven(self, envelope: Envelope, raw: Blob) -> Envelope:
        """Leave a proof out where the mailbox's server may have read another message than we do."""
        if not envelope.proof.holds:
            return envelope
        with self.house.vault.open(raw.sha256) as blob:
            is_plain = begins_plainly(blob.read(HEAD_BYTES))
        return envelope if is_plain else dataclasses.replace(envelope, proof=Proof.NONE)

    async def _move(self, connection: Connection, uids: list[int], folder: str) -> int:
        """Move messages, and return how many. One that cannot be stays, and is moved next time.

        One that is there again though the server has said yes is not counted, or its mailbox would
        be gone through without a rest: Gmail keeps in "All Mail" what is moved out of it. After
        some moves it is left where it is, since each may have made a copy.
        """
        uids = [uid for uid in uids if self._moved(connection, uid) < _MOST_TRIES]
        if not uids:
            return 0
        try:
            await connection.move(sorted(uids), folder)
        except Refused as refused:
            if len(uids) > 1:  # it may be one of them alone
                return sum([await self._move(connection, [uid], folder) for uid in uids])
            await self._not_moved(refused.command, 1)
            return 0
        stayed = sum(self._moved(connection, uid) > 0 for uid in uids)
        if stayed:
            await self._not_moved("stayed", stayed)
        for uid in uids:
            self._moves[connection.validity, uid] = self._moved(connection, uid) + 1
        return len(uids) - stayed

    def _moved(self, connection: Connection, uid: int) -> int:
        return self._moves.get((connection.validity, uid), 0)

    async def _not_moved(self, why: str, number: int) -> None:
        structlog.get_logger().error(
            "imap.not_moved", mailbox=self.mailbox.name, command=why, n=number
        )
        await self.house.in_worker(self.house.alarm, self.mailbox.name, "mailbox_not_moved")

    async def _set_aside(self, connection: Connection, uids: list[int], code: str) -> int:
        """Move what cannot be taken to its own folder, with the reason, and tell operations."""
        # Where a server keeps no keywords of ours, the log and the mail have the reason.
        with contextlib.suppress(Refused):
            await connection.flag(uids, f"$casebridge_{code}")
        left = await self._move(connection, uids, self.mailbox.failed_folder)
        for _ in range(left):
            self.house.on_message(self.mailbox.name, code)
        structlog.get_logger().error(
            "imap.set_aside", mailbox=self.mailbox.name, problem=code, n=len(uids), moved=left
        )
        await self.house.in_worker(self.house.alarm, self.mailbox.name, code)
        return left
