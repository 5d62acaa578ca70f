"""SVG drawings that fetch, declare entities, or draw themselves without end."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.hostile.hostile_file import HostileFile, Lure, filled

_SVG: Final = "image/svg+xml"
_WAYS: Final = {
    "image": ("png", '<image href="URL" width="9" height="9"/>'),
    "image-xlink": ("png", '<image xlink:href="URL" width="9" height="9"/>'),
    "use": ("html", '<use href="URL#x"/>'),
    "use-xlink": ("html", '<use xlink:href="URL#x"/>'),
    "fe-image": ("png", '<filter id="f"><feImage href="URL"/></filter><g filter="url(#f)"/>'),
    "pattern": (
        "html",
        '<pattern id="p" href="URL#p"/><rect fill="url(#p)" width="9" height="9"/>',
    ),
    "gradient": ("html", '<linearGradient id="g" xlink:href="URL#g"/>'),
    "fill": ("html", '<rect width="9" height="9" fill="url(URL#p)"/>'),
    "mask": ("html", '<rect width="9" height="9" mask="url(URL#m)" clip-path="url(URL#c)"/>'),
    "text-path": ("html", '<text><textPath href="URL#t">words</textPath></text>'),
    "style-import": ("txt", "<style>@import url(URL);</style>"),
    "font-face": ("txt", "<style>@font-face { font-family: x; src: url(URL) }</style>"),
    "foreign-object": (
        "html",
        '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="URL"/></foreignObject>',
    ),
    "script": ("txt", '<script href="URL"/><script>fetch("URL")</script>'),
    "cursor": ("png", '<cursor xlink:href="URL"/><rect style="cursor: url(URL)"/>'),
    "base": ("png", '<g xml:base="URL"><image href="bait.png" width="9" height="9"/></g>'),
}
_PROLOGUES: Final = {
    "entity": ("txt", '<!DOCTYPE svg [<!ENTITY x SYSTEM "URL">]>'),
    "dtd": ("txt", '<!DOCTYPE svg SYSTEM "URL">'),
    "parameter": ("txt", '<!DOCTYPE svg [<!ENTITY % x SYSTEM "URL"> %x;]>'),
    "sheet": ("txt", '<?xml-stylesheet href="URL" type="text/css"?>'),
    "xslt": ("txt", '<?xml-stylesheet href="URL" type="text/xsl"?>'),
    "include": ("txt", '<!-- --><?include href="URL"?>'),
}


def files(lure: Lure) -> Iterator[HostileFile]:
    """Yield drawings that name places of ours, and drawings that are bombs."""
    yield from filled("SVG: fetches", _SVG, _WAYS, _drawing, lure)
    yield from filled("SVG: entities", _SVG, _PROLOGUES, _with_prologue, lure, ("web", "file"))
    for name, make in _BOMBS.items():
        yield HostileFile("SVG: bombs", f"{name}.svg", _SVG, make)


def _drawing(inside: str, prologue: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{prologue}<svg xmlns="http://www.w3.org/2000/svg" width="90"'
        ' height="90" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'{inside}<rect width="50" height="50" fill="green"/></svg>'
    ).encode()


def _with_prologue(prologue: str) -> bytes:
    return _drawing("<text>&x;</text>" if "ENTITY x" in prologue else "", prologue)


def _repeated(before: str, once: str, times: int, after: str = "") -> bytes:
    return _drawing(before + once * times + after)


def _laughs(doubling: int) -> bytes:
    steps = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, doubling))
    return _drawing("<text>&e9;</text>", f'<!DOCTYPE svg [<!ENTITY e0 "ha">{steps}]>')


def _used(levels: int, element: str = "use") -> bytes:
    """Each group draws the one before it ten times."""
    groups = "".join(
        f'<g id="g{n}">{f"""<{element} href="#g{n - 1}"/>""" * 10}</g>' for n in range(1, levels)
    )
    return _drawing(f'<g id="g0"><rect width="9" height="9"/></g>{groups}')


_BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    "laughs": partial(_laughs, 10),
    "uses": partial(_used, 10),
    "ring-of-one": partial(_repeated, '<g id="a">', '<use href="#a"/>', 1, "</g>"),
    "ring-of-two": lambda: _drawing(
        '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g><use href="#a"/>'
    ),
    "ring-of-patterns": lambda: _drawing(
        '<pattern id="p" width="9" height="9"><rect width="9" height="9" fill="url(#p)"/></pattern>'
        '<rect width="90" height="90" fill="url(#p)"/>'
    ),
    "ring-of-masks": lambda: _drawing(
        '<mask id="m"><rect width="9" height="9" mask="url(#m)"/></mask>'
        '<rect width="90" height="90" mask="url(#m)"/>'
    ),
    "ring-of-gradients": lambda: _drawing(
        '<linearGradient id="g" href="#h"/><linearGradient id="h" href="#g"/>'
        '<rect width="90" height="90" fill="url(#g)"/>'
    ),
    "ring-of-markers": lambda: _drawing(
        '<marker id="k"><path d="M0 0L9 9" marker-end="url(#k)"/></marker>'
        '<path d="M0 0L9 9" marker-end="url(#k)"/>'
    ),
    "deep": partial(_repeated, "", "<g>", 100_000, "</g>" * 100_000),
    "many-points": partial(_repeated, '<path d="M0 0', " L1 1", 900_000, '"/>'),
    "many-dashes": partial(
        _repeated, "", '<path d="M0 0H1e9" stroke="red" stroke-dasharray="1e-9"/>', 50
    ),
    "tiny-pattern": lambda: _drawing(
        '<pattern id="p" width="1e-7" height="1e-7" patternUnits="userSpaceOnUse"><rect width="1" '
        'height="1"/></pattern><rect width="1e7" height="1e7" fill="url(#p)"/>'
    ),
    "huge": lambda: _drawing("").replace(b'"90"', b'"99999999999"'),
    "no-size": lambda: _drawing("").replace(b'width="90"', b'viewBox="0 0 1e308 1e-308"'),
    "huge-blur": lambda: _drawing(
        '<filter id="f"><feGaussianBlur stdDeviation="1e9"/></filter>'
        '<rect width="90" height="90" filter="url(#f)"/>'
    ),
    "many-stops": partial(
        _repeated, '<linearGradient id="g">', '<stop offset=".5"/>', 49_000, "</linearGradient>"
    ),
    "many-transforms": partial(_repeated, '<g transform="', "rotate(1) ", 200_000, '"/>'),
    "many-classes": partial(_repeated, "<style>", ".a .b > .c { fill: red }", 100_000, "</style>"),
    "packed": lambda: gzip.compress(_drawing("<g/>" * 2_000_000)),
    "numbers": lambda: _drawing(f'<rect width="{"9" * 500_000}" height="1e{"9" * 100_000}"/>'),
}
