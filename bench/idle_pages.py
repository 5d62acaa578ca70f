"""The pages as `serve` serves them, on CASEBRIDGE_WEB__PORT, with nobody behind them."""

from __future__ import annotations

import asyncio
import logging
import socket

import structlog

from config.settings import load
from gateway import clock
from gateway.pages import pages_of
from gateway.paper import no_paper
from gateway.replies.mailed_password import none_said
from gateway.stores import open_stores
from gateway.unlocking import no_unlocking
from gateway.upkeep.thumbnails import NoThumbnails


async def _serve() -> None:
    settings = load()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    is_new = not (settings.storage.path / "casebridge.db").exists()
    with open_stores(settings, migrating=is_new) as stores:
        send = stores.web_door(clock.now).send
        engines = (no_paper, no_unlocking, NoThumbnails(), none_said)
        pages = pages_of(stores, {}, bytes, send, *engines, grace_seconds=5)
        # A server that was killed and starts again takes the port of the one before.
        with socket.create_server((settings.web.host, settings.web.port), backlog=512) as listening:
            await pages.serve(sockets=[listening])


if __name__ == "__main__":
    asyncio.run(_serve())
