"""Grounds: why a file is taken for the type that it is taken for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class By(StrEnum):
    """What showed a file's type. An earlier one goes before a later one."""

    BYTES = "bytes"
    STRUCTURE = "structure"  # what is in it: the members of a ZIP file, the streams of an OLE file
    DECLARED = "declared"
    NAME = "name"


@dataclass(frozen=True)
class Grounds:
    """Why a file has its type, and what speaks against it."""

    by: By = By.BYTES
    against: tuple[str, ...] = ()  # "declared", "name": what its sender said otherwise
    also: str | None = None  # the second type that its bytes are valid as
