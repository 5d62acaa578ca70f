"""The HTML of a sheet: the same words, for a mail program that shows them larger and in columns.

Mail programs strip style sheets, landmarks and ARIA, turn colours round in the dark, and load
nothing before they are told to. So it reads well without any CSS, every element bears its own, the
one style sheet holds the dark colours and the rows of a telephone, and nothing is loaded from
anywhere.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from gateway.telling.sheet import Link, Sheet
from portal.unbroken import unbroken

_TEMPLATE = Path(__file__).parent / "sheet.html"

# Text and its background, links on it, and what parts one thing from another.
LIGHT = {"ink": "#111111", "paper": "#ffffff", "link": "#0b4a8f", "line": "#767676"}
DARK = {"ink": "#f8f8f8", "paper": "#121212", "link": "#9ecbff", "line": "#8a8a8a"}


def html_of(sheet: Sheet) -> str:
    """Write a sheet as an HTML document. Every word of it is escaped."""
    return _template().render(sheet=sheet, light=LIGHT, dark=DARK)


@cache
def _template() -> jinja2.Template:
    templates = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["unbroken"] = unbroken
    templates.tests["link"] = lambda line: isinstance(line, Link)
    return templates.from_string(_TEMPLATE.read_text(encoding="utf-8"))
