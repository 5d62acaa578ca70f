"""A part that another reader has and ours has not: why, by rule, and who is right."""

from __future__ import annotations

import difflib
import re
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum

from bench.readers import Found
from gateway.reader.transfer import Decoder

_SPACE = b" \t\r\n\0"
# Two texts that are the same but for the errors in their encoding share nearly everything.
_NEARLY = 0.9
_COMPARED_BYTES = 1 << 12
_FIRST_BYTES = 12
_ENCODINGS = ("base64", "quoted-printable", "uuencode")
_LINE_END = re.compile(rb"\r*\n|\r")
_DASHES = re.compile(rb"^(--\S.*)\n?", re.MULTILINE)
_FIELD = re.compile(rb"^[A-Za-z][A-Za-z-]+[ \t]*:", re.MULTILINE)
_MOST_HEADERS = 3
_FIELDS = re.compile(rb"(?:[!-9;-~]+[ \t]*:.*(?:\n[ \t].*)*(?:\n|\Z))*")
_PLIST = b"<!DOCTYPE plist"  # what .emlx has behind the message


class Why(Enum):
    """The classes of disagreement: what differs, and who is right."""

    UNREADABLE = ("we cannot divide the message", "theirs perhaps: it is held whole")
    WHITE_SPACE = ("line ends or white space alone differ", "ours: the bytes as they came")
    NOT_DECODED = ("they take the transport text as bytes", "ours: decoded")
    OPENED = ("they leave a message closed that we open", "ours: all that is in it is found")
    DIVIDED = ("they leave in one piece what we divide", "ours: its parts are found")
    STRETCH = ("theirs is a stretch of ours, or read out of it", "ours: it holds all of theirs")
    HEADER_AS_TEXT = ("they take a header for text", "ours: it is a header")
    PREAMBLE = ("they show what stands in front of the first part", "ours: no program shows it")
    BEHIND_THE_END = ("they read on behind the end that the text gives", "ours: a footer follows")
    LABEL = ("they decode what is plain text", "ours: text; flagged where its label says else")
    ENCODING_ERRORS = ("errors in the encoding are mended otherwise", "either: few bytes differ")
    FLAGGED = ("the message can be read in two ways", "doubtful: flagged for a person")
    UNEXPLAINED = ("nothing of the above", "theirs")

    @property
    def what(self) -> str:
        """What differs."""
        return self.value[0]

    @property
    def right(self) -> str:
        """Who is right, and what of it."""
        return self.value[1]


@dataclass(frozen=True)
class Ours:
    """What our reader says of one message."""

    raw: bytes
    parts: Sequence[bytes]  # of each part whose bytes are kept
    sha256: frozenset[str]  # of every part
    is_flagged: bool
    stopped: str | None


def why(theirs: Found, ours: Ours, read_again: Callable[[bytes], Ours]) -> Why:
    """Return the first class that holds. `read_again` reads bytes as a message of their own."""
    wanted = _squeezed(theirs.data)
    parts = {_squeezed(part) for part in ours.parts} - {b""}
    rules: Mapping[Why, Callable[[], bool]] = {
        Why.UNREADABLE: lambda: ours.stopped is not None,
        Why.WHITE_SPACE: lambda: wanted in parts,
        Why.NOT_DECODED: lambda: any(_squeezed(one) in parts for one in _decoded(theirs.data)),
        Why.OPENED: lambda: _is_opened(theirs, parts, read_again),
        Why.DIVIDED: lambda: _is_divided(theirs, parts),
        Why.PREAMBLE: lambda: _is_preamble(theirs, ours.raw),
        Why.BEHIND_THE_END: lambda: any(_goes_on(theirs.data, part, ours) for part in ours.parts),
        Why.LABEL: lambda: _is_read_out(theirs.data, parts),
        Why.STRETCH: lambda: _is_stretch(theirs.data, ours.parts),
        Why.HEADER_AS_TEXT: lambda: _begins_with_a_header(theirs.data, parts),
        Why.ENCODING_ERRORS: lambda: any(_is_nearly(wanted, part) for part in parts),
        Why.FLAGGED: lambda: ours.is_flagged,
    }
    return next((reason for reason, holds in rules.items() if holds()), Why.UNEXPLAINED)


def _squeezed(data: bytes) -> bytes:
    return data.translate(None, _SPACE)


