"""The engine for calendar and contact files: a page of what they say, laid out by that for HTML.

What is not known here is listed as it stands: no word of the file is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pypdf

from converters import contact_page, event_page, html
from converters.content_lines import Line, lines
from converters.fault import NotTheType, TooLarge
from converters.sheet_of_facts import Facts

MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_LINES = 20_000
_DEEPEST = 8
_STRETCH = 40  # events or cards
_CALENDAR = "text/calendar"
_OTHERS = {"": "", "VCALENDAR": "", "VALARM": "Reminder"}
_UNTOLD = frozenset({"BEGIN", "END", "VERSION"})


@dataclass
class Component:
    """What stands between BEGIN and END: an event, a card, or what holds them."""

    name: str
    lines: list[Line] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)


def render(source: bytes, media_type: str, title: str, target: Path) -> list[str]:
    """Write the PDF of a file and return warnings: "charset_guessed", "untagged" and those of HTML.

    Raises NotTheType for a file without any event or card, and TooLarge.
    """
    if len(source) > MOST_BYTES:
        raise TooLarge("card")
    found, sure = lines(source)
    if len(found) > _MOST_LINES:
        raise TooLarge("lines")
    told = sections(found, media_type)
    warnings = [] if sure else ["charset_guessed"]
    if len(told) <= _STRETCH:
        return warnings + html.render("".join(told).encode("utf-8"), {}, title, target)
    return [*warnings, *_joined(told, title, target), "untagged"]


def _joined(told: Sequence[str], title: str, target: Path) -> list[str]:
    """Lay out a stretch at a time, as converters.text does: the time for one grows with its square.

    Return warnings.
    """
    warnings: list[str] = []
    with pypdf.PdfWriter() as whole:
        for at in range(0, len(told), _STRETCH):
            body = "".join(told[at : at + _STRETCH]).encode("utf-8")
            warnings += html.render(body, {}, title, target, part_from=len(whole.pages) + 1)
            whole.append(target, import_outline=False)
        whole.metadata = {"/Title": title}
        whole.write(target)
    return list(dict.fromkeys(warnings))


def sections(found: Sequence[Line], media_type: str) -> list[str]:
    """Return what is told, event by event or card by card. Raises NotTheType for none."""
    whole = _tree(found)
    told: list[Facts] = []
    is_calendar = media_type == _CALENDAR
    wanted = event_page.KINDS if is_calendar else {"VCARD": "Contact"}
    stack = [whole]
    while stack:
        one = stack.pop()
        stack += reversed(one.parts)
        if one.name in wanted:
            facts = Facts(wanted[one.name])
            (event_page if is_calendar else contact_page).tell(one.lines, facts)
            told.append(facts)
        elif one.name not in event_page.MACHINES:
            facts = Facts(_OTHERS.get(one.name, one.name.title()))
            facts.rest(one.lines, _UNTOLD)
            told.append(facts)
    if not any(one.name in wanted for one in _all(whole)):
        raise NotTheType(media_type)
    # What the file says of itself comes last.
    told.sort(key=lambda facts: not facts.kind)
    return [f"<section>{facts.written()}</section>" for facts in told if facts.is_something]


def _tree(found: Sequence[Line]) -> Component:
    """Put lines between BEGIN and END together. What is nested too deep stays flat."""
    whole = Component("")
    open_ones = [whole]
    for line in found:
        name = line.value.strip().upper()
        if line.name == "BEGIN" and len(open_ones) < _DEEPEST:
            component = Component(name)
            open_ones[-1].parts.append(component)
            open_ones.append(component)
        elif line.name == "END" and any(one.name == name for one in open_ones[1:]):
            while open_ones.pop().name != name:
                pass
        else:
            open_ones[-1].lines.append(line)
    return whole


def _all(component: Component) -> list[Component]:
    return [component, *(inner for part in component.parts for inner in _all(part))]
