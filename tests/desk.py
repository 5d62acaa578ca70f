"""The pages on a sample record, with a clock that tests turn, and browsers to sign in with."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import hashlib
import io
import re
import shutil
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from PIL import Image

from config import calendar, media
from config.settings import Cases, Intake, Names, Reading, Road, Sending, Service, Triage, Web
from gateway.foresight import foresee
from gateway.numbers.case_number import CaseShape
from portal import link_draft, receipt_number, renditions, sign_in
from portal.database import Database, open_database
from portal.handout import Handout
from portal.piece import PDF
from portal.tables import drafts, events, letters, metadata
from portal.thumbnails import NoThumbnail
from portal.unlocked_copy import Copy
from portal.unlocking import Opened, WrongPassword
from portal.vault import Vault
from portal.web.app import build_app
from portal.web.desk import Check
from tests import vaults
from tests.record_rows import fill
from tests.record_sample import NOW, Sample

with warnings.catch_warnings():
    # Starlette asks for httpx2; the client of httpx, which other tests use too, works as well.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

__all__ = ["SampleDesk", "TestClient", "csrf", "filled_desk", "kinds", "open_desk", "spoken"]

PASSWORD = "Lincoln 7"
BASE_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class Pictures:
    """What draws the thumbnails, and its settings."""

    draw: Callable[[str, int], str]
    settings: str = "these"

    def __call__(self, sha256: str, page: int) -> str:
        """Draw a page."""
        return self.draw(sha256, page)


@dataclass
class SampleDesk:
    """Everything that `build_app` is handed."""

    database: Database
    vault: Vault
    service: Service = field(default_factory=lambda: Service(base_url=BASE_URL))
    web: Web = field(default_factory=Web)
    sending: Sending = field(default_factory=Sending)
    minimum_free_bytes: int = 1
    encrypted: bool | None = True
    submission_bytes: int = Road().max_submission_bytes
    triage: Triage = field(default_factory=Triage)
    now: datetime = NOW
    checks: dict[str, Check] = field(default_factory=dict)

    sample: Sample = field(init=False)
    printed: list[tuple[str, str]] = field(default_factory=list)
    pictured: list[tuple[str, int]] = field(default_factory=list)
    copy: Copy | None = None  # what an Office document is without its lock
    said: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sample = Sample(self.database, self.vault)

    def pass_time(self, **length: float) -> None:
        """Turn the clock on."""
        self.now += timedelta(**length)

    def app(self) -> FastAPI:
        """Build the pages."""
        return build_app(
            database=self.database,
            vault=self.vault,
            service=self.service,
            web=self.web,
            sending=self.sending,
            minimum_free_bytes=self.minimum_free_bytes,
            intake=Intake(),
            submission_bytes=self.submission_bytes,
            case_example=Cases().example,
            calendar=calendar.load(self.service.time_zone),
            media=media.catalogue(),
            triage=self.triage,
            case_number=CaseShape.of(Cases()).normal,
            foresee=lambda files: foresee(
                files, media.catalogue(), Names(), open_archives=Reading().open_archives
            ),
            send=self.send,
            encrypted=self.encrypted,
            printer=self.print,
            unlock=self.unlock,
            thumbnail=Pictures(self.thumbnail),
            said=lambda letter_id: self.said.get(letter_id, ()),
            clock=lambda: self.now,
            checks=self.checks,
            metrics=lambda: b"casebridge_sample 1.0\n",
        )

    def print(self, html: str, title: str, name: str) -> Handout:
        """Hand out the HTML: no engine is here."""
        self.printed.append((html, title))
        blob = self.vault.add(io.BytesIO(html.encode()))
        return Handout(name, blob.sha256, blob.bytes, PDF)

    def unlock(self, sha256: str, password: str, letter_id: int) -> Opened:
        """Know one password: no engine is here."""
        if password != PASSWORD:
            raise WrongPassword
        if self.copy is not None:
            return Opened(None, self.copy)
        blob = self.vault.add(io.BytesIO(b"%PDF-1.7 readable"))
        with self.database.write() as connection:
            made = renditions.keep(
                connection,
                renditions.Key(renditions.of_letter(letter_id), sha256, "pikepdf", "unlock"),
                pdf_sha256=blob.sha256,
                pages=1,
                pdf_bytes=blob.bytes,
                warnings=(),
                now=self.now,
            )
        return Opened(made.id)

    def thumbnail(self, sha256: str, page: int) -> str:
        """Picture the PDFs that can be: the same grey sheet for each, since no engine is here."""
        self.pictured.append((sha256, page))
        with self.vault.open(sha256) as pdf:
            if b"%%EOF" not in pdf.read():
                raise NoThumbnail
        picture = io.BytesIO()
        Image.new("L", (226, 320), 200).save(picture, "WEBP")
        return self.vault.add(io.BytesIO(picture.getvalue())).sha256

    def send(self, draft_id: int) -> str:
        """Take a draft as the record does, in one transaction, and once."""
        with self.database.write() as connection:
            row = connection.execute(
                sa.select(drafts.c.sent_at, letters.c.receipt)
                .outerjoin(letters, letters.c.id == drafts.c.letter_id)
                .where(drafts.c.id == draft_id)
            ).one()
            if row.sent_at is not None:
                return str(row.receipt)
            receipt = receipt_number.new()
            digest = hashlib.sha256(f"draft {draft_id}".encode()).hexdigest()
            made = connection.execute(
                sa.insert(letters).values(
                    receipt=receipt,
                    door="web",
                    sender="pat@firm.example",
                    recipients=[],
                    proof="code",
                    quiet=False,
                    fingerprint=digest,
                    raw_sha256=digest,
                    raw_bytes=1,
                    arrived_at=self.now,
                    state="checking",
                    state_since=self.now,
                    attempt=1,
                )
            )
            (letter_id,) = made.inserted_primary_key or (None,)
            connection.execute(
                sa.update(drafts)
                .where(drafts.c.id == draft_id)
                .values(sent_at=self.now, letter_id=letter_id)
            )
            assert letter_id is not None, "a row has a number"
            link_draft.use(connection, draft_id, letter_id, now=self.now)
        return receipt

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Answer on a free port of loopback; yields the origin, `http://127.0.0.1:PORT`."""
        config = uvicorn.Config(
            self.app(), port=0, log_config=None, access_log=False, timeout_graceful_shutdown=5
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)  # a fault must not hold us up
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server has not started"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        thread.join()

    def browser(self, **options: Any) -> TestClient:
        """Open a browser that keeps cookies and follows no redirect unless told to."""
        return TestClient(
            self.app(),
            base_url=self.service.base_url,
            follow_redirects=False,
            raise_server_exceptions=True,
            **options,
        )

    def close(self) -> None:
        """Close the record, and give back the folders of the vault."""
        self.database.close()
        vaults.take_back(self.sample.vault)  # of the pages, a test may have put in another

    def link(self, name: str, minutes: int = 60) -> str:
        """Make a one-time link and return its path."""
        token = sign_in.new_link(
            self.database, self.sample.accounts[name], now=self.now, minutes=minutes
        )
        return f"/sign-in/{token}"

    def signed_in(self, name: str, **options: Any) -> TestClient:
        """Open a browser and sign somebody in through the pages."""
        browser = self.browser(**options)
        path = self.link(name)
        answer = browser.post(path, data={"csrf": csrf(browser.get(path).text)})
        assert answer.status_code == 303, answer.text
        return browser


