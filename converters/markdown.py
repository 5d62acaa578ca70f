"""The engine for Markdown: read as CommonMark with tables, HTML in it shown as words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt

from converters import html, text
from converters.fault import TooLarge

MOST_BYTES: Final = 2 * 1024 * 1024
# What stands deeper the library leaves out, without a word; and a page has no width left for it.
_DEEPEST: Final = 24
_READER: Final = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(
    ["table", "strikethrough"]
)


def render(source: bytes, title: str, target: Path) -> list[str]:
    """Write the PDF of a text and return warnings, those of the engines for HTML and for text.

    What is too large to be laid out as a page is laid out as the text that it is.
    Raises Unreadable, TooLarge.
    """
    try:
        body, sure = as_html(source)
        warnings = html.render(body.encode("utf-8"), {}, title, target)
    except TooLarge:
        return text.render(source, title, target)
    return warnings if sure else ["charset_guessed", *warnings]


def as_html(source: bytes) -> tuple[str, bool]:
    """Return the page, and whether the encoding was sure.

    Raises TooLarge, for what is deeper in itself than the library follows as well.
    """
    if len(source) > MOST_BYTES:
        raise TooLarge("Markdown")
    whole, sure = text.decoded(source)
    environment: dict[str, Any] = {}
    tokens = _READER.parse(whole, environment)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        raise TooLarge("levels of Markdown")
    return _READER.renderer.render(tokens, _READER.options, environment), sure
