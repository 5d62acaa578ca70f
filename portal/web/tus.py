"""tus 1.0: what its headers say, read strictly, and what ours say back.

https://tus.io/protocols/resumable-upload
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import format_datetime

from starlette.datastructures import Headers

from portal.appending import Checksum
from portal.upload import Upload

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
ALGORITHMS = {"sha256": 32, "sha1": 20}  # and the bytes of their digests
CONTENT_TYPE = "application/offset+octet-stream"

_MOST_METADATA = 8192
_MOST_NAME = 1000  # characters
_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_KEY = re.compile(r"[!-+\--~]+")  # visible ASCII but the comma
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}")
UNKNOWN_TYPE = "application/octet-stream"


class NotUnderstood(Exception):
    """A header of the request is missing, is there twice or has not its form."""

    code = "upload_not_understood"


class OtherVersion(Exception):
    """The client speaks another version of tus, or none."""

    code = "upload_version"


class OtherType(Exception):
    """The body is not of the type that tus has for a file's bytes."""

    code = "upload_type"


@dataclass(frozen=True)
class Metadata:
    """What the client says of a file: `name` as the sender wrote it, which is data and no path."""

    name: str
    declared_type: str


def require_version(headers: Headers) -> None:
    """Raise OtherVersion where the client does not speak ours."""
    if headers.getlist("tus-resumable") != [VERSION]:
        raise OtherVersion


def number(headers: Headers, name: str) -> int:
    """Read a header that holds a whole number. Raises NotUnderstood."""
    return _whole_number(_one(headers, name))


def content_length(headers: Headers) -> int | None:
    """Return how many bytes the body has, or None where they come in chunks of their own."""
    return number(headers, "content-length") if "content-length" in headers else None


def require_type(headers: Headers) -> None:
    """Raise OtherType where the body is not a file's bytes."""
    if headers.getlist("content-type") != [CONTENT_TYPE]:
        raise OtherType


def metadata(headers: Headers) -> Metadata:
    """Read what the client says of the file; where it says nothing, the name is empty.

    Raises NotUnderstood for what is not base64 of UTF-8, keys that are there twice, a name that is
    a path, and more than 8 KiB.
    """
    if "upload-metadata" not in headers:
        return Metadata("", UNKNOWN_TYPE)
    pairs = dict[str, str]()
    for key, value in _pairs(_one(headers, "upload-metadata")):
        if key in pairs:
            raise NotUnderstood
        pairs[key] = value
    # Clients differ: tus-js-client's own examples say filename and filetype, Uppy says both.
    name = pairs.get("filename", pairs.get("name", ""))
    declared = pairs.get("filetype", pairs.get("type", ""))
    return Metadata(file_name(name), declared_type(declared))


def declared_type(text: str) -> str:
    """Return a media type as declared, or that of unknown bytes where it has not the form."""
    return text.lower() if _MEDIA_TYPE.fullmatch(text) else UNKNOWN_TYPE


def file_name(name: str) -> str:
    """Return a name that is no path: a browser gives none, so somebody else wrote it.

    Raises NotUnderstood.
    """
    if len(name) > _MOST_NAME or "/" in name or _CONTROL.search(name):
        raise NotUnderstood
    if ".." in name.split("\\"):
        raise NotUnderstood
    return name


def checksum(headers: Headers) -> Checksum | None:
    """Read what the client says of this request's bytes. Raises NotUnderstood."""
    if "upload-checksum" not in headers:
        return None
    algorithm, _, encoded = _one(headers, "upload-checksum").partition(" ")
    digest = _decoded(encoded)
    if ALGORITHMS.get(algorithm) != len(digest):
        raise NotUnderstood
    return Checksum(algorithm, digest)


def said(upload: Upload) -> dict[str, str]:
    """Say where an upload stands, and until when it waits."""
    headers = {"Upload-Offset": str(upload.offset)}
    if not upload.is_whole:
        headers["Upload-Expires"] = format_datetime(upload.expires_at, usegmt=True)
    return headers


def said_of_file(upload: Upload) -> dict[str, str]:
    """Say what the client has said of the file."""
    pairs = {"filename": upload.name, "filetype": upload.declared_type}
    encoded = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
    return {"Upload-Length": str(upload.length), "Upload-Metadata": ",".join(encoded)}


def _one(headers: Headers, name: str) -> str:
    values = headers.getlist(name)
    if len(values) != 1:
        raise NotUnderstood
    return values[0]


def _whole_number(text: str) -> int:
    # int() takes blanks, signs, underscores and digits of other scripts.
    if not _WHOLE_NUMBER.fullmatch(text):
        raise NotUnderstood
    return int(text)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    if len(text) > _MOST_METADATA:
        raise NotUnderstood
    for pair in text.split(","):
        # The blank behind a comma is not in the protocol; tusd and older clients know it.
        key, _, encoded = pair.strip(" ").partition(" ")
        if not _KEY.fullmatch(key):
            raise NotUnderstood
        try:
            yield key, _decoded(encoded).decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotUnderstood from error


def _decoded(text: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotUnderstood from error
    # The decoder overlooks what stands behind the padding, and loose bits before it.
    if base64.b64encode(decoded).decode() != text:
        raise NotUnderstood
    return decoded
