"""One connection to a mail server: aioimaplib, in step and within limits.

The only module that knows aioimaplib; a test fails when what it uses of its inside changes. Mended
here, as read in version 2.0.3:

- Nothing that waits is told when the connection is lost, and IDLE waits on (its issue 110). Every
  call here ends with the loss, or after a limit. After either the connection is given up, since a
  command that was cancelled leaves the next ones waiting for it.
- The lines of one chunk are walked by recursion: some hundred short ones are a RecursionError. The
  chunks are cut.
- A literal is gathered in memory whatever its length. Bodies are asked for in pieces, and a server
  that announces more than was asked for is cut off.
- Word of new mail is dropped while another command runs. It is noted, so that nothing waits for the
  next round because it came at the wrong moment.
- A refused XOAUTH2 waits for an empty line from us, which is never sent. It is.
- It logs every line, messages and all. It is silent here.

It has no STARTTLS; RFC 8314 advises against it anyhow: a mailbox is reached by TLS from the start.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Self, TypeVar

from aioimaplib import IMAP4, AioImapException, IMAP4ClientProtocol, Response, quoted

from config.settings import Imap, Mailbox
from gateway.imap import answers
from gateway.imap.answers import Waiting

_library_log = logging.getLogger("aioimaplib.aioimaplib")
_library_log.addFilter(lambda _record: False)  # outlives a dictConfig
_library_log.setLevel(logging.CRITICAL + 1)

_LOOK = "(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (RETURN-PATH)]<0.2000>)"
# A line takes one step down the stack, and the shortest has two bytes.
_CUT_BYTES = 1024
# UIDs of a million messages in one line.
_LONGEST_LINE_BYTES = 1 << 23
_NEWS = re.compile(rb"\* \d+ EXISTS", re.IGNORECASE)

_Said = TypeVar("_Said")


class ConnectionFault(Exception):
    """The connection could not be had or held. `why` is a word for the log, and names nobody."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Refused(Exception):
    """The server said no to a command, and goes on. `command` is its name."""

    def __init__(self, command: str) -> None:
        super().__init__(command)
        self.command = command


class _Protocol(IMAP4ClientProtocol):
    """aioimaplib's side of a connection, with chunks cut, and with an ear for new mail."""

    def __init__(
        self, lost: Callable[[Exception | None], None] | None, most_literal_bytes: int
    ) -> None:
        super().__init__(asyncio.get_running_loop(), lost)
        self.news = asyncio.Event()
        self._most_literal_bytes = most_literal_bytes

    def data_received(self, data: bytes) -> None:
        at = 0
        while at < len(data) and self.transport is not None and not self.transport.is_closing():
            end = at + max(self._literal_rest(), _CUT_BYTES)
            try:
                super().data_received(data[at:end])
            except Exception:  # noqa: BLE001  # whatever it cannot read, it is out of step
                self.transport.abort()
            at = end
            if (
                self._literal_rest() > self._most_literal_bytes
                or len(self.incomplete_line) > _LONGEST_LINE_BYTES
            ):
                self.transport.abort()

    def _literal_rest(self) -> int:
        command = self.current_command
        if command is None or not command.wait_literal_data():
            return 0
        return command._expected_size - len(command._resp_literal_data)  # noqa: SLF001

    async def welcome(self, command: bytes) -> None:
        try:
            await super().welcome(command)
        except AioImapException:  # the greeting was BYE: the wait for a better one ends
            assert self.transport is not None, "a greeting comes by a connection"
            self.transport.abort()

    def _untagged_response(self, line: bytes) -> Any:
        if _NEWS.match(line):
            self.news.set()
        return super()._untagged_response(line)

    def _continuation(self, line: bytes) -> None:
        pending = self.pending_sync_command
        if pending is not None and pending.name == "AUTHENTICATE" and self.transport is not None:
            self.transport.write(b"\r\n")
        else:
            super()._continuation(line)


class _Client(IMAP4):
    """aioimaplib's client, on a protocol of ours."""

    protocol: _Protocol

    def __init__(self, mailbox: Mailbox, imap: Imap, lost: Callable[[Exception | None], None],
                 context: ssl.SSLContext | None) -> None:  # fmt: skip
        self._most_literal_bytes = imap.piece_bytes + _CUT_BYTES
        # Its own limits come later than ours, if ever.
        limit = imap.call_seconds + 5.0
        super().__init__(mailbox.host, mailbox.port, None, limit, lost, context)

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        running = loop or asyncio.get_running_loop()
        self.protocol = _Protocol(conn_lost_cb, self._most_literal_bytes)
        self._client_task = running.create_task(
            running.create_connection(lambda: self.protocol, host, port, ssl=ssl_context)
        )


