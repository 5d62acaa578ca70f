"""What machines ask: whether the process lives, whether it can work, and its figures."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from portal.web.desk import AtDesk, Check

router = APIRouter()


@router.get("/healthz")
async def healthz() -> Response:
    """Say that the process answers. Touches neither database nor disk nor the threads of pages."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(desk: AtDesk) -> Response:
    """Run every check: 200 where all pass, else 503 with the problem of each that fails."""
    problems = {name: _asked(check) for name, check in desk.checks.items()}
    ready = not any(problems.values())
    checks = [{"name": name, "problem": problem} for name, problem in problems.items()]
    return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503)


@router.get("/metrics")
def metrics(desk: AtDesk) -> Response:
    """Return the figures in Prometheus' text format."""
    return Response(desk.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _asked(check: Check) -> str | None:
    try:
        return check()
    except Exception as fault:  # noqa: BLE001  # a check that breaks has not passed, and is named
        return f"The check itself failed ({type(fault).__name__})"
