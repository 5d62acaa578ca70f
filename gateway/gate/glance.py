"""A glance: what a message's header says about its sender, read in a sandbox and then checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from config.settings import ProofRelay

JOB = "gateway.reader.sender_job:run"
MAX_HEADER_BYTES = 262_144

_Domain = Field(max_length=253, pattern=r"^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$")


class HeaderTooLarge(Exception):
    """The header is over the limit: nothing of it was looked at."""


class Sandbox(Protocol):
    """What runs a job on a stranger's bytes, away from this process: converters.pool.Pool."""

    def run(
        self,
        job: Mapping[str, Any],
        *,
        inputs: Sequence[int] = (),
        into: Path,
        seconds: float | None = None,
        whose: str | None = None,
    ) -> dict[str, Any]:
        """Run one job and return its answer. Whoever has least in hand goes first."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Signed(_Answer):
    """A signature that a message bears; nothing is verified yet."""

    index: int = Field(ge=0, le=100)
    domain: str = _Domain
    selector: str = _Domain


class Said(_Answer):
    """What a trusted relay says: DMARC's result with its domain, the client and the time."""

    dmarc: str | None = Field(max_length=200)
    domain: str | None = Field(max_length=300)
    client: str | None = Field(max_length=45)
    at: str | None = Field(max_length=40)

    @property
    def moment(self) -> datetime | None:
        """The time that the relay took the message, in UTC."""
        return None if self.at is None else datetime.fromisoformat(self.at).astimezone(UTC)


class Glance(_Answer):
    """The one address in From, None where that is undecided, and what speaks for it."""

    sender: str | None = Field(max_length=254)
    signatures: tuple[Signed, ...] = Field(max_length=100, strict=False)
    relay: Said | None


class _Held(_Answer):
    holds: int | None


@dataclass(frozen=True)
class Glass:
    """Looks at one message. What the sandbox answers is believed of nothing but its shape.

    `client` is where the message comes from, whose many messages keep nobody else's waiting. Every
    method raises converters.fault.JobFault and SandboxMissing, and pydantic's ValidationError for
    an answer that cannot be true.
    """

    sandbox: Sandbox
    folder: Path
    descriptor: int
    client: str | None = None

    def header(self, relay: ProofRelay | None, seconds: float) -> Glance:
        """Look at the header. Raises HeaderTooLarge."""
        by = None if relay is None else {"authserv_id": relay.authserv_id, "hops": relay.hops}
        return Glance.model_validate(self._run({"relay": by}, seconds))

    def first_that_holds(
        self, keys: Sequence[tuple[Signed, bytes]], seconds: float
    ) -> Signed | None:
        """Return the first of these signatures that holds under its key, or None."""
        job = [one.model_dump() | {"record": key.decode("latin-1")} for one, key in keys]
        held = _Held.model_validate(self._run({"keys": job}, seconds)).holds
        return next((one for one, _ in keys if one.index == held), None)

    def _run(self, job: dict[str, Any], seconds: float) -> dict[str, Any]:
        asked = {"max_header_bytes": MAX_HEADER_BYTES, **job}
        answer = self.sandbox.run(
            asked,
            inputs=[self.descriptor],
            into=self.folder,
            seconds=seconds,
            whose=self.client,
        )
        if "stopped" in answer:
            raise HeaderTooLarge
        return answer
