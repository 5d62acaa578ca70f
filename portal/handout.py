"""Hand-outs: what of a letter can be downloaded, and under which name."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from portal.dossier import Dossier
from portal.piece import PDF, Piece

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}")
# What has no place in any name of a file: our names have none, but a download is no place to trust.
_NEVER = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True)
class Handout:
    """Bytes of the vault, and the name they are handed out under."""

    name: str
    sha256: str
    bytes: int
    media_type: str = "application/octet-stream"


def pdf_of(piece: Piece) -> Handout | None:
    """Return the PDF of a part: the one that was made, or the one that came."""
    if piece.pdf is None:
        return None
    octets = piece.bytes if piece.made is None else piece.made.bytes
    return Handout(_with_extension(_named(piece), ".pdf"), piece.pdf, octets, PDF)


def original_of(piece: Piece) -> Handout | None:
    """Return a part as it came: its filed name, with its own ending where that became `.pdf`."""
    if piece.original is None:
        return None
    name = _named(piece)
    if piece.made is not None:
        name = _with_extension(name, _own_extension(piece))
    media_type = PDF if piece.detected_type == PDF else "application/octet-stream"
    return Handout(name, piece.original, piece.bytes, media_type)


def everything(dossier: Dossier) -> Iterator[Handout]:
    """Return what "Download all" holds: every document, and beside a made PDF its original.

    Names are the filed names; originals lie in a folder of their own. No two names are the same on
    any file system, and what is not safe to open is left out.
    """
    taken: set[str] = set()
    for piece in dossier.pieces:
        if not piece.is_document or piece.reason == "archive_unsafe":
            continue
        pdf, original = pdf_of(piece), original_of(piece)
        if pdf is not None and piece.made is not None:
            yield _untaken(pdf, "", taken)
            if original is not None:
                yield _untaken(original, "Originals/", taken)
        elif original is not None:
            yield _untaken(original, "", taken)


def safe_name(name: str) -> str:
    """Return a name that no file system, archive or header reads as anything but a name."""
    return _NEVER.sub("_", name).strip(" .") or "document"


def _named(piece: Piece) -> str:
    return safe_name(piece.filed_name or "document")


def _own_extension(piece: Piece) -> str:
    came_with = PurePosixPath(piece.original_name or "").suffix
    if _EXTENSION.fullmatch(came_with):
        return came_with
    return mimetypes.guess_extension(piece.detected_type) or ".bin"


def _with_extension(name: str, extension: str) -> str:
    if name.lower().endswith(extension.lower()):
        return name
    return (PurePosixPath(name).stem if "." in name else name) + extension


def _untaken(handout: Handout, folder: str, taken: set[str]) -> Handout:
    name, number = folder + handout.name, 1
    while name.casefold() in taken:
        number += 1
        path = PurePosixPath(handout.name)
        name = f"{folder}{path.stem} ({number}){path.suffix}"
    taken.add(name.casefold())
    return Handout(name, handout.sha256, handout.bytes, handout.media_type)
