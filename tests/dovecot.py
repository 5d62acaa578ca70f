"""A real Dovecot of the tests' own: unprivileged, on loopback, nothing of the machine's touched."""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.mail_server import Certificates

PROGRAM = shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/usr/bin")
needs_dovecot = pytest.mark.skipif(
    PROGRAM is None, reason="dovecot (Debian: dovecot-imapd) is not installed"
)
USER = "claims"
PASSWORD = 'p"ss w\\rd'
_PATIENCE_SECONDS = 20.0

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
ssl_dh =
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
mailbox_list_index = no
maildir_very_dirty_syncs = no
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap {{
  process_limit = 1024
}}
passdb {{
{passdb}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
{more}
"""


@dataclass
class Dovecot:
    """The server, stopped or started, and one mailbox in it."""

    folder: Path
    user: str
    port: int
    plain_port: int
    _process: subprocess.Popen[bytes] | None = None
    _delivered: int = field(default=0)

    def start(self) -> None:
        """Start it, and wait until it greets.

        Again where a port is not free yet: a process that ends may have it for a moment.
        """
        end = time.monotonic() + _PATIENCE_SECONDS
        while not self._greets(end):
            assert time.monotonic() < end, (self.folder / "dovecot.log").read_text()[-2000:]

    def _greets(self, end: float) -> bool:
        """Start it once, and say whether it greets."""
        assert PROGRAM is not None
        command = [PROGRAM, "-F", "-c", str(self.folder / "dovecot.conf")]
        as_user = self.user if os.geteuid() == 0 else None
        self._process = subprocess.Popen(
            command,
            user=as_user,
            group=pwd.getpwnam(self.user).pw_gid if as_user else None,
            extra_groups=[] if as_user else None,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while self._process.poll() is None and time.monotonic() < end:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.plain_port), 5) as connection,
            ):
                if connection.recv(4) == b"* OK":
                    return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """Stop it, and every connection with it.

        Killed without a word its processes would leave locks, which others wait for by minutes.
        """
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(_PATIENCE_SECONDS)
            self.kill()

    def kill(self) -> None:
        """End whatever of it still runs."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(_PATIENCE_SECONDS)
            self._process = None
            (self.folder / "run/master.pid").unlink(missing_ok=True)

    def deliver(self, *messages: bytes, user: str = USER) -> None:
        """Put messages into an inbox, as a delivery agent does."""
        box = self.folder / "mail" / user
        for message in messages:
            self._delivered += 1
            name = f"{time.time_ns()}.M{self._delivered}.test"
            file = box / "tmp" / name
            file.write_bytes(message)
            self._own(file)
            file.rename(box / "new" / name)

    def deliver_large(self, head: bytes, megabytes: int) -> None:
        """Put a message of that size into the inbox, without having it in memory."""
        file = self.folder / "mail" / USER / "tmp/large"
        with file.open("wb") as stream:
            stream.write(head)
            for number in range(megabytes):
                stream.write(f"{number:098d}\r\n".encode() * 10_000)
        self._own(file)
        file.rename(self.folder / "mail" / USER / "new/1.M0.test")

    def renumber(self, user: str = USER) -> None:
        """Forget every UID, as after a repair: a new UIDVALIDITY, and UIDs from 1 on.

        A new UIDVALIDITY is the time in seconds.
        """
        for file in (self.folder / "mail" / user).glob("dovecot*"):
            file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def signed_in(self, user: str = USER) -> Iterator[imaplib.IMAP4]:
        """Sign in as a person's mail program does."""
        with imaplib.IMAP4("127.0.0.1", self.plain_port, timeout=_PATIENCE_SECONDS) as client:
            client.login(user, PASSWORD)
            yield client

    def contents(self, folder: str, user: str = USER) -> list[bytes]:
        """Every message in a folder, as stored; none where there is no such folder."""
        with self.signed_in(user) as client:
            if client.select(f'"{folder}"', readonly=True)[0] != "OK":
                return []
            _, data = client.uid("FETCH", "1:*", "(BODY.PEEK[])")
            return [one[1] for one in data if isinstance(one, tuple)]

    def count(self, folder: str, user: str = USER) -> int:
        """How many messages a folder has."""
        with self.signed_in(user) as client:
            said, data = client.select(f'"{folder}"', readonly=True)
            return int(data[0] or b"0") if said == "OK" else 0

    def flags(self, folder: str) -> str:
        """The flags of every message in a folder."""
        with self.signed_in() as client:
            client.select(f'"{folder}"', readonly=True)
            return str(client.uid("FETCH", "1:*", "(FLAGS)")[1])

    def validity(self) -> int:
        """UIDVALIDITY of the inbox."""
        with self.signed_in() as client:
            said = client.status("INBOX", "(UIDVALIDITY)")[1][0]
            assert isinstance(said, bytes)
            found = re.search(rb"UIDVALIDITY (\d+)", said)
            assert found is not None
            return int(found[1])

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, self.user)


@contextlib.contextmanager
def dovecot(
    certificates: Certificates, settings: Sequence[str] = (), users: Sequence[str] = (USER,)
) -> Iterator[Dovecot]:
    """Start one with empty mailboxes; stop it at the end. `settings` are lines of its own."""
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    entry = pwd.getpwnam(user)
    # Not below pytest's folder: only its owner may pass there.
    with tempfile.TemporaryDirectory(prefix="dovecot-") as name:
        folder = Path(name)
        boxes = [f"mail/{one}/{part}" for one in users for part in ("new", "cur", "tmp")]
        for part in ("run", "state", "home", *boxes):
            (folder / part).mkdir(parents=True)
        for part in ("server.pem", "server.key"):
            shutil.copy(certificates.folder / part, folder / part)
        with contextlib.ExitStack() as both:
            free = [both.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
            port, plain_port = (one.getsockname()[1] for one in free)
        (folder / "passwd").write_text("".join(f"{one}:{{PLAIN}}{PASSWORD}\n" for one in users))
        (folder / "dovecot.conf").write_text(
            _CONFIG.format(
                folder=folder,
                user=user,
                group=grp.getgrgid(entry.pw_gid).gr_name,
                uid=entry.pw_uid,
                gid=entry.pw_gid,
                port=port,
                plain_port=plain_port,
                mechanisms="plain login",
                passdb=f"  driver = passwd-file\n  args = scheme=PLAIN {folder}/passwd",
                more="\n".join(settings),
            )
        )
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, entry.pw_uid, entry.pw_gid)
        server = Dovecot(folder, user, port, plain_port)
        server.start()
        try:
            yield server
        finally:
            server.kill()
