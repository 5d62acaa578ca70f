"""Hand-outs: what of a letter can be downloaded, and under which name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.dossier import Dossier
from portal.pdf_name import pdf_name, split
from portal.piece import PDF, Piece

# What has no place in any name of a file: our names have none, but a download is no place to trust.
_NEVER = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True)
class Handout:
    """Bytes of the vault, and the name they are handed out under."""

    name: str
    sha256: str
    bytes: int
    media_type: str = "application/octet-stream"


def pdf_of(piece: Piece) -> Handout | None:
    """Return the PDF of a part: the one that was made, or the one that came."""
    if piece.pdf is None or piece.filed_name is None:
        return None
    octets = piece.bytes if piece.made is None else piece.made.bytes
    stem, extension = split(pdf_name(piece.filed_name))
    name = f"{stem} (repaired){extension}" if piece.reason == "repaired" else stem + extension
    return Handout(safe_name(name), piece.pdf, octets, PDF)


def original_of(piece: Piece) -> Handout | None:
    """Return a part as it came. Never under the type that its sender declared."""
    if piece.original is None or piece.filed_name is None:
        return None
    return Handout(safe_name(piece.filed_name), piece.original, piece.bytes)


def everything(dossier: Dossier) -> Iterator[Handout]:
    """Return what "Download all" holds: every document, and beside a made PDF its original.

    Names are the filed names, each once on any file system. What is not safe to open is left out.
    """
    taken: set[str] = set()
    for piece in dossier.pieces:
        for handout in _forms(piece):
            yield _untaken(handout, taken)


def handed_out(dossier: Dossier) -> list[int]:
    """Return the ids of the parts that "Download all" holds."""
    return [piece.id for piece in dossier.pieces if _forms(piece)]


def _forms(piece: Piece) -> tuple[Handout, ...]:
    if not piece.is_document or piece.reason == "archive_unsafe":
        return ()
    made = None if piece.made is None else pdf_of(piece)
    return tuple(one for one in (made, original_of(piece)) if one is not None)


def safe_name(name: str) -> str:
    """Return a name that no file system, archive or header reads as anything but a name."""
    return _NEVER.sub("_", name).strip(" .") or "document"


def _untaken(handout: Handout, taken: set[str]) -> Handout:
    stem, extension = split(handout.name)
    name, number = handout.name, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem} ({number}){extension}"
    taken.add(name.casefold())
    return Handout(name, handout.sha256, handout.bytes, handout.media_type)
