"""Binders: packages that somebody asked for as one PDF, made one after the other in the sandbox."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from config.settings import Settings
from converters.binder_plan import Seen, Standing
from converters.bindery import Bindery, Bound, TooManyPages
from converters.fault import JobStopped, SandboxMissing
from converters.workshop import Workshop
from gateway.watch import fault_fields
from portal import binder, rights
from portal.binder import Order
from portal.database import Database
from portal.dossier import Dossier, NotThere, dossier
from portal.handout import Handout
from portal.piece import PDF
from portal.vault import Vault
from portal.web.binder_words import BinderWords
from portal.web.pages import Pages


class _Stopped(Exception):
    """We were told to end: it is made by the next one."""


class _TooLarge(Exception):
    """Its documents are more bytes than one PDF holds."""


@dataclass(frozen=True)
class _Words:
    """What the portal writes, as the bindery asks for it."""

    written: BinderWords

    @property
    def title(self) -> str:
        return self.written.title

    @property
    def names(self) -> Sequence[str]:
        return self.written.names

    def front(self, documents: Sequence[Standing], pages: int) -> str:
        places = [(one.page, one.seen.pages if one.seen else None) for one in documents]
        return self.written.front(places, pages)

    def sheet(self, document: int, seen: Seen | None) -> str:
        pages = seen.pages if seen else None
        return self.written.sheet(document, pages, is_signed=seen is not None and seen.is_signed)


@dataclass(frozen=True)
class Binders:
    """Makes them. `folder` is where it works, and belongs to nobody else."""

    database: Database
    vault: Vault
    workshop: Workshop
    settings: Settings
    folder: Path
    clock: Callable[[], datetime]

    def work(self, stop: threading.Event) -> bool:
        """Make the one that was asked for first. Say whether there was one.

        Whatever breaks it fails it alone. Raises SandboxMissing: then they all wait.
        """
        with self.database.read() as connection:
            order = binder.next_order(connection)
        if order is None:
            return False
        try:
            self._make(order, stop)
        except (_Stopped, JobStopped):
            return False
        except (TooManyPages, _TooLarge):
            self._fail(order, "binder_too_large")
        except SandboxMissing:
            raise
        except Exception as fault:  # noqa: BLE001  # whatever it was, others wait behind this one
            structlog.get_logger().error("binder.failed", **fault_fields(fault))
            self._fail(order, "binder_failed")
        return True

    def _make(self, order: Order, stop: threading.Event) -> None:
        package = self._package(order)
        if package is None:
            # It has changed since, or is not theirs to see any more: its page offers to ask again.
            with self.database.write() as connection:
                binder.forget(connection, order.id)
            return
        held = [binder.pages_of(piece) for piece in binder.documents(package)]
        files = [None if one is None else self.vault.file(one) for one in held]
        size = sum(one.stat().st_size for one in files if one is not None)
        limits = self.settings.conversion
        if size > limits.max_output_bytes:
            raise _TooLarge

        def step(done: int) -> None:
            if stop.is_set():
                raise _Stopped
            with self.database.write() as connection:
                binder.note(connection, order.id, done)

        pages = Pages(self.settings.service, self.clock)
        words = _Words(BinderWords(pages, package, self.clock()))
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self.folder) as room:
            most = limits.binder_pages, limits.max_output_bytes
            bindery = Bindery(self.workshop, Path(room), step, *most)
            self._keep(order, bindery.bind(words, files))

    def _package(self, order: Order) -> Dossier | None:
        today = self.clock().astimezone(ZoneInfo(self.settings.service.time_zone)).date()
        with self.database.read() as connection:
            viewer = rights.viewer(connection, order.account_id, today)
            try:
                package = dossier(connection, viewer, order.receipt)
            except NotThere:
                return None
        return package if binder.contents(package) == order.contents else None

    def _keep(self, order: Order, bound: Bound) -> None:
        with bound.file.open("rb") as stream:
            blob = self.vault.add(stream)
        made = Handout("", blob.sha256, blob.bytes, PDF)
        with self.database.write() as connection:
            binder.finish(connection, order.id, made, bound.pages, now=self.clock())

    def _fail(self, order: Order, code: str) -> None:
        with self.database.write() as connection:
            binder.fail(connection, order.id, code, now=self.clock())
