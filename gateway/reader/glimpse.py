"""Glimpse: how a small text begins that is none of the words. A stub says there what it is.

A mail system that takes a document out leaves one, and a service for secret mail sends one.
"""

from __future__ import annotations

from gateway.reader.charset import decode
from gateway.reader.flowed import plain
from gateway.reader.html_text import NoReadableHtml, html_to_text
from gateway.reader.leaf import Leaf

_MOST_TEXT_BYTES = 64 << 10
_MOST_HTML_BYTES = 1 << 20  # a page of a secret mail service holds the message, encrypted
_CHARACTERS = 2000


def glimpse(leaf: Leaf) -> str:
    """Return at most 2,000 characters, with every run of blank space as one space; "" for most."""
    is_html = leaf.detected_type == "text/html" or leaf.entity.media_type == "text/html"
    is_text = is_html or leaf.detected_type == "text/plain"
    is_words = not leaf.flags.isdisjoint({"words", "alternative"})
    if leaf.size > (_MOST_HTML_BYTES if is_html else _MOST_TEXT_BYTES) or not is_text or is_words:
        return ""
    text, _ = decode(leaf.head(leaf.size), leaf.entity.content_type.text("charset"))
    try:
        text = html_to_text(plain(text)).text if is_html else plain(text)
    except NoReadableHtml:
        return ""
    return " ".join(text[: 4 * _CHARACTERS].split())[:_CHARACTERS]
