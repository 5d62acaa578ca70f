"""Binding: sections become one PDF, each passing through while one object of it is in memory.

pypdf and pikepdf both hold every object of every document until the last page is there; see
docs/decisions.md. What is common to all is made here: the list of pages, the tags, the layers.
"""

from __future__ import annotations

import io
import json
import mmap
from collections.abc import Mapping
from typing import Any, Final

import pikepdf

from converters import renumber
from converters.handed import Handed
from converters.pdf_writer import PdfWriter
from converters.rendition import RESULT
from converters.renumber import Shift, Written
from converters.span import Span
from converters.tags import Tags
from converters.trunk import Trunk

_BUFFER_BYTES: Final = 1 << 20


def bind(sections: Handed, facts: Handed) -> dict[str, Any]:
    """Write RESULT of sections that follow each other in one file, and answer {"pages"}.

    `facts` is JSON: {"title", "language", "sections": [{"bytes", "title", "names": {name: page},
    "bookmarks": [[depth, title, page], …]}, …]}. Raises EngineFailed.
    """
    with facts.open("rb") as opened:
        said = json.load(opened)
    with (
        renumber.opened(sections.descriptor) as data,
        (sections.parent / RESULT).open("wb") as target,
    ):
        written, at = [], 0
        for one in said["sections"]:
            written.append(Written.of(data, at, one["bytes"]))
            at += one["bytes"]
        writer = PdfWriter(target, sum(one.count for one in written))
        whole = Trunk(said["title"], said["language"], writer.new(), Tags(writer.new()))
        base = 0
        for one, section in zip(written, said["sections"], strict=True):
            span = Span(sections.descriptor, one.start, section["bytes"])
            with io.BufferedReader(span, _BUFFER_BYTES) as stream, pikepdf.open(stream) as pdf:
                shift = Shift(base, whole.tags.next)
                own = whole.take(pdf, shift, section)
            _copy(data, one, shift, own, writer)
            base += one.count
        return {"pages": whole.close(writer)}


def _copy(
    data: mmap.mmap, section: Written, shift: Shift, own: Mapping[int, bytes], writer: PdfWriter
) -> None:
    """Write every object of a section; of those in `own`, what stands there instead."""
    for one in section.objects(data):
        number = one.number + shift.objects
        value = own.get(one.number)
        if value is None:
            value = shift.of(data[one.start : one.end])
        if one.stream is None:
            writer.add(number, value)
        else:
            writer.copy_stream(number, value, data, *one.stream)
