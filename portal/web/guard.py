"""The guard: around every answer. Its headers, its request number, its line in the log, and what
is said when a page fails."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Mapping
from time import perf_counter

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.web.desk import Desk

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

_ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_UNLESS_SET: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cache-Control": "no-store",
}
_A_YEAR = "max-age=31536000"


class PageFailed(Exception):
    """A page failed after its answer had begun: the connection is cut, so that nobody takes the
    beginning for the whole. It has no text and no cause, since the server logs both."""


class Guard:
    """ASGI middleware, the outermost of ours.

    Starlette's own handler for faults stands outside it and would log a fault's words, which may
    quote a message; so no fault passes the guard.
    """

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._headers = dict(_ALWAYS)
        if desk.secure:
            self._headers["Strict-Transport-Security"] = _A_YEAR

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        start = perf_counter()
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                for name, value in _UNLESS_SET.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except Exception as fault:  # noqa: BLE001  # whatever it is, it ends in one page and one line
            _log_fault(fault, request_id)
            if status:
                raise PageFailed from None
            await self._desk.pages.failed(request_id)(scope, receive, send_guarded)
        finally:
            # The route, never the path: that of a sign-in link is a secret.
            route = getattr(scope.get("route"), "path", None)
            structlog.get_logger().log(
                logging.INFO if route else logging.DEBUG,
                "page.answered",
                request=request_id,
                method=scope["method"],
                route=route,
                status=status,
                seconds=round(perf_counter() - start, 4),
            )


def _log_fault(fault: Exception, request_id: str) -> None:
    frames = traceback.extract_tb(fault.__traceback__)
    structlog.get_logger().error(
        "page.failed",
        request=request_id,
        fault=type(fault).__name__,
        places=[f"{frame.name}:{frame.lineno}" for frame in frames[-6:]],
    )
