"""Plain text as it was meant: lines joined that a mail program broke (RFC 3676)."""

from __future__ import annotations

import re

# A run of CRs is looked through once, from its beginning: there may be a million of them.
_LINE_END = re.compile(r"(?<!\r)\r+\n|\n|\r")
# What no text needs, and databases and terminals choke on; tabs and page feeds stay.
_CONTROLS = dict.fromkeys((*range(9), 11, *range(14, 32), 127), None)
_SIGNATURE_MARK = "-- "


def plain(text: str) -> str:
    """Return text with line ends as \\n and without control characters."""
    return _LINE_END.sub("\n", text).translate(_CONTROLS)


def unflowed(text: str, *, delete_space: bool = False) -> str:
    """Return format=flowed text with its paragraphs joined; `delete_space` is DelSp=yes.

    Lines flow only within one depth of quotation, and never into or out of a signature mark
    (RFC 3676, 4.3 and 4.5).
    """
    lines: list[list[str]] = []  # in pieces: a paragraph may be joined of a hundred thousand lines
    flowing = -1  # the quote depth of a line that goes on; -1 where none does
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")  # space-stuffing, 4.4
        flows = content.endswith(" ") and content != _SIGNATURE_MARK
        if flowing == depth and content != _SIGNATURE_MARK:
            if delete_space:
                lines[-1][-1] = lines[-1][-1][:-1]
            lines[-1].append(content)
        else:
            lines.append(["> " * depth + content])
        flowing = depth if flows else -1
    return "\n".join("".join(pieces) for pieces in lines)
