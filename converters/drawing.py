"""The engine for SVG drawings: laid out on one page by WeasyPrint, which runs no script.

Nothing is fetched: what the drawing shows must be in it. Entities are refused before anything reads
it, and what its elements repeat by reference is counted before anything draws it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from weasyprint.urls import URLFetcherResponse

from converters import page
from converters.entities import refuse_entities
from converters.fault import NotTheType, TooLarge
from converters.xml_watch import Watch, follow

MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_ELEMENTS = 50_000  # drawn, each as often as it is
_DEEPEST = 200
_REFERENCE = re.compile(r"url\(\s*[\"']?#([^)\"']+)")
_SHEET = """
@page { @bottom-right { content: none; } }
img { display: block; max-width: 100%; max-height: 9.4in; object-fit: contain; }
img.whole { width: 100%; height: 9.4in; object-position: top left; }
"""


def render(source: bytes, title: str, target: Path) -> list[str]:
    """Write the PDF of a drawing and return warnings: "remote_content".

    Raises NotTheType for what is no SVG or declares entities, and TooLarge.
    """
    if len(source) > MOST_BYTES:
        raise TooLarge("drawing")
    refuse_entities(io.BytesIO(source))
    drawing = _Drawing()
    follow(io.BytesIO(source), drawing)
    drawing.refuse_a_bomb()
    fetcher = _Given(source)
    kind = "" if drawing.has_size else ' class="whole"'
    document = page.wrapped(f'<img{kind} src="cid:drawing" alt="">', title)
    page.write(document, target, sheet=_SHEET, fetcher=fetcher)
    return ["remote_content"] if fetcher.refused or drawing.draws_from_elsewhere else []


class _Drawing(Watch):
    """Counts what is drawn: an element that another one uses is drawn again there."""

    def __init__(self) -> None:
        self.has_size = False
        self.draws_from_elsewhere = False
        self._depth = 0
        self._elements = 0
        self._open: list[str] = [""]  # the names of what stands around; "" for the drawing itself
        self._own: dict[str, int] = {"": 0}
        self._uses: dict[str, list[str]] = {"": []}

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if self._depth == 0:
            if name != "svg":
                raise NotTheType("svg")
            self.has_size = {"width", "height"} <= attributes.keys()
        self._depth += 1
        self._elements += 1
        if self._depth > _DEEPEST or self._elements > _MOST_ELEMENTS:
            raise TooLarge("elements")
        if named := attributes.get("id", ""):
            self._uses[self._open[-1]].append(named)
            self._own.setdefault(named, 0)
            self._uses.setdefault(named, [])
        self._open.append(named or self._open[-1])
        here = self._open[-1]
        self._own[here] += 1
        leads_to = attributes.get("href", "")
        if leads_to.startswith("#"):
            self._uses[here].append(leads_to[1:])
        elif leads_to and not leads_to.startswith("data:") and name != "a":
            self.draws_from_elsewhere = True
        for value in attributes.values():
            self._uses[here] += _REFERENCE.findall(value)

    def end(self, _name: str, /) -> None:
        self._depth -= 1
        self._open.pop()

    def refuse_a_bomb(self) -> None:
        """Raise TooLarge for what is drawn too often, or within itself."""
        drawn: dict[str, int] = {}
        pending = [("", False)]
        within: set[str] = set()
        while pending:
            name, is_counted = pending.pop()
            if is_counted:
                within.discard(name)
                number = self._own[name] + sum(drawn.get(one, 0) for one in self._uses[name])
                drawn[name] = number
                if number > _MOST_ELEMENTS:
                    raise TooLarge("uses")
            elif name in within:
                raise TooLarge("a ring of uses")
            elif name in self._own and name not in drawn:
                within.add(name)
                pending.append((name, True))
                pending += [(one, False) for one in self._uses[name]]


class _Given(page.Inline):
    """Gives the drawing, and what is in the URL itself, but no drawing in there."""

    def __init__(self, source: bytes) -> None:
        super().__init__()
        self._source = source
        self.refused = False

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """Return what a URL names. Raises ValueError for anything that is elsewhere."""
        if url == "cid:drawing":
            return URLFetcherResponse(url, self._source, headers={"Content-Type": "image/svg+xml"})
        if url.startswith("data:") and "svg" not in url[:100].lower():
            return super().fetch(url, headers)
        self.refused = True
        raise ValueError("nothing is fetched")
