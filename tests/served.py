"""A real `casebridge serve` on free ports, as its operator starts and ends it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from config.settings import Settings, Storage
from gateway.stores import Stores, open_stores
from portal.tables import letters, outbox
from tests.desk import csrf

COMMAND = Path(sys.executable).with_name("casebridge")
_PATIENCE_SECONDS = 90


@dataclass
class Served:
    """A server that runs, and what it has said so far."""

    process: subprocess.Popen[bytes]
    storage: Path
    said_in: Path
    smtp: str = ""
    web: str = ""
    links: dict[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """Everything on standard error: words for people, and the log."""
        return self.said_in.read_text(encoding="utf-8")

    @property
    def stdout(self) -> str:
        return self.said_in.with_suffix(".out").read_text(encoding="utf-8")

    @property
    def smtp_port(self) -> int:
        return int(self.smtp.rpartition(":")[2])

    def wait_ready(self) -> None:
        self._wait(lambda: "Ready." in self.said)
        self.smtp = _only(r"SMTP +(\S+)", self.said)
        self.web = _only(r"Web +(\S+)", self.said)
        self.links = dict(re.findall(r"Sign in as .+ \((\w+)\): (\S+)", self.said))

    def wait_until_rested(self, accepted: int) -> list[Any]:
        """Wait until so many letters rest and nothing is unsent; return the letters."""
        with self.opened() as stores:
            self._wait(lambda: _rested(stores, accepted))
            with stores.database.read() as connection:
                return list(connection.execute(letters.select().order_by(letters.c.id)))

    @contextmanager
    def opened(self) -> Iterator[Stores]:
        with open_stores(Settings(storage=Storage(path=self.storage))) as stores:
            yield stores

    @contextmanager
    def signed_in(self, role: str) -> Iterator[httpx.Client]:
        """Sign in through the link on the console, as a person does."""
        with httpx.Client(base_url=self.web) as browser:
            link = self.links[role]
            for _ in range(2):  # a mail scanner looks first
                page = browser.get(link)
            assert page.status_code == 200
            pressed = browser.post(link, data={"csrf": csrf(page.text)})
            assert (pressed.status_code, pressed.headers["location"]) == (303, "/packages")
            yield browser

    def end(self, number: int = signal.SIGTERM) -> int:
        """Tell it to drain, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(_PATIENCE_SECONDS)

    def _wait(self, condition: Any) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.05)


def _only(pattern: str, text: str) -> str:
    (found,) = re.findall(pattern, text)
    return str(found)


def _rested(stores: Stores, accepted: int) -> bool:
    def count(table: sa.Table, *rules: sa.ColumnElement[bool]) -> int:
        return connection.scalar(sa.select(sa.func.count()).select_from(table).where(*rules)) or 0

    with stores.database.read() as connection:
        there = count(letters, letters.c.state != "checking")
        return there >= accepted and not count(outbox, outbox.c.sent_at.is_(None))


def environment(storage: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a command on a storage folder, with free ports."""
    return {
        **{name: value for name, value in os.environ.items() if "CASEBRIDGE" not in name},
        "CASEBRIDGE_STORAGE__PATH": str(storage),
        "CASEBRIDGE_SMTP__PORT": "0",
        "CASEBRIDGE_WEB__PORT": "0",
        # The samples come within seconds, and each is to have its receipt: tests of caps are apart.
        "CASEBRIDGE_RECEIPTS__SINGLES": "1000",
        **(settings or {}),
    }


@contextmanager
def serving(
    storage: Path,
    settings: Mapping[str, str] | None = None,
    *,
    command: Sequence[str | Path] = (COMMAND,),
) -> Iterator[Served]:
    """Start a server and wait until it is ready; it is killed at the end if it still runs."""
    said_in = storage.with_suffix(".err")
    with said_in.open("wb") as said, said_in.with_suffix(".out").open("wb") as out:
        process = subprocess.Popen(
            [*command, "serve"],
            env=environment(storage, settings),
            stdout=out,
            stderr=said,
            start_new_session=True,
        )
    served = Served(process, storage, said_in)
    try:
        served.wait_ready()
        yield served
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def storage_with(database: Path, folder: Path) -> Path:
    """Make a storage folder with a copy of a database."""
    folder.mkdir()
    shutil.copy(database, folder / "casebridge.db")
    return folder
