"""The web application, built from what it is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from config.settings import Service, Web
from portal.database import Database
from portal.dossier import NotThere
from portal.sign_in import LinkGone
from portal.vault import Vault
from portal.web import documents, outbox, package, packages, sign_in, watching
from portal.web.desk import Check, Desk
from portal.web.faults import FormStale, SignedOut
from portal.web.guard import Guard
from portal.web.pages import Pages

STATIC = Path(__file__).parent / "static"


def build_app(
    *,
    database: Database,
    vault: Vault,
    service: Service,
    web: Web,
    clock: Callable[[], datetime],
    checks: Mapping[str, Check],
    metrics: Callable[[], bytes],
) -> FastAPI:
    """Build the pages. Opens nothing, and starts nothing.

    `clock` returns the present moment with its zone. `checks` are those of /readyz by name: each
    returns None, or its problem in a sentence without personal data. Serve it without an access
    log: the address of a sign-in link is a secret.
    """
    desk = Desk(
        database=database,
        vault=vault,
        service=service,
        web=web,
        clock=clock,
        checks=checks,
        metrics=metrics,
        pages=Pages(service, clock),
    )
    # redirect_slashes would build an address from the Host header.
    app = FastAPI(
        title="Casebridge", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.state.desk = desk
    for room in (packages, package, documents, outbox, sign_in, watching):
        app.include_router(room.router)
    app.mount("/static", _Static(directory=STATIC), name="static")
    app.add_middleware(Guard, desk=desk)
    _speak_of_faults(app, desk)
    return app


def _speak_of_faults(app: FastAPI, desk: Desk) -> None:
    def signed_out(request: Request, fault: Exception) -> Response:
        del request, fault
        return RedirectResponse("/sign-in", 303)

    def not_there(request: Request, fault: Exception) -> Response:
        del fault
        return desk.pages.problem("not_allowed", visitor=_visitor(request))

    def link_gone(request: Request, fault: Exception) -> Response:
        del request, fault
        return desk.pages.problem("link_expired")

    def stale(request: Request, fault: Exception) -> Response:
        del fault
        return desk.pages.problem("form_stale", visitor=_visitor(request))

    def by_status(request: Request, fault: Exception) -> Response:
        # 405 keeps its status: the page is there, only not in this way.
        status = fault.status_code if isinstance(fault, HTTPException) else 404
        return desk.pages.problem("not_allowed", status=status, visitor=_visitor(request))

    app.add_exception_handler(SignedOut, signed_out)
    app.add_exception_handler(NotThere, not_there)
    app.add_exception_handler(LinkGone, link_gone)
    app.add_exception_handler(FormStale, stale)
    app.add_exception_handler(HTTPException, by_status)
    app.add_exception_handler(RequestValidationError, by_status)


def _visitor(request: Request) -> object:
    """Return who is signed in, where the page had come as far as to know."""
    return getattr(request.state, "visitor", None)


class _Static(StaticFiles):
    """The style sheet, the script and the icon: the same for everybody, so they may be kept."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"cache-control", b"no-cache"))
            await send(message)

        await super().__call__(scope, receive, send_kept)
