"""How a letter is read, converted and carried."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

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


class Conversion(Section):
    """Limits on turning one file into a PDF, in an engine's sandbox."""

    render_processes: Positive = 2
    office_processes: Positive = 1
    max_seconds: Positive = 120
    max_memory_bytes: Positive = 1610612736
    max_output_bytes: Positive = 524288000


class Road(Section):
    """The worker that carries letters down the road."""

    workers: Positive = 8
    poll_seconds: Annotated[float, Field(gt=0)] = 0.05
    sweep_seconds: Positive = 30
    max_attempts: Positive = 5
    max_submission_bytes: Positive = 6_442_450_944
