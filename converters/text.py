"""The engine for plain text: decoded, set in readable type, laid out a stretch at a time.

WeasyPrint holds a whole document as boxes, about a kilobyte for each character here. So a text is
cut at line ends into stretches of some forty pages; each is laid out and written before the next,
and pypdf joins them page by page. Memory stays that of one stretch; time grows with the length.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pypdf

from converters import charset, fonts, page
from converters.fault import TooLarge

MOST_BYTES: Final = 8 * 1024 * 1024
_STRETCH_CHARACTERS = 100_000
_LINE_CHARACTERS = 10_000  # longer lines are cut for the layout, which breaks them anyway
# Of XML, which is set as the text that it is (XML 1.0, 4.3.3).
_DECLARED = re.compile(rb"<\?xml\b[^>]{0,100}\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ENDLESS = re.compile(r"\S{150}(?=\S)")
# What no font shows and XML-like parsers stumble over.
_NOT_DRAWN = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_COLUMNS = re.compile(r"\S {3,}\S|\t|[\u2500-\u257f]|[-=_]{20}|\|.*\|")

_SHEET = """
body {{ white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 8; {type} }}
"""
_PROSE = 'font: 14px/1.45 Carlito, "Liberation Sans", "DejaVu Sans", sans-serif;'
_TABLE = 'font: 11.5px/1.4 "Liberation Mono", "DejaVu Sans Mono", monospace;'


def render(source: bytes, title: str, target: Path, heading: page.Heading = ()) -> list[str]:
    """Write the PDF of a text and return warnings: "charset_guessed", "glyphs_missing", "untagged".

    Raises Unreadable, and TooLarge over 8 MiB, which take about 100 seconds.
    """
    if len(source) > MOST_BYTES:
        raise TooLarge("text")
    text, sure = decoded(source)
    sheet = _SHEET.format(type=_TABLE if is_columns(text) else _PROSE)
    warnings = [] if sure else ["charset_guessed"]
    if fonts.unshown(text):
        warnings.append("glyphs_missing")
    if len(text) <= _STRETCH_CHARACTERS:
        body = html.escape("\n".join(_lines(text)))
        page.write(page.wrapped(body, title, heading), target, sheet=sheet)
        return warnings
    pages = 0
    with pypdf.PdfWriter() as whole:
        for stretch in stretches(text):
            document = page.wrapped(html.escape(stretch), title, heading if pages == 0 else ())
            pages += page.write(document, target, sheet=sheet, part_from=pages + 1)
            whole.append(target, import_outline=False)
        whole.metadata = {"/Title": title}
        whole.write(target)
    return [*warnings, "untagged"]


def decoded(source: bytes) -> tuple[str, bool]:
    """Decode a text and say whether its encoding was sure. Line ends become one newline each."""
    said = _DECLARED.match(source)
    text, sure = charset.decoded(source, said[1].decode("ascii") if said else None)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_DRAWN.sub("", text), sure


def is_columns(text: str) -> bool:
    """Say whether a text lines things up by spaces, so that only a fixed pitch keeps its sense."""
    lines = [line for line in text[:100_000].split("\n") if line.strip()]
    aligned = sum(bool(_COLUMNS.search(line)) for line in lines)
    return aligned * 8 > len(lines)


def stretches(text: str) -> Iterator[str]:
    """Cut a text at line ends into pieces that are laid out one by one."""
    piece: list[str] = []
    length = 0
    for line in _lines(text):
        piece.append(line)
        length += len(line) + 1
        if length >= _STRETCH_CHARACTERS:
            yield "\n".join(piece)
            piece, length = [], 0
    if piece:
        yield "\n".join(piece)


def _lines(text: str) -> Iterator[str]:
    # Where nothing breaks a line, Pango tries every place: ten thousand letters take a second.
    for line in _ENDLESS.sub("\\g<0>\u200b", text).split("\n"):
        if len(line) <= _LINE_CHARACTERS:
            yield line
        else:
            for at in range(0, len(line), _LINE_CHARACTERS):
                yield line[at : at + _LINE_CHARACTERS]
