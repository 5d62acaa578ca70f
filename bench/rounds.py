"""Rounds: what is compared runs in turn, round by round, and medians and their ratios are printed.

Turns rather than blocks, since a machine is now slower, now faster: what changes meets all alike.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, asdict, dataclass
from pathlib import Path

ROUNDS = 5


class NotMeasured(Exception):
    """A runner cannot run here; the text says why. What was asked of it counts as missed."""


@dataclass(frozen=True)
class Figure:
    """One asked-for figure and what came out. `value` is None where it was not measured."""

    name: str
    value: float | None
    unit: str
    bound: float
    _: KW_ONLY
    at_least: bool  # else: at most
    note: str = ""

    @property
    def reached(self) -> bool:
        """Whether the figure was measured and keeps its bound."""
        if self.value is None:
            return False
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        relation = "at least" if self.at_least else "at most"
        said = "not measured" if self.value is None else f"{self.value:.2f} {self.unit}".strip()
        verdict = "reached" if self.reached else "MISSED"
        asked = f"{relation} {self.bound:g} {self.unit}".strip()
        return f"{verdict:8} {self.name}: {said} (asked: {asked}) {self.note}".rstrip()


@dataclass(frozen=True)
class Rounds:
    """What each runner measured, a value for each round, or why it could not."""

    values: Mapping[str, Sequence[float]]
    missing: Mapping[str, str]

    def median(self, name: str) -> float | None:
        """Return a runner's median, or None where it was not measured."""
        return statistics.median(self.values[name]) if self.values.get(name) else None

    def ratio(self, name: str, baseline: str) -> float | None:
        """Return one median over another, or None where either was not measured."""
        ours, theirs = self.median(name), self.median(baseline)
        return ours / theirs if ours is not None and theirs else None


def interleaved(runners: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> Rounds:
    """Run every runner once unmeasured, then all of them in turn, `rounds` times."""
    values: dict[str, list[float]] = {name: [] for name in runners}
    missing: dict[str, str] = {}
    for turn in range(rounds + 1):
        for name, run in runners.items():
            if name in missing:
                continue
            try:
                value = run()
            except NotMeasured as reason:
                missing[name] = str(reason)
                continue
            if turn:
                values[name].append(value)
    return Rounds(values, missing)


def print_table(title: str, unit: str, rounds: Rounds, ours: str) -> None:
    """Print a table: a row for each runner, with the ratio of `ours` to it."""
    print(f"\n{title}")
    print(f"{'':28}{'median ' + unit:>16}{'lowest':>10}{'highest':>10}{'ours : this':>14}")
    for name, values in rounds.values.items():
        if not values:
            print(f"{name:28}{'not measured':>16}  {rounds.missing[name]}")
            continue
        ratio = rounds.ratio(ours, name)
        shown = "" if name == ours or ratio is None else f"{ratio:.2f}"
        print(
            f"{name:28}{statistics.median(values):16.1f}{min(values):10.1f}{max(values):10.1f}"
            f"{shown:>14}"
        )


def write_figures(figures: Sequence[Figure], file: Path) -> None:
    """Write the figures as JSON, for whoever compares one run with another."""
    rows = [asdict(figure) | {"reached": figure.reached} for figure in figures]
    file.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
