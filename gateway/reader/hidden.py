"""Hidden: what the styles of a page keep from being seen.

Read as far as senders use it: styles on the elements themselves, and the plainest rules of <style>.
Where a background may be another than we know, text of any colour counts as seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

_NOT_SHOWN = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*(?:hidden|collapse)"
    r"|(?<![\w-])opacity\s*:\s*0*\.?0*\s*(?:%|;|!|\Z)"
    r"|(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0\D*(?:;.*)?overflow\s*:\s*hidden"
    r"|overflow\s*:\s*hidden.*(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0(?![\d.])"
    r"|text-indent\s*:\s*-\d{3,}|(?<![\w-])(?:left|top)\s*:\s*-\d{4,}",
    re.IGNORECASE | re.DOTALL,
)
_SIZE = re.compile(
    r"(?<![\w-])font-size\s*:\s*([\d.]+)\s*([a-z%]*)|(?<![\w-])font\s*:", re.IGNORECASE
)
_COLOUR = re.compile(r"(?<![\w-])color\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?<![\w-])background(?:-color|-image)?\s*:\s*([^;!]+)", re.IGNORECASE)
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_RGB = re.compile(
    r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)(?:[\s,/]+([\d.]+%?))?\s*\)", re.IGNORECASE
)
_NAMES = {"white": "ffffff", "black": "000000", "snow": "fffafa", "ivory": "fffff0"}
_BODY = re.compile(r"<(?:body|html)\b([^>]{0,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(bgcolor|background|style)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE
)
_STYLES = re.compile(r"<style\b[^>]*>(.{0,200000}?)</style", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_LONGEST_SELECTORS, _LONGEST_RULES = 400, 2000  # in characters
_CLASS = re.compile(r"(?:\A|[\s,>])\w*\.([\w-]+)\s*(?=,|\Z)")
_COLOURS = re.compile(r"(?<![\w-])(?:background|color|font)", re.IGNORECASE)
_WHOLE_PAGE = re.compile(r"(?:\A|[\s,])(?:body|html|\*)\s*(?:,|\Z)", re.IGNORECASE)
_SMALLEST = {"px": 1.0, "pt": 1.0, "": 1.0, "em": 0.1, "rem": 0.1, "%": 10.0}
_CLOSE = 12  # in each of red, green and blue: nobody tells #fefefe from white
_UNKNOWN = ""


@dataclass(frozen=True)
class Look:
    """How text looks in an element: two colours as six hex digits, "" where not known."""

    colour: str = "000000"
    background: str = "ffffff"
    is_tiny: bool = False

    @property
    def is_seen(self) -> bool:
        """Whether a reader can see text that looks like this."""
        return not self.is_tiny and not _alike(self.colour, self.background)


@dataclass(frozen=True)
class Styles:
    """What a page says of the look of its elements beside what they say themselves."""

    base: Look = Look()
    hidden: frozenset[str] = frozenset()  # classes that are not displayed
    coloured: frozenset[str] = frozenset()  # classes that set a background or a colour
    drawn: str = ""  # the text of all this, for the images that it names

    def hides(self, attributes: Mapping[str, str]) -> bool:
        """Say whether an element and all that is in it is not displayed."""
        classes = self.hidden.intersection(attributes.get("class", "").split())
        return "hidden" in attributes or bool(classes) or is_hiding(attributes.get("style", ""))

    def inside(self, outer: Look, attributes: Mapping[str, str]) -> Look:
        """Return the look of an element within another."""
        style = attributes.get("style", "")
        look = outer
        if self.coloured and not self.coloured.isdisjoint(attributes.get("class", "").split()):
            look = replace(look, background=_UNKNOWN, is_tiny=False)
        if (given := attributes.get("bgcolor")) is not None:
            look = replace(look, background=_colour(given))
        if "background" in attributes:
            look = replace(look, background=_UNKNOWN)
        for found in _BACKGROUND.finditer(style):
            if found[1].strip().lower() not in {"none", "transparent", "inherit", "initial"}:
                look = replace(look, background=_colour(found[1]))
        if (given := attributes.get("color")) is not None:
            look = replace(look, colour=_colour(given))
        if (last := _last(_COLOUR, style)) is not None and last.lower() != "inherit":
            look = replace(look, colour=look.background if _is_clear(last) else _colour(last))
        if (size := _SIZE.search(style)) is not None:
            look = replace(look, is_tiny=_is_tiny(size))
        return look


def is_hiding(style: str) -> bool:
    """Say whether an element with this style is not displayed."""
    return ":" in style and _NOT_SHOWN.search(style[:2000]) is not None


def styles_of(html: str) -> Styles:
    """Read what a page says of its look: the body's own background, and the rules of <style>."""
    look = Styles()
    base = look.base
    drawn: list[str] = []
    for body in _BODY.finditer(html):
        drawn.append(body[1])
        given = {name.lower(): value.strip("\"'") for name, value in _ATTRIBUTE.findall(body[1])}
        base = look.inside(base, given)
    hidden: set[str] = set()
    coloured: set[str] = set()
    for block in _STYLES.findall(html):
        text = _COMMENT.sub(" ", block)
        drawn.append(text)
        at = text.lower().find("@media")
        always = text if at < 0 else text[:at]  # what follows holds for some screens alone
        for selectors, rules in _rules(text):
            names = _CLASS.findall(selectors)
            if _COLOURS.search(rules):
                coloured.update(names)
                if _WHOLE_PAGE.search(selectors):
                    base = replace(base, background=_UNKNOWN)
        for selectors, rules in _rules(always):
            if is_hiding(rules):
                hidden.update(_CLASS.findall(selectors))
    return Styles(base, frozenset(hidden), frozenset(coloured), " ".join(drawn))


def _rules(text: str) -> Iterator[tuple[str, str]]:
    for piece in text.split("}"):
        outer, brace, rules = piece.rpartition("{")
        if brace:
            selectors = outer.rpartition("{")[2]  # what is before it is an @-rule's
            yield selectors.strip()[:_LONGEST_SELECTORS], rules[:_LONGEST_RULES]


def _last(pattern: re.Pattern[str], style: str) -> str | None:
    found = pattern.findall(style)
    return found[-1].strip() if found else None


def _is_clear(value: str) -> bool:
    found = _RGB.fullmatch(value.strip())
    clear = found is not None and found[4] is not None and float(found[4].rstrip("%") or 1) == 0
    return clear or value.strip().lower() == "transparent"


def _is_tiny(size: re.Match[str]) -> bool:
    if size[1] is None:
        return False  # `font:` sets a size of its own
    try:
        number = float(size[1])
    except ValueError:
        return False
    return number <= _SMALLEST.get((size[2] or "").lower(), 0.0)


def _colour(value: str) -> str:
    """Return six hex digits, or "" for what we do not know."""
    text = value.strip().lower()
    if text in _NAMES:
        return _NAMES[text]
    if (found := _HEX.fullmatch(text)) is not None:
        digits = found[1]
        return digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    if (rgb := _RGB.fullmatch(text)) is not None and rgb[4] in {None, "1", "100%"}:
        return "".join(f"{min(int(part), 255):02x}" for part in rgb.groups()[:3])
    return _UNKNOWN


def _alike(first: str, second: str) -> bool:
    if not first or not second:
        return False
    pairs = ((int(first[at : at + 2], 16), int(second[at : at + 2], 16)) for at in (0, 2, 4))
    return all(abs(one - other) <= _CLOSE for one, other in pairs)
