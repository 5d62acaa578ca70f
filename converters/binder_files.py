"""What the bindery and the processes that work for it agree on: names of files, and limits.

It has no library that opens a document: the bindery is in the process that serves.
"""

from __future__ import annotations

from typing import Final

FRONT: Final = "front.pdf"
FIGURES: Final = "figures.pdf"
SECTION: Final = "section.pdf"
MOST_BOOKMARKS: Final = 1000  # of one document
DEEPEST_BOOKMARK: Final = 5


def sheet(number: int) -> str:
    """Name the file of the sheet before a document, by its number from 1."""
    return f"sheet-{number}.pdf"


def label(number: int) -> str:
    """Name the file of a document's name, as it is stamped; 0 is the whole's."""
    return f"label-{number}.pdf"
