"""The IMAP door on a real Dovecot: what waits is taken once, and moved once it is safe."""

from __future__ import annotations

import base64
import hmac
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from config.settings import Settings
from gateway.intake import WallDown
from gateway.letter import Accepted, Letter
from gateway.stores import Stores
from portal.tables import letters
from portal.vault import DiskFull, Draft
from tests.dovecot import USER, Dovecot, dovecot, needs_dovecot
from tests.live_door import until
from tests.live_mailbox import FAILED, TAKEN, message, open_mailbox, reading
from tests.mail_server import Certificates, make_certificates
from tests.wire import Wire, wire_to

pytestmark = [needs_dovecot, pytest.mark.slow]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls") / "certificates")


@pytest.fixture
def server(certificates: Certificates) -> Iterator[Dovecot]:
    with dovecot(certificates) as started:
        yield started


@pytest.fixture
def wire(server: Dovecot) -> Iterator[Wire]:
    with wire_to(server.plain_port) as laid:
        yield laid


# -- taking ----------------------------------------------------------------------------------------


def test_what_waits_and_what_comes_is_taken_and_moved(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    first, second = message(1), message(2, sender="")
    server.deliver(first)
    # The poll comes too late for this test: the second message is known by IDLE.
    set_up = reading(settings, server.plain_port, tmp_path, poll_seconds=60)
    with open_mailbox(stores, set_up) as live:
        until(lambda: server.count(TAKEN) == 1)
        server.deliver(second)
        until(lambda: server.count(TAKEN) == 2)
        assert server.count("INBOX") == 0
        assert sorted(live.contents()) == sorted([first, second])
        assert live.outcomes == ["taken", "taken"]
        with stores.database.read() as connection:
            rows = connection.execute(sa.select(letters).order_by(letters.c.id)).all()
    assert [row.sender for row in rows] == ["pat@smithdefence.example", ""]
    assert {(row.door, row.proof, *row.recipients) for row in rows} == {
        ("imap", "none", "claims@casebridge.example")
    }
    validity = server.validity()
    assert [row.origin.split("/")[:3] for row in rows] == [
        ["claims", str(validity), "1"],
        ["claims", str(validity), "2"],
    ]


def test_tls_is_verified_and_a_trusted_mailbox_proves(
    server: Dovecot, stores: Stores, settings: Settings, certificates: Certificates, tmp_path: Path
) -> None:
    server.deliver(message(1))
    tls = {"host": "localhost", "security": "tls", "is_trusted": True}
    with open_mailbox(stores, reading(settings, server.port, tmp_path, **tls)) as live:
        until(lambda: live.trouble == "tls")
        assert live.accepted() == 0
    tls["ca_file"] = str(certificates.authority)
    with open_mailbox(stores, reading(settings, server.port, tmp_path, **tls)):
        until(lambda: server.count(TAKEN) == 1)
    with stores.database.read() as connection:
        assert connection.execute(sa.select(letters.c.proof)).scalar_one() == "mailbox"


def test_a_wrong_password_is_said_and_nothing_else_happens(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    set_up = reading(settings, server.plain_port, tmp_path)
    (tmp_path / "password").write_text("wrong")
    with open_mailbox(stores, set_up) as live:
        until(lambda: live.trouble == "sign_in")
        (tmp_path / "password").unlink()
        until(lambda: live.trouble == "SecretMissing")


def token(key: bytes, *, seconds: int) -> str:
    """A token for the mailbox, signed as its server verifies it (RFC 7515, HS256)."""
    now = int(time.time())
    claims = {"sub": USER, "email": USER, "iat": now, "nbf": now, "exp": now + seconds}
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = base64.urlsafe_b64encode(hmac.digest(key, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + mac).decode()


def test_a_token_signs_in_until_it_has_run_out(
    certificates: Certificates, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    key = b"a key of the tests"
    with tempfile.TemporaryDirectory(prefix="oauth2-") as name:
        folder = Path(name)
        (folder / "default/HS256").mkdir(parents=True)
        (folder / "default/HS256/default").write_bytes(base64.b64encode(key))
        (folder / "oauth2").write_text(
            "introspection_mode = local\nusername_attribute = email\n"
            f"local_validation_key_dict = fs:posix:prefix={folder}/\n"
        )
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)
        more = [
            "auth_mechanisms = plain login xoauth2",
            "passdb {",
            "  driver = oauth2",
            "  mechanisms = xoauth2",
            f"  args = {folder}/oauth2",
            "}",
        ]
        with dovecot(certificates, more) as server:
            server.deliver(message(1))
            file = tmp_path / "token"
            file.write_text(token(key, seconds=-60))
            tokens = {"password_file": "", "token_file": str(file)}
            set_up = reading(settings, server.plain_port, tmp_path, **tokens)
            with open_mailbox(stores, set_up) as live:
                until(lambda: live.trouble == "sign_in")
                assert server.count(TAKEN) == 0
                file.write_text(token(key, seconds=60) + "\n")  # renewed by something else
                until(lambda: server.count(TAKEN) == 1)


def test_a_large_message_comes_in_pieces_and_is_the_same(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    large = message(1, size=3_000_000)
    exact = message(2, size=2000)
    exact += b"x" * (-len(exact) % 1024)
    server.deliver(large, exact)
    with open_mailbox(
        stores, reading(settings, server.plain_port, tmp_path, piece_bytes=1024 * 64)
    ) as live:
        until(lambda: server.count(TAKEN) == 2)
        assert sorted(live.contents()) == sorted([large, exact])
    assert not list((settings.storage.path / "vault/drafts").iterdir())


def test_a_hundred_megabytes_take_no_more_memory_than_a_few_pieces(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    set_up = reading(settings, server.plain_port, tmp_path, call_seconds=30)
    with open_mailbox(stores, set_up) as live:
        until(lambda: live.trouble == "")
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        server.deliver_large(message(1), 100)
        until(lambda: live.accepted() == 1)
        grown = memory("VmHWM") - before
    with stores.database.read() as connection:
        taken = connection.execute(sa.select(letters.c.raw_bytes)).scalar_one()
    assert taken == 100_000_000 + len(message(1))
    assert grown < 32 << 20, grown


def memory(name: str) -> int:
    """Memory of this process, in bytes."""
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if name in one)
    return int(line.split()[1]) << 10


def test_what_is_too_large_goes_to_its_own_folder_and_the_rest_goes_on(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    intake = settings.intake.model_copy(update={"max_message_bytes": 10_000})
    set_up = reading(settings.model_copy(update={"intake": intake}), server.plain_port, tmp_path)
    server.deliver(message(1), message(2, size=20_000), message(3))
    with open_mailbox(stores, set_up) as live:
        until(lambda: (server.count(TAKEN), server.count(FAILED)) == (2, 1))
        until(lambda: live.alarms == ["email_too_large"])
        assert sorted(live.outcomes) == ["email_too_large", "taken", "taken"]
    assert "$casebridge_email_too_large" in server.flags(FAILED)
    assert server.count("INBOX") == 0


def test_what_the_server_cannot_read_is_set_aside_and_the_rest_goes_on(
    server: Dovecot,
    stores: Stores,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.imap.taking._MOST_TRIES", 2)
    server.deliver(message(1), message(2), message(3))
    second = sorted((server.folder / "mail/claims/new").iterdir())[1]
    second.chmod(0)
    with open_mailbox(stores, reading(settings, server.plain_port, tmp_path)) as live:
        until(lambda: live.accepted() == 2)
        until(lambda: live.alarms == ["mailbox_unfetchable"])
        assert (server.count("INBOX"), server.count(TAKEN), server.count(FAILED)) == (0, 2, 1)
        server.deliver(message(4))
        until(lambda: server.count(TAKEN) == 3)


def test_what_cannot_be_moved_stays_and_is_taken_once(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    server.deliver(message(1), message(2))
    # A folder of that name cannot be had: the server keeps it for itself.
    set_up = reading(settings, server.plain_port, tmp_path, taken_folder="a..b")
    with open_mailbox(stores, set_up) as live:
        until(lambda: live.outcomes.count("repeated") >= 2)
        until(lambda: "mailbox_not_moved" in live.alarms)
        server.deliver(message(3))
        until(lambda: live.accepted() == 3)
        assert server.count("INBOX") == 3
    with open_mailbox(stores, reading(settings, server.plain_port, tmp_path)) as live:
        until(lambda: server.count(TAKEN) == 3)
        assert live.outcomes == ["repeated"] * 3


def test_without_move_they_are_copied_and_taken_away(
    certificates: Certificates, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    with dovecot(certificates, ["imap_capability = IMAP4rev1 UIDPLUS"]) as server:
        server.deliver(message(1))
        with open_mailbox(stores, reading(settings, server.plain_port, tmp_path)):
            until(lambda: server.count(TAKEN) == 1)
            server.deliver(message(2))  # there is no IDLE either: the poll finds it
            until(lambda: server.count(TAKEN) == 2)
            until(lambda: server.count("INBOX") == 0)


def test_equal_bytes_twice_in_the_mailbox_are_one_letter(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    server.deliver(message(1), message(1))
    with open_mailbox(stores, reading(settings, server.plain_port, tmp_path)) as live:
        until(lambda: server.count(TAKEN) == 2)
        assert live.accepted() == 1
        assert sorted(live.outcomes) == ["repeated", "taken"]


# -- a wall that says no ---------------------------------------------------------------------------


class FallingWall:
    """The real wall, which is down for so many letters."""

    def __init__(self, stores: Stores, falls: int) -> None:
        self._wall, self.falls = stores.intake(), falls

    def accept(self, letter: Letter) -> Accepted:
        if self.falls > 0:
            self.falls -= 1
            raise WallDown("test")
        return self._wall.accept(letter)

    def taken(self, origin: str) -> str | None:
        return self._wall.taken(origin)


def test_nothing_is_moved_before_the_wall_has_said_yes(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    server.deliver(message(1), message(2))
    wall = FallingWall(stores, 3)
    with open_mailbox(stores, reading(settings, server.plain_port, tmp_path), wall=wall) as live:
        until(lambda: live.trouble == "WallDown")
        assert server.count(TAKEN) == live.accepted()
        until(lambda: server.count(TAKEN) == 2)
        assert live.accepted() == 2


def test_a_full_disk_is_no_fault_of_the_message(
    server: Dovecot,
    stores: Stores,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.imap.taking._MOST_TRIES", 1)
    draft, full = stores.vault.draft, [DiskFull(), DiskFull()]

    def draft_or_fault() -> Draft:
        if full:
            raise full.pop()
        return draft()

    monkeypatch.setattr(stores.vault, "draft", draft_or_fault)
    server.deliver(message(1))
    with open_mailbox(stores, reading(settings, server.plain_port, tmp_path)) as live:
        until(lambda: server.count(TAKEN) == 1)
        assert (full, live.alarms) == ([], [])


# -- connections that end, or do not ---------------------------------------------------------------


def test_reused_uids_under_a_new_validity_are_new_messages(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    server.deliver(message(1), message(2))
    set_up = reading(settings, server.plain_port, tmp_path)
    with open_mailbox(stores, set_up):
        until(lambda: server.count(TAKEN) == 2)
        before = server.validity()
        server.stop()
        time.sleep(1)
        server.renumber()
        server.deliver(message(3), message(4))
        server.start()
        until(lambda: server.count(TAKEN) == 4)
        assert server.validity() != before
    with stores.database.read() as connection:
        origins = connection.execute(sa.select(letters.c.origin)).scalars().all()
    assert sorted(origin.split("/")[2] for origin in origins) == ["1", "1", "2", "2"]


def test_a_server_restart_is_mended(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    with open_mailbox(stores, reading(settings, server.plain_port, tmp_path)) as live:
        until(lambda: live.trouble == "")
        server.stop()
        server.deliver(message(1))
        until(lambda: live.trouble != "")
        server.start()
        until(lambda: server.count(TAKEN) == 1)
        assert live.door.standings[0].overdue() is None


def test_a_half_open_connection_is_noticed_and_mended(
    wire: Wire, server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    with open_mailbox(stores, reading(settings, wire.port, tmp_path, call_seconds=1)) as live:
        until(lambda: live.trouble == "")
        wire.freeze()
        server.deliver(message(1))
        until(lambda: server.count(TAKEN) == 1)
        assert wire.connections >= 2


def test_an_idle_that_never_answers_is_given_up_for_polling(
    wire: Wire, server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    wire.swallowed = lambda chunk, _: chunk.startswith(b"+ idling")
    with open_mailbox(stores, reading(settings, wire.port, tmp_path, call_seconds=1)) as live:
        until(lambda: live.trouble == "idle")
        until(lambda: live.trouble == "")
        server.deliver(message(1))
        until(lambda: server.count(TAKEN) == 1)
        assert wire.connections == 2


def test_stopping_ends_an_idle_at_once(
    server: Dovecot, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    set_up = reading(settings, server.plain_port, tmp_path, poll_seconds=600)
    with open_mailbox(stores, set_up) as live:
        until(lambda: live.trouble == "")
    assert "Logged out" in (server.folder / "dovecot.log").read_text()
