"""Linked: what one submission cannot hold is filed as several, "part 1 of 2", under one receipt.

The documents keep their order, and each submission takes as many of them as it holds: the same
package is divided the same way each time.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.road.describe import KEPT
from gateway.road.package import Filing, Package, Part, shortened
from portal import vocabulary
from portal.dividing import divided


@dataclass(frozen=True)
class Linked:
    """One submission of those that a package becomes in one case."""

    number: int  # from 1
    of: int
    documents: tuple[Part, ...]

    @property
    def words(self) -> str:
        """Which of them it is: `part 1 of 2`; empty where it is the only one."""
        return vocabulary.part_of(self.number, self.of)

    def narrative(self, package: Package) -> str:
        """Return the narrative as this submission holds it: it says which part this is."""
        lead = vocabulary.part_lead(self.number, self.of)
        return shortened(f"{lead}{package.narrative}".rstrip()) if lead else package.short_narrative


def linked(package: Package, filing: Filing) -> tuple[Linked, ...]:
    """Return the submissions that a package becomes in a case: one or more.

    What counts is a document's bytes as they came, which its sender knows, and not those of a PDF
    that was made of it.
    """
    held = tuple(
        part
        for part in package.parts
        if part.fate in KEPT and part.filed_name and filing.takes(part)
    )
    places = divided([part.bytes for part in held], package.most_bytes)
    return tuple(
        Linked(n, len(places), held[each.start : each.stop]) for n, each in enumerate(places, 1)
    )
