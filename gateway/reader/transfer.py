"""Transfer encodings (RFC 2045, 6) undone chunk by chunk: memory does not grow with the part."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator

import pybase64

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _BASE64)
_ONLY_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2,4}=*[\r\n=][A-Za-z0-9+/=\r\n]*")
HEAD_BYTES = 4096  # what is looked at to tell what bytes are
_FILES = (  # what the files of offices begin with
    *(b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8"),
    *(b"II*\x00", b"MM\x00*", b"7z\xbc\xaf\x27\x1c"),
)
_NOT_LETTERS = re.compile(r"[^a-z0-9]")
_COMMENT = re.compile(r"\([^()]*\)")  # RFC 2045, 6.1
_NAMES = {
    "base64": "base64",
    "quotedprintable": "quoted-printable",
    "xuuencode": "uuencode",
    "uuencode": "uuencode",
    "xuue": "uuencode",
    "uue": "uuencode",
}
_PLAIN = {"", "7bit", "8bit", "binary", "none", "plain", "7bits", "8bits", "ascii"}
# A bare CR ends a line for some senders; binascii would swallow all up to the next LF.
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r*\n|\r)")
_LONGEST_LINE_BYTES = 1 << 16
_LONGEST_WORDS = 16  # bytes, as words are on average; those of base64 are lines
_UU_BEGIN = re.compile(rb"begin +[0-7]{3,4} ")


def encoding(written: str) -> tuple[str, bool]:
    """Return the transfer encoding's name ("" where there is none), and whether it is known."""
    whole = _COMMENT.sub(" ", written).partition(";")[0].lower()
    for text in (whole, whole.strip().partition(" ")[0]):
        name = _NOT_LETTERS.sub("", text)
        if name in _NAMES or name in _PLAIN:
            return _NAMES.get(name, ""), True
    return "", False


def is_a_file_in_base64(head: bytes) -> bool:
    """Say whether bytes are nothing but base64, and of a file that is known by how it begins.

    `head` is the first of them, or all. So a part is that was encoded and is not labelled so.
    """
    text = head[:HEAD_BYTES].lstrip(b"\r\n")
    if not _ONLY_BASE64.fullmatch(text + b"\n"):
        return False
    return _last_quads(text[:64]).startswith(_FILES)


class Decoder:
    """Undoes one part's transfer encoding.

    `doubtful` is set while `decode` runs: the bytes could be read in another way as well.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.doubtful = False

    def decode(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Give the decoded bytes in order. Junk and broken padding are passed over, as RFC 2045
        asks; nothing is raised.
        """
        if self.name == "base64":
            return self._base64(_with_a_long_head(chunks))
        if self.name == "quoted-printable":
            return _quoted_printable(chunks)
        if self.name == "uuencode":
            return _uuencoded(chunks)
        return iter(chunks)

    def _base64(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        waiting = b""
        for number, chunk in enumerate(chunks):
            if number == 0 and _is_no_base64(chunk[:HEAD_BYTES]):
                # A label that lies, as some gateways leave it when they rewrite a body.
                self.doubtful = True
                yield chunk
                yield from chunks
                return
            pad = chunk.find(b"=")
            if pad >= 0:
                yield _last_quads(waiting + chunk[:pad])
                yield from self._behind_padding(chunk[pad:], chunks)
                return
            # Lines of letters, as nearly all mail has them. Strict decoding tells where it has not.
            clean = waiting + chunk.translate(None, b"\r\n")
            cut = len(clean) & ~3
            try:
                decoded = pybase64.b64decode(memoryview(clean)[:cut], validate=True)
            except binascii.Error:
                clean = clean.translate(None, _NOT_BASE64)
                cut = len(clean) & ~3
                decoded = binascii.a2b_base64(memoryview(clean)[:cut])
            waiting = clean[cut:]
            yield decoded
        yield _last_quads(waiting)

    def _behind_padding(self, text: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Go on behind padding where clean base64 follows: the sender encoded piece by piece.

        Anything else there is a footer that a list added, and no part of the file.
        """
        while True:
            while len(text := text.lstrip(b"= \t\r\n")) < HEAD_BYTES:
                if not (more := next(chunks, b"")):
                    break
                text += more
            if not _ONLY_BASE64.fullmatch(text[:HEAD_BYTES] + b"\n"):
                return
            self.doubtful = True
            more = next(chunks, b"")
            cut = text.rfind(b"=") + 1 if more else len(text)
            for piece in text[:cut].split(b"="):
                yield _last_quads(piece)
            if not more:
                return
            clean = text[cut:].translate(None, _NOT_BASE64)
            cut = len(clean) & ~3
            yield binascii.a2b_base64(clean[:cut])
            text = clean[cut:] + more


def _with_a_long_head(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Give the same bytes, with enough in the first chunk to tell what they are."""
    rest = iter(chunks)
    head = b""
    while len(head) < HEAD_BYTES and (more := next(rest, b"")):
        head += more
    if head:
        yield head
    yield from rest


def _is_no_base64(head: bytes) -> bool:
    """Say whether a text is plainly something else: much of it is outside the alphabet, or it is
    words with spaces between them. Where a plus became a space, words are as long as the line.
    """
    lines = [line.strip() for line in head.splitlines() if line.strip()]
    if lines and len(lines[0]) % 4 == 0 and not lines[0].translate(None, _BASE64):
        return False
    visible = b"".join(lines)
    words = b" ".join(lines).split()
    uneven = sum(len(word) % 4 > 0 for word in words)
    if uneven <= 1 and not b"".join(words).translate(None, _BASE64):
        return False  # in groups; what was looked at may end within the last
    outside = len(visible.translate(None, _BASE64)) * 8 > len(visible) > 0
    are_words = uneven * 2 > len(words) > len(lines)
    return outside or (are_words and len(visible) < _LONGEST_WORDS * len(words))


def _last_quads(text: bytes) -> bytes:
    clean = text.translate(None, _NOT_BASE64).rstrip(b"=")
    if len(clean) % 4 == 1:  # six bits are no byte
        clean = clean[:-1]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def _quoted_printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = b""
    for chunk in chunks:
        text = waiting + chunk
        cut = text.rfind(b"\n") + 1
        if not cut and len(text) > len(chunk):
            # One endless line: cut it in front of an escape that the end may have cut.
            cut = text.rfind(b"=", len(text) - 80)
            cut = len(text) - 1 if cut < 0 else cut
        waiting = text[cut:]
        yield _unquoted(text[:cut])
    yield _unquoted(waiting)


def _unquoted(text: bytes) -> bytes:
    return binascii.a2b_qp(_SOFT_BREAK.sub(b"=\n", text)) if b"=" in text else text


def _uuencoded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    begun = False
    for line in _lines(chunks):
        if not begun:
            begun = bool(_UU_BEGIN.match(line))
            continue
        if line.strip() in {b"end", b""}:
            if line.strip():
                return
            continue
        try:
            yield binascii.a2b_uu(line)
        except binascii.Error:
            # Trailing bytes beyond what the line says (Python's own uu module does the same).
            wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                yield binascii.a2b_uu(line[:wanted])
            except binascii.Error:
                continue


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = b""
    for chunk in chunks:
        lines = (waiting + chunk).split(b"\n")
        waiting = lines.pop()[:_LONGEST_LINE_BYTES]
        for line in lines:
            yield line.rstrip(b"\r")
    yield waiting.rstrip(b"\r")
