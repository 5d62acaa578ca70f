"""The scanners and copiers of firms, and who hears what became of what they send."""

from __future__ import annotations

import re

from pydantic import field_validator

from config.sections.section import Section

_ADDRESS = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-z0-9][a-z0-9.-]*")


class ListedDevice(Section):
    """One device, by the address that its mail comes from."""

    address: str
    contact: str = ""

    @field_validator("address", "contact")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError("write it in lower case as name@domain")
        return value

    @field_validator("address")
    @classmethod
    def _is_there(cls, value: str) -> str:
        if not value:
            raise ValueError("write the address that its mail comes from")
        return value


class Devices(Section):
    """The devices that are known by their address."""

    listed: tuple[ListedDevice, ...] = ()

    @field_validator("listed")
    @classmethod
    def _addresses_differ(cls, value: tuple[ListedDevice, ...]) -> tuple[ListedDevice, ...]:
        if len({one.address for one in value}) < len(value):
            raise ValueError("list each device once")
        return value
