"""Pace: an import hands over as fast as the road carries, and never much faster.

What is imported yields in the queue to what comes today (gateway/moving/queue.py). That it does not
fill the queue by the million, and the record with commits that the doors wait for, is held here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from gateway import lock
from portal.database import Database
from portal.tables import letters

_LOOK_SECONDS = 0.1
_UNCARRIED = 100  # so many may come before it is asked again whether somebody carries them
_WAITING = (
    sa.select(sa.func.count())
    .select_from(letters)
    .where(letters.c.state == "checking", letters.c.door == "import")
)


@dataclass
class Pace:
    """Keeps an import from being more than so many letters ahead. For one thread."""

    database: Database
    served_by: Path  # the lock of whoever carries letters
    most_ahead: int
    _may: int = 0  # so many may come before the next look

    def wait(self) -> None:
        """Wait until one more may come. While nobody carries letters, all may."""
        while self._may <= 0:
            with self.database.read() as connection:
                self._may = self.most_ahead - connection.execute(_WAITING).scalar_one()
            if self._may > 0:
                self._may = max(1, self._may // 2)
            # Asked where there is something to wait for only, and not for each letter: who asks
            # holds the lock for a moment, where nobody has it.
            elif lock.is_held(self.served_by):
                time.sleep(_LOOK_SECONDS)
            else:
                self._may = _UNCARRIED
        self._may -= 1
