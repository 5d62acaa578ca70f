"""Whose mail counts as proven, and by whom."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from config.sections.section import Positive, Section


class Trust(Section):
    """Whose mail counts as proven, and whose way back as encrypted."""

    loopback_is_proven: bool = True
    sample_accounts: bool = True
    journal_is_checked: bool = False


class ProofRelay(Section):
    """A mail server in front of us whose word about a sender counts."""

    networks: tuple[str, ...] = ()
    is_lmtp: bool = False
    authserv_id: str
    hops: Annotated[int, Field(ge=1, le=10)] = 1

    @field_validator("networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ipaddress.ip_network(one)
            except ValueError as error:
                raise ValueError("write a network as 192.0.2.0/24 or 2001:db8::/48") from error
        return value

    @field_validator("authserv_id")
    @classmethod
    def _plain_identifier(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", value):
            raise ValueError("write the first word of its Authentication-Results, a host name")
        return value

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if not self.networks and not self.is_lmtp:
            raise ValueError("set networks, or is_lmtp: nobody would be this relay")
        return self


class Proof(Section):
    """How it is proven who sent a message, before it is accepted."""

    mode: Literal["off", "mark", "enforce"] = "mark"
    nameservers: tuple[str, ...] = ()
    seconds: Positive = 5
    max_bytes: Positive = 33554432
    processes: Positive = 2
    most_received: Positive = 25
    relays: tuple[ProofRelay, ...] = ()

    @field_validator("nameservers")
    @classmethod
    def _nameservers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            nameserver(one)
        return value


def nameserver(text: str) -> tuple[str, int]:
    """Return the address and port of a name server: 192.0.2.53, 192.0.2.53:5300, [2001:db8::]:53.

    Raises ValueError.
    """
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)|([0-9a-fA-F:]+))(?::(\d{1,5}))?", text)
    host = match and next((one for one in match.groups()[:3] if one), None)
    try:
        ipaddress.ip_address(host or "")
    except ValueError as error:
        raise ValueError("write the address of a name server, such as 192.0.2.53") from error
    assert match is not None, "an address was in it"
    return host or "", int(match[4] or 53)
