"""STARTTLS at the SMTP door: what came before it is forgotten, and the state is on the letter."""

from __future__ import annotations

import shutil
import smtplib
import socket
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import Settings, SmtpTls
from gateway.smtp.certificate import Certificate, CertificateFault, ready_certificate
from tests.live_door import RECIPIENT, SENDER, Client, LiveDoor, anybody, open_door, until
from tests.mail_server import Certificates, make_certificates

CONTENT = b"Subject: 24-001234\r\n\r\nAttached.\r\n"


def with_tls(settings: Settings, **changes: str) -> Settings:
    smtp = settings.smtp.model_copy(update={"tls": SmtpTls.model_validate(changes)})
    return settings.model_copy(update={"smtp": smtp})


@pytest.fixture
def live(settings: Settings) -> Iterator[LiveDoor]:
    with open_door(settings) as opened:
        yield opened


def secured(client: Client) -> None:
    client.reply()
    assert "250-STARTTLS" in client.ask("EHLO client.example").split("\n")
    assert client.ask("STARTTLS").startswith("220 2.0.0 ")
    client.over(anybody())


def test_a_letter_comes_by_tls_and_says_so(live: LiveDoor) -> None:
    with live.client() as client:
        secured(client)
        assert "STARTTLS" not in client.ask("EHLO client.example")
        assert client.ask("STARTTLS").startswith("502 5.5.1")
        client.envelope()
        large = CONTENT + b"x" * 5_000_000 + b"\r\n"  # some pauses for the disk
        client.say(large + b".\r\n")
        assert client.reply().startswith("250 2.0.0 Received as ")
        client.envelope()
        client.say(CONTENT + b".\r\nQUIT\r\n")
        assert client.reply().startswith("250 2.0.0 Received as ")
        assert client.reply().startswith("221 ")
    with live.client() as client:
        client.begin()
        client.say(b"Subject: in the clear\r\n\r\n.\r\n")
        assert client.reply().startswith("250 ")
    assert live.contents()[:2] == [large, CONTENT]
    assert [letter.envelope.tls for letter in live.wall.letters] == ["TLSv1.3", "TLSv1.3", None]


@pytest.mark.parametrize(
    "injected", [b"MAIL FROM:<evil@evil.example>\r\n", b"EHLO evil\r\nRSET\r\n"]
)
def test_what_is_sent_in_the_clear_behind_starttls_is_dropped(
    injected: bytes, live: LiveDoor
) -> None:
    # CVE-2011-0411, CVE-2024-34083: a man in the middle puts commands into the same packet.
    with live.client() as client:
        client.reply()
        client.ask("EHLO client.example")
        assert client.ask(f"MAIL FROM:<{SENDER}>").startswith("250 ")
        client.say(b"STARTTLS\r\n" + injected)
        assert client.reply().startswith("220 ")
        client.over(anybody())
        # No reply to it stands before this one, and nothing of before is remembered.
        assert client.ask("NOOP") == "250 2.0.0 Here"
        assert client.ask(f"RCPT TO:<{RECIPIENT}>").startswith("503 5.5.1 Send MAIL first")
        assert client.ask(f"MAIL FROM:<{SENDER}>").startswith("503 5.5.1 Send EHLO first")


def test_a_long_tail_behind_starttls_is_dropped_too(live: LiveDoor) -> None:
    # More than the stream reader takes before it makes the client wait.
    with live.client() as client:
        client.reply()
        client.say(b"EHLO client.example\r\nSTARTTLS\r\n" + b"NOOP\r\n" * 300)
        assert client.reply().startswith("250-")
        assert client.reply().startswith("220 ")
        client.over(anybody())
        assert client.ask("NOOP") == "250 2.0.0 Here"
        assert client.ask("MAIL FROM:<a@b.example>").startswith("503 ")


def test_where_tls_is_required_there_is_no_mail_without_it(settings: Settings) -> None:
    with open_door(with_tls(settings, starttls="required")) as live, live.client() as client:
        client.reply()
        client.ask("EHLO client.example")
        assert client.ask(f"MAIL FROM:<{SENDER}>").startswith("530 5.7.0 ")
        assert client.ask("STARTTLS").startswith("220 ")
        client.over(anybody())
        client.ask("EHLO client.example")
        assert client.ask(f"MAIL FROM:<{SENDER}>").startswith("250 ")


