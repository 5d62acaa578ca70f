"""Forgotten: checkpoints that keep nothing but what is told of a PDF, for letters not filed."""

from __future__ import annotations

from converters.workshop import Rendition as Made
from gateway.road.package import Pdf


class Forgotten:
    """Finds nothing, since nothing is kept."""

    def find(self, source_sha256: str, engine: str, settings: str) -> Pdf | None:
        """Find nothing."""

    def keep(self, source_sha256: str, made: Made) -> Pdf:
        """Describe the PDF."""
        return Pdf(0, source_sha256, made.pages, made.bytes, made.engine, made.warnings)
