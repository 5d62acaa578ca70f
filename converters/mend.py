"""The engine that writes a PDF anew whose table of objects is broken: qpdf found them all again."""

from __future__ import annotations

import os
from pathlib import Path

import pikepdf

from converters.fault import Damaged, PasswordNeeded

_SIGNED = {"1", "3"}  # ISO 32000-1, table 219: its first bit
_FOUND_AGAIN = "reconstruct cross-reference table"
# Where only the way to the table is lost, the file is odd and whole: see converters.facts.
_ODD = ("can't find startxref", "xref not found")


def is_needed(pdf: pikepdf.Pdf) -> bool:
    """Say whether an opened PDF had to be put together again, and nothing speaks against a copy.

    A signature covers the bytes as they came: a copy of a signed one would look forged.
    """
    said = "\n".join(map(str, pdf.get_warnings()))
    return not is_signed(pdf) and _FOUND_AGAIN in said and not any(odd in said for odd in _ODD)


def is_signed(pdf: pikepdf.Pdf) -> bool:
    """Say whether an opened PDF says that it holds a signature."""
    form = pdf.Root.get("/AcroForm")
    flags = form.get("/SigFlags", 0) if isinstance(form, pikepdf.Dictionary) else 0
    return str(flags) in _SIGNED


def write(descriptor: int, target: Path) -> None:
    """Write the copy: the same bytes make the same copy. Raises Damaged, PasswordNeeded."""
    try:
        with os.fdopen(descriptor, "rb") as opened, pikepdf.open(opened) as pdf:
            pdf.save(target, deterministic_id=True)
    except pikepdf.PasswordError as error:
        raise PasswordNeeded from error
    except (pikepdf.PdfError, ValueError, RuntimeError, OverflowError) as error:
        raise Damaged(type(error).__name__) from error
