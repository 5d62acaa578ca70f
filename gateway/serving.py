"""Serving: the doors, the pages and one worker in one process, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence

import structlog

from config.settings import Settings, Web
from gateway import assembly, clock, lock, storage_folder
from gateway.doors import Doors, named
from gateway.gauges import gauges, readiness
from gateway.moving.checkpoints import Kept
from gateway.moving.queue import Queue, Runner
from gateway.moving.worker import Worker
from gateway.pages import Pages, pages_of
from gateway.paper import Paper
from gateway.replies.mailed_password import MailedPasswords
from gateway.sending.outbound import Outbound
from gateway.sending.relay import RelayWay
from gateway.sending.way import FolderWay, Way
from gateway.stores import Stores, open_stores
from gateway.unlocking import Unlocker
from gateway.upkeep.chore import Chore
from gateway.upkeep.chores import chores_of
from gateway.upkeep.thumbnails import Thumbnailer
from gateway.watch import Metrics

_GRACE_SECONDS = 30
Ready = Callable[[str, str], None]


def serve(settings: Settings, ready: Ready) -> None:
    """Serve until SIGTERM or SIGINT, then drain: what is begun is finished, nothing new is begun.

    `ready` is called once, with the SMTP door's host:port and the pages' address. Raises
    AlreadyRunning, SchemaBehind, SandboxMissing and gateway.doors.PortTaken.
    """
    metrics = Metrics()
    with (
        _lock(settings),
        open_stores(settings) as stores,
        _empty_work(stores),
        contextlib.ExitStack() as without_engines,
        assembly.road(settings, stores.work, timer=metrics.stage, spare=True) as road,
        assembly.gate(settings, stores.work) as gate,
    ):
        queue = stores.queue()
        worker = Worker(
            stores.database, stores.raw(), road, settings, stores.work, clock.now, metrics
        )
        runner = Runner(
            stores.database.queue_engine,
            worker.carry,
            workers=settings.road.workers,
            poll_seconds=settings.road.poll_seconds,
        )
        without_engines.callback(_put_back, runner, queue)
        doors = Doors(stores, metrics, gate)
        metrics.read_gauges_from(lambda: gauges(stores, queue) | doors.gauges())
        outbound = Outbound(stores.database, _way(stores), settings, clock.now, metrics)
        chores = chores_of(stores, queue, worker, outbound, clock.now)
        runner.start()
        try:
            with _threads(chores):
                checks = readiness(stores, queue, chores) | doors.checks()
                kept = Kept(stores.database, stores.vault, clock.now)
                printer = Paper(road.workshop, kept, stores.work / "paper")
                unlock = Unlocker(
                    road.workshop,
                    kept,
                    stores.vault,
                    stores.work / "unlocking",
                    road.media,
                    road.scanner,
                    settings.scan.use == "required",
                )
                thumbnail = Thumbnailer(
                    *(road.workshop, stores.database, stores.vault),
                    *(stores.work / "thumbnails", clock.now),
                )
                pages = pages_of(
                    stores,
                    checks,
                    metrics.text,
                    stores.web_door(clock.now).send,
                    printer,
                    unlock,
                    thumbnail,
                    MailedPasswords(stores.database, stores.raw(), road, stores.work / "passwords"),
                    grace_seconds=_GRACE_SECONDS,
                )
                asyncio.run(_open(doors, pages, settings.web, ready))
                # We know. By default a second one would end us in the middle of the drain.
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                runner.stop(_GRACE_SECONDS)
        finally:
            runner.stop(0)
        outbound.send_due()


def _put_back(runner: Runner, queue: Queue) -> None:
    """Leave what the end has interrupted as if it had not begun; until then nobody may run it."""
    runner.wait()
    if interrupted := queue.put_back():
        structlog.get_logger().info("interrupted", letters=interrupted)


def _way(stores: Stores) -> Way:
    outbound = stores.settings.outbound
    if outbound.delivery == "relay":
        return RelayWay(outbound.relay, stores.settings.smtp.hostname)
    return FolderWay(stores.folder / outbound.folder)


@contextlib.contextmanager
def _lock(settings: Settings) -> Iterator[None]:
    folder = settings.storage.path
    storage_folder.make(folder)
    with lock.hold(folder / "lock", "casebridge serve"):
        yield


@contextlib.contextmanager
def _empty_work(stores: Stores) -> Iterator[None]:
    """Begin with an empty working folder: nobody else has one, by the lock."""
    shutil.rmtree(stores.work, ignore_errors=True)
    stores.work.mkdir(mode=0o700)
    yield
    shutil.rmtree(stores.work, ignore_errors=True)


@contextlib.contextmanager
def _threads(chores: Sequence[Chore]) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=one.run, args=(stop,), name=one.name) for one in chores]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


async def _open(doors: Doors, pages: Pages, web: Web, ready: Ready) -> None:
    """Keep the doors and the pages open until told to stop."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await doors.open()
    with named(f"web {web.host}:{web.port}"):
        listening = socket.create_server((web.host, web.port), backlog=512)
    serving = asyncio.create_task(pages.serve(sockets=[listening]))
    try:
        while not pages.started and not serving.done():  # noqa: ASYNC110  # uvicorn's only sign
            await asyncio.sleep(0.01)
        if not serving.done():
            ready(doors.smtp_address, pages.address)
            structlog.get_logger().info("serving", smtp=doors.smtp_address, web=pages.address)
            waiting = asyncio.create_task(told.wait())
            await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            structlog.get_logger().info("draining")
    finally:
        await doors.close(_GRACE_SECONDS)
        pages.should_exit = True
        await serving
