"""Sheets of a binder: its front, a sheet before each document, and the names that are stamped."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any, Final

import pikepdf

from converters import figures, page
from converters.binder_files import FIGURES, FRONT, label, sheet
from converters.handed import Handed

NAMES: Final = ("cover", "contents")  # that the front has, for links and bookmarks
_LABEL_PX: Final = (560, 16)
_LABEL: Final = f"""
@page {{ size: {_LABEL_PX[0]}px {_LABEL_PX[1]}px; margin: 0 }}
html {{ font-family: 'Liberation Sans', 'DejaVu Sans', sans-serif;
  font-size: 9.4px; line-height: {_LABEL_PX[1]}px; color: #767676 }}
p {{ margin: 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
  width: {_LABEL_PX[0]}px }}
"""


def front(source: Handed) -> dict[str, Any]:
    """Write FRONT, the cover and the contents; answer {"pages", "names": {name: page from 0}}."""
    target = source.parent / FRONT
    with source.open("rb") as opened:
        page.write(opened.read().decode(), target, sheet=page.BARE)
    with pikepdf.open(target) as pdf:
        numbers = {one.obj.objgen: at for at, one in enumerate(pdf.pages)}
        listed = list(pdf.Root.Names.Dests.Names.as_list())
        there = {str(name): numbers[where[0].objgen] for name, where in _pairs(listed)}
        return {"pages": len(numbers), "names": {one: there[one] for one in NAMES}}


def each(source: Handed) -> dict[str, Any]:
    """Write the sheets, the names that are stamped, and FIGURES; answer {"pages": [of each sheet]}.

    The source is JSON: {"title", "sheets": [HTML, ...], "names": [words, ...]}; its first name is
    that of the whole.
    """
    with source.open("rb") as opened:
        said = json.load(opened)
    folder = source.parent
    figures.write(folder / FIGURES)
    for number, words in enumerate(said["names"]):
        line = page.wrapped(f"<p>{html.escape(words)}</p>", said["title"])
        page.write(line, folder / label(number), sheet=page.BARE + _LABEL)
    return {
        "pages": [
            page.write(one, folder / sheet(number), sheet=page.BARE)
            for number, one in enumerate(said["sheets"], 1)
        ]
    }


def _pairs(listed: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield names with what they stand for, of a list of both."""
    return zip(listed[::2], listed[1::2], strict=True)