def open_desk(folder: Path) -> SampleDesk:
    """Open an empty record and vault in a folder."""
    return _copied(_empty(), folder)


def filled_desk(folder: Path) -> SampleDesk:
    """Open a record that `tests.record_rows.fill` has filled, in a folder."""
    template, sample, blobs = _filled()
    desk = _copied(template, folder)
    for blob in blobs:
        shutil.copy2(template / blob, folder / blob)
    desk.sample = dataclasses.replace(sample, database=desk.database, vault=desk.vault)
    return desk


def _copied(template: Path, folder: Path) -> SampleDesk:
    folder.mkdir(exist_ok=True)
    shutil.copy(template / "record.db", folder)
    vaults.place(folder / "vault")
    return _open(folder)


def _open(folder: Path) -> SampleDesk:
    vault = Vault(folder / "vault")
    vault.prepare()
    return SampleDesk(open_database(folder / "record.db"), vault)


@functools.cache
def _empty() -> Path:
    """A record without rows, made once: each test copies it."""
    folder = _kept_folder()
    desk = _open(folder)
    metadata.create_all(desk.database.engine)
    desk.database.close()
    return folder


@functools.cache
def _filled() -> tuple[Path, Sample, list[Path]]:
    """The filled record, and the names of its blobs."""
    folder = _kept_folder()
    desk = open_desk(folder)
    fill(desk.sample)
    desk.database.close()
    return folder, desk.sample, [blob.relative_to(folder) for blob in folder.glob("vault/??/*")]


def _kept_folder() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    return folder


def csrf(page: str) -> str:
    """Find the token of the first form on a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page
    return found[1]


def spoken(page: str) -> str:
    """Return a page without what keeps its numbers on one line."""
    return re.sub(r'<span class="whole">([^<]*)</span>', r"\1", page)


def kinds(desk: SampleDesk) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return actor, kind and detail of every event that a person caused, oldest first."""
    with desk.database.read() as connection:
        rows = connection.execute(events.select().order_by(events.c.id)).all()
    return [(row.actor, row.kind, row.detail) for row in rows if row.actor != "gateway"]
