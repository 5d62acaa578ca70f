"""Content lines: what calendar and contact files are made of (RFC 5545, RFC 6350, vCard 2.1).

Nothing in a file is left out here: what is no content line is a line without a name.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from converters import text

_FOLD = re.compile(rb"\r?\n[ \t]")
# vCard 2.1 folds at a space, which is one of the text; a line of quoted-printable ends in "=".
_OLD_FOLD = re.compile(rb"(?<!=)\r?\n(?=[ \t])")
_OLD = re.compile(rb"^VERSION:2\.1\s*$", re.IGNORECASE | re.MULTILINE)
_HEAD = re.compile(
    r"(?:(?P<group>[\w-]+)\.)?(?P<name>[\w-]+)(?P<parameters>(?:;(?:\"[^\"]*\"|[^\":;])*)*):"
)
_PARAMETER = re.compile(r";((?:\"[^\"]*\"|[^\":;])*)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CODED = {"QUOTED-PRINTABLE", "BASE64", "8BIT"}
_CARETS = {"^n": "\n", "^'": '"', "^^": "^"}  # RFC 6868
_CARET = re.compile(r"\^[n'^]")
_DATA = re.compile(rb"data:[^,]{0,200};base64,", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A property: its name in capitals, its parameters, and its value, with escapes as written."""

    name: str  # "" for a line that is none
    parameters: Mapping[str, str]
    value: str
    group: str = ""
    data: bytes | None = None  # what is no text: a picture, a key, a file

    @property
    def said(self) -> str:
        """The value as a person reads it."""
        return unescaped(self.value)

    @property
    def pieces(self) -> list[str]:
        """The value's pieces between semicolons, each as a person reads it."""
        return [unescaped(one) for one in split(self.value, ";")]

    def types(self) -> list[str]:
        """What the property is of its kind: "home", "cell". vCard 2.1 writes no TYPE= before it."""
        bare = [name for name, value in self.parameters.items() if not value and name not in _CODED]
        return [*bare, *self.parameters.get("TYPE", "").replace('"', "").split(",")]


def lines(source: bytes) -> tuple[list[Line], bool]:
    """Read a file, and say whether its encoding was sure."""
    whole, sure = text.decoded(source)
    if sure:
        source = whole.encode("utf-8")
    raw = (_OLD_FOLD if _OLD.search(source) else _FOLD).sub(b"", source)
    return [_line(one) for one in _joined(raw)], sure


def split(value: str, mark: str) -> list[str]:
    """Cut a value at a mark that has no backslash before it."""
    pieces = [""]
    for token in re.findall(rf"\\.|{mark}|[^\\{mark}]+|\\", value, re.DOTALL):
        if token == mark:
            pieces.append("")
        else:
            pieces[-1] += token
    return pieces


def unescaped(value: str) -> str:
    """Undo the backslashes (RFC 5545, 3.3.11)."""
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()


def _joined(raw: bytes) -> Iterator[bytes]:
    """Give the lines. One of quoted-printable that ends in "=" goes on in the next (vCard 2.1)."""
    pieces: list[bytes] = []
    for line in raw.splitlines():
        is_quoted = (
            b"QUOTED-PRINTABLE" in (pieces[0] if pieces else line).partition(b":")[0].upper()
        )
        if is_quoted and line.endswith(b"="):
            pieces.append(line[:-1])
            continue
        whole = b"".join([*pieces, line])
        pieces = []
        if whole.strip():
            yield whole
    if pieces:
        yield b"".join(pieces)


def _line(raw: bytes) -> Line:
    head = _HEAD.match(raw.decode("latin-1"))  # so that its places are those of the bytes
    if head is None:
        return Line("", {}, _decoded(raw, ""))
    parameters = _parameters(head["parameters"])
    name, group = head["name"].upper(), head["group"] or ""
    value = raw[head.end() :]
    encoding, charset = parameters.get("ENCODING", "").upper(), parameters.get("CHARSET", "")
    if encoding == "QUOTED-PRINTABLE" or "QUOTED-PRINTABLE" in parameters:
        # A line break in there is one of the text, as "\n" is elsewhere.
        plain = _decoded(quopri.decodestring(value), charset).replace("\r\n", "\n")
        return Line(name, parameters, plain, group)
    inline = _DATA.match(value)
    if encoding in {"B", "BASE64"} or "BASE64" in parameters or inline:
        packed = b"".join((value[inline.end() :] if inline else value).split())
        with contextlib.suppress(binascii.Error):  # else it is shown as it stands
            return Line(name, parameters, "", group, base64.b64decode(packed, validate=True))
    return Line(name, parameters, _decoded(value, charset), group)


def _parameters(written: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in _PARAMETER.findall(written):
        name, _, value = _decoded(each.encode("latin-1"), "").partition("=")
        value = _CARET.sub(lambda caret: _CARETS[caret[0]], value.strip().strip('"'))
        name = name.strip().upper()
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _decoded(raw: bytes, charset: str) -> str:
    for codec in (charset or "utf-8", "utf-8", "cp1252"):
        try:
            return raw.decode(codec)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return raw.decode("latin-1")
