"""What client.py mends in aioimaplib, and what it uses of it without being promised it."""

from __future__ import annotations

import asyncio
import base64
import inspect
import logging
import logging.config
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import pytest
from aioimaplib import IMAP4, Command, IMAP4ClientProtocol

import gateway.imap
from config.settings import Imap, Mailbox
from gateway.imap.client import Connection, ConnectionFault, Refused
from tests.scripted_imap import ScriptedServer, scripted

_Found = TypeVar("_Found")
ROOM = Path(gateway.imap.__file__).parent


def asked(
    server: ScriptedServer,
    work: Callable[[Connection], Awaitable[_Found]],
    secret: str = "secret",
    **changes: object,
) -> _Found:
    """Open a connection with limits of a second, and do something with it."""
    one = {"name": "claims", "host": "127.0.0.1", "port": server.port, "security": "none"}
    one |= {"user": "claims", "password_file": "unread"} | changes
    imap = Imap(call_seconds=1, piece_bytes=1024)

    async def run() -> _Found:
        async with Connection(Mailbox.model_validate(one), imap, None) as connection:
            await connection.open(secret)
            return await work(connection)

    return asyncio.run(run())


def line(text: str) -> Callable[[str], bytes]:
    """Say some lines, and OK."""
    return lambda tag: text.encode().replace(b"\n", b"\r\n") + f"{tag} OK done\r\n".encode()


# -- what it uses ----------------------------------------------------------------------------------


def test_aioimaplib_is_the_version_that_was_read() -> None:
    assert version("aioimaplib") == "2.0.3"


def test_the_inside_of_aioimaplib_is_as_it_was_read() -> None:
    async def look() -> None:
        protocol = IMAP4ClientProtocol(asyncio.get_running_loop())
        assert protocol.current_command is None
        assert protocol.incomplete_line == b""
        assert protocol.pending_sync_command is None
        assert protocol.tasks == set()
        command = Command("FETCH", "A1")
        assert (command._expected_size, command._resp_literal_data) == (0, bytearray())
        assert not command.wait_literal_data()

    asyncio.run(look())
    for name in ("data_received", "_untagged_response", "_continuation", "welcome", "capability"):
        assert callable(getattr(IMAP4ClientProtocol, name))
    assert "self._client_task" in inspect.getsource(IMAP4.create_client)
    assert "self.tasks" in inspect.getsource(IMAP4.__init__)


def test_one_module_alone_knows_aioimaplib() -> None:
    users = [file.name for file in ROOM.glob("*.py") if "from aioimaplib" in file.read_text()]
    assert users == ["client.py"]


# -- what it mends ---------------------------------------------------------------------------------


def test_thousands_of_short_lines_in_one_chunk() -> None:
    flood = "".join("* 1 EXPUNGE\n" for _ in range(5000))
    with scripted(UID_SEARCH=line(flood + "* SEARCH 3 1 2\n")) as server:
        assert asked(server, lambda connection: connection.waiting()) == [1, 2, 3]


def test_a_search_that_finds_nothing_has_an_answer_or_none() -> None:
    for said in ("* SEARCH\n", ""):
        with scripted(UID_SEARCH=line(said)) as server:
            assert asked(server, lambda connection: connection.waiting()) == []


def test_a_server_that_sends_more_than_was_asked_for_is_cut_off() -> None:
    def too_much(_tag: str) -> bytes:
        return b"* 1 FETCH (UID 5 BODY[]<0> {9999999}\r\n" + b"x" * 100_000

    with scripted(UID_FETCH=too_much) as server, pytest.raises(ConnectionFault) as caught:
        asked(server, lambda connection: connection.piece(5, 0, 1024))
    assert caught.value.why == "lost"


def test_pieces_are_those_of_the_message_that_was_asked_for() -> None:
    said = (
        "* 3 FETCH (FLAGS (\\Seen))\n"  # of its own accord
        "* 1 FETCH (UID 4 BODY[]<0> {3}\nabc)\n"
        "* 2 FETCH (BODY[]<0> {7}\n)(\r\nxy* UID 5)\n"
    ).replace("\r\n", "\n")
    with scripted(UID_FETCH=line(said)) as server:
        assert asked(server, lambda connection: connection.piece(5, 0, 1024)) == b")(\r\nxy*"
        assert asked(server, lambda connection: connection.piece(6, 0, 1024)) is None


