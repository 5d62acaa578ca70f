"""What an engine's output depends on: its program or libraries, and our own code around them."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path

_LIBRARIES = {
    "html": ("weasyprint", "nh3"),
    "text": ("weasyprint", "charset-normalizer", "pypdf"),
    "image": ("img2pdf", "pillow", "pillow-heif"),
    "card": ("weasyprint", "nh3", "charset-normalizer"),
    "drawing": ("weasyprint",),
    "markdown": ("weasyprint", "nh3", "markdown-it-py", "charset-normalizer"),
    "bundle": ("weasyprint", "nh3"),
    "mend": ("pikepdf",),
    "thumbnail": ("pypdfium2", "pillow"),
}
# What of our own code shapes an engine's output: a change of it makes a new one.
_SHAPED_BY = {
    "html": ("html", "page"),
    "text": ("text", "page"),
    "image": ("image",),
    "drawing": ("drawing", "page"),
    "markdown": ("markdown", "html", "text", "page"),
    "bundle": ("bundle", "book", "web_archive", "html", "page"),
    "card": (
        *("card", "content_lines", "sheet_of_facts", "contact_page", "event_page", "recurrence"),
        *("html", "page"),
    ),
    "office": (
        *("office", "office_driver", "table", "unseen"),
        *("unseen_office_xml", "unseen_open_document", "unseen_compound"),
        *("source_words", "binary_word", "binary_sheet", "binary_slides", "rich_text"),
    ),
    "mend": ("mend",),
    "thumbnail": ("thumbnail",),
}


def of(engine: str, office: tuple[str, str] | None = None) -> tuple[str, str]:
    """Return the engine's name with its version, and a short hash of all that shapes its output.

    `office` is the version and the settings of LibreOffice, for the engine of that name.
    """
    if office is not None:
        name, shape = f"LibreOffice {office[0]}", office[1]
    else:
        versions = [f"{each} {importlib.metadata.version(each)}" for each in _LIBRARIES[engine]]
        name, shape = versions[0], " ".join(versions)
    digest = hashlib.sha256(f"{name} {shape}".encode())
    for module in _SHAPED_BY[engine]:
        digest.update((Path(__file__).parent / f"{module}.py").read_bytes())
    return name, digest.hexdigest()[:16]
