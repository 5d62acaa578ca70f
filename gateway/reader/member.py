"""A member of an archive as its listing describes it, and why an archive is not opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Why(StrEnum):
    """Why an archive stays whole. The values are flags of its part; sort knows their fates."""

    UNSAFE = "archive_unsafe"
    PASSWORD = "password"  # noqa: S105 -- a flag's name
    DAMAGED = "damaged"
    MEMBER = "unreadable_member"
    WHOLE = "kept_whole"  # a production, a disc, a mailbox, or more than a limit
    DEEP = "archive_too_deep"


class NotOpened(Exception):
    """An archive is not to be opened.

    `detail` is one word for whoever looks into it: of an unsafe one "path", "link", "overlap",
    "truths", "hidden" or "ratio", which have their words for people.
    """

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail)
        self.why = why
        self.detail = detail

    @property
    def flags(self) -> set[str]:
        """What the archive's part is flagged with."""
        more = {f"unsafe_{self.detail}"} if self.why is Why.UNSAFE else set()
        return {self.why.value, *more}


@dataclass(frozen=True)
class Member:
    """One entry of an archive's listing. Nothing of its contents has been looked at."""

    name: str  # with its folders, parted by slashes; one line
    size: int | None  # in bytes, as declared; None where the archive does not say
    is_folder: bool = False

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that it lies in, the outermost first."""
        return tuple(self.name.split("/")[:-1])

    @property
    def base(self) -> str:
        """Its name without its folders."""
        return self.name.rpartition("/")[2]


class Archive(Protocol):
    """An archive whose listing has been read and found safe."""

    @property
    def members(self) -> tuple[Member, ...]:
        """Everything that it lists, in its order."""

    def contents(self) -> Iterator[tuple[Member, Iterator[bytes]]]:
        """Give each member that is no folder with its bytes, to be read before the next one.

        Raises NotOpened, on the way as well.
        """
