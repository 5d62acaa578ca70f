"""Whether an Office document has nothing to show: no word, no number, no picture in any part.

LibreOffice prints blank pages for what it cannot follow too. So only a document of which every part
is known to say nothing may have a blank PDF.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import IO, Final

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_WORD: Final = (f"{_OFFICE}wordprocessingml.", "application/vnd.ms-word.")
_EXCEL: Final = (f"{_OFFICE}spreadsheetml.", "application/vnd.ms-excel.sheet.macroEnabled.12")
_MOST_BYTES = 16 * 1024 * 1024  # of all parts; what has nothing to say has less
# What prints something, or may lead to something that does (ECMA-376 Part 1, 17 and 18).
_IN_WORD = re.compile(
    rb"<(?:\w+:)?(?:t|delText|drawing|pict|object|altChunk|sym|oMath|numPr|control|fldSimple"
    rb"|instrText|pgNum|[a-z]+Bdr|pgBorders|background|subDoc|contentPart)[\s/>]"
)
_IN_EXCEL = re.compile(
    rb"<(?:\w+:)?(?:v|is|f|t|drawing|legacyDrawing\w*|picture|oleObjects?|controls?"
    rb"|conditionalFormatting|headerFooter)[\s/>]"
)
# Parts that say how something looks, or what the document is called.
_ASIDE = re.compile(
    r"docProps/|customXml/|_rels/|\[Content_Types\]|(?:.*/)?(?:_rels/|theme/|printerSettings/)"
    r"|word/(?:styles|stylesWithEffects|settings|webSettings|fontTable|numbering)\.xml"
    r"|xl/(?:styles|workbook|calcChain|metadata)\.xml|word/vbaProject\.bin|xl/vbaProject\.bin"
    r"|(?:word|xl)/vbaData\.xml"
)


def to_show(file: IO[bytes], media_type: str) -> bool:
    """Say whether a document is known to have nothing to show."""
    if media_type.startswith(_WORD):
        shows = _IN_WORD
    elif media_type.startswith(_EXCEL):
        shows = _IN_EXCEL
    else:
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            parts = [one for one in archive.infolist() if not _ASIDE.match(one.filename)]
            if sum(one.file_size for one in parts) > _MOST_BYTES:
                return False
            return bool(parts) and all(_says_nothing(archive.read(one), shows) for one in parts)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError):
        return False


def _says_nothing(part: bytes, shows: re.Pattern[bytes]) -> bool:
    # Neither a picture nor XML whose letters are of two bytes, in which nothing would be found.
    is_followed = part.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"\0" not in part
    return is_followed and not shows.search(part)
