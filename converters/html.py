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

from converters import fonts, page
from converters.fault import TooLarge

MOST_BYTES: Final = 8 * 1024 * 1024
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE
)

_TAG = re.compile(r"<[^>]*>")

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
    source: bytes, images: Mapping[str, bytes], title: str, target: Path, heading: page.Heading = ()
) -> list[str]:
    """Write the PDF of a page and return warnings: "remote_content" where something was not loaded,
    "glyphs_missing".

    Raises TooLarge, Unreadable.
    """
    if len(source) > MOST_BYTES:
        raise TooLarge("HTML")
    fetcher = _Given(images)
    body = cleaned(decoded(source))
    unshown = fonts.unshown(unescape(_TAG.sub(" ", body)))
    page.write(page.wrapped(body, title, heading), target, sheet=SHEET, fetcher=fetcher, fit=True)
    warnings = ["glyphs_missing"] if unshown else []
    return [*warnings, "remote_content"] if fetcher.refused else warnings


def decoded(source: bytes) -> str:
    """Decode a page: byte order mark, UTF-8 where it fits, what it declares, else Windows-1252."""
    for mark, codec in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if source.startswith(mark):
            return source.decode(codec, "replace")
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _CHARSET.search(source[:4096])
    for codec in (declared.group(1).decode("ascii") if declared else "cp1252", "cp1252"):
        try:
            return source.decode(codec)
        except (LookupError, UnicodeDecodeError):
            continue
    return source.decode("latin-1")


def cleaned(document: str) -> str:
    """Return the harmless part of a page's body."""
    return nh3.clean(
        document,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        clean_content_tags=_REMOVED_WHOLE,
        url_schemes=_SCHEMES,
        link_rel=None,
    )


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    if tag == "a" and attribute == "href":
        followed = value.strip().lower().startswith(("http:", "https:", "mailto:", "tel:", "#"))
        return value if followed else None
    return value


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