def test_where_it_is_off_it_is_not_offered(settings: Settings) -> None:
    with open_door(with_tls(settings, starttls="off")) as live, live.client() as client:
        client.reply()
        assert "STARTTLS" not in client.ask("EHLO client.example")
        assert client.ask("STARTTLS").startswith("502 5.5.1")
    assert not (settings.storage.path / "tls").exists()


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b""])
def test_a_handshake_that_fails_leaves_nothing_behind(said: bytes, live: LiveDoor) -> None:
    client = live.client()
    client.reply()
    client.ask("EHLO client.example")
    assert client.ask("STARTTLS").startswith("220 ")
    client.say(said)
    client.socket.shutdown(socket.SHUT_WR)
    assert b"250" not in client.rest()
    client.socket.close()
    until(lambda: not live.door._sessions)
    with live.client() as another:
        assert another.reply().startswith("220 ")


def test_stopping_in_the_middle_of_a_handshake(settings: Settings) -> None:
    with open_door(settings) as live:
        client = live.client()
        client.reply()
        client.ask("EHLO client.example")
        assert client.ask("STARTTLS").startswith("220 ")
    assert client.rest() == b""  # not a word in the clear
    assert not live.door._sessions


@pytest.mark.slow
def test_stopping_under_tls_is_said_under_tls(settings: Settings) -> None:
    with open_door(settings) as live:
        client = live.client()
        secured(client)
        assert client.ask("NOOP").startswith("250 ")
    assert client.reply().startswith("421 4.3.2 ")
    client.socket.close()


def test_smtplib_and_its_verification(settings: Settings, certificates: Certificates) -> None:
    files = {
        "certificate_file": str(certificates.folder / "server.pem"),
        "key_file": str(certificates.folder / "server.key"),
    }
    context = ssl.create_default_context(cafile=str(certificates.authority))
    with (
        open_door(with_tls(settings, **files)) as live,
        smtplib.SMTP("localhost", live.port) as client,
    ):
        client.starttls(context=context)
        client.sendmail(SENDER, RECIPIENT, CONTENT)
    assert live.contents() == [CONTENT]


# -- the certificate -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls") / "certificates")


def test_its_own_certificate_is_made_once(settings: Settings) -> None:
    settings.storage.path.mkdir()
    made = ready_certificate(settings)
    assert made is not None
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    before = made.chain.read_bytes()
    again = ready_certificate(settings)
    assert again is not None
    assert again.chain.read_bytes() == before
    assert again.ends() > datetime.now(UTC) + timedelta(days=3000)


def test_a_certificate_is_read_anew_when_it_changes(
    settings: Settings, certificates: Certificates, tmp_path: Path
) -> None:
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    shutil.copy(certificates.folder / "server.pem", chain)
    shutil.copy(certificates.folder / "server.key", key)
    other = make_certificates(tmp_path / "other")

    def shown(live: LiveDoor) -> bytes:
        with live.client() as client:
            secured(client)
            assert isinstance(client.socket, ssl.SSLSocket)
            found = client.socket.getpeercert(binary_form=True)
            assert found is not None
            return found

    with open_door(with_tls(settings, certificate_file=str(chain), key_file=str(key))) as live:
        first = shown(live)
        shutil.copy(other.folder / "server.pem", chain)
        # In the middle of a renewal the two do not fit: the old one goes on.
        assert shown(live) == first
        shutil.copy(other.folder / "server.key", key)
        assert shown(live) != first


def test_a_certificate_that_cannot_be_used_stops_the_start(
    settings: Settings, certificates: Certificates, tmp_path: Path
) -> None:
    missing = Certificate(tmp_path / "none.pem", certificates.folder / "server.key")
    with pytest.raises(CertificateFault):
        missing.context()
    mixed = Certificate(certificates.folder / "server.pem", certificates.folder / "ca.key")
    with pytest.raises(CertificateFault):
        mixed.context()
    with pytest.raises(CertificateFault):
        missing.ends()