def test_what_is_known_before_fetching() -> None:
    said = (
        '* 1 FETCH (UID 4 RFC822.SIZE 99 INTERNALDATE "24-Nov-2026 10:00:00 +0000"'
        " BODY[HEADER.FIELDS (RETURN-PATH)]<0> {36}\nReturn-Path:\n <pat@smith.example>\n\n)\n"
        "* 2 FETCH (UID 5 RFC822.SIZE 7 BODY[HEADER.FIELDS (RETURN-PATH)]<0> NIL)\n"
        '* 3 FETCH (UID 6 RFC822.SIZE 8 BODY[HEADER.FIELDS (RETURN-PATH)]<0> "")\n'
        "* 4 FETCH (UID 7 FLAGS ())\n"
    )
    with scripted(UID_FETCH=line(said)) as server:
        found = asked(server, lambda connection: connection.look([4, 5, 6, 7]))
    assert [(one.uid, one.size, one.return_path) for one in found] == [
        (4, 99, b"pat@smith.example"),
        (5, 7, None),
        (6, 8, None),
    ]
    assert found[0].stored == "24-Nov-2026 10:00:00 +0000"


def test_word_of_new_mail_that_comes_with_another_answer_is_kept() -> None:
    async def look(connection: Connection) -> None:
        await connection.waiting()
        await connection.rest(3600, asyncio.Event())

    with scripted(UID_SEARCH=line("* 4 EXISTS\n* SEARCH\n")) as server:
        asked(server, look)


@pytest.mark.slow
@pytest.mark.parametrize("silent", ["LOGIN", "CAPABILITY", "SELECT", "UID_SEARCH"])
def test_an_answer_that_never_comes_ends_in_a_fault(silent: str) -> None:
    with (
        scripted(**{silent: lambda _tag: b""}) as server,
        pytest.raises(ConnectionFault) as caught,
    ):
        asked(server, lambda connection: connection.waiting())
    words = {"LOGIN": "sign_in", "CAPABILITY": "connection", "UID_SEARCH": "search"}
    assert caught.value.why == words.get(silent, silent.lower())


@pytest.mark.slow
@pytest.mark.parametrize("greeting", [b"* BYE too many\r\n", b"", b"\xff\xfe\r\n"])
def test_a_greeting_that_is_none(greeting: bytes) -> None:
    with scripted() as server:
        server.greeting = greeting
        with pytest.raises(ConnectionFault):
            asked(server, lambda connection: connection.waiting())


def test_nobody_listens() -> None:
    with scripted() as server:
        pass
    with pytest.raises(ConnectionFault) as caught:
        asked(server, lambda connection: connection.waiting())
    assert caught.value.why == "connection"


def test_a_folder_that_lets_nothing_be_moved_is_not_read() -> None:
    read_only = line("* OK [UIDVALIDITY 7] here\n")
    with (
        scripted(
            SELECT=lambda tag: read_only(tag).replace(b"OK done", b"OK [READ-ONLY] done")
        ) as server,
        pytest.raises(ConnectionFault) as caught,
    ):
        asked(server, lambda connection: connection.waiting())
    assert caught.value.why == "folder"


def test_a_no_goes_on() -> None:
    async def moved(connection: Connection) -> list[int]:
        with pytest.raises(Refused):
            await connection.move([1, 2], "Full")
        return await connection.waiting()

    no = lambda tag: f"{tag} NO [OVERQUOTA] full\r\n".encode()  # noqa: E731
    with scripted(UID_MOVE=no, UID_SEARCH=line("* SEARCH 1\n")) as server:
        assert asked(server, moved) == [1]
        assert 'UID MOVE 1,2 "Full"' in server.heard


# -- signing in ------------------------------------------------------------------------------------


def test_a_token_signs_in_by_xoauth2() -> None:
    with scripted() as server:
        token = {"password_file": "", "token_file": "unread"}
        asked(server, lambda connection: connection.waiting(), "ya29.token", **token)
    (said,) = (one for one in server.heard if one.startswith("AUTHENTICATE XOAUTH2 "))
    sent = base64.b64decode(said.rpartition(" ")[2])
    assert sent == b"user=claims\1auth=Bearer ya29.token\1\1"


def test_a_token_that_is_refused_does_not_wait_for_ever() -> None:
    def refuse(tag: str) -> bytes:
        server.empty = f"{tag} NO [AUTHENTICATIONFAILED] no\r\n".encode()
        return b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"

    token = {"password_file": "", "token_file": "unread"}
    with scripted(AUTHENTICATE=refuse) as server, pytest.raises(ConnectionFault) as caught:
        asked(server, lambda connection: connection.waiting(), "stale", **token)
    assert caught.value.why == "sign_in"
    assert server.heard[-1] == ""  # the empty line that it waits for


def test_a_user_s_name_and_password_are_quoted() -> None:
    with scripted() as server:
        asked(server, lambda connection: connection.waiting(), 'p"w\\', user="a b")
    assert 'LOGIN "a b" "p\\"w\\\\"' in server.heard


def test_nothing_that_is_said_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    said = line("* 1 FETCH (UID 5 BODY[]<0> {11}\ncanary-body)\n* canary-line\n")
    with caplog.at_level(logging.DEBUG), scripted(UID_FETCH=said) as server:
        asked(server, lambda connection: connection.piece(5, 0, 1024), "canary-secret")
    assert "canary" not in caplog.text
