"""The chores of `serve`: what is looked after again and again beside doors and road."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from config.settings import Settings
from gateway import assembly
from gateway.moving.carrying import Carrying
from gateway.moving.queue import Queue
from gateway.moving.sweep import Sweep
from gateway.moving.worker import Worker
from gateway.sending.outbound import BATCH, Outbound
from gateway.sending.patience import Patience
from gateway.stores import Stores
from gateway.upkeep.alarm import Alarm
from gateway.upkeep.binder import Binders
from gateway.upkeep.chore import Chore
from gateway.upkeep.directory_watch import watching
from gateway.upkeep.disk_watch import DiskWatch
from gateway.upkeep.reassignment import Reassignments
from gateway.upkeep.scans import reading
from gateway.upkeep.unanswered import Unanswered

_HOUSEKEEPING_SECONDS = 3600
_REASSIGNMENT_SECONDS = 5
_PATIENCE_ROUND_SECONDS = 2.0
_UNANSWERED_SECONDS = 30
_DISK_SECONDS = 60
_BINDER_SECONDS = 0.5
_SCANNER_SECONDS = 15


def chores_of(
    stores: Stores,
    queue: Queue,
    worker: Worker,
    outbound: Outbound,
    clock: Callable[[], datetime],
) -> tuple[Chore, ...]:
    """Return every chore, each with how often it is done."""
    settings, database = stores.settings, stores.database
    sweep = Sweep(database, queue, stores.vault, settings, clock, worker.give_up, worker.metrics)
    alarm = Alarm(database, settings, clock)
    undo = timedelta(seconds=settings.triage.undo_seconds)
    reassigned = Reassignments(database, settings.service, clock, undo)
    patience = Patience(database, worker.raw, worker.road, settings, stores.work, clock)
    office = assembly.office_calendar(settings)
    carrying = Carrying(database, queue, clock, office.zone)
    unanswered = Unanswered(database, settings, clock, office.promise)
    binders = Binders(
        database, stores.vault, worker.road.workshop, settings, stores.work / "binders", clock
    )
    return (
        Chore("reassignments", lambda _: reassigned.tell() > 0, _REASSIGNMENT_SECONDS),
        *watching(stores, clock),
        Chore("decisions", lambda _: carrying.decisions() > 0, settings.triage.poll_seconds),
        Chore("confirmed", lambda _: carrying.confirmed() > 0, settings.triage.poll_seconds),
        Chore("unanswered", lambda _: unanswered.look() > 0, _UNANSWERED_SECONDS),
        *_scanning(settings, carrying),
        *reading(stores, worker.road.workshop, clock),
        Chore("outbound", lambda _: outbound.send_due() >= BATCH, settings.outbound.poll_seconds),
        Chore("patience", patience.look, _PATIENCE_ROUND_SECONDS),
        Chore("binders", binders.work, _BINDER_SECONDS),
        Chore("sweep", lambda _: sweep.letters() > 0, settings.road.sweep_seconds),
        Chore("alarm", lambda _: alarm.sound() > 0, settings.holds.alarm_seconds),
        Chore("disk", lambda _: DiskWatch(stores, clock).look(), _DISK_SECONDS),
        Chore("housekeeping", sweep.house, _HOUSEKEEPING_SECONDS),
    )


def _scanning(settings: Settings, carrying: Carrying) -> Iterator[Chore]:
    scanner = assembly.scanner(settings)
    if scanner is not None:
        yield Chore("scanner", lambda _: carrying.unscanned(scanner.ping) > 0, _SCANNER_SECONDS)
