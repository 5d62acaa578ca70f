"""The pages, served: uvicorn as we run it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import uvicorn

from config import media
from gateway import assembly, clock
from gateway.allocation import keep_freed
from gateway.foresight import foresee
from gateway.long_bodies import LongBodies
from gateway.numbers.case_number import CaseShape
from gateway.stores import Stores
from portal.mailed_password import Said
from portal.thumbnails import Thumbnail
from portal.unlocking import Unlock
from portal.web.app import build_app
from portal.web.desk import Check, Printer


class Pages(uvicorn.Server):
    """uvicorn, with the signals left to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    @property
    def address(self) -> str:
        """Where the pages are served."""
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"


def pages_of(
    stores: Stores,
    checks: Mapping[str, Check],
    metrics: Callable[[], bytes],
    send: Callable[[int], str],
    printer: Printer,
    unlock: Unlock,
    thumbnail: Thumbnail,
    said: Said,
    *,
    grace_seconds: int,
) -> Pages:
    """Build the pages of a storage folder, to be served on a socket that the caller opens."""
    settings = stores.settings
    keep_freed()
    app = build_app(
        database=stores.database,
        vault=stores.vault,
        service=settings.service,
        web=settings.web,
        sending=settings.sending,
        minimum_free_bytes=settings.storage.minimum_free_bytes,
        intake=settings.intake,
        submission_bytes=settings.road.max_submission_bytes,
        case_example=settings.cases.example,
        calendar=assembly.office_calendar(settings),
        media=media.catalogue(),
        triage=settings.triage,
        case_number=CaseShape.of(settings.cases).normal,
        foresee=partial(
            foresee,
            media=media.catalogue(),
            rules=settings.names,
            open_archives=settings.reading.open_archives,
        ),
        send=send,
        encrypted=settings.outbound.is_encrypted,
        printer=printer,
        unlock=unlock,
        thumbnail=thumbnail,
        said=said,
        clock=clock.now,
        checks=checks,
        metrics=metrics,
    )
    return Pages(
        uvicorn.Config(
            app,
            host=settings.web.host,
            port=settings.web.port,
            # By h11, and not httptools, which uvicorn would take where it is: it bounds no headers.
            http=LongBodies,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=grace_seconds,
        )
    )
