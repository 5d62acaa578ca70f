"""Who runs the gateway, where it keeps things, and what it logs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from config.sections.section import Positive, Section, zone_named


class Service(Section):
    """Who runs this gateway, as its letters and pages name them."""

    organisation: str = "Sample Mutual"
    phone: str = "+1 555 0100"
    base_url: str = "http://127.0.0.1:8080"
    time_zone: str = "America/New_York"
    calendar: str = ""
    operations_address: str = "operations@casebridge.example"

    @field_validator("operations_address")
    @classmethod
    def _one_address(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", value):
            raise ValueError("write it as name@domain")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return zone_named(value)

    @field_validator("base_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^/\s]+", value):
            raise ValueError("write it as https://host or http://host:port, with no path")
        return value


class Storage(Section):
    """Where the database and the vault live."""

    path: Path = Path("var")
    sweep_after_hours: Positive = 24
    minimum_free_bytes: Positive = 268435456
    # Within what a door gathers before it writes (gateway/smtp/reception.py): no more memory.
    pouch_bytes: int = Field(default=65_536, ge=0, le=262_144)


class Logs(Section):
    """The log on standard error."""

    format: Literal["json", "console"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"
