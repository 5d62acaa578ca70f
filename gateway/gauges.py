"""Gauges: what /metrics and /readyz read of the whole when they are asked."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import sqlalchemy as sa

from gateway import clock
from gateway.moving.queue import Queue
from gateway.stores import Stores
from gateway.upkeep.alarm import held_ages
from gateway.upkeep.chore import Chore
from gateway.verification import conservation
from portal import directory_runs
from portal.tables import letters, outbox
from portal.web.desk import Check


def gauges(stores: Stores, queue: Queue) -> dict[str, float]:
    """Read the figures that are not counted as they happen."""
    with stores.database.read() as connection:
        held = held_ages(connection, stores.settings.holds.alarm_days, clock.now())
        count = conservation(connection)
        oldest = connection.execute(
            # Not since its arrival: one that a person decides about may have waited for days.
            sa.select(sa.func.min(letters.c.state_since)).where(letters.c.state == "checking")
        ).scalar()
        unsent = connection.execute(
            sa.select(sa.func.count())
            .select_from(outbox)
            .where(
                outbox.c.sent_at.is_(None),
                outbox.c.withdrawn_at.is_(None),
                outbox.c.failed_at.is_(None),
            )
        ).scalar_one()
        directory = directory_runs.figures(connection, clock.now())
    age = (clock.now() - oldest).total_seconds() if oldest is not None else 0.0
    places = {f"casebridge_letters_{place}": float(n) for place, n in count.places.items()}
    return (
        places
        | held
        | directory
        | {
            "casebridge_queue_depth": float(queue.depth()),
            "casebridge_queue_oldest_seconds": age,
            "casebridge_outbox_unsent": float(unsent),
            "casebridge_storage_free_bytes": float(shutil.disk_usage(stores.folder).free),
        }
    )


def readiness(stores: Stores, queue: Queue, chores: Sequence[Chore]) -> dict[str, Check]:
    """Return the checks behind /readyz: each returns what is wrong, or None."""

    def database() -> str | None:
        try:
            with stores.database.read() as connection:
                connection.execute(sa.select(letters.c.id).limit(1))
        except sa.exc.SQLAlchemyError as fault:
            return f"the record cannot be read: {type(fault).__name__}"
        return None

    def storage() -> str | None:
        free = shutil.disk_usage(stores.folder).free
        least = stores.settings.storage.minimum_free_bytes
        return None if free >= least else f"{free} bytes are free, {least} are needed"

    def moving() -> str | None:
        oldest = gauges(stores, queue)["casebridge_queue_oldest_seconds"]
        most = 4 * stores.settings.conversion.max_seconds
        return None if oldest <= most else f"a letter has been in motion for {oldest:.0f} seconds"

    return {"database": database, "storage": storage, "queue": moving} | {
        chore.name: chore.overdue for chore in chores
    }
