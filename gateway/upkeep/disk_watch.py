"""The disk watch: operations are told by mail when the storage disk has no room any more."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from config.problems import problem
from gateway.stores import Stores
from gateway.upkeep.alarm import KIND
from portal.postbox import Owed, owe
from portal.tables import outbox
from portal.vocabulary import size

# While it lasts they are told once a day.
_AGAIN_AFTER = timedelta(days=1)
_CODE = "storage_full"


@dataclass(frozen=True)
class DiskWatch:
    """Looks at the storage disk, as the door does before it takes a message.

    The door's floor leaves room for this mail's row: below it the record can still be written.
    """

    stores: Stores
    clock: Callable[[], datetime]

    def look(self) -> bool:
        """Owe the mail where less than the floor is free. Nothing more to do then."""
        free = shutil.disk_usage(self.stores.folder).free
        needed = self.stores.settings.storage.minimum_free_bytes
        if free < needed:
            self._tell(free, needed)
        return False

    def _tell(self, free: int, needed: int) -> None:
        now = self.clock()
        lately = sa.select(outbox.c.id).where(
            outbox.c.kind == KIND,
            outbox.c.letter_id.is_(None),
            outbox.c.occasion.startswith(_CODE, autoescape=True),
            outbox.c.created_at > now - _AGAIN_AFTER,
        )
        with self.stores.database.write() as connection:
            if connection.execute(lately.limit(1)).first() is not None:
                return
            occasion = f"{_CODE}:{now.isoformat()}"
            owe(connection, self._mail(free, needed), letter_id=None, occasion=occasion, now=now)
        structlog.get_logger().error("storage.full", free_bytes=free, needed_bytes=needed)

    def _mail(self, free: int, needed: int) -> Owed:
        service, said = self.stores.settings.service, problem(_CODE)
        text = (
            f"{said.title}.\n"
            f"{said.fix}.\n"
            "\n"
            f"Free:        {size(free)}\n"
            f"Needed:      {size(needed)} (storage.minimum_free_bytes)\n"
            "\n"
            "Nothing was lost, and nothing has to be repaired.\n"
            f"What the code means: {service.base_url}/help#{_CODE}\n"
        )
        return Owed(KIND, service.operations_address, said.title, text, begun=True)
