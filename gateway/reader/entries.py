"""Entries: what the reader's answer says of a message and of a part, as what can be JSON."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import Any

from converters.grounds import By, Grounds
from gateway.reader.encoded_word import read_text
from gateway.reader.header import Header
from gateway.reader.leaf import Leaf
from gateway.reader.words import Said

_MOST_FIELD_BYTES = 8192
_MOST_FIELD_CHARACTERS = 2000
_CONTROLS = dict.fromkeys((*range(32), 127))


def of_words(
    header: Header, container: str | None, said: Said, leaves: list[Leaf], more_subjects: str
) -> dict[str, Any]:
    """Say what one message says. Its links are left to the caller."""
    images = {
        leaf.entity.content_id: leaf.file.name
        for leaf in leaves
        if isinstance(leaf.file, Path)
        and leaf.entity.content_id in said.shown
        and leaf.detected_type.startswith("image/")
    }
    return {
        "path": said.path,
        "container": container,
        "subject": shown(header, "subject"),
        "header_from": shown(header, "from"),
        "header_to": shown(header, "to"),
        "date": shown(header, "date"),
        "text": said.text,
        "new": said.new,
        "html": said.html.name if said.html else None,
        "html_charset": said.html_charset if said.html else None,
        "lossy": said.lossy,
        "differs": said.differs,
        "images": images,
        "seen": sorted(cid for cid in images if cid in said.seen),
        "links": [],
        "other_subjects": more_subjects,
        "other": said.other,
    }


def of_part(leaf: Leaf, container: str | None, spoken_of: Set[str | None]) -> dict[str, Any]:
    """Say what is known of one part. `spoken_of` are the Content-IDs in its message's HTML."""
    entity = leaf.entity
    is_words = not leaf.flags.isdisjoint({"words", "alternative"})
    return {
        "path": leaf.path,
        "container": container,
        "name": leaf.name,
        "declared_type": entity.media_type,
        "detected_type": entity.media_type if is_words else leaf.detected_type,
        "bytes": leaf.size,
        "sha256": leaf.sha256,
        "file": leaf.file.name if isinstance(leaf.file, Path) else None,
        "inline": entity.disposition.value == "inline" or entity.content_id in spoken_of,
        "content_id": entity.content_id,
        "pixels": leaf.pixels,
        "pages": leaf.pages,
        # Words are what they are declared to be, or the message could not be read at all.
        "grounds": _grounds(Grounds(By.DECLARED) if is_words else leaf.grounds),
        "flags": sorted(leaf.flags),
        "contents": leaf.contents.name if leaf.contents else None,
        "programs": list(leaf.programs),
    }


def _grounds(grounds: Grounds) -> dict[str, Any]:
    return {"by": grounds.by.value, "against": list(grounds.against), "also": grounds.also}


def shown(header: Header, name: str) -> str:
    """Return a field as people read it, on one line; "" where there is none."""
    return _on_one_line((header.first(name) or b"")[:_MOST_FIELD_BYTES])[:_MOST_FIELD_CHARACTERS]


def _on_one_line(value: bytes) -> str:
    return read_text(value).translate(_CONTROLS)


def other_subjects(header: Header) -> str:
    """Return what the Subject fields say beside what is shown: others, or a longer one whole."""
    lines = dict.fromkeys(_on_one_line(value) for value in header.all("subject"))
    lines.pop(shown(header, "subject"), None)
    return "\n".join(lines)
