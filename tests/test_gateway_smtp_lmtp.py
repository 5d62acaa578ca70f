"""LMTP (RFC 2033): LHLO, one reply for each recipient, a socket in the file system."""

from __future__ import annotations

import grp
import os
import socket
import stat
from pathlib import Path

import pytest

from config.settings import Settings
from gateway.intake import WallDown
from gateway.letter import Proof
from gateway.smtp.manner import LMTP
from tests.live_door import Client, open_door

# A path of a socket has at most 107 bytes.
SOCKET = "lmtp"


def greeted(client: Client) -> None:
    assert client.reply() == "220 casebridge.example LMTP Casebridge"
    said = client.ask("LHLO mx.example").split("\n")
    assert said[0] == "250-casebridge.example"
    # RFC 2033, 4: these two are a must. TLS is for senders.
    assert {"250-PIPELINING", "250 ENHANCEDSTATUSCODES"} <= set(said)
    assert not any("STARTTLS" in line for line in said)


def test_each_recipient_has_a_reply_of_its_own(settings: Settings) -> None:
    with open_door(settings, LMTP) as live, live.client() as client:
        greeted(client)
        client.say(
            b"MAIL FROM:<pat@smithdefence.example>\r\nRCPT TO:<claims@casebridge.example>\r\n"
            b"RCPT TO:<nobody@casebridge.example>\r\nRCPT TO:<24-001234@casebridge.example>\r\n"
            b"DATA\r\n"
        )
        said = [client.reply()[:9] for _ in range(5)]
        assert said == ["250 2.1.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "354 End d"]
        client.say(b"Subject: a\r\n\r\nText.\r\n.\r\nNOOP\r\n")
        assert [client.reply() for _ in range(3)] == [
            "250 2.0.0 Received as 7KQ4-0000",
            "250 2.0.0 Received as 7KQ4-0000",
            "250 2.0.0 Here",
        ]
        (letter,) = live.wall.letters
        assert letter.envelope.door == "lmtp"
        assert letter.envelope.recipients == (
            "claims@casebridge.example",
            "24-001234@casebridge.example",
        )
        # The mail server in front runs on loopback, and has the message from anybody.
        assert letter.envelope.proof is Proof.NONE
        assert live.codes == [220, 250, 250, 250, 550, 250, 354, 250, 250, 250]


def test_a_recipient_who_is_named_twice_has_two_replies(settings: Settings) -> None:
    """One reply for each RCPT that was taken (RFC 2033, 4.2): a client waits for as many."""
    with open_door(settings, LMTP) as live, live.client() as client:
        greeted(client)
        client.say(
            b"MAIL FROM:<pat@smithdefence.example>\r\nRCPT TO:<claims@casebridge.example>\r\n"
            b"RCPT TO:<Claims@casebridge.example>\r\nRCPT TO:<24-001234@casebridge.example>\r\n"
            b"DATA\r\n"
        )
        assert [client.reply()[:3] for _ in range(5)] == ["250", "250", "250", "250", "354"]
        client.say(b"Subject: a\r\n\r\nText.\r\n.\r\nNOOP\r\n")
        said = [client.reply() for _ in range(4)]
        assert said == ["250 2.0.0 Received as 7KQ4-0000"] * 3 + ["250 2.0.0 Here"]
        (letter,) = live.wall.letters
        assert letter.envelope.recipients == (
            "claims@casebridge.example",
            "24-001234@casebridge.example",
        )
        # The next message begins anew.
        client.envelope()
        client.say(b"Subject: b\r\n\r\nText.\r\n.\r\nNOOP\r\n")
        assert [client.reply()[:9] for _ in range(2)] == ["250 2.0.0", "250 2.0.0"]


def test_a_fault_is_said_to_each_recipient(settings: Settings) -> None:
    intake = settings.intake.model_copy(update={"max_message_bytes": 1000})
    with (
        open_door(settings.model_copy(update={"intake": intake}), LMTP) as live,
        live.client() as client,
    ):
        greeted(client)
        live.wall.fault = WallDown("test")
        for content, code in ((b"a\r\n", "451 4.3.0"), (b"a" * 1001 + b"\r\n", "552 5.3.4")):
            client.ask("MAIL FROM:<pat@smithdefence.example>")
            client.ask("RCPT TO:<claims@casebridge.example>")
            client.ask("RCPT TO:<24-001234@casebridge.example>")
            assert client.ask("DATA").startswith("354 ")
            client.say(content + b".\r\n")
            assert [client.reply()[:9] for _ in range(2)] == [code, code]
        assert client.ask("NOOP").startswith("250 ")


def test_without_a_recipient_there_is_no_data(settings: Settings) -> None:
    with open_door(settings, LMTP) as live, live.client() as client:
        greeted(client)
        client.ask("MAIL FROM:<pat@smithdefence.example>")
        assert client.ask("RCPT TO:<nobody@casebridge.example>").startswith("550 ")
        assert client.ask("DATA").startswith("503 5.5.1 Send RCPT first")


@pytest.mark.parametrize("verb", ["EHLO mx.example", "HELO mx.example", "STARTTLS"])
def test_smtp_is_not_spoken(verb: str, settings: Settings) -> None:
    with open_door(settings, LMTP) as live, live.client() as client:
        client.reply()
        assert client.ask(verb).startswith("500 5.5.1")
        assert client.ask("MAIL FROM:<a@b.example>").startswith("503 5.5.1 Send LHLO first")


def test_a_socket_in_the_file_system(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / SOCKET
    # What a process that was killed has left there.
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(os.fspath(path))
    group = grp.getgrgid(os.getegid()).gr_name
    lmtp = settings.lmtp.model_copy(update={"socket": str(path), "socket_group": group})
    with open_door(settings.model_copy(update={"lmtp": lmtp}), LMTP) as live:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(os.fspath(path))
            wire.sendall(
                b"LHLO mx.example\r\nMAIL FROM:<>\r\n"
                b"RCPT TO:<claims@casebridge.example>\r\nDATA\r\n"
            )
            with wire.makefile("rb") as said:
                while not (line := said.readline()).startswith(b"354"):
                    assert line.startswith((b"220", b"250")), line
                wire.sendall(b"Subject: a\r\n\r\n.\r\nQUIT\r\n")
                assert said.readline() == b"250 2.0.0 Received as 7KQ4-0000\r\n"
        assert live.wall.letters[0].envelope.proof is Proof.NONE


def test_a_file_in_the_socket_s_place_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / SOCKET
    path.write_text("not a socket")
    lmtp = settings.lmtp.model_copy(update={"socket": str(path)})
    with (
        pytest.raises(OSError, match="in use"),
        open_door(settings.model_copy(update={"lmtp": lmtp}), LMTP),
    ):
        pass
    assert path.read_text() == "not a socket"


def test_a_group_that_is_not_there_is_a_place_that_cannot_be_had(
    settings: Settings, tmp_path: Path
) -> None:
    changes = {"socket": str(tmp_path / SOCKET), "socket_group": "no-such-group"}
    lmtp = settings.lmtp.model_copy(update=changes)
    with (
        pytest.raises(OSError, match="no such group"),
        open_door(settings.model_copy(update={"lmtp": lmtp}), LMTP),
    ):
        pass
