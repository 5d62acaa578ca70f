"""The pace of a connection: how long nothing has come, and whether next to nothing comes."""

from __future__ import annotations

# Far below any line that is in use (an old modem has 240), and above a byte now and then.
LEAST_BYTES_A_SECOND = 10


class Pace:
    """Counts what comes, by a clock that is handed in, in seconds."""

    __slots__ = ("_bytes", "_heard_at", "_seconds", "_since")

    def __init__(self, seconds: float, now: float) -> None:
        """`seconds` may nothing come, or less than the least of bytes for each of them."""
        self._seconds = seconds
        self.begin(now)

    def begin(self, now: float) -> None:
        """Count anew: until now it was we who were waited for."""
        self._heard_at = self._since = now
        self._bytes = 0

    def heard(self, length: int, now: float) -> None:
        """Note that so many bytes have come."""
        self._heard_at = now
        self._bytes += length

    def silent(self, now: float) -> float:
        """Return for how many seconds nothing has come."""
        return now - self._heard_at

    def fault(self, now: float) -> str | None:
        """Return the code of the problem with it, or None; a new count begins after each full one.

        It is asked at least once in as many seconds as the count is of.
        """
        if self.silent(now) >= self._seconds:
            return "connection_idle"
        if now - self._since < self._seconds:
            return None
        is_slow = self._bytes < (now - self._since) * LEAST_BYTES_A_SECOND
        self._since, self._bytes = now, 0
        return "connection_slow" if is_slow else None
