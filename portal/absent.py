"""Absent: the documents that a letter speaks of and that nobody here can read, by its problems:
they did not reach us, or only with a lock on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

PROBLEMS = frozenset(
    {
        "content_is_a_link",
        "content_in_secure_portal",
        "content_elsewhere",
        "message_in_pieces",
        "attachment_removed_on_the_way",
        "attachment_missing",
        "file_encrypted",
    }
)
"""The problems that mean it. A part that bears one is no document: it stands for one."""


def absent(problems: Iterable[Mapping[str, Any]]) -> int:
    """Count the documents that did not come: one for each problem that counts none itself."""
    return sum(_count(one.get("fields", {})) for one in problems if one["code"] in PROBLEMS)


def _count(fields: Mapping[str, Any]) -> int:
    given = fields.get("n", 1)
    return given if isinstance(given, int) else 1
