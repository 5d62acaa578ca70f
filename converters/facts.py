"""What a PDF, an image or a text tells about itself without being rendered. In a sandbox only."""

from __future__ import annotations

import mmap
import re
import unicodedata
import warnings
from collections import Counter

import pikepdf
import pillow_heif
from PIL import Image, UnidentifiedImageError

from converters import active, mend
from converters.handed import File

_NO_TEXT = bytes({*range(32), 127} - {*b"\b\t\n\f\r\x1b"})
_TEXT_FOR_ODD = 50  # characters of a text for one that is none
_SAMPLE = 8192
_HEADER_WITHIN = 1024
_END = re.compile(rb"startxref\s*(\d{1,15})(\s*%%EOF)?")
_OF_AN_OBJECT = re.compile(rb"\d\s+obj\b|\bendobj\b|\bendstream\b")
_CROSS_REFERENCES = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")


class Locked(Exception):
    """It opens with a password only."""


class Broken(Exception):
    """It does not open."""


def of_pdf(file: File) -> tuple[int, frozenset[str]]:
    """Count the pages of a PDF, and say what it has of converters.active.KINDS, or "mended".

    Raises Locked, Broken.
    """
    if not _has_its_end(file):
        # qpdf would find what objects are left, and say nothing of the others.
        raise Broken("cut short")
    try:
        with file.open("rb") as stream, pikepdf.open(stream) as opened:
            count = len(opened.pages)
            has = active.kinds(opened) | ({"mended"} if mend.is_needed(opened) else set())
    except pikepdf.PasswordError as error:
        raise Locked from error
    except (pikepdf.PdfError, ValueError, RuntimeError, OverflowError) as error:
        raise Broken(type(error).__name__) from error
    if not count:
        raise Broken("no pages")
    return count, has


def _has_its_end(file: File) -> bool:
    """Say whether a PDF ends as its writer ended it (ISO 32000-1, 7.5.5).

    It does where the last startxref has %%EOF behind it, or leads to where it says; bytes of
    another kind may follow, and its offset may be wrong where %%EOF is there: every viewer passes
    over both. It does not where objects follow, the rest of a revision that was cut short; nor
    where it is the one in the front of a file made for the web, which leads nowhere (Annex F).
    """
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = _END.match(data, max(0, data.rfind(b"startxref")))
        if end is None or _OF_AN_OBJECT.search(data, end.end()):
            return False
        head = data[:_HEADER_WITHIN]
        if not int(end[1]):
            return b"/Linearized" not in head
        leads_to = max(0, head.find(b"%PDF-")) + int(end[1])
        return end[2] is not None or bool(_CROSS_REFERENCES.match(data, leads_to))


def pixels(file: File) -> tuple[int, int] | None:
    """Return width and height as an image's header says them; None for a kind that Pillow lacks.

    Raises Broken.
    """
    pillow_heif.register_heif_opener()
    # Nothing is decoded here, so a bomb's header is told like any other; the engine has the cap.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            file.open("rb") as stream,
            Image.open(stream) as opened,
        ):
            return opened.size
    except UnidentifiedImageError:
        return None  # a camera's raw file passes for TIFF
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError,
            OverflowError, MemoryError) as error:  # fmt: skip
        if is_unsupported(error):
            return None
        # Pillow's plugins raise any of these on a broken header.
        raise Broken(type(error).__name__) from error


def is_unsupported(error: Exception) -> bool:
    """Say whether Pillow knows an image, and has no way to read it: then it may be whole."""
    return isinstance(error, NotImplementedError) or str(error).startswith("Unsupported")


def looks_like_pdf(file: File) -> bool:
    """Say whether a file without a PDF header has a PDF's inner structure."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        marks = (b" obj", b"/Pages", b"trailer", b"startxref", b"endstream")
        return sum(data.find(mark) >= 0 for mark in marks) >= 2


def _is_of_one_alphabet(halves: bytes) -> bool:
    """Say whether the upper halves of letters are those of one alphabet and of spaces."""
    numbers = Counter(halves)
    letters = max(range(3, 0x10), key=lambda half: numbers[half])  # from Greek to Thai and Lao
    known = numbers[letters] + numbers[0] + numbers[0x20]
    return bool(numbers[0]) and known * 20 > len(halves) * 19


def nearly_text(head: bytes) -> bool:
    """Say whether bytes are a text but for a few characters that no text has.

    Old programs end a text with 1A, and send their printers what to do within it.
    """
    head = head.rstrip(b"\x1a\0")
    odd = len(head) - len(head.translate(None, _NO_TEXT))
    return odd * _TEXT_FOR_ODD <= len(head)


def wide_text(head: bytes) -> str | None:
    """Return the codec of UTF-16 text without a byte order mark; None for anything else."""
    sample = head[: _SAMPLE - _SAMPLE % 2]
    sample = sample[: len(sample) - len(sample) % 2]
    if len(sample) < 8:
        return None
    halves = sample[0::2], sample[1::2]
    zeros = halves[0].count(0), halves[1].count(0)
    codec = "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    if min(zeros) * 20 > len(sample) // 2:
        return None
    if max(zeros) * 4 < len(sample) // 2 and not _is_of_one_alphabet(halves[codec == "utf-16-le"]):
        return None
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError:
        return None
    odd = sum(unicodedata.category(char) in {"Cc", "Cn", "Co"} for char in text)
    spaces = sum(text.count(char) for char in "\r\n\t\f")
    return codec if odd - spaces <= len(text) // 100 else None
