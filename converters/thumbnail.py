"""The thumbnail of one page of a PDF: small, and bounded whatever the page claims to be.

No form environment is opened: nothing of the document ever runs, and fields are drawn as the page
draws them.
"""

from __future__ import annotations

import io
import math
import os
from pathlib import Path
from typing import Final

import pypdfium2
from PIL import Image

from converters.fault import Damaged, PasswordNeeded

LONGER_SIDE: Final = 320  # pixels
_QUALITY: Final = 60


def write(descriptor: int, page: int, target: Path) -> None:
    """Write a page, counted from 1, as WebP. Raises PasswordNeeded, and Damaged."""
    try:
        with (
            os.fdopen(descriptor, "rb") as opened,
            pypdfium2.PdfDocument(opened) as pdf,
        ):
            if page > len(pdf):
                raise Damaged("no such page")
            sheet = pdf[page - 1]
            longer = max(sheet.get_size())
            if not 0 < longer < math.inf:
                raise Damaged("size")
            bitmap = sheet.render(scale=LONGER_SIDE / longer, may_draw_forms=False)
            bitmap.to_pil().save(target, "WEBP", quality=_QUALITY)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise PasswordNeeded from error
        raise Damaged("PDFium") from error


def warm() -> None:
    """Load Pillow's WebP, so that it is there before the first fork."""
    Image.new("RGB", (1, 1)).save(io.BytesIO(), "WEBP", quality=_QUALITY)
