"""One laid-out page sequence: sanitised HTML in, a tagged PDF out, through WeasyPrint."""

from __future__ import annotations

import html
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

# US Letter, as the offices print; WeasyPrint counts 96 CSS pixels to the inch.
WIDTH_PX: Final = 8.5 * 96
_HEIGHT_PX: Final = 11 * 96
_MARGIN_PX: Final = 0.7 * 96
_WIDEST = 4.0  # beyond this many page widths a document is cut rather than made unreadably small
_SLACK_PX = 2.0

_BASE = """
@page {{
  size: {width}px {height}px;
  margin: {margin}px {margin}px {foot}px;
  @bottom-right {{
    content: counter(page) " / " counter(pages);
    font: {small}px "Liberation Sans", "DejaVu Sans", sans-serif;
    color: #595959;
  }}
}}
html {{ font: {size}px/1.4 Carlito, "Liberation Sans", "DejaVu Sans", sans-serif; color: #111; }}
body {{ margin: 0; }}
"""

# Added to a sheet of style for pages that are numbered elsewhere, or not at all.
BARE: Final = "@page { @bottom-right { content: none } }"

_HEADING = (
    "font: 13px/1.5 Carlito, 'Liberation Sans', sans-serif; white-space: normal; color: #333;"
    " margin: 0 0 18px; padding: 0 0 10px; border-bottom: 1px solid #999"
)

# What stands above a message: label and words, such as ("From", "Pat Hall <pat@firm.example>").
Heading = Sequence[tuple[str, str]]

logging.getLogger("weasyprint").disabled = True
logging.getLogger("fontTools").disabled = True


def wrapped(body: str, title: str, heading: Heading = (), language: str = "") -> str:
    """Return a whole document around a body of HTML. Title, heading and language are data."""
    lines = "".join(
        f"<div><b>{html.escape(label)}</b> {html.escape(words)}</div>" for label, words in heading
    )
    head = f'<div style="{_HEADING}">{lines}</div>' if lines else ""
    spoken = f' lang="{html.escape(language)}"' if language else ""
    return (
        f'<!doctype html><html{spoken}><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head><body>{head}{body}</body></html>"
    )


class Inline(URLFetcher):
    """Fetches what is in the URL itself (data:), and nothing from anywhere."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)


class _Installed(FontConfiguration):
    """The fonts of this machine. One that a page brings is not read: its words need no other, a
    font is a program of a stranger's, and WeasyPrint leaves each behind as a file."""

    def add_font_face(self, rule_descriptors: object, url_fetcher: object) -> None:
        """Add none."""


def write(
    document: str,
    target: Path,
    *,
    sheet: str = "",
    fetcher: URLFetcher | None = None,
    fit: bool = False,
    part_from: int | None = None,
) -> int:
    """Lay out a document, write it as a tagged PDF and return its number of pages.

    With `fit`, one that is wider than the page is laid out on a wider one and shrunk, as a mail
    program prints it: nothing at the right is cut off up to four times the page's width.
    `part_from` is the number of the first page where this is one part of a longer document: such a
    part is untagged, since joining pages would leave their tags without a structure tree.
    """
    fetcher = fetcher or Inline()
    laid_out = _render(document, sheet, fetcher, 1.0, part_from)
    scale = 1.0
    if fit:
        needed = _width(laid_out) / (WIDTH_PX - 2 * _MARGIN_PX)
        if needed > 1.0:
            scale = min(needed, _WIDEST)
            laid_out = _render(document, sheet, fetcher, scale, part_from)
    laid_out.write_pdf(target, zoom=1 / scale, pdf_tags=part_from is None)
    return len(laid_out.pages)


def _render(
    document: str, sheet: str, fetcher: URLFetcher, scale: float, part_from: int | None
) -> weasyprint.Document:
    base = _BASE.format(
        width=WIDTH_PX * scale,
        height=_HEIGHT_PX * scale,
        margin=_MARGIN_PX * scale,
        foot=_MARGIN_PX * scale * 1.2,
        small=11 * scale,
        size=14.5,
    )
    if part_from is not None:
        base += f"@page :first {{ counter-reset: page {part_from}; }}"
        base += "@page { @bottom-right { content: counter(page); } }"
    fonts = _Installed()
    sheets = [weasyprint.CSS(string=base + sheet, url_fetcher=fetcher, font_config=fonts)]
    source = weasyprint.HTML(string=document, url_fetcher=fetcher, base_url=None)
    return source.render(
        stylesheets=sheets, font_config=fonts, presentational_hints=True, pdf_tags=part_from is None
    )


def _width(laid_out: weasyprint.Document) -> float:
    """Return the width that the widest content needs, in CSS pixels from the left margin."""
    widest = 0.0
    for page in laid_out.pages:
        for box in page._page_box.descendants():  # noqa: SLF001 -- no public name tells positions
            width = getattr(box, "width", None)  # "auto" where layout left it open
            if isinstance(width, int | float):
                widest = max(widest, box.position_x + width - _MARGIN_PX)
    return widest - _SLACK_PX
