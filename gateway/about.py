"""What a message's header says of it, read in a sandbox and then checked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.settings import Reading
from converters.fault import JobFault
from gateway.road.answer import Address, Line, Moment
from gateway.road.read import Reader, job_of


class NotRead(Exception):
    """The header could not be read."""


class About(BaseModel):
    """Who wrote what to whom, and when, by the message's own header."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    message_id: Line | None
    sent_at: Moment | None
    header_from: Line
    sender: Address | None  # the one address in it, in canonical form
    subject: Line
    addressed: tuple[Address, ...] = Field(max_length=100, strict=False)

    @property
    def sent(self) -> datetime | None:
        """When it was sent, as its Date says."""
        return None if self.sent_at is None else datetime.fromisoformat(self.sent_at)


def about(raw: BinaryIO, reader: Reader, folder: Path, limits: Reading) -> About:
    """Read the header of a message. `raw` is a file open for reading only. Raises NotRead."""
    try:
        answer = reader.run(job_of(limits) | {"about": True}, inputs=[raw.fileno()], into=folder)
        return About.model_validate(answer)
    except (JobFault, ValidationError) as fault:
        raise NotRead from fault
