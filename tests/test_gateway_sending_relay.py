"""The relay: over TLS that was verified or not at all, nobody forgotten, nobody told twice."""

from __future__ import annotations

import contextlib
import os
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import structlog

from config.settings import Relay
from gateway.sending.outbound import UNSENDABLE, Outbound
from gateway.sending.relay import RelayWay
from gateway.stores import Stores
from tests.live_door import until
from tests.mail_server import Certificates, MailServer, mail_server, make_certificates
from tests.test_gateway_sending_outbound import NOW, Crash, Post, crash

pytestmark = pytest.mark.slow

TOKEN = "0123456789abcdef" * 2
HTML = '<!DOCTYPE html>\n<html lang="en"><p>We received it \N{EM DASH} "filed".</p></html>\n'


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls") / "ca")


@contextlib.contextmanager
def breaking_relay(at: str) -> Iterator[int]:
    """Serve SMTP that ends the connection at one point of a mail to bad@; give its port.

    No real server does that by setting.
    """

    class Dialogue(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 relay.example")
            is_bad = False
            for line in self.rfile:
                verb = line.decode().strip().upper()
                is_bad = b"bad@" in line if verb.startswith("RCPT") else is_bad
                if is_bad and verb.startswith(at):
                    return
                if verb == "DATA":
                    self.say("354 Go on")
                    while self.rfile.readline().strip() != b".":
                        pass
                    if is_bad and at == "the dot":
                        return
                if is_bad and at == "refused":
                    self.say("550 5.7.1 Not this one")
                    return
                self.say("221 Bye" if verb == "QUIT" else "250 Well")

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dialogue) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def post(stores: Stores) -> Iterator[Post]:
    with structlog.testing.capture_logs():
        yield Post(stores)


def relay(server: MailServer, trusted: Certificates | None, **changes: Any) -> Relay:
    said: dict[str, Any] = {
        "host": "localhost",
        "port": server.port,
        "ca_file": "" if trusted is None else str(trusted.authority),
        "seconds": 20,
    }
    return Relay(**(said | changes))


def send_by(post: Post, way: Relay) -> int:
    post.outbound.way = RelayWay(way, "gateway.example")
    return post.outbound.send_due()


@pytest.mark.parametrize(("security", "at_once"), [("starttls", False), ("tls", True)])
def test_a_mail_arrives_whole_over_verified_tls(
    post: Post, certificates: Certificates, security: str, at_once: bool
) -> None:
    post.owe(html=HTML, text="We received it \N{EM DASH} filed.\n.\n..two\n" + "x" * 2000 + "\n")
    post.owe(kind="notice", in_reply_to=None, return_token=TOKEN)
    with mail_server(certificates, at_once=at_once) as server:
        assert send_by(post, relay(server, certificates, security=security)) == 2
    assert server.encrypted == [True, True]
    answer, begun = server.taken
    assert (answer.mail_from, begun.mail_from) == ("<>", f"bounce+{TOKEN}@casebridge.example")
    assert answer.rcpt_tos == ["pat.hall@bakerllp.example"]
    assert isinstance(answer.content, bytes)
    assert answer.content.isascii()
    mail = message_from_bytes(answer.content, policy=default)
    text, html = mail.iter_parts()
    assert [part.get_content_type() for part in (mail, text, html)] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert text.get_content().split() == post.rows()[0].text.split()
    assert html.get_content() == HTML.replace("\n", "\r\n")
    assert [row.sent_at for row in post.rows()] == [NOW, NOW]


def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    post: Post, certificates: Certificates, tmp_path: Path
) -> None:
    post.owe()
    other = make_certificates(tmp_path / "other")
    with mail_server(certificates) as server:
        for wrong in (relay(server, other), relay(server, None)):
            assert send_by(post, wrong) == 0
            post.now += timedelta(minutes=10)
        assert send_by(post, relay(server, certificates, host="127.0.0.1")) == 0, "another name"
        post.now += timedelta(minutes=10)
        assert server.taken == []
        (row,) = post.rows()
        assert (row.sent_at, row.failed_at, row.tries) == (None, None, 0)
        assert send_by(post, relay(server, certificates)) == 1
    assert len(server.taken) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_relay_without_tls_gets_nothing(post: Post, security: str) -> None:
    post.owe()
    with mail_server() as server:
        assert send_by(post, relay(server, None, security=security, seconds=3)) == 0
    assert server.taken == []
    assert post.rows()[0].sent_at is None


