"""What each route of the form answers with: the tables of the description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.web.described_parts import (
    AGAIN,
    CHECKSUM,
    INSTEAD,
    LENGTH,
    METADATA,
    OFFSET,
    OUR_PAGE,
    PUBLIC_ID,
    STANDS_AT,
    THEN,
    TOKEN,
    VERSION,
    Json,
    form_with_files,
    header,
    octets,
    plain_form,
)


@dataclass(frozen=True)
class Answer:
    """An answer that is no row of the problem catalogue."""

    description: str
    is_page: bool = False
    headers: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """A route by one method. `problems` are codes of the catalogue, which knows their statuses."""

    answers: Mapping[int, Answer]
    problems: tuple[str, ...] = ()
    parameters: tuple[Json, ...] = ()
    body: Json | None = None


IN_PATH: Mapping[str, Json] = {"public_id": PUBLIC_ID, "token": TOKEN}

_PAGE = Answer("The page", is_page=True)
_MENDS = Answer("The page again, with what is to be mended", is_page=True)
_ON = Answer("Where it goes on", headers={"Location": header(pattern="^/send(/|#|$)")})
_REMOVED = Answer("It is gone")
_GONE_ON = Answer("It is gone on with, or gone")
_FORM = "/send"
_CHECK = "/send/check"
_CODE = "/send/code"
_REMOVE = "/send/remove/{public_id}"
_LINK = "/send/with/{token}"
_UPLOADS = "/send/uploads"
_UPLOAD = "/send/uploads/{public_id}"

_NOT_SENT = ("upload_link_gone", "no_room", "service_problem")
_NOT_SPOKEN = ("upload_version", "upload_not_understood", "form_stale")
_NOT_RECEIVED = (
    *("upload_type", "upload_quiet", "upload_offset", "upload_too_long", "upload_checksum"),
    *("upload_busy", "upload_lost", "no_room", "service_problem", "not_allowed"),
)
_NOT_STARTED = ("file_too_large", "draft_full", "address_not_proven", "too_many_drafts")
_AT = Answer("Where the file stands now", headers=STANDS_AT)
_OF_FILE = Answer(
    "Where the file stands",
    headers=STANDS_AT
    | {"Upload-Length": header(type="integer", minimum=0), "Upload-Metadata": header()},
)
_SPOKEN = Answer(
    "What we speak",
    headers={
        "Tus-Version": header(),
        "Tus-Extension": header(),
        "Tus-Max-Size": header(type="integer", minimum=1),
        "Tus-Checksum-Algorithm": header(),
    },
)

_BY_METHOD: Mapping[tuple[str, str], Operation] = {
    ("GET", _FORM): Operation({200: _PAGE}),
    ("POST", _FORM): Operation(
        {303: _ON, 422: _MENDS, 429: _MENDS},
        ("form_stale",),
        (OUR_PAGE,),
        form_with_files(),
    ),
    ("GET", _CHECK): Operation({200: _PAGE, 303: _ON}),
    ("POST", _CHECK): Operation({303: _ON}, ("form_stale", *_NOT_SENT), (OUR_PAGE,), plain_form()),
    ("GET", _CODE): Operation({200: _PAGE, 303: _ON}, (), (THEN,)),
    ("POST", _CODE): Operation(
        {303: _ON, 422: _MENDS, 429: _MENDS},
        ("form_stale", *_NOT_SENT),
        (OUR_PAGE,),
        plain_form(
            code={"type": "string"},
            do={"type": "string", "enum": ["enter", "new"]},
            then={"type": "string", "enum": ["", "send"]},
        ),
    ),
    ("GET", "/send/done"): Operation({200: _PAGE, 303: _ON}, (), (AGAIN,)),
    ("POST", "/send/more"): Operation(
        {303: _ON}, ("form_stale", "too_many_drafts"), (OUR_PAGE,), plain_form()
    ),
    ("GET", _REMOVE): Operation({200: _PAGE}, ("not_allowed",)),
    ("POST", _REMOVE): Operation(
        {303: _ON}, ("form_stale", "not_allowed"), (OUR_PAGE,), plain_form()
    ),
    ("GET", _LINK): Operation({200: _PAGE}, ("upload_link_gone", "not_allowed")),
    ("POST", _LINK): Operation(
        {303: _ON},
        ("form_stale", "upload_link_gone", "too_many_drafts", "not_allowed"),
        (OUR_PAGE,),
        plain_form(),
    ),
    ("OPTIONS", _UPLOADS): Operation({204: _SPOKEN}),
    ("OPTIONS", _UPLOAD): Operation({204: _SPOKEN}, ("not_allowed",)),
    ("POST", _UPLOADS): Operation(
        {
            201: Answer(
                "The file has begun",
                headers=STANDS_AT | {"Location": header(pattern="^/send/uploads/[0-9a-f]{32}$")},
            )
        },
        (*_NOT_SPOKEN, *_NOT_STARTED, *_NOT_RECEIVED),
        (VERSION, OUR_PAGE, LENGTH, METADATA, CHECKSUM),
        octets(required=False),
    ),
    ("POST", _UPLOAD): Operation(
        {200: _OF_FILE, 204: _GONE_ON},
        (*_NOT_SPOKEN, *_NOT_RECEIVED),
        (VERSION, OUR_PAGE, INSTEAD, {**OFFSET, "required": False}, CHECKSUM),
        octets(required=False),
    ),
    ("HEAD", _UPLOAD): Operation(
        {200: _OF_FILE},
        (*_NOT_SPOKEN, "not_allowed", "upload_lost", "no_room", "service_problem"),
        (VERSION, OUR_PAGE),
    ),
    ("PATCH", _UPLOAD): Operation(
        {204: _AT},
        (*_NOT_SPOKEN, *_NOT_RECEIVED),
        (VERSION, OUR_PAGE, OFFSET, CHECKSUM),
        octets(required=True),
    ),
    ("DELETE", _UPLOAD): Operation(
        {204: _REMOVED},
        (*_NOT_SPOKEN, "not_allowed"),
        (VERSION, OUR_PAGE),
    ),
}

# A page answers HEAD as it answers GET, without its body.
OPERATIONS: Mapping[tuple[str, str], Operation] = {
    **_BY_METHOD,
    **{("HEAD", path): page for (method, path), page in _BY_METHOD.items() if method == "GET"},
}
