"""Pages of HTML that fetch, follow, or never end."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.hostile.hostile_file import HostileFile, Lure, filled
from tests.hostile.pictures import png

_HTML: Final = "text/html"
_WAYS: Final = {
    "img": ("png", '<img src="URL">'),
    "img-srcset": ("png", '<img srcset="URL 1x, URL 2x" src="">'),
    "picture": ("png", '<picture><source srcset="URL"><img src="URL"></picture>'),
    "input-image": ("png", '<input type="image" src="URL">'),
    "body-background": ("png", '<body background="URL">words</body>'),
    "table-background": ("png", '<table background="URL"><tr><td>words</table>'),
    "style-background": ("png", '<p style="background: url(URL)">words'),
    "style-escaped": ("png", r'<p style="background: u\72l(URL)">words'),
    "style-content": ("png", "<style>p::before { content: url(URL) }</style><p>words"),
    "style-list": ("png", "<style>li { list-style-image: url(URL) }</style><li>words"),
    "style-border": ("png", "<p style='border-image: url(URL) 30'>words"),
    "style-page": ("png", "<style>@page { background: url(URL) }</style>words"),
    "style-import": ("txt", "<style>@import url(URL);</style>words"),
    "style-import-string": ("txt", '<style>@import "URL";</style>words'),
    "link-sheet": ("txt", '<link rel="stylesheet" href="URL">words'),
    "link-attachment": ("txt", '<link rel="attachment" href="URL">words'),
    "a-attachment": ("txt", '<a rel="attachment" href="URL">words</a>'),
    "font-face": (
        "txt",
        "<style>@font-face { font-family: x; src: url(URL) } p { font-family: x }</style><p>words",
    ),
    "color-profile": ("txt", "<style>@color-profile --x { src: url(URL) }</style>words"),
    "iframe": ("html", '<iframe src="URL"></iframe>words'),
    "iframe-srcdoc": ("png", "<iframe srcdoc=\"<img src='URL'>\"></iframe>words"),
    "frameset": ("html", '<frameset><frame src="URL"></frameset>'),
    "object": ("html", '<object data="URL">words</object>'),
    "embed": ("html", '<embed src="URL">words'),
    "meta-refresh": ("html", '<meta http-equiv="refresh" content="0; url=URL">words'),
    "base": ("png", '<base href="URL"><img src="bait.png">words'),
    "script": ("txt", '<script src="URL"></script>words'),
    "fetch": ("txt", "<script>fetch('URL'); new Image().src = 'URL'</script>words"),
    "onerror": ("txt", "<img src='data:,' onerror=\"location = 'URL'\">words"),
    "svg-foreign-object": (
        "html",
        '<svg><foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="URL"/>'
        "</foreignObject></svg>words",
    ),
    "svg-image": ("png", '<svg><image href="URL" width="9" height="9"/></svg>words'),
    "svg-in-data": (
        "png",
        "<img src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
        "xmlns:x='http://www.w3.org/1999/xlink'%3E%3Cimage x:href='URL' width='9' height='9'/%3E"
        '%3C/svg%3E">words',
    ),
    "video": ("png", '<video src="URL" poster="URL"><track src="URL"></video>words'),
    "form": ("html", '<form action="URL"><input autofocus onfocus="submit()"></form>words'),
    "conditional": ("png", '<!--[if gte mso 9]><v:fill src="URL"/><![endif]-->words'),
}


def files(lure: Lure) -> Iterator[HostileFile]:
    """Yield pages that name places of ours, and pages that are bombs."""
    yield from filled("HTML: fetches", _HTML, _WAYS, _page, lure)
    img = {"img": _WAYS["img"]}
    others = ("six", "ftp", "share", "path")
    yield from filled("HTML: fetches", _HTML, img, _page, lure, others)
    for name, make in _BOMBS.items():
        yield HostileFile("HTML: bombs", f"{name}.html", _HTML, make, name in _LASTING)


def _page(words: str) -> bytes:
    return f"<html><body>{words}</body></html>".encode()


def _repeated(before: str, once: str, times: int, after: str = "") -> bytes:
    return (before + once * times + after).encode()


def _flood() -> bytes:
    """A picture of 30,000 by 30,000 points in few bytes, within the page."""
    picture = base64.b64encode(png(30_000, 30_000, zlib.compress(bytes(1 << 20)))).decode()
    return f'<img src="data:image/png;base64,{picture}">words'.encode()


def _variables() -> bytes:
    """Custom properties that double each other: 2^30 letters in a kilobyte."""
    steps = "".join(f"--v{n}: var(--v{n - 1}) var(--v{n - 1});" for n in range(1, 31))
    return f"<style>:root {{ --v0: x; {steps} }} p {{ content: var(--v30) }}</style><p>w".encode()


def _counters() -> bytes:
    sheet = "p { counter-increment: c 2147483647 } p::after { content: counter(c, upper-roman) }"
    return f"<style>{sheet}</style>{'<p>words' * 2000}".encode()


_BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    "deep": partial(_repeated, "", "<div>", 90_000),
    "deep-tables": partial(_repeated, "", "<table><tr><td>", 200),
    "deep-inline": partial(_repeated, "", "<b><i>", 30_000),
    "many-elements": partial(_repeated, "", "<p>w</p>", 49_000),
    "many-attributes": partial(_repeated, "<p ", "a ", 500_000, ">words"),
    "ampersands": partial(_repeated, "", "&amp", 500_000),
    "one-word": partial(_repeated, "<p>", "w", 3_000_000),
    "one-paragraph": partial(_repeated, "<p>", "word ", 600_000),
    "colspans": partial(_repeated, "<table><tr>", '<td colspan="1000">w', 3_000),
    "rowspans": partial(_repeated, "<table>", '<tr><td rowspan="65534">w', 2_000),
    "huge-font": partial(_repeated, '<p style="font-size: 99999999px">', "words ", 200),
    "huge-box": partial(_repeated, "", '<p style="height: 1e9px; margin: 1e9px">w', 50),
    "page-breaks": partial(_repeated, "", '<p style="break-before: page">w', 20_000),
    "floats": partial(_repeated, "", '<p style="float: left; width: 1px">w', 8_000),
    "flex": partial(_repeated, "", '<div style="display: flex">', 60),
    "grid": partial(_repeated, "", '<div style="display: grid; columns: 3">', 60),
    "selectors": partial(_repeated, "<style>", "a ~ b ~ i > :not(p) + * * { x: y }", 20_000),
    "variables": _variables,
    "counters": _counters,
    "pixel-flood": _flood,
    "comment-without-end": partial(_repeated, "<!--", "x", 4_000_000),
    "nul": partial(_repeated, "<p>\0", "\0<\0b\0>", 100_000),
    "gradient": partial(
        _repeated, '<p style="background: linear-gradient(red', ", blue", 60_000, ')">words'
    ),
    "utf-16": lambda: "\ufeff<p>words<script>1</script>".encode("utf-16-le"),
}
_LASTING: Final = {"deep", "many-elements", "one-paragraph", "one-word", "page-breaks", "floats"}
