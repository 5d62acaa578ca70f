"""What is foreseen of a file before it is sent: the name that it will be filed under, and its fate.

The road says it, by the same code that files it: `Foresee` is handed into the pages. Nobody has
looked into the file yet, so its content may still turn out to be something else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Prospect = Literal["filed", "converted", "opened", "refused", "empty"]


@dataclass(frozen=True)
class Chosen:
    """A file as its sender has named it."""

    name: str
    declared_type: str
    length: int


@dataclass(frozen=True)
class Foreseen:
    """What will become of it. `filed_name` is None where nothing is filed under a name of its own.

    `kept_name` is that of the original, which is filed beside the PDF of a converted file.
    `remarks` are the codes of what is changed in the name.
    """

    prospect: Prospect
    filed_name: str | None
    kept_name: str | None
    remarks: tuple[str, ...]


Foresee = Callable[[Sequence[Chosen]], tuple[Foreseen, ...]]
"""Says of the files of one submission what will become of each, in their order."""
