"""Behind a real Postfix, with the configuration that docs/postfix.md gives."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import smtplib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.postfix import running
from config.settings import Lmtp, Settings
from gateway.intake import WallDown
from gateway.letter import Proof
from gateway.smtp.manner import LMTP
from tests.live_door import LiveDoor, open_door, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("postfix", path="/usr/sbin") is None,
        reason="Postfix is not installed, or we are not root, as whom it starts",
    ),
]
DOCUMENT = Path(__file__).parent.parent / "docs/postfix.md"
SOCKET = "/run/casebridge/lmtp"
# With the fields that Postfix would add for a client of its own network.
CONTENT = (
    "From: pat@smithdefence.example\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
    "Message-ID: <1@smithdefence.example>\r\nSubject: 24-001234\r\n\r\nA line.\r\n.dotted\r\n"
)
TAG = "24-001234@casebridge.example"


def block(name: str) -> str:
    """One block of the document."""
    blocks = rf"^```{re.escape(name)}\n(.*?)^```$"
    (found,) = re.findall(blocks, DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


@contextlib.contextmanager
def front(live: LiveDoor, transport: str) -> Iterator[smtplib.SMTP]:
    """A client of the Postfix in front of a door."""
    main = block("main.cf").replace(f"lmtp:unix:{SOCKET}", transport)
    with (
        running("mydestination =\n" + main, block("master.cf")) as port,
        smtplib.SMTP("127.0.0.1", port, timeout=30) as client,
    ):
        yield client


@contextlib.contextmanager
def by_socket(settings: Settings) -> Iterator[tuple[LiveDoor, str]]:
    # Where Postfix's user can pass.
    with tempfile.TemporaryDirectory(prefix="lmtp-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        text = block("casebridge.toml").replace(SOCKET, f"{folder}/lmtp")
        keys = dict(re.findall(r'^(\w+) = "(.*)"$', text, re.MULTILINE))
        assert set(keys) == {"socket", "socket_group"}
        settings = settings.model_copy(update={"lmtp": Lmtp(**keys)})
        with open_door(settings, LMTP) as live:
            yield live, f"lmtp:unix:{folder}/lmtp"


def test_what_postfix_takes_is_one_letter(settings: Settings) -> None:
    with by_socket(settings) as (live, transport), front(live, transport) as client:
        refused = client.sendmail(
            "pat@smithdefence.example",
            ["claims@casebridge.example", TAG, "nobody@casebridge.example"],
            CONTENT,
        )
        # At once, to the sender, with our words: nothing is bounced later.
        code, words = refused["nobody@casebridge.example"]
        assert code == 550
        assert b"casebridge.example" in words
        until(lambda: len(live.wall.letters) == 1)
        (letter,) = live.wall.letters
        assert letter.envelope.door == "lmtp"
        assert letter.envelope.sender == "pat@smithdefence.example"
        assert set(letter.envelope.recipients) == {"claims@casebridge.example", TAG}
        assert letter.envelope.proof is Proof.NONE
        (content,) = live.contents()
        assert content.startswith(b"Received: ")
        assert content.endswith(CONTENT.encode())


def test_by_tcp(settings: Settings) -> None:
    with open_door(settings, LMTP) as live:
        with front(live, f"lmtp:inet:[127.0.0.1]:{live.port}") as client:
            client.sendmail("pat@smithdefence.example", [TAG], CONTENT)
            until(lambda: len(live.wall.letters) == 1)
        assert live.contents()[0].endswith(CONTENT.encode())


def test_what_the_wall_does_not_take_stays_with_postfix(settings: Settings) -> None:
    with by_socket(settings) as (live, transport):
        live.wall.fault = WallDown("test")
        # Tried again after a second, where the rest of the world waits for minutes.
        hasty = "\nminimal_backoff_time = 1s\nmaximal_backoff_time = 1s\nqueue_run_delay = 1s\n"
        with front(live, transport + hasty) as client:
            client.sendmail("pat@smithdefence.example", [TAG], CONTENT)
            until(lambda: 451 in live.codes)
            assert live.wall.letters == []
            live.wall.fault = None
            until(lambda: len(live.wall.letters) == 1)
        assert live.contents()[0].endswith(CONTENT.encode())
