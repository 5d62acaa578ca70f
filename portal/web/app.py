"""The web application, built from what it is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match

from config.calendar import OfficeCalendar
from config.media import MediaCatalogue
from config.problems import problem
from config.settings import Intake, Sending, Service, Triage, Web
from portal.answer_link import AnswerLinkGone, Settled, TooManyTries
from portal.appending import Appender
from portal.claim import ClaimedByOther
from portal.database import Database
from portal.decision import AlreadyDecided, DocumentsDiffer, NobodyToAsk
from portal.dossier import NotThere
from portal.draft import TooManyDrafts
from portal.foreseen import Foresee
from portal.mailed_password import Said
from portal.sign_in import LinkGone
from portal.thumbnails import Thumbnail
from portal.undo import UndoOver
from portal.unlocking import Unlock
from portal.upload_link import UploadLinkGone
from portal.vault import Vault
from portal.web import (
    answer,
    binder,
    closing,
    confirm,
    contributors,
    decided,
    directory,
    documents,
    firm_contributors,
    hiding,
    not_submissions,
    outbox,
    package,
    packages,
    reassign,
    send_check,
    send_code,
    send_done,
    send_form,
    sender_page,
    sent,
    sign_in,
    thumbnails,
    unlocking,
    upload_links,
    uploads,
    watching,
)
from portal.web import help as help_page
from portal.web import (
    triage as triage_pages,
)
from portal.web.desk import Check, Desk, NotPrinted, Printer
from portal.web.faults import FormStale, SignedOut
from portal.web.guard import Guard
from portal.web.line import Lines
from portal.web.pages import Pages
from portal.web.static_files import Static
from portal.web.visitor import visitor_of

_ROOMS = (
    *(packages, package, closing, hiding, reassign, documents, thumbnails, binder),
    *(triage_pages, decided, not_submissions, sent, contributors),
    *(outbox, directory, help_page, sign_in, answer, confirm, watching),
    *(sender_page, firm_contributors, unlocking, uploads, upload_links),
    *(send_form, send_check, send_code, send_done),
)
# The faults of people's decisions; each names its row of the catalogue.
_REFUSALS: tuple[type[Exception], ...] = (
    *(AlreadyDecided, ClaimedByOther, DocumentsDiffer, NobodyToAsk, UndoOver),
    *(AnswerLinkGone, UploadLinkGone, Settled, TooManyTries, TooManyDrafts, NotPrinted),
)


def build_app(
    *,
    database: Database,
    vault: Vault,
    service: Service,
    web: Web,
    sending: Sending,
    minimum_free_bytes: int,
    intake: Intake,
    submission_bytes: int,
    case_example: str,
    calendar: OfficeCalendar,
    media: MediaCatalogue,
    triage: Triage,
    case_number: Callable[[str], str | None],
    foresee: Foresee,
    send: Callable[[int], str],
    encrypted: bool | None,
    printer: Printer,
    unlock: Unlock,
    thumbnail: Thumbnail,
    said: Said,
    clock: Callable[[], datetime],
    checks: Mapping[str, Check],
    metrics: Callable[[], bytes],
) -> FastAPI:
    """Build the pages. Opens nothing, and starts nothing.

    `minimum_free_bytes` is what uploads leave free on the vault's disk, and `submission_bytes` what
    one submission holds. `case_number` brings what a person wrote into the form of our case
    numbers, or says None. `foresee` says what will become of files. `send` sends a draft by its id,
    once however often it is called, and returns the receipt number. `encrypted` says whether our
    mails are. `printer` makes PDFs of our own HTML, `unlock` opens locked ones, `thumbnail` draws a
    page, `said` reads the passwords that letters say. `clock` returns the present moment with its
    zone. `checks` are those of /readyz by name: each returns None, or its problem in a sentence
    without personal data. Serve it without an access log: a sign-in link's address is a secret.
    """
    desk = Desk(
        database=database,
        vault=vault,
        service=service,
        web=web,
        sending=sending,
        intake=intake,
        submission_bytes=submission_bytes,
        case_example=case_example,
        calendar=calendar,
        media=media,
        triage=triage,
        case_number=case_number,
        foresee=foresee,
        send=send,
        encrypted=encrypted,
        printer=printer,
        unlock=unlock,
        thumbnail=thumbnail,
        said=said,
        clock=clock,
        checks=checks,
        metrics=metrics,
        pages=Pages(service, clock),
        lines=Lines(
            Appender(database, vault, sending, minimum_free_bytes, clock), sending.idle_seconds
        ),
    )
    app = FastAPI(
        title="Casebridge",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # it would build an address from the Host header
        # include_router would look at the arguments of each page anew, at its first request.
        routes=[route for room in _ROOMS for route in room.router.routes],
    )
    app.state.desk = desk
    app.mount("/static", Static(), name="static")
    app.add_middleware(Guard, desk=desk)
    _speak_of_faults(app, desk)
    return app


def _speak_of_faults(app: FastAPI, desk: Desk) -> None:
    def said(request: Request, code: str, status: int | None = None) -> Response:
        accepted = request.headers.get("accept", "")
        if "json" not in accepted or "text/html" in accepted:
            return desk.pages.problem(code, status=status, visitor=_visitor(request, desk))
        row = problem(code)
        details = row.details(desk.service.base_url) | {"status": status or row.http}
        return JSONResponse(details, status or row.http, media_type="application/problem+json")

    def signed_out(request: Request, fault: Exception) -> Response:
        del request, fault
        return RedirectResponse("/sign-in", 303)

    def not_there(request: Request, fault: Exception) -> Response:
        del fault
        return said(request, "not_allowed")

    def link_gone(request: Request, fault: Exception) -> Response:
        del fault
        return said(request, "link_expired")

    def stale(request: Request, fault: Exception) -> Response:
        del fault
        return said(request, "form_stale")

    def by_status(request: Request, fault: Exception) -> Response:
        # 405 keeps its status: the page is there, only not in this way.
        status = fault.status_code if isinstance(fault, HTTPException) else 404
        answer = said(request, "not_allowed", status)
        if status == 405:
            answer.headers["Allow"] = _allowed(request)
        return answer

    def refused(request: Request, fault: Exception) -> Response:
        code: str = getattr(fault, "code")  # noqa: B009  # each of _REFUSALS has one
        visitor = _visitor(request, desk)
        return desk.pages.problem(code, visitor=visitor, public=visitor is None)

    for refusal in _REFUSALS:
        app.add_exception_handler(refusal, refused)
    app.add_exception_handler(SignedOut, signed_out)
    app.add_exception_handler(NotThere, not_there)
    app.add_exception_handler(LinkGone, link_gone)
    app.add_exception_handler(FormStale, stale)
    app.add_exception_handler(HTTPException, by_status)
    app.add_exception_handler(RequestValidationError, by_status)


def _allowed(request: Request) -> str:
    """Return the methods of a page. Starlette knows those of the first route that has its path."""
    methods = set[str]()
    for room in _ROOMS:
        for route in room.router.routes:
            if isinstance(route, APIRoute) and route.matches(request.scope)[0] is not Match.NONE:
                methods |= route.methods or set()
    # Of the files at /static, which are no room, it would say nothing.
    return ", ".join(sorted(methods or {"GET", "HEAD"}))


def _visitor(request: Request, desk: Desk) -> object:
    """Return who is signed in: as the page has found out, or else by the session."""
    if (known := getattr(request.state, "visitor", None)) is not None:
        return known
    try:
        return visitor_of(request, desk)
    except SignedOut:
        return None
