"""A finding of `casebridge check`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from config.problems import problem


@dataclass(frozen=True)
class Finding:
    """One line of the report; `fix` is empty where nothing is to be done."""

    weight: Literal["ok", "warn", "error"]
    text: str
    fix: str = ""

    @classmethod
    def of(cls, weight: Literal["warn", "error"], code: str, **fields: object) -> Finding:
        """Find a problem of the catalogue."""
        row = problem(code)
        return cls(weight, row.title.format(**fields), row.fix.format(**fields))