def _decoded(data: bytes) -> list[bytes]:
    """Return what a text gives when each transfer encoding is undone."""
    return [b"".join(Decoder(name).decode([data.lstrip()])) for name in _ENCODINGS]


def _is_opened(theirs: Found, parts: Set[bytes], read_again: Callable[[bytes], Ours]) -> bool:
    """Say whether everything that a message of theirs holds is among our parts."""
    for text in (theirs.data, *_decoded(theirs.data)):
        inner = {_squeezed(part) for part in read_again(text).parts} - {b""}
        if inner <= parts and (inner or theirs.media_type.startswith("message/")):
            return True
    return False


def _is_divided(theirs: Found, parts: Set[bytes]) -> bool:
    """Say whether each piece of theirs between lines with dashes is one of ours."""
    first, *others = _DASHES.split(_LINE_END.sub(b"\n", theirs.data))
    if not others:
        return False
    is_multipart = theirs.media_type.startswith("multipart/")
    # Behind the last boundary of a group is its epilogue: no part.
    pieces = [
        piece
        for line, piece in zip(others[::2], others[1::2], strict=True)
        if not (is_multipart and line.rstrip().endswith(b"--"))
    ]
    return all(
        _is_ours(piece, parts)
        for piece in [*pieces, *([] if is_multipart else [first])]
        if piece.strip()
    )


def _is_ours(piece: bytes, parts: Set[bytes]) -> bool:
    """Say whether a piece, or what is under its fields, is one of ours, or it is fields alone."""
    texts, rest = [piece], piece
    for _ in range(_MOST_HEADERS):  # its own, and those of a message in it
        header, blank, rest = rest.partition(b"\n\n")
        if b"multipart/" in header.lower() and blank:
            return True  # what follows is a preamble
        if not rest.strip() and _FIELDS.fullmatch(header.strip()):
            return True
        if not blank:
            break
        texts += [rest, *_decoded(rest)]
    return any(_squeezed(text) in parts for text in texts)


def _begins_with_a_header(data: bytes, parts: Set[bytes]) -> bool:
    """Say whether theirs is a part of ours with fields in front of it."""
    squeezed = _squeezed(data)
    return len(_FIELD.findall(data)) > 1 and any(squeezed.endswith(part) for part in parts)


def _is_read_out(data: bytes, parts: Set[bytes]) -> bool:
    """Say whether theirs is what base64 makes of a part of ours, or of a stretch in it."""
    encoded = b2a_base64(data, newline=False).rstrip(b"=")[:-2]
    return len(encoded) > 4 and any(encoded in part for part in parts)


def _is_stretch(data: bytes, parts: Sequence[bytes]) -> bool:
    wanted = _squeezed(data)
    return any(
        wanted in _squeezed(text)
        for part in parts
        for text in (part, *Decoder("quoted-printable").decode([part]))
    )


def _is_preamble(theirs: Found, raw: bytes) -> bool:
    """Say whether theirs is the text of a multipart outside its parts, or all of one without."""
    text = theirs.data.strip()
    if theirs.media_type.startswith("multipart/") and not _DASHES.search(text):
        return True
    at = raw.find(text)
    is_first = at >= 0 and _DASHES.search(raw[:at]) is None
    return is_first and raw[at + len(text) :].lstrip().startswith(b"--")


def _goes_on(theirs: bytes, part: bytes, ours: Ours) -> bool:
    """Say whether theirs is ours and more, and ours ends where the text says so."""
    if not part or not _squeezed(theirs).startswith(_squeezed(part)):
        return False
    if _PLIST in theirs and _PLIST not in part:
        return True
    last = b2a_base64(part[len(part) // 3 * 3 - 6 :], newline=False)
    return last.endswith(b"=") and last in _squeezed(ours.raw)


def _is_nearly(theirs: bytes, part: bytes) -> bool:
    """Say whether theirs, or its beginning where it is long, is in a part but for some bytes."""
    at = max(0, part.find(theirs[:_FIRST_BYTES]))
    theirs, part = theirs[:_COMPARED_BYTES], part[at : at + min(len(theirs), _COMPARED_BYTES)]
    compared = difflib.SequenceMatcher(None, theirs, part, autojunk=False)
    return compared.quick_ratio() >= _NEARLY and compared.ratio() >= _NEARLY
