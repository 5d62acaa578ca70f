"""Figures: "page 7 of 2,013" in a font that is embedded, as bytes to be shown with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pikepdf

from converters import page
from converters.fault import EngineFailed

_GLYPHS: Final = "page of,0123456789"  # each once, and the space between words that are there
_SHEET: Final = "p { font: 20px 'Liberation Sans', 'DejaVu Sans'; font-variant-ligatures: none }"


@dataclass(frozen=True)
class Figures:
    """The font, and what each character is in it: its code of two bytes, its width of 1000."""

    font: pikepdf.Object
    codes: dict[str, bytes]
    widths: dict[str, float]

    def copied_to(self, pdf: pikepdf.Pdf) -> Figures:
        """Return the same with the font in another PDF."""
        return replace(self, font=pdf.copy_foreign(self.font))

    def shown(self, words: str) -> bytes:
        """Return the operand that shows words of these characters."""
        return b"<" + b"".join(self.codes[char] for char in words).hex().encode() + b">"

    def width(self, words: str, size: float) -> float:
        """Return how wide words are at a size."""
        return sum(self.widths[char] for char in words) * size / 1000


def write(target: Path) -> None:
    """Write a PDF that shows every one of the characters, with the font in it."""
    body = f"<p>{_GLYPHS}</p>"
    page.write(page.wrapped(body, "Figures"), target, sheet=_SHEET + page.BARE)


def read(pdf: pikepdf.Pdf) -> Figures:
    """Read them from what `write` wrote. Raises EngineFailed where its text is not as expected."""
    codes = bytearray()
    font: pikepdf.Object | None = None
    for step in pikepdf.parse_content_stream(pdf.pages[0], "Tf Tj TJ"):
        if str(step.operator) == "Tf":
            font = pdf.pages[0].resources.Font[str(step.operands[0])]
            continue
        shown = step.operands[0]
        for each in shown.as_list() if isinstance(shown, pikepdf.Array) else [shown]:
            if isinstance(each, pikepdf.String):
                codes += bytes(each)
    if font is None or len(codes) != 2 * len(_GLYPHS):
        raise EngineFailed("the font of the page numbers")
    pairs = [bytes(codes[at : at + 2]) for at in range(0, len(codes), 2)]
    widths = _widths(font.DescendantFonts[0].W)
    found = [widths.get(int.from_bytes(code, "big"), 0.0) for code in pairs]
    return Figures(
        font, dict(zip(_GLYPHS, pairs, strict=True)), dict(zip(_GLYPHS, found, strict=True))
    )


def _widths(said: pikepdf.Object) -> dict[int, float]:
    """Read the widths of a composite font: `first [width …]`, or `first last width`."""
    found: dict[int, float] = {}
    waiting = list(said.as_list())
    while waiting:
        first, then = int(waiting.pop(0)), waiting.pop(0)
        if isinstance(then, pikepdf.Array):
            found |= {first + at: float(one) for at, one in enumerate(then.as_list())}
        else:
            width = float(waiting.pop(0))
            found |= dict.fromkeys(range(first, int(then) + 1), width)
    return found
