"""One SMTP connection: aiosmtpd's protocol class, with DATA streaming and commits that hold.

The only module that uses private names of aiosmtpd and of asyncio's streams; a test fails when one
of them changes. aiosmtpd gives the life of a connection; its commands are replaced by `Dialogue`,
its DATA, which keeps a message in memory line by line, by `Reception`, and its STARTTLS, which
builds on asyncio's private TLS protocol, by the event loop's own.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import cast

import structlog
from aiosmtpd.smtp import SMTP

from config.problems import problem
from gateway.gate.verdict import Handed, NotTaken
from gateway.smtp.command import LINE_LIMIT
from gateway.smtp.dialogue import Dialogue, Reply, Then
from gateway.smtp.house import House
from gateway.smtp.pace import Pace
from gateway.smtp.reception import Reception, TooLarge, Unfinished, Wire
from gateway.smtp.room import refusal
from gateway.watch import fault_fields
from portal.receipt_number import shown
from portal.vault import DiskFull

# aiosmtpd logs every command, address and line of DATA. A filter outlives a dictConfig, which would
# switch a disabled logger on again; the level keeps the calls cheap.
_library_log = logging.getLogger("mail.log")
_library_log.addFilter(lambda _record: False)
_library_log.setLevel(logging.CRITICAL + 1)

_log = structlog.get_logger()

_HANDSHAKE_SECONDS = 30
# Commands that have come already are answered without waiting for anything: so many in a row.
_COMMANDS_A_TURN = 50
_SHUTDOWN_SECONDS = 2


class SmtpSession(SMTP):
    """One connection."""

    line_length_limit = LINE_LIMIT - 1  # of the stream reader, which does not count the LF

    def __init__(
        self, house: House, sessions: set[SmtpSession], loop: asyncio.AbstractEventLoop
    ) -> None:
        """`sessions` are those of the door; this one is among them while its connection lasts."""
        smtp = house.settings.smtp
        super().__init__(None, hostname=smtp.hostname, timeout=smtp.idle_seconds, loop=loop)
        self._house = house
        self._sessions = sessions
        self._dialogue = Dialogue(house.settings, house.addresses, house.free_bytes, house.manner)
        self._reception: Reception | None = None  # from DATA to its reply
        self._receiving = False  # what comes is content
        self._peer = ""
        self._tls: str | None = None  # its version, once there is one
        self._shaking_hands = False
        self._pace = Pace(smtp.idle_seconds, loop.time())
        self._turned_away = False

    # -- the connection ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the dialogue, or turn the client away where there are too many."""
        connection = self._connection = cast("asyncio.Transport", transport)
        house = self._house
        # A client that is gone already has no address any more.
        self._peer, *_ = connection.get_extra_info("peername") or ("",)
        there = [one._peer for one in self._sessions]  # noqa: SLF001  # of this very class
        code = "shutting_down" if house.closing else None
        code = code or refusal(self._peer, there, house.settings, house.manner)
        if code is not None:
            self._turned_away = True
            self._write(problem(code).reply())
            connection.close()
        else:
            self._sessions.add(self)
            super().connection_made(connection)

    def data_received(self, data: bytes) -> None:
        """Take bytes: content into the reception, commands into the stream reader."""
        self._pace.heard(len(data), self.loop.time())
        if self._receiving:
            self._receive(data)
        elif not self._turned_away:
            super().data_received(data)

    def eof_received(self) -> bool:
        """Go on after a half-close: who pipes a whole dialogue in still gets every reply."""
        if self._turned_away:
            return False
        self._reader.feed_eof()
        if self._receiving and self._reception is not None:
            self._reception.abandon()
        return self._tls is None  # under TLS there is no half-close

    def connection_lost(self, error: Exception | None) -> None:
        """End the dialogue. A message whose end had come is kept and accepted all the same."""
        self._sessions.discard(self)
        if self._turned_away:
            return
        if self._receiving and self._reception is not None:
            self._reception.abandon()
        super().connection_lost(error)

    def end(self) -> None:
        """Close with 421; where a message is in hand, after its reply."""
        if self._reception is None:
            self._dismiss(problem("shutting_down").reply())

    def cut_off(self) -> None:
        """Close with 421, unless a message waits for the wall."""
        if self._reception is None or self._receiving:
            self._dismiss(problem("shutting_down").reply())

    def abort(self) -> None:
        """Close at once. A message whose end had come is kept and accepted all the same."""
        self._connection.abort()

    def _dismiss(self, reply: str) -> None:
        if self._shaking_hands:
            self._connection.abort()  # no word in the clear where TLS is spoken
        elif not self._connection.is_closing():
            self._write(reply)
            if self._connection.get_write_buffer_size():
                self._connection.abort()  # it does not read: an orderly close would never end
            else:
                self._connection.close()

    def _write(self, reply: str) -> None:
        for line in reply.split("\r\n"):
            if line[3:4] != "-":
                self._house.on_reply(int(line[:3]))
        self._connection.write(f"{reply}\r\n".encode("ascii"))

    # One timer looks whether enough came. aiosmtpd's own is set anew by every command, and goes
    # on through DATA, where it cuts honest slow senders off.

    def _reset_timeout(self, duration: float | None = None) -> None:
        if self._timeout_handle is None:
            seconds = duration or self._timeout_duration
            self._timeout_handle = self.loop.call_later(seconds, self._timeout_cb)

    def _timeout_cb(self) -> None:
        self._timeout_handle = None
        now, reception = self.loop.time(), self._reception
        waits_for_us = reception is not None and (reception.paused or not self._receiving)
        if waits_for_us:
            self._pace.begin(now)
        code = self._pace.fault(now)
        self._reset_timeout(max(self._timeout_duration - self._pace.silent(now), 1))
        if code is not None:
            self._dismiss(problem(code).reply(seconds=int(self._timeout_duration)))

    # -- the dialogue ------------------------------------------------------------------------------

    async def _handle_client(self) -> None:
        try:
            reply = self._dialogue.greeting()
            for turn in itertools.count(1):
                if turn % _COMMANDS_A_TURN == 0:
                    await asyncio.sleep(0)  # the other connections have their turn
                self._write(reply.text)
                if reply.then is Then.START_TLS:
                    await self._start_tls()
                await self._writer.drain()  # a client that does not read waits
                if reply.then is Then.CLOSE:
                    break
                if reply.then is Then.TAKE_DATA:
                    reply = await self._take_message()
                elif self._house.closing:
                    self.end()
                    break
                elif (line := await self._line()) is not None:
                    reply = self._dialogue.answer(line)
                else:
                    break
        except ConnectionError:
            pass  # the peer is gone, and `connection_lost` has been told
        except Exception as fault:  # noqa: BLE001  # a fault of ours still ends in an answer
            _log.error("smtp.dialogue_failed", **fault_fields(fault))
            self._dismiss(problem("try_again_later").reply())
        finally:
            self._connection.close()

    async def _line(self) -> bytes | None:
        """Read a command line; b"" for one that was too long, None at the end of the stream."""
        too_long = False
        while True:
            try:
                line = await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as overrun:
                too_long = True
                await self._reader.read(overrun.consumed)
            except asyncio.IncompleteReadError:
                return None  # half a line is no command
            else:
                return b"" if too_long else line

    async def _start_tls(self) -> None:
        """Go over to TLS. What came in the clear behind the command is dropped (CVE-2011-0411).

        Nothing is awaited between the yes and the handshake: whatever comes from here on is read as
        TLS. Raises ConnectionError where it does not come about.
        """
        house = self._house
        assert house.certificate is not None, "only a door with one offers it"
        self._reader._buffer.clear()  # type: ignore[attr-defined]  # noqa: SLF001
        self._reader._maybe_resume_transport()  # type: ignore[attr-defined]  # noqa: SLF001
        self._shaking_hands = True
        try:
            secured = await self.loop.start_tls(
                self._connection,
                self,
                house.certificate.context(),
                server_side=True,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=_SHUTDOWN_SECONDS,
            )
        except OSError as fault:  # an SSLError is one too
            self._forget()
            raise ConnectionResetError from fault
        finally:
            self._shaking_hands = False
        if secured is None:  # it was aborted in the middle of the handshake
            self._forget()
            raise ConnectionResetError
        self._connection = self.transport = secured
        self._transport = secured
        self._reader._transport = secured  # type: ignore[attr-defined]  # noqa: SLF001
        self._writer._transport = secured  # type: ignore[attr-defined]  # noqa: SLF001
        self._tls = secured.get_extra_info("ssl_object").version()
        self._pace.begin(self.loop.time())
        self._dialogue.secured()

    def _forget(self) -> None:
        """Leave the door: the end of a connection in its handshake is told to nobody."""
        self._sessions.discard(self)
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()

    # -- the message -------------------------------------------------------------------------------

    async def _take_message(self) -> Reply:
        house, dialogue = self._house, self._dialogue
        assert dialogue.sender is not None, "DATA comes after MAIL"
        # A client waits for as many as it was told yes at RCPT, the same one twice included.
        replies = dialogue.taken if house.manner.replies_to_each else 1
        handed = Handed(
            self._peer or None, dialogue.helo, dialogue.sender, not house.manner.is_for_anybody
        )
        reception = self._reception = Reception(
            Wire(self._connection.pause_reading, self._connection.resume_reading),
            house.vault,
            house.workers,
            house.acceptance(handed, tuple(dialogue.recipients), self._tls),
            finishers=house.finishers,
            limit=house.settings.intake.max_message_bytes,
            pouch_bytes=house.settings.storage.pouch_bytes,
        )
        house.receptions.add(reception)
        reception.outcome.add_done_callback(lambda _: house.receptions.discard(reception))
        dialogue.reset()
        try:
            self._receive_waiting(reception)
            # Shielded: aiosmtpd cancels this task when the peer hangs up, but never the letter.
            reply = await self._answer(asyncio.shield(reception.outcome))
        finally:
            self._reception = None
            self._pace.begin(self.loop.time())
        then = Then.CLOSE if reception.overrun else reply.then
        # One letter, one fate: what is said to one recipient holds for each (RFC 2033, 4.2).
        return Reply("\r\n".join([reply.text] * replies), then)

    def _receive_waiting(self, reception: Reception) -> None:
        """From here on, what comes is content: first what the stream reader holds already."""
        self._receiving = True
        waiting = bytes(self._reader._buffer)  # type: ignore[attr-defined]  # noqa: SLF001
        self._reader._buffer.clear()  # type: ignore[attr-defined]  # noqa: SLF001
        self._reader._maybe_resume_transport()  # type: ignore[attr-defined]  # noqa: SLF001
        if waiting:
            self._receive(waiting)
        if self._receiving and self._reader.at_eof():
            reception.abandon()

    def _receive(self, data: bytes) -> None:
        assert self._reception is not None, "only a reception makes it receive"
        rest = self._reception.feed(data)
        if rest is not None:
            # What follows the final dot is commands again, and must be where they are read from
            # before the reply invites more. `feed_data` takes nothing after a half-close.
            self._receiving = False
            self._reader._buffer.extend(rest)  # type: ignore[attr-defined]  # noqa: SLF001

    async def _answer(self, outcome: asyncio.Future[str]) -> Reply:
        try:
            receipt = await outcome
        except TooLarge:
            return self._dialogue.too_large()
        except NotTaken as refusal:
            return self._dialogue.not_taken(refusal)
        except DiskFull:
            return Reply(problem("disk_low").reply())
        except Unfinished:
            return Reply(problem("try_again_later").reply(), Then.CLOSE)
        except Exception as fault:  # noqa: BLE001  # whatever it was, it is not a 250
            _log.error("smtp.not_accepted", **fault_fields(fault))
            return Reply(problem("try_again_later").reply())
        return Reply(f"250 2.0.0 Received as {shown(receipt)}")
