"""Running hashes: the SHA-256 of what was acknowledged of each upload, kept between its requests.

In memory alone, and only the latest few hundred: what is not there is computed from the disk.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

_MOST = 512


class RunningHashes:
    """Hash states by upload. Safe for threads."""

    def __init__(self) -> None:
        self._states: OrderedDict[str, tuple[int, _Hash]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, public_id: str, offset: int) -> _Hash | None:
        """Give out the state at this offset, to be written on; None where it is not known.

        One of another offset is older: another process wrote since.
        """
        with self._lock:
            at, state = self._states.pop(public_id, (-1, None))
        return state if at == offset else None

    def put(self, public_id: str, offset: int, state: _Hash) -> None:
        """Keep the state at an acknowledged offset: bytes before it never change any more."""
        with self._lock:
            self._states[public_id] = (offset, state)
            self._states.move_to_end(public_id)
            while len(self._states) > _MOST:
                self._states.popitem(last=False)
