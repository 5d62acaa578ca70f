"""Public mail: the domains where anybody has a mailbox, as public_mail.toml lists them."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "public_mail.toml"


def is_public(domain: str) -> bool:
    """Say whether anybody may have an address at a domain, which is in lower case."""
    return domain in _domains()


@cache
def _domains() -> frozenset[str]:
    return frozenset(tomllib.loads(_FILE.read_text(encoding="utf-8"))["domains"])
