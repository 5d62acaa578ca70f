"""The help page: how to send by email, limits, types of file, every problem A to Z, and contact.

For everybody, without signing in: a mail server's refusal and a receipt link to it.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from config import remarks
from config.media import MediaCatalogue
from config.problems import Problem, catalogue
from portal.opening import opening
from portal.web.desk import AtDesk, Desk
from portal.web.faults import SignedOut
from portal.web.visitor import visitor_of

router = APIRouter()


@dataclass(frozen=True)
class Piece:
    """A run of a row's words, or what stands in the place of a field."""

    text: str
    is_field: bool


@dataclass(frozen=True)
class Entry:
    """A problem as the page shows it."""

    code: str
    title: tuple[Piece, ...]
    fix: tuple[Piece, ...]
    reply: str | None  # the codes of its SMTP reply
    told: str  # to "people" or to "operators"


@dataclass(frozen=True)
class Kinds:
    """What people call the types of file that are treated alike, with their extensions."""

    heading: str
    said: str
    kinds: tuple[tuple[str, str], ...]


_HEADINGS: Mapping[str, tuple[str, str]] = {
    "convert": ("Turned into PDF", "Your original is filed beside the PDF."),
    "open": ("Opened", "What is in it is filed, each document by itself."),
    "keep": ("Filed as they are", "Anything that is not listed here is filed as it is, too."),
    "refuse": ("Not filed", "Programs are kept sealed, and you are told."),
}


@router.get("/help")
def show(request: Request, desk: AtDesk) -> Response:
    """Show the page."""
    try:
        visitor = visitor_of(request, desk)
    except SignedOut:
        visitor = None
    return desk.pages.render(
        "help.html",
        visitor=visitor,
        intake=desk.intake,
        sending=desk.sending,
        example=desk.case_example,
        tagged=_tagged(desk),
        groups=kinds(desk.media),
        hours=opening(desk.calendar.rules.hours),
        entries=entries(catalogue(), _known(desk)),
    )


def entries(rows: Mapping[str, Problem], known: Mapping[str, str]) -> tuple[Entry, ...]:
    """Return every row of the catalogue by its code, A to Z; `known` fields are filled in."""
    return tuple(
        Entry(
            code,
            _pieces(row.title, known),
            _pieces(row.fix, known),
            " ".join(row.smtp.split()[:2]) if row.smtp else None,
            row.told,
        )
        for code, row in sorted(rows.items())
    )


def kinds(media: MediaCatalogue) -> tuple[Kinds, ...]:
    """Return what is done with which types of file, by the names that people have for them."""
    found: list[Kinds] = []
    for treat, (heading, said) in _HEADINGS.items():
        by_label: dict[str, set[str]] = {}
        for media_type, row in media.types.items():
            if row.treat == treat and media_type != "*":
                endings = by_label.setdefault(row.label, set())
                endings |= {one for one, named in media.extensions.items() if named == media_type}
                endings |= {row.extension} if row.extension else set()
        listed = tuple((label, ", ".join(sorted(by_label[label]))) for label in sorted(by_label))
        found.append(Kinds(heading, said, listed))
    return tuple(found)


def _pieces(template: str, known: Mapping[str, str]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for text, name, _, _ in string.Formatter().parse(template):
        if text:
            pieces.append(Piece(text, is_field=False))
        if name and name in known:
            pieces.append(Piece(known[name], is_field=False))
        elif name:
            pieces.append(Piece(remarks.on_field(name), is_field=True))
    return tuple(pieces)


def _known(desk: Desk) -> dict[str, str]:
    """The fields whose value is a setting, and so the same for everybody."""
    return {"phone": desk.service.phone, "addr": desk.intake.address, "example": desk.case_example}


def _tagged(desk: Desk) -> str:
    return f"{desk.intake.mailbox}+{desk.case_example}@{desk.intake.domain}"
