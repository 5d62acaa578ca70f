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
_REPLY_OCTETS = 500


@dataclass(frozen=True)
class Problem:
    """One row: what happened, how to mend it, who can, and its SMTP reply and HTTP status."""

    code: str
    title: str
    fix: str
    mend: Literal["sender", "time", "us"]
    smtp: str | None
    http: int
    told: Literal["people", "operators"] = "people"

    def said(self, **fields: object) -> str:
        """Return title and fix as one text, without a full stop at the end.

        Raises KeyError where a field of the row is not given.
        """
        return f"{self.title.format(**fields)}. {self.fix.format(**fields)}"

    def reply(self, **fields: object) -> str:
        """Return the SMTP reply: one line of ASCII under 512 octets (RFC 5321, 4.5.3.1.5).

        Characters of a field that could end the line or leave ASCII become `?`. Where it would be
        too long the longest field is cut, never our words nor, behind a long address, the link.
        Raises LookupError where the row has no SMTP reply.
        """
        if self.smtp is None:
            raise LookupError(f"{self.code} has no SMTP reply")
        values = {name: _printable(str(value)) for name, value in fields.items()}
        while (over := len(text := self.smtp.format(**values)) - _REPLY_OCTETS) > 0:
            longest = max(values, key=lambda name: len(values[name]))
            values[longest] = values[longest][:-over]
        return text

    def details(self, base_url: str, **fields: object) -> dict[str, object]:
        """Return the row as a problem details object (RFC 9457), with its code beside.

        Raises KeyError where a field of the row is not given.
        """
        return {
            "type": f"{base_url}/help#{self.code}",
            "title": self.title.format(**fields),
            "status": self.http,
            "detail": f"{self.fix.format(**fields)}.",
            "code": self.code,
        }

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields that title and fix hold."""
        parsed = string.Formatter().parse(self.title + self.fix)
        return frozenset(name for _, name, _, _ in parsed if name)


def _printable(text: str) -> str:
    return "".join(char if " " <= char <= "~" else "?" for char in text)


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
            told=row.get("told", "people"),
        )
        for code, row in rows.items()
    }


def problem(code: str) -> Problem:
    """Return one row. Raises KeyError for a code that has none: that is a fault of ours."""
    return catalogue()[code]
