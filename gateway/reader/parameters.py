"""Content-Type and Content-Disposition: the value and its parameters, in all the ways in use."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from gateway.reader.charset import decode
from gateway.reader.encoded_word import one_line, read_text

_MAX_PARAMETERS = 1000
_MAX_BYTES = 1 << 16
_MAX_NAME = 1024
_MAX_TYPE = 127
_TYPE = re.compile(rb"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_NAME = re.compile(rb"[ \t;]*([^=;\s\"]*)[ \t]*(=?)[ \t]*")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)(?:"|\Z)', re.DOTALL)
_ESCAPE = re.compile(rb'\\(["\\])')
_PIECE = re.compile(r"([^*]+)\*(\d{1,4})(\*?)")
_EXTENDED = re.compile(rb"([^']*)'[^']*'(.*)", re.DOTALL)


@dataclass(frozen=True)
class Value:
    """A field's value in lower case, and its parameters as raw bytes, the first of each name."""

    value: str = ""
    parameters: dict[str, bytes] = field(default_factory=dict)
    repeated: dict[str, list[bytes]] = field(default_factory=dict)  # the later ones, by name

    def text(self, name: str) -> str | None:
        """Return a parameter as text: RFC 2231 first, then as written; None where it is not there.

        `name*` goes before `name` (RFC 6266, 4.3): whoever wrote both meant the first.
        """
        extended = self._extended(name)
        if extended is not None:
            return extended
        raw = self.parameters.get(name)
        return None if raw is None else _plain(raw)

    def _extended(self, name: str) -> str | None:
        whole = self.parameters.get(f"{name}*")
        if whole is not None:
            return _percent(whole)
        pieces: dict[int, tuple[bytes, bool]] = {}
        for key, raw in self.parameters.items():
            piece = _PIECE.fullmatch(key)
            if piece and piece[1] == name:
                pieces.setdefault(int(piece[2]), (raw, bool(piece[3])))
        # The pieces count from 0 (RFC 2231, 3); some senders begin at 1, or leave one out.
        ordered = [pieces[number] for number in sorted(pieces)]
        if not ordered:
            return None
        if not any(encoded for _, encoded in ordered):
            return _plain(b"".join(raw for raw, _ in ordered))
        charset, first = _charset_of(ordered[0][0]) if ordered[0][1] else (None, ordered[0][0])
        joined = unquote_to_bytes(first) if ordered[0][1] else first
        for raw, encoded in ordered[1:]:
            joined += unquote_to_bytes(raw) if encoded else raw
        return one_line(decode(joined, charset)[0])


def read_value(raw: bytes) -> Value:
    """Take a field's value apart. Never raises; what cannot be read is left out.

    A backslash stays unless it stands before a quotation mark or a backslash: it is far more
    often a part of a Windows path than an escape. A bare value goes on to the semicolon, since
    names with spaces are often sent without quotation marks.
    """
    raw = raw[:_MAX_BYTES]
    parameters: dict[str, bytes] = {}
    repeated: dict[str, list[bytes]] = {}
    place = _to_semicolon(raw, 0)
    value_text = raw[:place].strip(b" \t\"'").lower().decode("latin-1")
    for _ in range(_MAX_PARAMETERS):
        match = _NAME.match(raw, place)
        if match is None or place >= len(raw):
            break
        name = match[1].decode("latin-1").lower()
        place = match.end()
        value = b""
        if match[2]:
            value, place = _read_one(raw, place)
        place = _to_semicolon(raw, place) + 1
        if not match[2] or not name:
            continue
        if name in parameters:
            repeated.setdefault(name, []).append(value)
        else:
            parameters[name] = value
    return Value(value_text, parameters, repeated)


def media_type(value: Value) -> str | None:
    """Return a Content-Type's type, None where it is not written as one (RFC 2045, 5.1)."""
    found = _TYPE.match(value.value.replace(" ", "").encode("latin-1"))
    if found is None:
        return None
    return found[0].decode("ascii") if found.end() <= _MAX_TYPE else "application/octet-stream"


def file_name(disposition: Value, content_type: Value) -> str | None:
    """Return what the sender called a file: `filename*`, `filename`, `name*`, `name`, or None.

    A name is data and nothing else: paths, controls and lookalikes in it are for the name rules.
    """
    for value, parameter in ((disposition, "filename"), (content_type, "name")):
        name = value.text(parameter)
        if name:
            return name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 64] + name[-64:]
    return None


def _to_semicolon(raw: bytes, place: int) -> int:
    end = raw.find(b";", place)
    return len(raw) if end < 0 else end


def _read_one(raw: bytes, place: int) -> tuple[bytes, int]:
    """Return one parameter's value and where it ends."""
    quoted = _QUOTED.match(raw, place)
    if quoted is None:
        end = _to_semicolon(raw, place)
        return raw[place:end].strip(b" \t\r\n"), end
    end = _to_semicolon(raw, quoted.end())
    last = raw.rfind(b'"', quoted.end(), end)
    if last >= 0:  # quotation marks inside, not escaped: "the "final" report.pdf"
        return raw[place + 1 : last], end
    return _ESCAPE.sub(rb"\1", quoted[1]), quoted.end()


def _plain(raw: bytes) -> str:
    text = read_text(raw)
    if "=?" in text:  # encoded twice: by the program, and by a gateway that saw only its ASCII
        text = read_text(text.encode("utf-8"))
    return text


def _percent(raw: bytes) -> str:
    charset, rest = _charset_of(raw)
    if charset is None and b"=?" in raw:
        return _plain(raw)
    return one_line(decode(unquote_to_bytes(rest), charset)[0])


def _charset_of(raw: bytes) -> tuple[str | None, bytes]:
    match = _EXTENDED.fullmatch(raw)
    if match is None:
        return None, raw
    return match[1].decode("latin-1"), match[2]
