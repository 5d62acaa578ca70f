"""A mail's HTML without its mark-up, laid out as its text part is, to compare the words of both."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# What the text part says by its layout: a name, and under it what became of it.
_LAYOUT = {"Your file What we filed", "Your file What we kept", "Your file Ours"}
_UNSEEN = {"title", "style"}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._inside: list[str] = []
        self._href = ""
        self._head_starts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        if tag == "li":
            self.words.append("-")
        elif tag == "a":
            self._href = dict(attrs)["href"] or ""
        elif tag == "thead":
            self._head_starts = len(self.words)

    def handle_data(self, data: str) -> None:
        if _UNSEEN.isdisjoint(self._inside):
            self.words += (data.upper() if "h2" in self._inside else data).split()

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.words[-1] += ":"
            self.words.append(self._href)
        elif tag == "thead" and " ".join(self.words[self._head_starts :]) in _LAYOUT:
            del self.words[self._head_starts :]
        while self._inside and self._inside.pop() != tag:
            pass  # void elements have no end


def stripped(html: str) -> str:
    """Return the words of a mail's HTML in their order, with what text says by its layout."""
    parser = _Words()
    parser.feed(re.sub("</?span[^>]*>", "", html))  # it parts no words
    parser.close()
    return " ".join(parser.words)
