"""The warm engines: each is lent to one owner at a time, and never to a second one.

An owner is an opaque word from whoever asks: a firm, or one letter of a sender whom nobody knows.
An engine that has seen a file of one owner ends without having seen another's.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

import structlog

from converters.engine import Engine
from converters.fault import ConversionFault, JobFault, JobLost, JobStopped, SandboxMissing
from converters.waiting import Waiting

_LOOK_SECONDS: Final = 1.0
_Order = Callable[[], None]


class Engines:
    """Engines for owners, and a spare one for the next. Safe to use from several threads.

    `make` starts the engine of a number. `at_once` are lent at the same time, `kept` are there at
    most, the spare one not counted; one that nobody asked for in `idle_seconds` ends, and each
    after `most_files`. `start` says whether there is a spare one at all.
    """

    def __init__(
        self,
        make: Callable[[int], Engine],
        *,
        at_once: int,
        kept: int,
        idle_seconds: float,
        most_files: int,
    ) -> None:
        self._make = make
        self._at_once = at_once
        self._kept = max(kept, at_once)
        self._idle_seconds = idle_seconds
        self._most_files = most_files
        self._change = threading.Condition()
        self._spares: list[Engine | Exception] = []
        self._resting: list[tuple[str, Engine]] = []  # by the time of their last file
        self._looked_at: Engine | None = None  # by the keeper, of those that rest
        self._lent: set[Engine] = set()
        self._waiting = Waiting()  # for a turn
        self._taken = 0  # turns, of `at_once`
        self._has_spare = False
        self._wanting = 0  # of those who have a turn: who wait for one that was nobody's
        self._coming = 0  # the keeper was told to start them
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._keeper: threading.Thread | None = None
        self._closed = False
        self._started = 0

    def start(self, *, spare: bool) -> None:
        """Begin. With `spare` one is started ahead, else each when it is asked for."""
        self._has_spare = spare
        self._keeper = threading.Thread(target=self._keep, name="engine keeper", daemon=True)
        self._keeper.start()
        with self._change:
            self._order(ahead=True)

    @contextlib.contextmanager
    def lent(self, owner: str | None) -> Iterator[Engine]:
        """Lend a ready engine to an owner; without one, an engine that ends afterwards.

        Waits for a turn, in the order of converters.waiting. Any exception within the block ends
        the engine. Raises JobStopped, JobLost, SandboxMissing and EngineFailed where there is none.
        """
        self._wait_for_a_turn(owner)
        engine: Engine | None = None
        is_sound = False
        try:
            engine = self._take_ready(owner)
            yield engine
            is_sound = owner is not None and engine.files < self._most_files and engine.is_sound()
        except JobFault as fault:
            if self._closed:
                raise JobStopped from fault
            raise
        finally:
            try:
                if engine is not None and not is_sound:
                    engine.close()
            finally:
                self._give_back(engine, owner, is_sound=is_sound)

    def forget(self, owner: str) -> None:
        """End what an owner has: no file of theirs comes any more."""
        with self._change:
            self._end(lambda whose, _: whose == owner)

    def close(self) -> None:
        """End every engine and wait until all are gone. What is lent ends in JobStopped."""
        with self._change:
            self._closed = True
            for engine in self._lent:
                engine.box.kill()
            self._change.notify_all()
            self._change.wait_for(lambda: not self._taken)
            self._end(lambda *_: True)
        self._orders.put(None)
        if self._keeper is not None:
            self._keeper.join()
        for spare in self._spares:
            if not isinstance(spare, Exception):
                spare.close()

    def _wait_for_a_turn(self, owner: str | None) -> None:
        with self._change:
            place = self._waiting.come(owner)
            try:
                self._change.wait_for(
                    lambda: (
                        self._closed
                        or (self._taken < self._at_once and self._waiting.is_next(place))
                    )
                )
            finally:
                self._waiting.leave(place)
            if self._closed:
                raise JobStopped
            self._taken += 1
            self._waiting.take(owner)
            self._change.notify_all()

    def _take_ready(self, owner: str | None, *, again: bool = True) -> Engine:
        """Take an engine and wait until it is ready.

        A spare one that ended says nothing of the file: the next one shows what is the matter.
        """
        engine = self._take(owner)
        try:
            engine.wait_until_ready()
        except BaseException as fault:
            try:
                engine.close()
            finally:
                with self._change:
                    self._lent.discard(engine)
            if self._closed or not again or not isinstance(fault, JobFault):
                raise
            return self._take_ready(owner, again=False)
        return engine

    def _take(self, owner: str | None) -> Engine:
        """Return the owner's last engine, or else the spare one."""
        with self._change:
            self._change.wait_for(
                lambda: self._closed or (owner, self._looked_at) not in self._resting
            )
            if self._closed:
                raise JobStopped
            for place in reversed(range(len(self._resting))):
                whose, engine = self._resting[place]
                if whose == owner and not engine.box.ended:
                    del self._resting[place]
                    self._lent.add(engine)
                    return engine
            if len(self._resting) + len(self._lent) >= self._kept and self._resting:
                oldest = self._resting[0][1]
                self._end(lambda _, engine: engine is oldest)
            self._wanting += 1
            # Why one could not be started before may hold no longer.
            self._spares = [one for one in self._spares if not isinstance(one, Exception)]
            self._order(ahead=False)
            self._change.wait_for(lambda: self._closed or self._spares)
            self._wanting -= 1
            if self._closed:
                raise JobStopped
            spare = self._spares.pop(0)
            if isinstance(spare, Exception):
                raise spare
            self._lent.add(spare)
            return spare

    def _give_back(self, engine: Engine | None, owner: str | None, *, is_sound: bool) -> None:
        with self._change:
            self._taken -= 1
            self._waiting.give_back(owner)
            if engine is not None:
                self._lent.discard(engine)
                if is_sound and owner is not None:
                    engine.rests_since = time.monotonic()
                    self._resting.append((owner, engine))
            self._order(ahead=True)
            self._change.notify_all()

    def _order(self, *, ahead: bool) -> None:
        """Have the keeper start what is missing: one for each who waits, and `ahead` the spare one.

        Not ahead while the file that took the last spare has just begun: a start would take its
        processor from it. The keeper's next look, or the file's end, is early enough.
        """
        wanted = self._wanting + (ahead and self._has_spare)
        for _ in range(wanted - len(self._spares) - self._coming):
            self._coming += 1
            self._orders.put(self._add_a_spare)

    def _end(self, chosen: Callable[[str, Engine], bool]) -> None:
        """Take the chosen ones out of those that rest, and have the keeper end them."""
        for one in tuple(self._resting):
            if chosen(*one):
                self._resting.remove(one)
                self._orders.put(one[1].close)

    def _keep(self) -> None:
        # Only this thread makes engines: they end with the thread that made them (see Box.start).
        while True:
            try:
                order = self._orders.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                order = self._look
            if order is None:
                return
            try:
                order()
            except OSError as fault:  # its folder does not go: the next start empties it
                structlog.get_logger().error("engine.not_removed", why=type(fault).__name__)

    def _look(self) -> None:
        """End what is over, and see that the spare one is there.

        While one is looked at its owner waits for it, and nobody else does.
        """
        for one in tuple(self._resting):
            with self._change:
                if one not in self._resting:
                    continue
                self._looked_at = one[1]
            is_over = self._is_over(one[1])
            with self._change:
                self._looked_at = None
                self._change.notify_all()
                if is_over:
                    self._end(lambda _, engine: engine is one[1])  # noqa: B023 -- called at once
        with self._change:
            self._order(ahead=True)

    def _add_a_spare(self) -> None:
        if self._closed:
            return
        self._started += 1
        spare: Engine | Exception
        try:
            spare = self._make(self._started)
        except (SandboxMissing, ConversionFault, JobFault) as fault:
            spare = fault
        except OSError as fault:  # no room on the disk, no process to be had
            spare = JobLost(f"LibreOffice did not start: {fault.strerror}")
        with self._change:
            self._coming -= 1
            self._spares.append(spare)
            self._change.notify_all()

    def _is_over(self, engine: Engine) -> bool:
        late = time.monotonic() - engine.rests_since >= self._idle_seconds
        return late or not engine.is_sound()
