"""Text with marks in angle brackets, older than HTML in mail: text/enriched and text/richtext."""

from __future__ import annotations

import re

ENRICHED, RICH = "text/enriched", "text/richtext"
TYPES = {ENRICHED, RICH}

_PIECE = re.compile(r"<<|<(/?)([A-Za-z0-9-]{1,60})>|\n+|[^<\n]+|<")
_UNSHOWN = {"param", "comment"}  # RFC 1896, 3; RFC 1341, 7.1.3
_NOT_FILLED = {"nofill", "verbatim"}
_ENDS_LINE = {"nl", "np", "paragraph", "excerpt", "center", "indent", "flushleft", "flushright"}


def unmarked(text: str, media_type: str) -> str:
    """Return the text that is meant. Line ends are \\n. Never raises; an unknown mark is left out.

    A single line end is a space, and of several one is left out, but where the text says that it
    is not to be filled (RFC 1896, 2); in richtext only a mark ends a line (RFC 1341, 7.1.3).
    """
    is_rich = media_type == RICH
    words: list[str] = []
    unshown = kept_as_is = 0
    for match in _PIECE.finditer(text):
        piece, closes, name = match[0], bool(match[1]), (match[2] or "").lower()
        if name in _UNSHOWN:
            unshown = max(0, unshown + (-1 if closes else 1))
        elif name in _NOT_FILLED:
            kept_as_is = max(0, kept_as_is + (-1 if closes else 1))
        elif unshown:
            continue
        elif name == "lt" and is_rich:
            words.append("<")
        elif name:
            words.append("\n" if name in _ENDS_LINE and (closes or name in {"nl", "np"}) else "")
        elif piece == "<<" and not is_rich:
            words.append("<")
        elif piece.startswith("\n") and not kept_as_is:
            words.append(" " if is_rich or len(piece) == 1 else piece[1:])
        else:
            words.append(piece)
    return "".join(words)