class Connection:
    """A signed-in connection with one folder selected. One command at a time."""

    def __init__(self, mailbox: Mailbox, imap: Imap, context: ssl.SSLContext | None) -> None:
        """Begin to connect; `open` goes on. `context` verifies the server; None for no TLS."""
        self._mailbox = mailbox
        self._seconds = imap.call_seconds
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._client = _Client(mailbox, imap, self._on_lost, context)
        self.validity: int | None = None

    async def open(self, secret: str) -> None:
        """Sign in, make the folders to move to, and select the one to read.

        Raises ConnectionFault.
        """
        client, mailbox = self._client, self._mailbox
        await self._call("connection", client.wait_hello_from_server())
        signing = client.xoauth2 if mailbox.token_file else client.login
        user = mailbox.user if mailbox.token_file else quoted(mailbox.user)
        if (await self._call("sign_in", signing(user, secret))).result != "OK":
            raise ConnectionFault("sign_in")
        await self._call("capability", client.protocol.capability())
        for folder in (mailbox.taken_folder, mailbox.failed_folder):
            # Refused where it is there. Where it cannot be had, moving says so.
            await self._call("create", client.create(quoted(folder)))
        selected = await self._call("select", client.select(quoted(mailbox.folder)))
        if selected.result != "OK" or answers.is_read_only(selected.lines):
            raise ConnectionFault("folder")
        self.validity = answers.uid_validity(selected.lines)

    async def waiting(self) -> list[int]:
        """Return the UIDs of what is in the folder, lowest first."""
        # What comes from here on may not be in the answer.
        self._client.protocol.news.clear()
        return answers.uids(
            await self._ok("search", self._client.uid_search("UNDELETED", charset=None))
        )

    async def look(self, uids: Sequence[int]) -> list[Waiting]:
        """Return what is known of messages before they are fetched; what is gone is left out."""
        asked = self._client.uid("FETCH", _set_of(uids), _LOOK)
        return answers.messages(await self._ok("fetch", asked))

    async def piece(self, uid: int, offset: int, length: int) -> bytes | bytearray | None:
        """Return up to so many bytes of a message from an offset on; b"" behind its end.

        None where the server has no such message, or nothing of it.
        """
        asked = self._client.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<{offset}.{length}>)")
        return answers.piece(await self._ok("fetch", asked), uid)

    async def flag(self, uids: Sequence[int], keyword: str) -> None:
        """Put a keyword on messages."""
        await self._ok(
            "store", self._client.uid("STORE", _set_of(uids), "+FLAGS.SILENT", f"({keyword})")
        )

    async def move(self, uids: Sequence[int], folder: str) -> None:
        """Move messages to a folder (RFC 6851), or copy them and take the first ones away.

        Without UIDPLUS (RFC 4315) those stay, marked as deleted: a plain EXPUNGE would take along
        what others have marked.
        """
        client, these = self._client, _set_of(uids)
        if client.has_capability("MOVE"):
            await self._ok("move", client.uid("MOVE", these, quoted(folder)))
            return
        await self._ok("copy", client.uid("COPY", these, quoted(folder)))
        await self.flag(uids, "\\Deleted")
        if client.has_capability("UIDPLUS"):
            await self._ok("expunge", client.uid("EXPUNGE", these))

    @property
    def has_idle(self) -> bool:
        """Whether the server says by itself when something comes."""
        return self._client.has_capability("IDLE")

    async def idle(self, seconds: float, stopping: asyncio.Event) -> None:
        """Wait for word of new mail (RFC 2177), for so many seconds at most, or until told to stop.

        Raises ConnectionFault, `why` "idle" where the server does not begin or end it.
        """
        idling = await self._call("idle", self._client.idle_start(seconds + self._seconds))
        await self.rest(seconds, stopping)
        self._client.idle_done()
        await self._call("idle", idling)
        queue = self._client.protocol.idle_queue
        while not queue.empty():
            queue.get_nowait()

    async def rest(self, seconds: float, stopping: asyncio.Event) -> None:
        """Do nothing, until there is news, or the time is over, or we are told to stop."""
        waits: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._client.protocol.news.wait()),
            asyncio.ensure_future(stopping.wait()),
        ]
        try:
            await asyncio.wait(
                {*waits, self._lost}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for one in waits:
                one.cancel()
        if self._lost.done():
            raise ConnectionFault("lost")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *fault: object) -> None:
        try:
            if not self._lost.done() and fault[0] is None:
                await self._call("logout", self._client.logout())
        except ConnectionFault:
            pass  # it ends either way
        finally:
            self._give_up()

    async def _ok(self, command: str, work: Coroutine[Any, Any, Response]) -> answers.Lines:
        said = await self._call(command, work)
        if said.result != "OK":
            raise Refused(command)
        return said.lines

    async def _call(
        self, command: str, work: Coroutine[Any, Any, _Said] | asyncio.Future[_Said]
    ) -> _Said:
        """Await an answer, until the limit or the connection's loss. Raises ConnectionFault."""
        if self._lost.done():
            work.close() if isinstance(work, Coroutine) else work.cancel()
            raise ConnectionFault("lost")
        task = asyncio.ensure_future(work)
        try:
            either: set[asyncio.Future[Any]] = {task, self._lost}
            await asyncio.wait(either, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise ConnectionFault("lost" if self._lost.done() else command)
        except ssl.SSLError as fault:
            raise ConnectionFault("tls") from fault
        except (AioImapException, OSError, TimeoutError) as fault:
            raise ConnectionFault(command) from fault
        finally:
            if not task.done():
                task.cancel()
                self._give_up()

    def _on_lost(self, _fault: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(None)

    def _give_up(self) -> None:
        self._client._client_task.cancel()  # noqa: SLF001  # does nothing once it is connected
        # An IDLE, or a greeting, that nobody waits for any more.
        for task in (*self._client.tasks, *self._client.protocol.tasks):
            task.cancel()
        transport = self._client.protocol.transport
        if transport is not None:
            transport.abort()
        self._on_lost(None)


def _set_of(uids: Sequence[int]) -> str:
    return ",".join(str(uid) for uid in uids)
