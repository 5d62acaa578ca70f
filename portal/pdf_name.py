"""The name of a document's PDF: its stem is the document's own."""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,10}\Z", re.DOTALL)


def split(filed_name: str) -> tuple[str, str]:
    """Return stem and extension; the extension has its dot, or is empty.

    An extension is what the world means by one: at most ten ASCII letters and digits. "Smith v.
    Jones" has none.
    """
    found = _EXTENSION.search(filed_name)
    cut = found.start() if found else len(filed_name)
    return filed_name[:cut], filed_name[cut:]


def pdf_name(filed_name: str) -> str:
    """Return the name under which the PDF of a document is filed: "notes.docx" gives "notes.pdf".

    The names of a package are chosen so that this name is free in it too, and not too long.
    """
    return split(filed_name)[0] + ".pdf"
