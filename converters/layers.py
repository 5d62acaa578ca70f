"""Layers of a binder: what a document shows, and what it hides, is so in the whole as well."""

from __future__ import annotations

from dataclasses import dataclass, field

import pikepdf

from converters.renumber import Shift


@dataclass
class Layers:
    """The optional content of all sections (ISO 32000-1, 8.11): known, hidden, listed, switched."""

    _known: list[bytes] = field(default_factory=list)
    _hidden: list[bytes] = field(default_factory=list)
    _order: list[bytes] = field(default_factory=list)
    _switched: list[bytes] = field(default_factory=list)

    def take(self, pdf: pikepdf.Pdf, shift: Shift) -> None:
        """Take a section's layers in."""
        said = pdf.Root.get("/OCProperties")
        if not isinstance(said, pikepdf.Dictionary):
            return
        shown = said.get("/D", pikepdf.Dictionary())
        known = _each(said, "/OCGs")
        listed_on = {one.objgen for one in _each(shown, "/ON")}
        hidden = _each(shown, "/OFF")
        if shown.get("/BaseState") == pikepdf.Name.OFF:
            hidden = [one for one in known if one.objgen not in listed_on]
        self._known += [shift.of(one.unparse()) for one in known]
        self._hidden += [shift.of(one.unparse()) for one in hidden]
        for into, name in ((self._order, "/Order"), (self._switched, "/AS")):
            held = shown.get(name)
            if isinstance(held, pikepdf.Array):
                into.append(shift.of(held.unparse(resolved=True))[1:-1])

    def close(self) -> list[bytes]:
        """Return what the catalog says of them."""
        if not self._known:
            return []
        known, hidden, order, switched = (
            b" ".join(each) for each in (self._known, self._hidden, self._order, self._switched)
        )
        shown = b"/OFF [ %s ] /Order [ %s ] /AS [ %s ]" % (hidden, order, switched)
        return [b"/OCProperties << /OCGs [ %s ] /D << %s >> >>" % (known, shown)]


def _each(holder: pikepdf.Object, name: str) -> list[pikepdf.Object]:
    said = holder.get(name)
    if not isinstance(said, pikepdf.Array):
        return []
    return [
        one for one in said.as_list() if isinstance(one, pikepdf.Dictionary) and one.is_indirect
    ]
