"""A form with files, as a browser without JavaScript sends it: multipart/form-data (RFC 7578).

Each file goes into the vault as it comes, hashed, and becomes a whole upload of the draft when its
last byte is durable. Nothing is spooled: neither in memory nor in a folder for temporary files.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from portal import draft as drafting
from portal import upload as uploading
from portal.draft import Draft, Owner
from portal.upload import FileTooLarge, Upload
from portal.vault import Draft as Blobbing
from portal.web import tus
from portal.web.desk import Desk
from portal.web.faults import FormStale
from portal.web.line import Line, ended

CSRF = "csrf"
"""The field that stands before every file: what `portal.draft.form_token` returns."""

_TYPE = re.compile(r'multipart/form-data; ?boundary=("?)([0-9A-Za-z\'()+_,./:=?-]{1,70})\1')
# As every browser writes it. Other parameters, as filename*, are not to be sent (RFC 7578, 4.2).
_DISPOSITION = re.compile(r'form-data; name="([^"]{1,200})"(?:; filename="([^"]*)")?')
_MOST_PARTS = 1_500
_MOST_HEADERS = 8
_MOST_HEADER_BYTES = 8192
_MOST_FIELD_BYTES = 131_072
_MOST_FIELDS_BYTES = 1 << 20


class FormNotUnderstood(Exception):
    """The body is not the multipart form that a browser sends."""

    code = "form_not_understood"


@dataclass
class SentForm:
    """What has come of a form: there after a fault too, so that nobody types it again."""

    fields: dict[str, str] = field(default_factory=dict)
    uploads: list[Upload] = field(default_factory=list)


async def receive_multipart(
    request: Request, desk: Desk, draft: Draft, owner: Owner, into: SentForm
) -> None:
    """Read a form of `owner`'s page: its fields, and its files into their draft.

    Raises FormStale where it is not theirs, FormNotUnderstood, FileTooLarge, DraftFull,
    AddressNotProven, DiskFull, WriteFailed, and LineEnded. What came whole before that is kept.
    """
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise FormStale
    typed = _TYPE.fullmatch(request.headers.get("content-type", ""))
    length = request.headers.get("content-length", "")
    if typed is None or not re.fullmatch(r"[0-9]{1,18}", length):
        raise FormNotUnderstood

    def admit() -> None:
        of_files = max(0, int(length) - _MOST_FIELDS_BYTES)
        with desk.database.read() as connection:
            uploading.require_place(connection, draft, of_files, desk.sending)
        desk.lines.appender.require_room(int(length))

    with _Reader(desk, draft, owner, typed[2].encode("ascii"), into, admit) as reader:
        pieces = Line().pieces(request.stream(), desk.sending.idle_seconds)
        async for piece in pieces:
            await ended(desk.lines.begun(partial(reader.feed, bytes(piece))))
        await desk.lines.apart(reader.finish)


class _Reader:
    """Takes the body apart as it comes. Plain synchronous code, for a thread."""

    def __init__(
        self,
        desk: Desk,
        draft: Draft,
        owner: Owner,
        boundary: bytes,
        into: SentForm,
        admit: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._draft = draft
        self._token = drafting.form_token(owner.token or "")
        self._into = into
        # Asked at the first file that was chosen: what was typed comes before it, and is kept.
        self._admit: Callable[[], None] | None = admit
        self._start = b"--" + boundary
        self._fed = 0
        self._parts = 0
        self._field_bytes = 0
        self._is_over = False
        self._headers: dict[str, str] = {}
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._name = ""
        self._file_name = ""
        self._value: bytearray | None = None  # of a field
        self._blob: Blobbing | None = None  # of a file
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_field,
                "on_header_value": self._header_text,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
                "on_end": self._ends,
            },
            max_header_count=_MOST_HEADERS,
            max_header_size=_MOST_HEADER_BYTES,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        if self._blob is not None:
            self._blob.discard()

    def feed(self, piece: bytes) -> None:
        """Take the next bytes. Raises what `receive_multipart` raises."""
        # A browser writes nothing before the first boundary and next to nothing behind the last.
        if self._is_over or (not self._fed and not piece.startswith(self._start)):
            raise FormNotUnderstood
        self._fed += len(piece)
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise FormNotUnderstood from error

    def finish(self) -> None:
        """Raise FormNotUnderstood where the end is missing, and FormStale where its token is."""
        if not self._is_over:
            raise FormNotUnderstood
        self._require_token()

    def _require_token(self) -> None:
        given = self._into.fields.get(CSRF, "")
        if not hmac.compare_digest(self._token.encode(), given.encode()):
            raise FormStale

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise FormNotUnderstood
        self._headers = {}

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header_text(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header_ends(self) -> None:
        name = self._header_name.decode("ascii").lower()
        if name in self._headers:
            raise FormNotUnderstood
        self._headers[name] = _text(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _headers_end(self) -> None:
        said = _DISPOSITION.fullmatch(self._headers.get("content-disposition", ""))
        if said is None or "content-transfer-encoding" in self._headers:
            raise FormNotUnderstood
        self._name, written = said[1], said[2]
        self._value = self._blob = None
        if written is None:
            self._value = bytearray()
            return
        self._require_token()
        try:
            self._file_name = tus.file_name(_unescaped(written))
        except tus.NotUnderstood as error:
            raise FormNotUnderstood from error
        if self._file_name and self._admit is not None:
            self._admit()
            self._admit = None
        self._blob = self._desk.vault.draft()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._value is not None:
            self._value += data[start:end]
            self._field_bytes += end - start
            if len(self._value) > _MOST_FIELD_BYTES or self._field_bytes > _MOST_FIELDS_BYTES:
                raise FormNotUnderstood
        elif self._blob is not None:
            self._blob.write(memoryview(data)[start:end])
            if self._blob.bytes > self._desk.sending.max_file_bytes:
                raise FileTooLarge(self._file_name, self._blob.bytes)

    def _part_ends(self) -> None:
        if self._value is not None:
            self._into.fields[self._name] = _text(self._value)
            self._value = None
        elif self._blob is not None:
            blob, self._blob = self._blob, None
            with blob:
                # Without a name and a byte it is a field for files in which none was chosen.
                if self._file_name or blob.bytes:
                    self._keep(blob)

    def _keep(self, blob: Blobbing) -> None:
        kept = blob.keep()
        desk = self._desk
        with desk.database.write() as connection:
            self._into.uploads.append(
                uploading.make(
                    connection,
                    self._draft,
                    name=self._file_name,
                    declared_type=tus.declared_type(self._headers.get("content-type", "")),
                    length=kept.bytes,
                    sha256=kept.sha256,
                    sending=desk.sending,
                    now=desk.clock(),
                )
            )

    def _ends(self) -> None:
        self._is_over = True


def _text(octets: bytes | bytearray) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormNotUnderstood from error


def _unescaped(name: str) -> str:
    """Take back what browsers escape in a name, and no more (HTML, "multipart/form-data")."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