def test_what_the_relay_refuses_for_good_is_kept_with_its_codes_and_no_more(post: Post) -> None:
    post.owe(recipient="gone@bakerllp.example")
    post.owe(recipient="full@bakerllp.example", kind="notice")
    post.owe(recipient="odd@bakerllp.example", kind="other")
    post.owe(occasion="2")
    with mail_server() as server:
        server.answers = {
            "gone@bakerllp.example": "550 5.1.1 No mailbox for gone@bakerllp.example",
            "full@bakerllp.example": "452 4.2.2 full@bakerllp.example is over quota",
            "odd@bakerllp.example": "599 gone@bakerllp.example 5.1.1",
        }
        assert send_by(post, relay(server, None, security="none")) == 4
        gone, full, odd, sent = post.rows()
        assert (gone.failed_at, gone.sent_at, gone.failure) == (NOW, None, "550 5.1.1")
        assert (full.failed_at, full.failure, full.tries) == (None, "452 4.2.2", 1)
        assert full.not_before == NOW + timedelta(seconds=1)
        assert (odd.failed_at, odd.failure) == (NOW, "599")
        assert sent.sent_at == NOW
        server.answers = {}
        post.now += timedelta(seconds=1)
        assert send_by(post, relay(server, None, security="none")) == 1
    assert [one.rcpt_tos[0].partition("@")[0] for one in server.taken] == ["pat.hall", "full"]
    assert post.rows()[1].failure is None


@pytest.mark.parametrize("answer", ["550 5.7.1 You may not", "421 4.3.2 Closing", "451 4.3.0 No"])
def test_what_is_said_to_mail_is_about_us_and_the_mails_wait(post: Post, answer: str) -> None:
    post.owe()
    post.owe(occasion="2")
    with mail_server() as server:
        server.answers = {"MAIL": answer}
        assert send_by(post, relay(server, None, security="none")) == 0
        rows = post.rows()
        assert {(row.sent_at, row.failed_at) for row in rows} == {(None, None)}
        assert [row.tries for row in rows] == [1, 0], "the one in hand, and no other"
        server.answers = {}
        assert post.outbound.send_due() == 0, "it rests"
        post.now += timedelta(seconds=1)
        assert post.outbound.send_due() == 2
    assert len(server.taken) == 2


@pytest.mark.parametrize("at", ["RCPT", "DATA", "the dot"])
def test_a_mail_that_the_relay_cannot_bear_does_not_stop_the_others(post: Post, at: str) -> None:
    """The relay goes away with one mail in hand, each time it sees it."""
    post.owe(recipient="bad@bakerllp.example")
    post.owe()
    with breaking_relay(at) as port:
        for rest in (1, 2, 4):
            send_by(post, Relay(host="127.0.0.1", port=port, security="none", seconds=20))
            post.now += timedelta(seconds=rest)
    bad, good = post.rows()
    assert good.sent_at is not None
    assert (bad.sent_at, bad.failed_at, bad.failure) == (None, None, "no answer")
    assert bad.tries >= 2
    assert bad.not_before > NOW


def test_a_relay_that_hangs_up_behind_its_refusal_has_refused(post: Post) -> None:
    post.owe(recipient="bad@bakerllp.example")
    with breaking_relay("refused") as port:
        send_by(post, Relay(host="127.0.0.1", port=port, security="none", seconds=20))
    (row,) = post.rows()
    assert (row.failed_at, row.failure) == (NOW, "550 5.7.1")


def test_a_message_that_the_relay_dislikes_is_refused_for_good(post: Post) -> None:
    post.owe()
    with mail_server() as server:
        server.answers = {"DATA": "554 5.6.0 no"}
        send_by(post, relay(server, None, security="none"))
    assert post.rows()[0].failure == "554 5.6.0"


def test_a_relay_that_is_down_is_tried_for_ever_and_ever_less(post: Post) -> None:
    post.owe()
    with mail_server() as server:
        pass  # and it is gone
    rests = []
    for _ in range(13):
        assert send_by(post, relay(server, None, security="none")) == 0
        before = post.now
        assert post.outbound._rests_until is not None
        post.now = datetime.fromtimestamp(post.outbound._rests_until, UTC)
        rests.append((post.now - before).total_seconds())
    assert rests == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]
    (row,) = post.rows()
    assert (row.sent_at, row.failed_at, row.tries) == (None, None, 0)


