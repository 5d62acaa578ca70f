"""The parts of a section: what every one of them is made of."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(gt=0)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """One table of the file: frozen, and without keys that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def zone_named(name: str) -> str:
    """Return the name of a time zone. Raises ValueError where the IANA list does not have it."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("name a zone of the IANA list, such as America/New_York") from error
    return name


def no_blank(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words. Raises ValueError where one of them is blank."""
    if not all(word.strip() for word in words):
        raise ValueError("leave no blank one: it would be found everywhere")
    return words


def is_loopback(host: str) -> bool:
    """Say whether an address or host name to listen on can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
