"""The watch on the directory's folder: a new and whole export is loaded, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from config.settings import Settings
from gateway.numbers.case_number import CaseShape
from gateway.stores import Stores
from gateway.upkeep.chore import Chore
from portal import directory_export as export
from portal import directory_runs
from portal.database import Database
from portal.directory_export import Stamp
from portal.directory_import import Terms
from portal.directory_runs import Source

_AFTER_A_FAULT = timedelta(minutes=10)


def watching(stores: Stores, clock: Callable[[], datetime]) -> tuple[Chore, ...]:
    """Watch the directory's folder, where the settings name one."""
    settings = stores.settings
    if not settings.directory.folder:
        return ()
    shape = CaseShape.of(settings.cases)
    watch = DirectoryWatch(stores.database, settings, shape.normal, clock)
    return (Chore("directory", lambda _: watch.look(), settings.directory.poll_seconds),)


@dataclass
class DirectoryWatch:
    """Looks at the folder that the settings name.

    An export is whole when the marker file is there and no younger file is, or, without a marker,
    when no file has changed between looks for `settled_seconds`. That is seen from here, not by the
    files' times: the clock of a shared folder may be another one. A rejected export is tried again
    when a file of it changes, or after a start, since the settings may be others then.
    """

    database: Database
    settings: Settings
    case_number: Callable[[str], str | None]
    clock: Callable[[], datetime]
    _seen: Stamp | None = field(default=None, init=False)
    _since: datetime | None = field(default=None, init=False)
    _tried: Stamp | None = field(default=None, init=False)
    _not_before: datetime | None = field(default=None, init=False)

    @property
    def source(self) -> Source:
        """What its runs are written as."""
        return "scheduled" if self.settings.directory.at else "watched"

    def look(self) -> bool:
        """Look once, and load what is new. Return whether something was loaded or rejected."""
        now = self.clock()
        stamp = self._whole(now)
        if stamp is None or stamp == self._tried or not self._is_time(now):
            return False
        fingerprint = export.fingerprint(self._folder)
        with self.database.read() as connection:
            loaded = directory_runs.is_loaded(connection, fingerprint)
        if not loaded:
            self._not_before = now + _AFTER_A_FAULT  # where the next line raises
            self._load()
            self._not_before = None
        elif self._tried is not None:  # it came anew while we looked, as it was
            with self.database.write() as connection:
                directory_runs.note_unchanged(
                    connection, source=self.source, fingerprint=fingerprint, now=now
                )
        self._tried = stamp
        return not loaded

    @property
    def _folder(self) -> Path:
        return Path(self.settings.directory.folder)

    def _whole(self, now: datetime) -> Stamp | None:
        """Return the stamp of an export that is whole, or None while there is none."""
        marker = self.settings.directory.marker
        stamp = export.stamp(self._folder, *([marker] if marker else []))
        if stamp != self._seen or self._since is None:
            self._seen, self._since = stamp, now
        if stamp is None:
            return None
        if marker:
            times = [changed for _, _, _, changed in stamp]
            return stamp if times[-1] == max(times) else None
        settled = timedelta(seconds=self.settings.directory.settled_seconds)
        return stamp if now - self._since >= settled else None

    def _is_time(self, now: datetime) -> bool:
        """Say whether an export may be loaded now: with a daily time, once from then on."""
        if self._not_before is not None and now < self._not_before:
            return False
        if not self.settings.directory.at:
            return True
        here = now.astimezone(ZoneInfo(self.settings.service.time_zone))
        daily = time.fromisoformat(self.settings.directory.at)
        opened = datetime.combine(here.date(), daily, here.tzinfo)
        if here < opened:
            opened = datetime.combine(here.date() - timedelta(days=1), daily, here.tzinfo)
        with self.database.read() as connection:
            done = directory_runs.last_done(connection, "scheduled")
        return done is None or done < opened

    def _load(self) -> None:
        report = directory_runs.run(
            self.database,
            self._folder,
            self.case_number,
            source=self.source,
            clock=self.clock,
            terms=Terms(most_removed_percent=self.settings.directory.max_removed_percent),
        )
        log = structlog.get_logger()
        if report.rejections:
            log.error("directory.rejected", source=self.source, rejections=report.rejections)
        else:
            log.info(
                "directory.loaded" if report.changed else "directory.unchanged",
                source=self.source,
                **{
                    f"{noun}_{verb}": number
                    for noun, one in report.counts.items()
                    for verb, number in (
                        ("added", one.added),
                        ("changed", one.changed),
                        ("removed", one.removed),
                    )
                    if number
                },
                packages_moved=report.followed.moved,
                packages_unassigned=report.followed.unassigned,
            )
