"""What a client sends between DATA and the final dot: where it ends, and what of it is content."""

from __future__ import annotations

_END = b"\r\n.\r\n"
_BEGUN = tuple(_END[:length] for length in (4, 3, 2, 1))


class DataDecoder:
    r"""Finds the end of data and takes the transparency dots out, whatever way packets split it.

    Only CRLF "." CRLF ends a message (RFC 5321, 4.1.1.4). LF.LF, LF.CRLF, CR.CR, CRLF.LF, CRLF.CR
    and their kin never do (SMTP smuggling: CVE-2023-51764, -51765, -51766, CVE-2024-27305). Such
    content is kept as it came, bare CR and LF included, since it is evidence; it is never sent on
    by SMTP, so it cannot smuggle anything into another system from here.

    A dot is taken out where it begins a line (RFC 5321, 4.5.2), and only CRLF begins one. Lines may
    be of any length. Memory: one chunk and at most four bytes held back.
    """

    __slots__ = ("_held", "_opening")

    def __init__(self) -> None:
        # The CRLF of the DATA command itself begins the first line: ".\r\n" alone is an empty
        # message. It is seen like any other, and cut off the first content that leaves.
        self._held = b"\r\n"
        self._opening = 2

    def feed(self, chunk: bytes) -> tuple[bytes, bytes | None]:
        """Take the next bytes. Return the content among them, and what follows the end of data.

        The second is None while the end has not come; after it, nothing more may be fed.
        """
        seen = self._held + chunk if self._held else chunk
        dotted = b"." in seen  # memchr: base64 has none, and then one look is all it costs
        end = seen.find(_END) if dotted else -1
        rest: bytes | None = None
        if end >= 0:
            content = seen[: end + 2]
            rest = seen[end + len(_END) :]
        else:
            # What may be the beginning of the end is held back until it is known.
            self._held = next((start for start in _BEGUN if seen.endswith(start)), b"")
            content = seen[: -len(self._held)] if self._held else seen
        if dotted:
            content = content.replace(b"\r\n.", b"\r\n")
        if self._opening and content:
            content = content[self._opening :]
            self._opening = 0
        return content, rest
