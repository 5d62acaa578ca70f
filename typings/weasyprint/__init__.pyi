from collections.abc import Iterable, Sequence
from pathlib import Path

from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

class _Box:
    position_x: float
    width: float | str
    def descendants(self) -> Iterable[_Box]: ...

class Page:
    _page_box: _Box

class Document:
    pages: Sequence[Page]
    def write_pdf(self, target: Path, zoom: float = 1, *, pdf_tags: bool = False) -> None: ...

class CSS:
    def __init__(
        self, *, string: str, url_fetcher: URLFetcher, font_config: FontConfiguration
    ) -> None: ...

class HTML:
    def __init__(self, *, string: str, url_fetcher: URLFetcher, base_url: str | None) -> None: ...
    def render(
        self,
        font_config: FontConfiguration,
        *,
        stylesheets: Sequence[CSS],
        presentational_hints: bool,
        pdf_tags: bool,
    ) -> Document: ...
