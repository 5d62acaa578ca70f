"""Packages for tests of the road's rules: built in memory, with no reader behind them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from gateway.letter import Envelope, Letter, Proof
from gateway.road.package import Fate, Package, Part, Words
from portal.vault import Blob

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
SHA256 = "ab" * 32

_EXTENSIONS = {
    PDF: ".pdf",
    DOCX: ".docx",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/heic": ".heic",
    "text/plain": ".txt",
    "text/html": ".html",
}


def extension_for(media_type: str) -> str | None:
    """Stand in for the catalogue of media types."""
    return _EXTENSIONS.get(media_type)


def words(text: str = "Attached is the report.", **changes: Any) -> Words:
    own = Words(
        path="1",
        container=None,
        subject="Report",
        header_from="Pat Ames <pat@bakerllp.example>",
        header_to="claims@casebridge.example",
        date="Sat, 21 Nov 2026 15:42:00 -0500",
        text=text,
        new=text,
        html=None,
    )
    return dataclasses.replace(own, **changes)


def part(path: str, name: str | None = None, media_type: str = PDF, **changes: Any) -> Part:
    fate = Fate.CONVERTED if media_type == DOCX else Fate.FILED
    given = Part(
        path=path,
        container=None,
        original_name=name,
        declared_type=media_type,
        detected_type=media_type,
        bytes=1000,
        sha256=SHA256,
        file=None,
        fate=fate,
    )
    return dataclasses.replace(given, **changes)


def narrative_part(path: str = "1", **changes: Any) -> Part:
    return part(path, None, "text/plain", reason="narrative", **changes)


def envelope(**changes: Any) -> Envelope:
    usual = Envelope(
        door="smtp",
        sender="pat@bakerllp.example",
        recipients=("claims@casebridge.example",),
        arrived_at=datetime(2026, 11, 21, 20, 42, tzinfo=UTC),
        proof=Proof.LOOPBACK,
    )
    return dataclasses.replace(usual, **changes)


def package(*parts: Part, **changes: Any) -> Package:
    sent = changes.pop("envelope", envelope())
    usual = Package(
        letter=Letter(sent, Blob("cd" * 32, 5000)),
        message_id="<1@bakerllp.example>",
        header_from="Pat Ames <pat@bakerllp.example>",
        sender="pat@bakerllp.example",
        subject="Report",
        automatic=False,
        words=(words(),),
        parts=parts,
    )
    return dataclasses.replace(usual, **changes)
