"""The engine for HTML: sanitised with nh3, then laid out with every fetch denied.

What a page shows must be in the file itself (data:) or be a file given with it (cid:): there is no
network in here, and no file but those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import nh3
from weasyprint.urls import URLFetcherResponse

from converters import charset, fonts, html_bounds, page
from converters.fault import TooLarge

MOST_BYTES: Final = 8 * 1024 * 1024
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE
)

_XML = re.compile(rb"\s*<\?xml\b[^>]{0,100}\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_TAG = re.compile(r"<[^>]*>")
_SHEETS = re.compile(r"<style\b[^>]*>.*?</style>", re.DOTALL)
# Each level of these inside each other lays everything below it out again: seven nested flex boxes
# take a second, ten take minutes. Mail is written for programs that have none of them.
_SLOW = re.compile(
    r"(?<![\w-])(?:display\s*:\s*(?:inline-)?(?:flex|grid)|column(?:s|-count|-width)\s*:)",
    re.IGNORECASE,
)
# What is for paper alone may hide what whoever sent it saw on a screen.
_ON_PAPER = re.compile(r"@media\s+(?:only\s+)?print\s*(?=\{)", re.IGNORECASE)
# WeasyPrint gives the whole page up where a profile of colours cannot be loaded.
_PROFILE = re.compile(r"@color-profile\b", re.IGNORECASE)

# Counted before nh3, whose time grows with the square of the depth: seven seconds at this many.
# WeasyPrint takes a millisecond for each element.
_MOST_TAGS = 100_000
_MOST_ELEMENTS = 50_000
_DEEPEST = 400
_DEEPEST_TABLES = 30
_OPENS = re.compile(r"</?[A-Za-z]")
# In what nh3 writes, where every element is closed and no attribute holds a bare "<" or ">".
_ELEMENT = re.compile(r"<(/?)([a-z][a-z0-9]*)")
VOID: Final = frozenset({"area", "br", "col", "hr", "img", "wbr"})
# Elements that stand within a word; any other begins a new one.
INLINE: Final = frozenset(
    {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em"}
    | {"font", "i", "ins", "kbd", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span"}
    | {"strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)

_TAGS = (nh3.ALLOWED_TAGS | {"font", "center", "style", "big", "tt", "u", "s"}) - {"map", "area"}
_REMOVED_WHOLE = {"script", "noscript", "template", "object", "iframe", "title", "textarea"}
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "data"}
_ATTRIBUTES = {
    "*": {
        "style",
        "class",
        "align",
        "valign",
        "dir",
        "lang",
        "title",
        "width",
        "height",
        "bgcolor",
    },
    "a": {"href", "name"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value", "type"},
    "blockquote": {"cite", "type"},
}

# Where the author's sheet says otherwise, it wins; the last rules are the paper's.
SHEET = """
p { margin: 0 0 0.8em; }
p.MsoNormal, li.MsoNormal, div.MsoNormal, p.MsoListParagraph { margin: 0; }
blockquote { margin: 0.4em 0 0.4em 0.2em; padding-left: 0.9em; border-left: 2px solid #b5b5b5; }
table { border-collapse: collapse; }
td, th { padding: 1px 4px; }
a { color: #0b4f9e; }
pre { white-space: pre-wrap !important; overflow-wrap: anywhere !important; }
* { overflow-wrap: break-word; }
img { max-width: 100% !important; object-fit: contain; }
html, body { width: auto !important; height: auto !important; overflow: visible !important; }
html, body, div, td, section { max-height: none !important; }
"""


def render(
    source: bytes,
    images: Mapping[str, bytes],
    title: str,
    target: Path,
    heading: page.Heading = (),
    language: str = "",
    *,
    part_from: int | None = None,
) -> list[str]:
    """Write the PDF of a page and return warnings: "remote_content" where something was not loaded,
    "glyphs_missing", "charset_guessed".

    `part_from` is that of page.write. Raises TooLarge, for more elements or deeper ones than mail
    has too, and Unreadable.
    """
    if len(source) > MOST_BYTES:
        raise TooLarge("HTML")
    fetcher = _Given(images)
    document, sure = _decoded(source)
    if any(number >= _MOST_TAGS for number, _ in enumerate(_OPENS.finditer(document))):
        raise TooLarge("tags")
    if html_bounds.ampersands(document) > html_bounds.MOST_AMPERSANDS:
        raise TooLarge("ampersands")
    body = cleaned(document)
    _refuse_a_bomb(body)
    unshown = fonts.unshown(unescape(_TAG.sub(" ", body)))
    whole = page.wrapped(body, title, heading, language)
    page.write(whole, target, sheet=SHEET, fetcher=fetcher, fit=True, part_from=part_from)
    warnings = [] if sure else ["charset_guessed"]
    if unshown:
        warnings.append("glyphs_missing")
    return [*warnings, "remote_content"] if fetcher.refused else warnings


def decoded(source: bytes) -> str:
    """Decode a page: as a text, with what it declares for its label."""
    return _decoded(source)[0]


def _decoded(source: bytes) -> tuple[str, bool]:
    declared = _XML.match(source) or _CHARSET.search(source[:4096])
    return charset.decoded(source, declared[1].decode("ascii") if declared else None)


def cleaned(document: str) -> str:
    """Return the harmless part of a page's body."""
    clean = nh3.clean(
        document,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        clean_content_tags=_REMOVED_WHOLE,
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    return _SHEETS.sub(lambda sheet: _harmless(sheet[0]), clean)


def _harmless(sheet: str) -> str:
    return _ON_PAPER.sub("@media none ", _PROFILE.sub("@x", _SLOW.sub("x:", sheet)))


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    if tag == "a" and attribute == "href":
        followed = value.strip().lower().startswith(("http:", "https:", "mailto:", "tel:", "#"))
        return value if followed else None
    return _SLOW.sub("x:", value) if attribute == "style" else value


def _refuse_a_bomb(body: str) -> None:
    """Raise TooLarge for a body that nh3 wrote, where laying it out would take minutes."""
    elements = depth = tables = 0
    for closing, name in _ELEMENT.findall(_SHEETS.sub("", body)):
        step = -1 if closing else 1
        elements += not closing
        depth += 0 if name in VOID else step
        tables += step if name == "table" else 0
        if elements > _MOST_ELEMENTS or depth > _DEEPEST or tables > _DEEPEST_TABLES:
            raise TooLarge("elements")


class _Given(page.Inline):
    """Fetches what is in the page itself, and the files given with it."""

    def __init__(self, images: Mapping[str, bytes]) -> None:
        super().__init__()
        self._images = {name.strip("<>").lower(): content for name, content in images.items()}
        self.refused = False

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """Return what a URL names. Raises ValueError for anything that is elsewhere."""
        scheme, _, name = url.partition(":")
        match scheme.lower():
            case "cid":
                content = self._images.get(unquote(name).strip("<>").lower())
                if content is None:
                    raise ValueError("no such image")
                return URLFetcherResponse(url, content)
            case "data":
                return super().fetch(url, headers)
        self.refused = True
        raise ValueError("nothing is fetched")
