"""The fields of a line of the directory: the checks that each must pass, and its form for us."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

import idna

from portal.directory import MAIL_ADDRESS, MAIL_DOMAIN
from portal.directory_file import Line, Rejection

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_IDENTIFIER_TYPES = {
    "mail domain": MAIL_DOMAIN,
    "email domain": MAIL_DOMAIN,
    "domain": MAIL_DOMAIN,
    "mail address": MAIL_ADDRESS,
    "email address": MAIL_ADDRESS,
    "email": MAIL_ADDRESS,
    "address": MAIL_ADDRESS,
    "office id": "office_id",
    "tax id": "tax_id",
    "national provider id": "national_provider_id",
    "npi": "national_provider_id",
    "vendor id": "vendor_id",
}


def needed(line: Line, column: str) -> str:
    """Return a field that must not be empty. Raises Rejection."""
    value = line.fields[column]
    if not value:
        raise Rejection(f"fill in {column}")
    return value


def mail_address(text: str) -> str:
    """Return a mail address in canonical form. Raises Rejection."""
    local, at, domain = text.lower().rpartition("@")
    if not at or not _LOCAL.fullmatch(local):
        raise Rejection(f"write {text!r} as a mail address, like name@example.com")
    return f"{local}@{mail_domain(domain)}"


@lru_cache(maxsize=4096)  # a consultant's stands in every line of theirs
def mail_domain(text: str) -> str:
    """Return a domain in lower case and ASCII (UTS 46, RFC 5891). Raises Rejection."""
    try:
        return idna.encode(text.removeprefix("@").rstrip("."), uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise Rejection(f"write {text!r} as a domain, like example.com") from error


def identifier(kind: str, value: str) -> tuple[str, str]:
    """Return type and value of an identifier in the form that they are looked up in.

    Raises Rejection for a type that is not known, or an address or domain that is none.
    """
    plain = re.sub(r"[\s_-]+", " ", kind.casefold()).strip().replace("e mail", "email")
    known = _IDENTIFIER_TYPES.get(plain)
    if known is None:
        raise Rejection(
            f"write identifier_type {kind!r} as one of: mail domain, mail address, office id, tax"
            " id, national provider id, vendor id"
        )
    if known == MAIL_DOMAIN:
        return known, mail_domain(value)
    if known == MAIL_ADDRESS:
        return known, mail_address(value)
    return known, value


def day(line: Line, column: str) -> date | None:
    """Return a date, or None for an empty field. Raises Rejection."""
    value = line.fields[column]
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise Rejection(f"write {column} as 2026-11-21") from error


def span(line: Line, first: str, last: str) -> tuple[date | None, date | None]:
    """Return two dates in their order. Raises Rejection."""
    starts, ends = day(line, first), day(line, last)
    if starts is not None and ends is not None and ends < starts:
        raise Rejection(f"{last} is before {first}: correct one of them")
    return starts, ends


def is_yes(line: Line, column: str) -> bool:
    """Return a yes or no; an empty field is no. Raises Rejection."""
    value = line.fields[column].casefold()
    if value in {"yes", "true", "1", "y"}:
        return True
    if value in {"no", "false", "0", "n", ""}:
        return False
    raise Rejection(f"write {column} as yes or no")
