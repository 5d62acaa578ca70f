"""A contact (RFC 6350, RFC 2426, vCard 2.1): name, organisation, telephones, addresses."""

from __future__ import annotations

from collections.abc import Sequence

from converters.content_lines import Line
from converters.sheet_of_facts import Facts

_LABELS = {
    "NICKNAME": "Called",
    "TITLE": "Title",
    "ROLE": "Role",
    "TEL": "Telephone",
    "EMAIL": "Email",
    "URL": "Web",
    "IMPP": "Messages",
    "BDAY": "Born",
    "ANNIVERSARY": "Anniversary",
    "NOTE": "Note",
    "LANG": "Language",
    "TZ": "Time zone",
    "CATEGORIES": "Categories",
}
_PICTURES = {"PHOTO": "Photograph", "LOGO": "Logo", "SOUND": "Sound", "KEY": "Key"}
_TOLD_NOT = {"pref", "internet", "voice", "x400", "encoding", ""}
_UNTOLD = frozenset({"VERSION"})


def tell(lines: Sequence[Line], facts: Facts) -> None:
    """Say what a contact is."""
    by_name = {line.name: line for line in reversed(lines)}
    heading = by_name.get("FN") or by_name.get("N")
    if heading is not None:
        facts.heading = _name(heading) if heading.name == "N" else heading.said
    rest: list[Line] = []
    for line in lines:
        match line.name:
            case "FN" if line.said == facts.heading:
                pass
            case "N":
                facts.add("Name", _name(line))
            case "ORG":
                facts.add("Organisation", ", ".join(piece for piece in line.pieces if piece))
            case "ADR":
                facts.add(_label("Address", line), _address(line))
            case "LABEL":
                facts.add(_label("Address", line), line.said)
            case name if name in _PICTURES and line.data is not None:
                facts.add(_PICTURES[name], f"{len(line.data):,} bytes, in the original")
            case name if name in _LABELS:
                facts.add(_label(_LABELS[name], line), line.said.removeprefix("tel:"))
            case _:
                rest.append(line)
    facts.rest(rest, _UNTOLD)


def _name(line: Line) -> str:
    """Return prefixes, given and further names, family name, suffixes: N begins with the family."""
    pieces = [*line.pieces, "", "", "", "", ""][:5]
    family, given, further, before, behind = (piece.replace(",", " ") for piece in pieces)
    said = " ".join(piece for piece in (before, given, further, family) if piece)
    more = line.pieces[5:]
    return ", ".join(piece for piece in (said, behind, *more) if piece)


def _address(line: Line) -> str:
    """Return an address a line a piece, from the post box to the country (RFC 6350, 6.3.1)."""
    return "\n".join(piece for piece in line.pieces if piece)


def _label(label: str, line: Line) -> str:
    kinds = [one.lower() for one in line.types() if one.lower() not in _TOLD_NOT]
    return f"{label} ({', '.join(kinds)})" if kinds else label
