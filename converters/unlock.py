"""The engine that opens a PDF with its password, and writes a copy that needs none."""

from __future__ import annotations

import os
from pathlib import Path

import pikepdf

from converters.fault import Damaged, PasswordNeeded


def write(descriptor: int, password: str, target: Path) -> None:
    """Write the copy: the same bytes make the same copy.

    Raises PasswordNeeded where it is another password, and Damaged.
    """
    try:
        with os.fdopen(descriptor, "rb") as opened, pikepdf.open(opened, password=password) as pdf:
            pdf.save(target, deterministic_id=True)
    except pikepdf.PasswordError as error:
        raise PasswordNeeded from error
    except (pikepdf.PdfError, ValueError, RuntimeError, OverflowError) as error:
        raise Damaged(type(error).__name__) from error
