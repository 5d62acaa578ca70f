"""Header text to what a person reads: encoded words (RFC 2047), as mail really has them."""

from __future__ import annotations

import binascii
import re

from gateway.reader.charset import decode

# RFC 2047, 2, but with spaces allowed in the text, and with no white space around it needed: both
# are common. A language may follow the charset (RFC 2231, 5).
_WORD = re.compile(rb"=\?([A-Za-z0-9_.:()+-]{1,64})(?:\*[A-Za-z0-9-]{0,32})?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(rb"[ \t\r\n]*")
_NOT_BASE64 = bytes(
    byte
    for byte in range(256)
    if byte not in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")


def read_text(raw: bytes, *, label: str | None = None, max_bytes: int = 1 << 16) -> str:
    """Return a field's value as text on one line.

    `label` is the charset to try for raw 8-bit bytes. Neighbours of one charset are joined before
    they are decoded: senders cut characters in two. No more than `max_bytes` are looked at.
    """
    raw = raw[:max_bytes]
    pieces: list[str] = []
    waiting = b""
    waiting_charset = ""
    place = 0
    after_word = False
    for word in _WORD.finditer(raw):
        between = raw[place : word.start()]
        charset = word[1].decode("ascii").lower()
        joined = after_word and _BETWEEN.fullmatch(between)
        if not (joined and charset == waiting_charset):
            pieces.append(decode(waiting, waiting_charset)[0])
            waiting = b""
        if not joined:
            pieces.append(decode(between, label)[0])
        waiting += _word_bytes(word[2], word[3])
        waiting_charset = charset
        after_word = True
        place = word.end()
    pieces.append(decode(waiting, waiting_charset)[0])
    pieces.append(decode(raw[place:], label)[0])
    return one_line("".join(pieces))


def one_line(text: str) -> str:
    """Put text on one line: no decoded line end may reach a header or a log of ours.

    Other control characters stay, for the name rules to see, but for NUL, which no database takes.
    """
    return " ".join(text.splitlines()).replace("\t", " ").replace("\0", "\ufffd").strip()


def without_words(raw: bytes) -> bytes:
    """Put a plain atom in place of every encoded word, so that what it hides is no syntax."""
    return _WORD.sub(b"x", raw)


def _word_bytes(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        spaced = text.replace(b"_", b" ")
        return _QUOTED.sub(lambda match: bytes((int(match[1], 16),)), spaced)
    # Joined words are decoded one by one: each is padded by itself.
    clean = text.translate(None, _NOT_BASE64)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
