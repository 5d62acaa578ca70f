"""Parts that descriptions are made of: headers, bodies and the schemas in them."""

from __future__ import annotations

from typing import Any

from portal import details
from portal.web import tus

Json = dict[str, Any]

PUBLIC_ID: Json = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
TOKEN: Json = {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}
WHOLE_NUMBER: Json = {"type": "integer", "minimum": 0, "maximum": 10**19 - 1}

PROBLEM_SCHEMA: Json = {
    "description": "A row of the problem catalogue (RFC 9457). `code` says which.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "pattern": "^[a-z_]+$"},
    },
}
PAGE: Json = {"text/html": {"schema": {"type": "string"}}}
PROBLEM: Json = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def header(**schema: object) -> Json:
    """Describe a header that an answer always has."""
    return {"required": True, "schema": {"type": "string"} | schema}


ALWAYS: Json = {
    "X-Request-Id": header(pattern="^[0-9a-f]{16}$"),
    "X-Content-Type-Options": header(const="nosniff"),
    "Referrer-Policy": header(const="no-referrer"),
    "Cache-Control": header(const="no-store"),
    "Content-Security-Policy": header(),
}
TUS: Json = {"Tus-Resumable": header(const=tus.VERSION)}
STANDS_AT: Json = {
    "Upload-Offset": header(type="integer", minimum=0),
    "Upload-Expires": {
        "description": "Until when an unfinished file waits. Not said of a whole one.",
        "schema": {"type": "string", "pattern": "^[A-Z][a-z]{2}, .* GMT$"},
    },
}

# Base64 of 32 and of 20 bytes: in both the last digit has two bits that are nothing.
_LAST = "[AEIMQUYcgkosw048]"
_DIGEST = f"^(sha256 [A-Za-z0-9+/]{{42}}{_LAST}=|sha1 [A-Za-z0-9+/]{{26}}{_LAST}=)$"


def asked(name: str, *, place: str = "header", required: bool = True, **schema: object) -> Json:
    """Describe a parameter of a request."""
    return {"name": name, "in": place, "required": required, "schema": schema}


VERSION = asked("Tus-Resumable", type="string", enum=[tus.VERSION])
LENGTH = asked("Upload-Length", **WHOLE_NUMBER)
OFFSET = asked("Upload-Offset", **WHOLE_NUMBER, examples=[0])
CHECKSUM = asked("Upload-Checksum", required=False, type="string", pattern=_DIGEST)
METADATA = asked(
    "Upload-Metadata",
    required=False,
    type="string",
    pattern="^(filename|filetype)( ([A-Za-z0-9+/]{4}){0,20})?$",
)
INSTEAD = asked("X-HTTP-Method-Override", type="string", enum=["HEAD", "PATCH", "DELETE"])
OUR_PAGE = asked("Sec-Fetch-Site", required=False, type="string", enum=["same-origin"])
AGAIN = asked("again", place="query", required=False, type="string")
THEN = asked("then", place="query", required=False, type="string")


def octets(*, required: bool) -> Json:
    """Describe a body of a file's bytes."""
    of_file = {"schema": {"type": "string", "format": "binary"}}
    return {"required": required, "content": {tus.CONTENT_TYPE: of_file}}


def plain_form(**fields: Json) -> Json:
    """Describe a form without files. Each brings back the token of its page."""
    return _body("application/x-www-form-urlencoded", {"csrf": {"type": "string"}, **fields})


def form_with_files() -> Json:
    """Describe the form itself, with the files that are chosen in it."""
    typed: Json = {
        name: {"type": "string", "maxLength": most} for name, most in details.FIELDS.items()
    }
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    pressed = {"type": "string", "pattern": "^(go|add|code|remove-[0-9a-f]{32})$"}
    return _body(
        "multipart/form-data",
        {"csrf": {"type": "string"}, **typed, "do": pressed, "files": files},
    )


def _body(media_type: str, properties: Json) -> Json:
    schema = {"type": "object", "required": ["csrf"], "properties": properties}
    return {"required": True, "content": {media_type: {"schema": schema}}}
