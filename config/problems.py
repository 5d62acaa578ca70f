"""The problem catalogue: one row per code, and the only place that speaks of a fault to people."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

_FILE = Path(__file__).parent / "problems.toml"


@dataclass(frozen=True)
class Problem:
    """One row: what happened, how to mend it, who can, and its SMTP reply and HTTP status."""

    code: str
    title: str
    fix: str
    mend: Literal["sender", "time", "us"]
    smtp: str | None
    http: int

    def said(self, **fields: object) -> str:
        """Return title and fix as one text, without a full stop at the end.

        Raises KeyError where a field of the row is not given.
        """
        return f"{self.title.format(**fields)}. {self.fix.format(**fields)}"

    def reply(self, **fields: object) -> str:
        """Return the SMTP reply: one line of ASCII under 512 octets (RFC 5321, 4.5.3.1.5).

        Characters of a field that could end the line or leave ASCII become `?`.
        Raises LookupError where the row has no SMTP reply.
        """
        if self.smtp is None:
            raise LookupError(f"{self.code} has no SMTP reply")
        text = self.smtp.format(**fields)
        return "".join(char if " " <= char <= "~" else "?" for char in text)[:500]

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields that title and fix hold."""
        parsed = string.Formatter().parse(self.title + self.fix)
        return frozenset(name for _, name, _, _ in parsed if name)


@cache
def catalogue() -> Mapping[str, Problem]:
    """Return the whole table by code."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        code: Problem(
            code=code,
            title=row["title"],
            fix=row["fix"],
            mend=row["mend"],
            smtp=row.get("smtp"),
            http=row["http"],
        )
        for code, row in rows.items()
    }


def problem(code: str) -> Problem:
    """Return one row. Raises KeyError for a code that has none: that is a fault of ours."""
    return catalogue()[code]
