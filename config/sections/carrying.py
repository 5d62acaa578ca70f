"""How a letter is read, converted and carried."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from config.sections.section import Positive, Section


class Reading(Section):
    """Limits on taking one message apart, in the reader's sandbox."""

    processes: Positive = 2
    max_parts: Positive = 1000
    max_depth: Positive = 40
    max_header_bytes: Positive = 262144
    max_seconds: Positive = 60
    max_memory_bytes: Positive = 1073741824
    open_archives: bool = True
    max_archive_members: Positive = 500
    max_archive_bytes: Positive = 268435456
    max_archive_ratio: Positive = 100
    max_archive_depth: Positive = 3


class Scan(Section):
    """The virus scanner, a clamd: where it is, and what is done without it."""

    use: Literal["optional", "required", "off"] = "optional"
    socket: str = ""
    max_bytes: Positive = 104857600
    max_seconds: Positive = 120

    @field_validator("socket")
    @classmethod
    def _can_be_reached(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not value.startswith("/") and not (host and port.isdecimal()):
            raise ValueError("name the path of clamd's socket, or its host:port")
        return value

    @model_validator(mode="after")
    def _is_there_where_required(self) -> Self:
        if self.use == "required" and not self.socket:
            raise ValueError('`socket` has to be named where `use` is "required"')
        return self


class Conversion(Section):
    """Limits on turning one file into a PDF, in an engine's sandbox."""

    render_processes: Positive = 2
    office_processes: int = Field(default=0, ge=0)
    office_kept: Positive = 4
    office_idle_seconds: Positive = 300
    office_files: Positive = 100
    max_seconds: Positive = 120
    max_memory_bytes: Positive = 1610612736
    max_output_bytes: Positive = 524288000
    binder_pages: Positive = 20_000
    binder_days: Positive = 7
    ocr: bool = False


class Road(Section):
    """The worker that carries letters down the road."""

    workers: Positive = 8
    poll_seconds: Annotated[float, Field(gt=0)] = 0.05
    sweep_seconds: Positive = 30
    max_attempts: Positive = 5
    max_submission_bytes: Positive = 6_442_450_944
