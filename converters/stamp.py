"""The stamp: a document's name and the page's number, small, at the foot of what is seen of it.

It is drawn after all that the page draws, in the page's own coordinates, and changes none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Final

import pikepdf

from converters.fault import Damaged
from converters.figures import Figures

_SIZE: Final = 7.0  # of the figures, in points
_GREY: Final = 0.46
_FOOT: Final = 9.0  # of their line above the lower edge
_LINE: Final = 3.5  # of the name's own line within its form
_SIDE: Final = 22.0
_GAP: Final = 14.0  # between the name and the number
_NAME: Final = "/CasebridgeName"
_FONT: Final = "/CasebridgeFigures"
_STATE: Final = re.compile(rb"[qQ](?!\S)")
_LOOKED_AT: Final = 1 << 20  # of a page's packed drawing: a larger one is taken to leave no state
_MOST_UNITS: Final = 75_000.0
_Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Seen:
    """What is seen of a page: its size in points as it is shown, and the way into it."""

    width: float
    height: float
    matrix: tuple[float, float, float, float, float, float]


def seen(page: pikepdf.Page) -> Seen:
    """Return it, by CropBox, Rotate and UserUnit. Raises Damaged for a page without an area."""
    left, low, right, high = _box(page.mediabox)
    inner = _box(page.cropbox)
    cut = max(left, inner[0]), max(low, inner[1]), min(right, inner[2]), min(high, inner[3])
    if cut[0] < cut[2] and cut[1] < cut[3]:
        left, low, right, high = cut
    turned = int(_number(page.obj.get("/Rotate"), 0)) % 360
    unit = min(max(_number(page.obj.get("/UserUnit"), 1), 0.001), _MOST_UNITS)
    wide, tall, point = right - left, high - low, 1 / unit
    if not (wide > 0 and tall > 0):
        raise Damaged("a page without an area")
    matrix = {
        90: (0.0, point, -point, 0.0, right, low),
        180: (-point, 0.0, 0.0, -point, right, high),
        270: (0.0, -point, point, 0.0, left, high),
    }.get(turned, (point, 0.0, 0.0, point, left, low))
    if turned in {90, 270}:
        wide, tall = tall, wide
    return Seen(wide * unit, tall * unit, matrix)


@dataclass(frozen=True)
class Stamp:
    """What is put on each page of one document. `label` is a form of its name, `wide` points."""

    pdf: pikepdf.Pdf
    label: pikepdf.Object
    wide: float
    figures: Figures
    of: int

    def put(self, page: pikepdf.Page, number: int) -> None:
        """Stamp a page, whose resources are its own or an object, with its number in the whole."""
        resources = page.obj.get("/Resources")
        if not isinstance(resources, pikepdf.Dictionary):
            resources = page.obj["/Resources"] = pikepdf.Dictionary()
        name = _known(resources, "/XObject", _NAME, self.label)
        font = _known(resources, "/Font", _FONT, self.figures.font)
        old = page.obj.get("/Contents")
        listed = list(old.as_list()) if isinstance(old, pikepdf.Array) else [old]
        parts = [one for one in listed if isinstance(one, pikepdf.Stream)]
        before, after = _balance(page, parts)
        words = f"page {number:,} of {self.of:,}"
        drawn = self._drawn(seen(page), words, name.encode(), font.encode())
        page.obj["/Contents"] = pikepdf.Array(
            [
                self.pdf.make_stream(b"q\n" * before),
                *parts,
                self.pdf.make_stream(b"\n" + b"Q\n" * after + drawn),
            ]
        )

    def _drawn(self, place: Seen, words: str, label: bytes, font: bytes) -> bytes:
        side = min(_SIDE, place.width / 30)
        at = place.width - side - self.figures.width(words, _SIZE)
        room = at - _GAP - side
        name = b""
        if room > self.wide / 8:
            fields = side, room, side, _FOOT - _LINE, label
            name = b"q %.2f 0 %.2f 20 re W n 1 0 0 1 %.2f %.2f cm %s Do Q " % fields
        shown = self.figures.shown(words)
        # A grey that is as far from white as from black (4.5): it is read on a dark scan as well.
        text = (font, _SIZE, _GREY, at, _FOOT, shown)
        number = b"BT %s %.1f Tf %.2f g 0 Tr 0 Tc 0 Tw 100 Tz 0 Ts %.2f %.2f Td %s Tj ET"
        way = " ".join(f"{each:.4f}" for each in place.matrix).encode()
        mark = b"/Artifact <</Type /Pagination /Subtype /Footer>> BDC"
        return mark + b" q %s cm " % way + name + number % text + b" Q EMC\n"


def _known(resources: pikepdf.Object, kind: str, name: str, what: pikepdf.Object) -> str:
    """Let resources know something by a name like this one that means nothing else to them.

    A binder of ours that comes in again has names of its own for what is at its foot.
    """
    if not isinstance(resources.get(kind), pikepdf.Dictionary):
        resources[kind] = pikepdf.Dictionary()
    held, tried = resources[kind], name
    for number in count(2):
        there = held.get(tried)
        if isinstance(there, pikepdf.Object) and there.objgen == what.objgen:
            break  # pages may share their resources
        if tried not in held:
            held[tried] = what
            break
        tried = f"{name}{number}"
    return tried


def _balance(page: pikepdf.Page, parts: Sequence[pikepdf.Object]) -> tuple[int, int]:
    """Return how often to save the state before a page's drawing, and to restore it behind.

    Once each where it restores all that it saved, as nearly every page does.
    """
    try:
        if sum(len(part.read_raw_bytes()) for part in parts) > _LOOKED_AT:
            return 1, 1
        drawing = b"\n".join(part.read_bytes() for part in parts)
        found = (one.start() for one in _STATE.finditer(drawing))
        alone = (at for at in found if not at or drawing[at - 1 : at].isspace())
        deepest, left = _depths(drawing[at] == ord("q") for at in alone)
        if deepest or left:
            # Words or a picture within the drawing may hold the same letters: so by its grammar.
            steps = pikepdf.parse_content_stream(page, "q Q")
            deepest, left = _depths(str(each.operator) == "q" for each in steps)
    except (pikepdf.PdfError, RuntimeError, ValueError):
        return 1, 1  # what cannot be read is not drawn either
    return 1 - deepest, 1 - deepest + left


def _depths(saves: Iterable[bool]) -> tuple[int, int]:
    """Return the lowest depth that saving and restoring reach from 0, and the last one."""
    depth = lowest = 0
    for save in saves:
        depth += 1 if save else -1
        lowest = min(lowest, depth)
    return lowest, depth


def _box(said: pikepdf.Object) -> _Box:
    """Read a rectangle, whichever corners it names."""
    sides = [_number(one, 0) for one in said.as_list()] if _is_box(said) else [0.0] * 4
    return (
        min(sides[0], sides[2]),
        min(sides[1], sides[3]),
        max(sides[0], sides[2]),
        max(sides[1], sides[3]),
    )


def _is_box(said: object) -> bool:
    return isinstance(said, pikepdf.Array) and len(said) == 4


def _number(said: object, otherwise: float) -> float:
    return float(said) if isinstance(said, int | float | Decimal) else otherwise
