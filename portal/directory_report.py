"""The report of a directory import: what it changed, or which lines must be corrected first."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from portal.merge import Counts


@dataclass(frozen=True)
class Rejected:
    """A line that cannot be loaded, and what to change in it. Line 0 is the file itself."""

    file: str
    line: int
    fix: str


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
            return f"Loaded: {', '.join(said)}."
        there = (f"{counts.unchanged:,} {noun}" for noun, counts in self.counts.items())
        return f"Nothing changed: {', '.join(there)} are as in the files."

    def as_dict(self) -> dict[str, Any]:
        """Return it for a machine."""
        return {
            "loaded": not self.rejections,
            "counts": {noun: dataclasses.asdict(one) for noun, one in self.counts.items()},
            "rejections": self.rejections,
            "rejected": [dataclasses.asdict(one) for one in self.rejected],
        }
