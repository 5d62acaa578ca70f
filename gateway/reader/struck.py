"""Struck: words that a writer has crossed out, which say the contrary of what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping

STRUCK_TAGS = frozenset({"del", "s", "strike"})
_STRIKING = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
_LONGEST_STYLE = 2000  # characters


class Struck:
    """Which elements of a page are struck out, and the marks for it in one line of text."""

    def __init__(self) -> None:
        self._open = [False]  # of each open element, whether its words are struck out
        self._marked = False  # a mark is open in the line

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Enter an element."""
        style = attributes.get("style", "")[:_LONGEST_STYLE]
        strikes = tag in STRUCK_TAGS or (":" in style and _STRIKING.search(style) is not None)
        self._open.append(self._open[-1] or strikes)

    def end(self) -> None:
        """Leave the last element that was entered."""
        self._open.pop()

    def mark(self, line: list[str], text: str) -> str:
        """Return a text as it follows a line, with the mark where it begins to be struck out."""
        if not self._open[-1]:
            self.close(line)
        if not text.strip() or self._marked or not self._open[-1]:
            return text
        self._marked = True
        return f"[struck out: {text}"

    def close(self, line: list[str]) -> None:
        """End the mark that is open: the line ends, or what follows is not struck out."""
        if self._marked:
            line.append("]")
        self._marked = False
