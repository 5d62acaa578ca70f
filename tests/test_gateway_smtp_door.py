"""The door under way: streams, limits, hang-ups, and the wall behind it."""

from __future__ import annotations

import contextlib
import itertools
import logging
import logging.config
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from config.settings import Settings, Trust
from gateway.letter import Proof
from portal.vault import DiskFull, WriteFailed
from tests.live_door import RECIPIENT, SENDER, LiveDoor, open_door, until

CONTENT = b"Subject: 24-001234\r\n\r\nAttached.\r\n"


def with_intake(settings: Settings, **changes: object) -> Settings:
    intake = settings.intake.model_copy(update=changes)
    return settings.model_copy(update={"intake": intake})


def with_smtp(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update={"smtp": settings.smtp.model_copy(update=changes)})


def receipt_of(reply: str) -> str:
    assert reply.startswith("250 2.0.0 Received as "), reply
    return reply.rpartition(" ")[2]


# -- content ---------------------------------------------------------------------------------------


def test_a_letter_reaches_the_wall_durable_and_whole(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as client:
        client.begin()
        client.say(CONTENT + b".\r\n")
        assert client.reply() == "250 2.0.0 Received as 7KQ4-0000"
        (letter,) = live.wall.letters
        assert live.contents() == [CONTENT]
        assert letter.envelope.door == "smtp"
        assert letter.envelope.sender == SENDER
        assert letter.envelope.recipients == (RECIPIENT,)
        assert letter.envelope.proof is Proof.LOOPBACK
        assert live.drafts() == []


def test_loopback_is_proven_only_by_the_setting(settings: Settings) -> None:
    trust = settings.trust.model_copy(update={"loopback_is_proven": False})
    with open_door(settings.model_copy(update={"trust": trust})) as live, live.client() as client:
        client.begin()
        client.say(CONTENT + b".\r\n")
        receipt_of(client.reply())
        assert live.wall.letters[0].envelope.proof is Proof.NONE


def test_a_second_letter_on_one_connection_has_an_envelope_of_its_own(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as client:
        client.begin()
        client.say(CONTENT + b".\r\n")
        receipt_of(client.reply())
        assert client.ask("DATA").startswith("503 ")
        client.envelope("lee@smithdefence.example", "24-001234@casebridge.example")
        client.say(CONTENT + b".\r\n")
        receipt_of(client.reply())
        assert [letter.envelope.sender for letter in live.wall.letters] == [
            SENDER,
            "lee@smithdefence.example",
        ]


def test_an_empty_message_and_a_line_of_a_megabyte_are_letters(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as client:
        client.begin()
        client.say(b".\r\n")
        receipt_of(client.reply())
        client.envelope()
        client.say(b"A" * 1_000_000 + b"\r\n.\r\n")
        receipt_of(client.reply())
        assert live.contents() == [b"", b"A" * 1_000_000 + b"\r\n"]


LOOK_ALIKES = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n\0.\r\n"]
LOOK_ALIKES += [b"\r\n.\0\r\n", b"\r\r\n.\r\r\n", b"\r\n.\r\0\n", b"\n\n.\n\n", b"\n\r.\n\r"]


@pytest.mark.parametrize("look_alike", LOOK_ALIKES, ids=repr)
def test_smuggling_a_second_message_behind_a_look_alike(
    look_alike: bytes, settings: Settings
) -> None:
    smuggled = b"MAIL FROM:<evil@evil.example>\r\nRCPT TO:<%s>\r\nDATA\r\n" % RECIPIENT.encode()
    content = b"Subject: a\r\n\r\nfirst" + look_alike + smuggled + b"Subject: b\r\n\r\nsecond\r\n"
    with open_door(settings) as live, live.client() as client:
        for cut in range(18, 20 + len(look_alike)):
            client.begin() if cut == 18 else client.envelope()
            client.say(content[:cut])
            time.sleep(0.002)  # two packets
            client.say(content[cut:] + b".\r\n")
            receipt_of(client.reply())
        assert client.ask("NOOP").startswith("250 ")  # no further reply stood before it
        # The same content each time: one letter, and evidence kept as it came.
        assert len(live.wall.letters) == 1
        assert live.contents() == [content.replace(b"\r\n.", b"\r\n")]


def test_a_large_message_split_anyhow_is_whole(settings: Settings) -> None:
    line = b"..dotted " + b"x" * 90 + b"\r\n"
    content = line * 60_000  # 6 MB, some 20 hops to the disk
    wire = content.replace(b"..dotted", b"...dotted")
    with open_door(settings) as live, live.client() as client:
        client.begin()
        at = 0
        for size in itertools.cycle((1, 700_001, 3, 65_537, 250_000)):
            client.say(wire[at : at + size])
            at += size
            if at >= len(wire):
                break
        client.say(b".\r\n")
        receipt_of(client.reply())
        assert live.contents() == [content]


# -- limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("announced", ["", " SIZE=10"], ids=["unannounced", "lying"])
def test_over_the_limit_during_data(announced: str, settings: Settings) -> None:
    door = open_door(with_intake(settings, max_message_bytes=2_000_000))
    with door as live:
        with live.client() as client:
            client.reply()
            client.ask("EHLO client.example")
            client.ask(f"MAIL FROM:<{SENDER}>{announced}")
            client.ask(f"RCPT TO:<{RECIPIENT}>")
            client.ask("DATA")
            client.say(b"A" * 1_500_000)
            until(lambda: live.drafts() != [])
            client.say(b"A" * 600_000)
            until(lambda: live.drafts() == [])  # off the disk before the end has come
            client.say(b"\r\n.\r\n")
            reply = client.reply()
            assert reply.startswith("552 5.3.4 This email is larger than 2 MB")
            assert "/send - no account needed" in reply, "the road for large files is named"
            client.envelope()
            client.say(CONTENT + b".\r\n")
            receipt_of(client.reply())
        assert live.contents() == [CONTENT]


def test_the_limit_itself_is_taken(settings: Settings) -> None:
    with open_door(with_intake(settings, max_message_bytes=1000)) as live, live.client() as client:
        client.begin()
        client.say(b"." + b"." * 998 + b"\r\n.\r\n")  # 1001 octets of which one dot is stuffing
        receipt_of(client.reply())
        client.envelope()
        client.say(b"." + b"." * 999 + b"\r\n.\r\n")
        assert client.reply().startswith("552 5.3.4")
        assert [len(content) for content in live.contents()] == [1000]


def test_a_message_that_never_ends_is_cut_off(settings: Settings) -> None:
    with open_door(with_intake(settings, max_message_bytes=100_000)) as live:
        with live.client() as client:
            client.begin()
            with pytest.raises(ConnectionError):
                client.flood(b"RSET\r\n" * 10_000)
        until(lambda: live.codes[-1] == 552)
        assert live.drafts() == []
        assert live.wall.letters == []


def test_a_command_line_of_ten_kilobytes(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as client:
        client.reply()
        for size in (993, 994, 2000, 10_000, 300_000):
            reply = client.ask("NOOP " + "A" * size)
            assert reply.startswith("250 " if size == 993 else "500 5.5.2"), (size, reply)
        assert client.ask("NOOP").startswith("250 ")


def test_more_connections_than_allowed(settings: Settings) -> None:
    settings = with_smtp(settings, max_connections=2)
    with open_door(settings) as live, live.client() as one, live.client() as two:
        assert one.reply().startswith("220 ")
        assert two.reply().startswith("220 ")
        with live.client() as three:
            assert three.reply().startswith("421 4.3.2")
            assert three.rest() == b""
        one.ask("QUIT")
        one.rest()
        with live.client() as four:
            assert four.reply().startswith("220 ")


def test_more_connections_of_one_client_than_it_may_have(settings: Settings) -> None:
    settings = with_smtp(settings, max_connections_of_client=2)
    stranger = settings.model_copy(update={"trust": Trust(loopback_is_proven=False)})
    with open_door(stranger) as live, live.client() as one, live.client() as two:
        assert [client.reply()[:4] for client in (one, two)] == ["220 ", "220 "]
        with live.client() as three:
            assert three.reply().startswith("421 4.7.0 You have as many connections")
            assert three.rest() == b""
        with live.client(source="127.0.0.2") as another:
            assert another.reply().startswith("220 ")
        one.ask("QUIT")
        one.rest()
        with live.client() as four:
            assert four.reply().startswith("220 ")


@pytest.mark.slow
def test_a_silent_client_is_closed_and_a_slow_one_is_not(settings: Settings) -> None:
    settings = with_smtp(settings, idle_seconds=1)
    with open_door(settings) as live, live.client() as silent, live.client() as slow:
        silent.reply()
        slow.begin()
        for _ in range(12):  # over twice the time, with no pause of a second
            slow.say(b"a line\r\n")
            time.sleep(0.2)
        slow.say(b".\r\n")
        receipt_of(slow.reply())
        assert silent.reply().startswith("421 4.4.2 Nothing came for 1 seconds")
        assert silent.rest() == b""


@pytest.mark.slow
def test_a_byte_now_and_then_does_not_keep_a_connection(settings: Settings) -> None:
    with open_door(with_smtp(settings, idle_seconds=1)) as live, live.client() as client:
        client.begin()
        with contextlib.suppress(OSError):
            for _ in range(20):
                client.say(b"a")
                time.sleep(0.15)
        assert client.reply().startswith("421 4.4.2 Next to nothing came for 1 seconds")
        assert live.wall.letters == []


@pytest.mark.slow
def test_a_client_that_waits_for_a_slow_wall_is_not_idle(settings: Settings) -> None:
    with open_door(with_smtp(settings, idle_seconds=1)) as live, live.client() as client:
        live.wall.gate.clear()
        client.begin()
        client.say(CONTENT + b".\r\n")
        time.sleep(2.2)
        live.wall.gate.set()
        receipt_of(client.reply())


@pytest.mark.slow
def test_a_client_that_does_not_read_makes_itself_wait(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as client:
        client.reply()
        client.socket.settimeout(0.5)
        # Replies fill the buffers, and the door reads no more, or it has heard enough.
        with pytest.raises((TimeoutError, ConnectionError)):
            client.flood(b"VRFY name\r\n" * 1000)


def test_whoever_sends_a_thousand_commands_at_once_is_not_alone(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as many, live.client() as other:
        for client in (many, other):
            client.reply()
        many.say(b"NOOP\r\n" * 1500)
        assert other.ask("HELP").startswith("214 ")
        said = [many.reply()[:4] for _ in range(1500)]
        assert said == ["250 "] * 1500
        # Each had turns: in one go all of the first one's would have come before.
        assert live.codes.index(214) < 1400


# -- hang-ups --------------------------------------------------------------------------------------


@pytest.mark.parametrize("milliseconds", [0, 1, 3, 10, 30, 100])
def test_a_reset_right_after_the_final_dot(milliseconds: int, settings: Settings) -> None:
    with open_door(settings) as live:
        client = live.client()
        client.begin()
        client.say(CONTENT + b".\r\n")
        time.sleep(milliseconds / 1000)
        client.reset_by_peer()
        # The sender did not hear 250, so it sends the same again (RFC 1047).
        with live.client() as again:
            again.begin()
            again.say(CONTENT + b".\r\n")
            receipt = receipt_of(again.reply())
        assert receipt == "7KQ4-0000"
        assert live.contents() == [CONTENT]
        assert live.drafts() == []


def test_a_reset_while_the_wall_is_at_it_does_not_stop_the_letter(settings: Settings) -> None:
    with open_door(settings) as live:
        live.wall.gate.clear()
        client = live.client()
        client.begin()
        client.say(CONTENT + b".\r\n")
        assert live.wall.arrived.wait(10)
        client.reset_by_peer()
        time.sleep(0.05)
        live.wall.gate.set()
        until(lambda: len(live.wall.letters) == 1)


@pytest.mark.parametrize("size", [0, 1000, 1_500_000])
def test_a_reset_before_the_final_dot_leaves_nothing(size: int, settings: Settings) -> None:
    with open_door(settings) as live:
        client = live.client()
        client.begin()
        client.say(b"A" * size + b"\r\n.\r")
        time.sleep(0.05)
        client.reset_by_peer()
        until(lambda: live.drafts() == [])
        with live.client() as again:
            again.begin()
            again.say(CONTENT + b".\r\n")
            receipt_of(again.reply())
        assert live.contents() == [CONTENT]


def piped(live: LiveDoor, dialogue: bytes) -> bytes:
    with live.client() as client:
        client.say(dialogue)
        client.socket.shutdown(socket.SHUT_WR)
        return client.rest()


def test_a_whole_dialogue_piped_in_then_half_closed(settings: Settings) -> None:
    head = b"EHLO c\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n"
    head %= SENDER.encode(), RECIPIENT.encode()
    with open_door(settings) as live:
        said = piped(live, head + CONTENT + b".\r\nQUIT\r\n")
        assert said.endswith(b"250 2.0.0 Received as 7KQ4-0000\r\n221 2.0.0 Goodbye\r\n")
        # Without QUIT, with a large message, and with another behind it.
        big = CONTENT + b"x" * 3_000_000 + b"\r\n"
        both = head + big + b".\r\n" + head + CONTENT + b"and more\r\n.\r\n"
        said = piped(live, both)
        assert said.count(b"250 2.0.0 Received as ") == 2
        assert live.contents() == [CONTENT, big, CONTENT + b"and more\r\n"]


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_a_dialogue_piped_in_without_its_final_dot(size: int, settings: Settings) -> None:
    head = b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n"
    with open_door(settings) as live:
        said = piped(live, head + b"x" * size + b"\r\n.\r")
        assert said.splitlines()[-1].startswith(b"451 4.3.0")
        assert live.wall.letters == []
        assert live.drafts() == []


def test_the_same_message_again_gets_the_first_receipt(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as client:
        client.begin()
        client.say(CONTENT + b".\r\n")
        first = receipt_of(client.reply())
        client.envelope()
        client.say(CONTENT + b".\r\n")
        assert receipt_of(client.reply()) == first
        client.envelope(sender="lee@smithdefence.example")
        client.say(CONTENT + b".\r\n")
        assert receipt_of(client.reply()) != first


# -- faults ----------------------------------------------------------------------------------------


class WallFell(Exception):
    """What a test's wall raises."""


@pytest.mark.parametrize(
    ("fault", "reply"),
    [(WallFell(), "451 4.3.0"), (DiskFull(), "452 4.3.1"), (WriteFailed(), "451 4.3.0")],
    ids=["wall", "full", "write"],
)
def test_a_fault_at_the_wall_is_never_a_yes(
    fault: Exception, reply: str, settings: Settings
) -> None:
    with open_door(settings) as live, live.client() as client:
        live.wall.fault = fault
        client.begin()
        client.say(CONTENT + b".\r\n")
        assert client.reply().startswith(reply)
        live.wall.fault = None
        client.envelope()
        client.say(CONTENT + b".\r\n")
        receipt_of(client.reply())


def test_little_free_space_is_told_at_mail(settings: Settings) -> None:
    storage = settings.storage.model_copy(update={"minimum_free_bytes": 2**62})
    with (
        open_door(settings.model_copy(update={"storage": storage})) as live,
        live.client() as client,
    ):
        client.reply()
        client.ask("EHLO client.example")
        assert client.ask(f"MAIL FROM:<{SENDER}>").startswith("452 4.3.1 ")


def test_storage_that_is_gone_is_told_at_mail(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as client:
        shutil.rmtree(settings.storage.path)
        client.reply()
        client.ask("EHLO client.example")
        assert client.ask(f"MAIL FROM:<{SENDER}>").startswith("451 4.3.0 ")


# -- stopping --------------------------------------------------------------------------------------


def test_stopping_tells_the_idle_and_waits_for_the_busy(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as idle, live.client() as busy:
        idle.reply()
        busy.begin()
        busy.say(CONTENT)
        stopping = threading.Thread(target=lambda: live.run(live.door.stop(grace_seconds=10)))
        stopping.start()
        assert idle.reply().startswith("421 4.3.2 ")
        assert idle.rest() == b""
        busy.say(b".\r\n")
        receipt_of(busy.reply())
        assert busy.reply().startswith("421 4.3.2 ")
        assert busy.rest() == b""
        stopping.join(10)
        assert not stopping.is_alive()
        assert live.contents() == [CONTENT]


def test_stopping_drops_what_does_not_end_and_waits_for_what_has(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as endless, live.client() as ended:
        live.wall.gate.clear()
        endless.begin()
        endless.say(b"A" * 1_000_000)
        ended.begin()
        ended.say(CONTENT + b".\r\n")
        assert live.wall.arrived.wait(10)
        stopping = threading.Thread(target=lambda: live.run(live.door.stop(grace_seconds=0.2)))
        stopping.start()
        assert endless.reply().startswith("421 4.3.2 ")
        assert stopping.is_alive()
        live.wall.gate.set()
        receipt_of(ended.reply())
        assert ended.reply().startswith("421 ")
        stopping.join(10)
        assert not stopping.is_alive()
        assert live.contents() == [CONTENT]
        assert live.drafts() == []


# -- logs ------------------------------------------------------------------------------------------


def test_nothing_that_is_sent_is_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    # As a server that configures logging anew does, uvicorn for one.
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    with caplog.at_level(logging.DEBUG), open_door(settings) as live, live.client() as client:
        live.wall.fault = WallFell("canary-in-a-fault")
        client.begin(sender="canary-sender@smithdefence.example")
        client.say(b"Subject: canary-subject\r\n\r\ncanary-body\r\n.\r\n")
        assert client.reply().startswith("451 ")
        client.ask("VRFY canary-name")
        client.ask("CANARY-VERB canary-argument")
    heard = "".join(capfd.readouterr()) + caplog.text
    assert "smtp.not_accepted" in heard
    assert "canary" not in heard.lower()


def test_every_reply_is_counted_once(settings: Settings) -> None:
    with open_door(settings) as live, live.client() as client:
        client.begin()
        client.say(CONTENT + b".\r\n")
        receipt_of(client.reply())
        client.ask("QUIT")
        client.rest()
        assert live.codes == [220, 250, 250, 250, 354, 250, 221]


# -- real clients ----------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not installed")
def test_swaks_sends_a_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7\n" + b"\x80..\r\n.\r\n" * 1000)
    with open_door(settings) as live:
        done = subprocess.run(
            f"swaks --server 127.0.0.1:{live.port} --from {SENDER} --to {RECIPIENT}"
            f" --h-Subject 24-001234 --attach @{tmp_path}/report.pdf".split(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert "250 2.0.0 Received as 7KQ4-0000" in done.stdout
        assert b"Subject: 24-001234" in live.contents()[0]


SMTP_SOURCE = shutil.which("smtp-source", path="/usr/sbin:/usr/bin")


@pytest.mark.skipif(SMTP_SOURCE is None, reason="smtp-source (Debian: postfix) is not installed")
@pytest.mark.parametrize("keep_connections", [True, False])
def test_smtp_source_on_ten_connections(keep_connections: bool, settings: Settings) -> None:
    with open_door(settings) as live:
        command = [str(SMTP_SOURCE), *(["-d"] if keep_connections else []), "-s", "10", "-m", "200"]
        command += ["-l", "10000", "-f", SENDER, "-t", RECIPIENT, f"127.0.0.1:{live.port}"]
        subprocess.run(command, check=True)
        assert len(live.wall.letters) == 200
        assert len({letter.raw.sha256 for letter in live.wall.letters}) == 200
