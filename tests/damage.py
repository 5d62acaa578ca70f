"""Damage: real messages, changed by a seed in the ways in which mail is broken, or built to break.

The same seed and number give the same bytes anywhere.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Sequence

_MOST_BYTES = 1 << 17  # a message is cut here first: damage is done where structure is
_PIECES = (
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\r\r\n",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"--",
    b"--\r\n",
    b"=",
    b'"',
    b";",
    b"(",
    b"<",
    b"\\",
    b"=?utf-8?B?",
    b"=?x?Q?=FF?=",
    b"charset=utf-7; ",
    b"\x80\x81\xf0",
    b"boundary=",
    b'boundary="',
    b"name*0*=utf-8''%",
    b"name*1=b; ",
    b"filename*=x'y'%00",
    b"Content-Type: multipart/mixed; boundary=a\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: multipart/digest; boundary=--\r\n\r\n----\r\n",
    b"Content-Type: text/html\r\n",
    b"Content-Type: message/partial; number=1; total=2; id=a\r\n",
    b"Content-Type: text/calendar\r\n",
    b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n",
    b"Content-Type: application/ms-tnef\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"Content-Disposition: attachment; filename=a.eml\r\n",
    b"Content-Disposition: attachment; filename=a.zip\r\n",
    b"Content-ID: <a>\r\n",
    b"From: <a@b\r\n",
    b"\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\n",
    b"\r\n-----BEGIN PGP MESSAGE-----\r\n",
    b"From a 12:00 2026\r\n",
    b"<html><img src=cid:a>",
    b"<div style='display:none'>",
    b"<!--",
    b"<![CDATA[",
    b"&#0;&#xFFFFFFFF;",
    b"PK\x03\x04",
    b"%PDF-1.7",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x78\x9f\x3e\x22",
    b"0\x80\x06\x09",
)
_TYPES = (b"multipart/mixed; boundary=o", b"message/rfc822", b"application/pkcs7-mime")

Change = Callable[[bytes, random.Random, Sequence[bytes]], bytes]


def damaged(messages: Sequence[bytes], seed: int, number: int) -> bytes:
    """Return one of the messages with one to eight changes."""
    chance = random.Random(f"{seed}:{number}")
    raw = chance.choice(messages)[:_MOST_BYTES]
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        raw = chance.choice(_CHANGES)(raw, chance, messages)
    return raw[: 2 * _MOST_BYTES]


def _place(raw: bytes, chance: random.Random) -> int:
    """Return a place: half of the time one at the beginning of a line, or early."""
    at = chance.randrange(len(raw) + 1)
    if chance.random() < 0.3:
        at = min(at, chance.randrange(2000))
    if chance.random() < 0.5:
        at = raw.find(b"\n", at) + 1
    return at


def _stretch(raw: bytes, chance: random.Random) -> tuple[int, int]:
    start = _place(raw, chance)
    return start, start + chance.choice((1, 2, 10, 80, 1000, len(raw)))


def _put(raw: bytes, chance: random.Random, _messages: Sequence[bytes]) -> bytes:
    at, piece = _place(raw, chance), chance.choice(_PIECES)
    return raw[:at] + piece * chance.choice((1, 1, 1, 2, 50)) + raw[at:]


def _overwrite(raw: bytes, chance: random.Random, _messages: Sequence[bytes]) -> bytes:
    start, end = _stretch(raw, chance)
    return raw[:start] + chance.randbytes(min(end - start, 100)) + raw[end:]


def _drop(raw: bytes, chance: random.Random, _messages: Sequence[bytes]) -> bytes:
    start, end = _stretch(raw, chance)
    return raw[:start] + raw[end:]


def _double(raw: bytes, chance: random.Random, _messages: Sequence[bytes]) -> bytes:
    start, end = _stretch(raw, chance)
    return raw[:start] + raw[start:end] * chance.choice((2, 3, 20)) + raw[end:]


def _flip(raw: bytes, chance: random.Random, _messages: Sequence[bytes]) -> bytes:
    changed = bytearray(raw or b"x")
    for _ in range(chance.choice((1, 4, 30))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _swap(raw: bytes, chance: random.Random, _messages: Sequence[bytes]) -> bytes:
    lines = raw.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _splice(raw: bytes, chance: random.Random, messages: Sequence[bytes]) -> bytes:
    other = chance.choice(messages)[:_MOST_BYTES]
    return raw[: _place(raw, chance)] + other[_place(other, chance) :]


def _line_ends(raw: bytes, chance: random.Random, _messages: Sequence[bytes]) -> bytes:
    plain = raw.replace(b"\r\n", b"\n")
    return plain.replace(b"\n", chance.choice((b"\n", b"\r", b"\r\n", b"\r\r\n", b"\n\n")))


def _wrap(raw: bytes, chance: random.Random, _messages: Sequence[bytes]) -> bytes:
    kind = chance.choice(_TYPES)
    head = b"From: a@b.example\r\nContent-Type: " + kind
    if chance.random() < 0.5:
        return head + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(raw)
    return head + b"\r\n\r\n--o\r\n" + raw + b"\r\n--o--\r\n"


_CHANGES: tuple[Change, ...] = (
    _put, _put, _put, _overwrite, _drop, _double, _flip, _swap, _splice, _line_ends, _wrap,
)  # fmt: skip
