"""The words of a Word document's body as it prints (ECMA-376 Part 1, 17)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree as ET

from converters.package import opened
from converters.words import words

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MAIN_PART = re.compile(
    rb'<Override\b(?=[^>]*ContentType="[^"]*wordprocessingml[^"]*main\+xml")'
    rb'[^>]*PartName="/([^"]+)"'
)


def of(file: IO[bytes]) -> list[str]:
    """Return the words of a document. Raises Damaged."""
    with opened(file) as archive:
        declared = _MAIN_PART.search(archive.read("[Content_Types].xml"))
        name = declared.group(1).decode("utf-8") if declared else "word/document.xml"
        with archive.open(name) as part:
            return words("".join(_printed(part)))


def _printed(part: IO[bytes]) -> Iterator[str]:
    skipped = hidden = 0
    run: list[str] = []
    for event, element in ET.iterparse(part, events=("start", "end")):  # noqa: S314 -- in a sandbox
        tag = element.tag.replace(_W_STRICT, _W)
        if tag == _FALLBACK:  # the same text once more, for older readers
            skipped += 1 if event == "start" else -1
        if event == "start":
            if tag == f"{_W}r":
                hidden, run = 0, []
            continue
        if tag == f"{_W}vanish" and element.get(f"{_W}val") not in {"0", "false", "off"}:
            hidden = 1
        elif tag == f"{_W}t":
            run.append(element.text or "")
        elif tag in {f"{_W}tab", f"{_W}br", f"{_W}cr"}:
            run.append(" ")
        elif tag == f"{_W}r":
            if not skipped and not hidden:
                yield from run
            run = []
        elif tag == f"{_W}p":
            yield "\n"
            element.clear()
