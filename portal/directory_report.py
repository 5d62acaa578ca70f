"""The report of a directory import: what it changed, or which lines must be corrected first."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from portal.directory_follow import NOTHING_FOLLOWED, Followed
from portal.merge import Counts


@dataclass(frozen=True)
class Rejected:
    """A line that cannot be loaded, and what to change in it. Line 0 is the file itself."""

    file: str
    line: int
    fix: str


@dataclass(frozen=True)
class Progress:
    """How far a file was read: lines, and bytes of all there are."""

    file: str
    lines: int
    octets: int
    total: int


class DirectoryRejected(Exception):
    """The CSV folder cannot be loaded. `lines` names each rejected line with its fix."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Report:
    """What an import did. Where anything is rejected it did nothing."""

    counts: dict[str, Counts]  # by "firms", "offices", "identifiers", "consultants", ...
    rejected: tuple[Rejected, ...]  # the first 1,000
    rejections: int
    followed: Followed = NOTHING_FOLLOWED
    fingerprint: str = ""  # of the four files
    dry_run: bool = False

    @property
    def changed(self) -> bool:
        """Whether the record is another one than before, or would be after a dry run."""
        return any(one.added or one.changed or one.removed for one in self.counts.values())

    @property
    def summary(self) -> str:
        """Say it in one line."""
        if self.rejections:
            lines = "1 line" if self.rejections == 1 else f"{self.rejections:,} lines"
            return f"Nothing was loaded: {lines} must be corrected first."
        said = [
            f"{number:,} {noun.removesuffix('s') if number == 1 else noun} {verb}"
            for noun, counts in self.counts.items()
            for verb, number in (
                ("added", counts.added),
                ("changed", counts.changed),
                ("removed", counts.removed),
            )
            if number
        ]
        if said:
            words = f"{'Would be loaded' if self.dry_run else 'Loaded'}: {', '.join(said)}."
            return " ".join((words, *_followed(self.followed)))
        there = (f"{counts.unchanged:,} {noun}" for noun, counts in self.counts.items())
        words = "Nothing would change" if self.dry_run else "Nothing changed"
        return f"{words}: {', '.join(there)} are as in the files."

    def as_dict(self) -> dict[str, Any]:
        """Return it for a machine."""
        return {
            "loaded": not self.rejections and not self.dry_run,
            "dry_run": self.dry_run,
            "counts": {noun: dataclasses.asdict(one) for noun, one in self.counts.items()},
            "packages": dataclasses.asdict(self.followed),
            "rejections": self.rejections,
            "rejected": [dataclasses.asdict(one) for one in self.rejected],
        }


def _followed(followed: Followed) -> list[str]:
    """Say what became of the packages of the cases whose consultant changed."""
    return [
        f"{number:,} {'package' if number == 1 else 'packages'} {what}."
        for number, what in (
            (followed.moved, "not read yet went along to the case's new consultant"),
            (followed.unassigned, "not read yet now with no consultant"),
            (followed.stayed, "read already stayed with the old consultant"),
        )
        if number
    ]