def test_a_clock_that_is_set_back_an_hour_makes_no_rest_longer(post: Post) -> None:
    post.owe()  # it is in hand when the relay turns away, and has a time of its own to wait for
    post.owe(occasion="2")
    post.now += timedelta(hours=1)  # the clock is ahead
    with mail_server() as server:
        server.answers = {"MAIL": "421 4.3.2 Closing"}
        assert send_by(post, relay(server, None, security="none")) == 0
        server.answers = {}
        post.now, post.set_back = NOW + timedelta(seconds=5), timedelta(hours=1)
        assert post.outbound.send_due() == 1
    assert len(server.taken) == 1


def test_the_password_comes_from_its_file_each_time(
    post: Post, certificates: Certificates, tmp_path: Path
) -> None:
    post.owe()
    secret = tmp_path / "password"
    with mail_server(certificates, password=b"right one") as server:
        way = relay(server, certificates, user="gateway", password_file=str(secret), seconds=5)
        assert send_by(post, way) == 0, "there is no file"
        secret.write_text("wrong one\n", encoding="utf-8")
        post.now += timedelta(minutes=10)
        assert send_by(post, way) == 0
        assert post.rows()[0].failed_at is None
        secret.write_text("right one\n", encoding="utf-8")
        post.now += timedelta(minutes=10)
        assert send_by(post, way) == 1
    assert len(server.taken) == 1


def test_only_a_crash_behind_the_relays_yes_sends_twice_and_then_the_same(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.owe(html=HTML)
    post.owe(kind="notice")
    with mail_server() as server:
        with monkeypatch.context() as patch:
            patch.setattr(Outbound, "_note", crash)
            with pytest.raises(Crash):
                send_by(post, relay(server, None, security="none"))
        assert post.outbound.send_due() == 2
    first, again, notice = (one.content for one in server.taken)
    assert first == again != notice


HOSTILE = "a@b.example{end}Bcc: eve@evil.example{end}{end}.{end}MAIL FROM:<eve@evil.example>"
ENDS = ["\n", "\r\n", "\r", "\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\r\n.\r\n"]


def test_on_the_wire_no_foreign_field_makes_a_header_or_a_command(
    post: Post, tmp_path: Path
) -> None:
    """Bytes as Postfix's own sink took them: one header block of ours for each mail."""
    sink = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    if sink is None:
        pytest.skip("postfix is not installed")
    for end in ENDS:
        for name in ("subject", "recipient", "in_reply_to", "message_id"):
            number = len(post.rows())
            usual = {"recipient": f"pat{number}@bakerllp.example", "occasion": str(number)}
            post.owe(**(usual | {name: HOSTILE.format(end=end)}))
        post.owe(
            recipient=f"pat{len(post.rows())}@bakerllp.example",
            text=HOSTILE.format(end=end),
            html=f"<p>{HOSTILE.format(end=end)}</p>",
        )
    with mail_server() as free:
        pass
    dump = tmp_path / "dump"
    user = ["-u", "root"] if os.geteuid() == 0 else []  # else it becomes a user of its own choice
    process = subprocess.Popen(
        [sink, *user, "-D", str(dump), f"127.0.0.1:{free.port}", "100"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        way = relay(free, None, security="none", host="127.0.0.1")
        until(lambda: _sent_all(post, way))
    finally:
        process.terminate()
        process.wait(10)
    refused = [row for row in post.rows() if row.failure == UNSENDABLE]
    assert len(refused) == 4 * len(ENDS), "each hostile header value"
    mails = (b"\n" + dump.read_bytes()).split(b"\nX-Client-Addr: ")[1:]
    assert len(mails) == len(ENDS)
    for mail in mails:
        header = mail.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        assert b"\nX-Mail-Args: <>\n" in header
        assert header.count(b"\nX-Rcpt-Args: ") == 1
        assert b"evil" not in header
        assert b"\nBcc" not in header
        assert header.count(b"\nSubject: Filed: 1 document (receipt 7KQ4-M2XD)") == 1


def _sent_all(post: Post, way: Relay) -> bool:
    post.now += timedelta(minutes=10)  # whatever the sink's start took
    send_by(post, way)
    return all(row.sent_at or row.failed_at for row in post.rows())
