"""The engine for pages that carry their pictures: EPUB books and MHTML archives of web pages.

The pages are joined, each cleaned by itself, and what they show is looked for in the file alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from converters import book, html, web_archive
from converters.fault import NotTheType, TooLarge

MOST_BYTES: Final = 128 * 1024 * 1024
_PICTURE = re.compile(r'(<img\b[^>]*?\bsrc=")([^"]*)')
_READERS: Final = {"application/epub+zip": book.read, "multipart/related": web_archive.read}


def render(source: bytes, media_type: str, title: str, target: Path) -> list[str]:
    """Write the PDF of all pages in their order and return the warnings of the HTML engine.

    Raises NotTheType, Damaged, TooLarge.
    """
    if len(source) > MOST_BYTES:
        raise TooLarge("bundle")
    pages, pictures = _READERS[media_type](source)
    if not pages:
        raise NotTheType(media_type)
    body = "".join(
        f'<div style="break-before: {"page" if number else "auto"}">{_shown(page, pictures)}</div>'
        for number, page in enumerate(pages)
    )
    names = {_name(number): pictures[one] for number, one in enumerate(pictures)}
    return html.render(body.encode("utf-8"), names, title, target)


def _shown(page: tuple[bytes, Callable[[str], str]], pictures: Mapping[str, bytes]) -> str:
    """Return a page's body, where each picture has the name under which it is handed over."""
    content, resolved = page
    numbers = {one: number for number, one in enumerate(pictures)}

    def named(found: re.Match[str]) -> str:
        place = resolved(found[2].replace("&amp;", "&"))
        return found[1] + (f"cid:{quote(_name(numbers[place]))}" if place in numbers else found[2])

    return _PICTURE.sub(named, html.cleaned(html.decoded(content)))


def _name(number: int) -> str:
    return f"picture-{number}"
