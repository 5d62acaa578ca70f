"""Uploads: tus 1.0 at /send/uploads, for the drafts of whoever asks.

Another site's page can send none of these requests in its reader's name: `Tus-Resumable` is a
header that a browser sends across origins only after it has asked, and no answer of ours allows
it; nor does a form have it. The cookie is `SameSite=Lax` beside that, and where a browser says what
site a request is from, ours alone is taken.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from config.problems import problem
from portal import upload as uploading
from portal.appending import ChecksumDiffers, OffsetDiffers, TooManyBytes
from portal.draft import Owner, TooManyDrafts
from portal.growing import Busy, BytesLost
from portal.upload import AddressNotProven, DraftFull, FileTooLarge, NoUpload, Upload
from portal.vault import DiskFull, VaultFault
from portal.vocabulary import size
from portal.web import tus
from portal.web.desk import AtDesk, Desk
from portal.web.faults import FormStale
from portal.web.line import LineEnded
from portal.web.sender import draft_of, keep_draft, network_of, owner_of, require_own_page
from portal.web.tus import NotUnderstood, OtherType, OtherVersion

router = APIRouter(prefix="/send/uploads")

# A body that is refused unread is read to its end up to here, so that its client hears the answer.
_MOST_UNREAD_BYTES = 16 << 20
_REFUSALS: tuple[type[Exception], ...] = (
    *(NotUnderstood, OtherVersion, OtherType, LineEnded, OffsetDiffers, TooManyBytes),
    *(ChecksumDiffers, Busy, NoUpload, DraftFull, TooManyDrafts),
)


@router.options("")
@router.options("/{public_id}")
async def options(desk: AtDesk) -> Response:
    """Say what we speak."""
    return Response(
        status_code=204,
        headers={
            "Tus-Resumable": tus.VERSION,
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(desk.sending.max_file_bytes),
            "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
        },
    )


@router.post("")
async def create(request: Request, desk: AtDesk) -> Response:
    """Begin a file, with its first bytes where the request brings some."""
    return await _answered(request, desk, "POST", None)


@router.api_route("/{public_id}", methods=["HEAD", "PATCH", "DELETE", "POST"])
async def go_on(request: Request, desk: AtDesk, public_id: str) -> Response:
    """Say where a file stands, go on with it, or remove it."""
    method = request.method
    if method == "POST":  # only for another method, by a client that cannot send that itself
        method = request.headers.get("x-http-method-override", "").upper()
    return await _answered(request, desk, method, public_id)


async def _answered(request: Request, desk: Desk, method: str, public_id: str | None) -> Response:
    try:
        answer = await _carried_out(request, desk, method, public_id)
    except VaultFault as fault:
        structlog.get_logger().error("upload.failed", fault=type(fault).__name__)
        code = "no_room" if isinstance(fault, DiskFull) else "service_problem"
        answer = _refusal(request, desk, code)
    except FormStale:
        answer = _refusal(request, desk, "form_stale")
    except FileTooLarge as fault:
        said = {"name": fault.name, "size": size(fault.octets), "phone": desk.service.phone}
        answer = _refusal(request, desk, fault.code, **said)
    except AddressNotProven as fault:
        answer = _refusal(request, desk, fault.code, limit=size(desk.sending.unproven_bytes))
    except BytesLost as fault:
        structlog.get_logger().error("upload.lost")
        answer = _refusal(request, desk, fault.code)
    except _REFUSALS as fault:
        code = getattr(fault, "code")  # noqa: B009  # each of _REFUSALS has one
        answer = _refusal(request, desk, code)
    answer.headers["Tus-Resumable"] = tus.VERSION
    return answer


async def _carried_out(
    request: Request, desk: Desk, method: str, public_id: str | None
) -> Response:
    if method not in {"POST", "HEAD", "PATCH", "DELETE"} or (method == "POST") != (not public_id):
        raise NotUnderstood  # a POST that stands for no other method
    tus.require_version(request.headers)
    require_own_page(request)
    owner = await desk.lines.apart(partial(owner_of, request, desk))
    if public_id is None:
        return await _created(request, desk, owner)
    if method == "PATCH":
        upload = await _received(request, desk, owner, public_id)
        return Response(status_code=204, headers=tus.said(upload))
    if method == "DELETE":
        remove = partial(uploading.remove, desk.database, desk.vault, public_id, owner)
        await desk.lines.apart(partial(remove, desk.clock()))
        return Response(status_code=204)
    find = partial(desk.lines.appender.find, public_id, owner)
    await desk.lines.apart(find)
    # A line that is dead may hold more than it has acknowledged: with its end the offset goes up.
    await desk.lines.make_room(public_id)
    upload = await desk.lines.apart(find)
    return Response(headers={**tus.said(upload), **tus.said_of_file(upload)})


async def _created(request: Request, desk: Desk, owner: Owner) -> Response:
    length = tus.number(request.headers, "upload-length")
    said = tus.metadata(request.headers)
    brings_bytes = "content-type" in request.headers
    if brings_bytes:
        tus.require_type(request.headers)
    elif tus.content_length(request.headers):
        raise OtherType

    def make() -> tuple[Upload, Owner]:
        desk.lines.appender.require_room(length)
        draft, its_owner = draft_of(owner, desk, network_of(request))
        # Nothing comes of an empty file any more: it is whole.
        sha256 = None if length else desk.vault.add(BytesIO()).sha256
        with desk.database.write() as connection:
            made = uploading.make(
                connection,
                draft,
                name=said.name,
                declared_type=said.declared_type,
                length=length,
                sha256=sha256,
                sending=desk.sending,
                now=desk.clock(),
            )
        return made, its_owner

    if length > desk.sending.max_file_bytes:
        raise FileTooLarge(said.name, length)
    upload, owner = await desk.lines.apart(make)
    if brings_bytes and length:
        upload = await _received(request, desk, owner, upload.public_id, offset=0)
    address = f"{router.prefix}/{upload.public_id}"
    answer = Response(status_code=201, headers={"Location": address, **tus.said(upload)})
    keep_draft(answer, desk, owner)
    return answer


async def _received(
    request: Request, desk: Desk, owner: Owner, public_id: str, *, offset: int | None = None
) -> Upload:
    tus.require_type(request.headers)
    if offset is None:
        offset = tus.number(request.headers, "upload-offset")
        if "upload-length" in request.headers:
            raise NotUnderstood  # it was said once, and we do not offer to put it off
    more_bytes = tus.content_length(request.headers)
    checksum = tus.checksum(request.headers)
    if more_bytes == 0 and checksum is None:
        upload = await desk.lines.apart(partial(desk.lines.appender.find, public_id, owner))
        if upload.offset != offset:
            raise OffsetDiffers
        return upload
    return await desk.lines.receive(
        public_id,
        owner,
        offset,
        request.stream(),
        more_bytes=more_bytes,
        checksum=checksum,
    )


def _refusal(request: Request, desk: Desk, code: str, **fields: object) -> Response:
    row = problem(code)
    answer = JSONResponse(
        row.details(desk.service.base_url, **fields),
        row.http,
        media_type="application/problem+json",
    )
    if code == OtherVersion.code:
        answer.headers["Tus-Version"] = tus.VERSION
    written = request.headers.get("content-length", "")
    if not written.isdecimal() or int(written) > _MOST_UNREAD_BYTES:
        answer.headers["Connection"] = "close"
    return answer
