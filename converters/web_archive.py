"""MHTML archives of a web page (RFC 2557): the page, and the pictures that came with it."""

from __future__ import annotations

import email
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from html import escape
from typing import Final
from urllib.parse import unquote, urljoin

from converters.book import Page
from converters.fault import NotTheType, TooLarge

_MOST_PARTS: Final = 2000


def read(source: bytes) -> tuple[list[Page], dict[str, bytes]]:
    """Return the page and its pictures, each by its Content-ID and by where it was in the web.

    Raises NotTheType, TooLarge.
    """
    try:
        whole = email.message_from_bytes(source, policy=compat32)
        parts = [part for part in whole.walk() if not part.is_multipart()]
    except RecursionError as error:
        raise NotTheType("MHTML") from error
    if len(parts) > _MOST_PARTS:
        raise TooLarge("parts")
    pictures: dict[str, bytes] = {}
    for part in parts:
        if part.get_content_maintype() == "image" and part.get_content_subtype() != "svg+xml":
            content = _content(part)
            for name in (_name(part), _location(part)):
                if name:
                    pictures.setdefault(name, content)
    page = next((part for part in parts if part.get_content_type() == "text/html"), None)
    if page is None:
        raise NotTheType("MHTML")
    base = _location(page)

    def resolved(reference: str) -> str:
        if reference.lower().startswith("cid:"):
            return f"cid:{unquote(reference[4:])}"
        try:
            return urljoin(base, reference)
        except ValueError:
            return reference

    return [(_head(whole, parts) + _utf_8(page), resolved)], pictures


def _head(whole: Message, parts: list[Message]) -> bytes:
    """Return what stands above the page: a message that was saved so has it in its fields only.

    What else is in the archive under a name is named. Any charset reads these bytes alike.
    """
    lines = [(name, _decoded(whole.get(name))) for name in ("From", "To", "Date", "Subject")]
    lines += [
        ("In the original", _decoded(part.get_filename()))
        for part in parts
        if part.get_filename() and part.get_content_maintype() not in {"image", "text"}
    ]
    said = "".join(f"<p><b>{name}</b> {escape(value)}</p>" for name, value in lines if value)
    return said.encode("ascii", "xmlcharrefreplace")


def _decoded(value: object) -> str:
    try:
        return " ".join(str(make_header(decode_header(str(value or "")))).split())
    except (LookupError, UnicodeError, ValueError):
        return str(value)


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _utf_8(page: Message) -> bytes:
    """Return the page, in UTF-8 where its part says its charset, else as it is."""
    content = _content(page)
    try:
        return content.decode(str(page.get_content_charset("") or "utf-8")).encode("utf-8")
    except (LookupError, ValueError):  # the second also for a charset whose name has a NUL
        return content


def _name(part: Message) -> str:
    name = str(part.get("Content-ID", "")).strip().strip("<>")
    return f"cid:{name}" if name else ""


def _location(part: Message) -> str:
    return "".join(str(part.get("Content-Location", "")).split())
