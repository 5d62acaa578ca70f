"""Pages: the templates, and the words and numbers that they may use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from fastapi.responses import HTMLResponse
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from config import problems
from config.settings import Service
from portal import moments, receipt_number, vocabulary
from portal.unbroken import unbroken

TEMPLATES = Path(__file__).parent / "templates"
PAPER = Path(__file__).parent / "paper"  # what is printed, and has a style of its own


class _Compiled(jinja2.BytecodeCache):
    """What the templates were compiled to: 5 ms each, once in this process."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hand out what was compiled of this text, if anything was."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        assert bucket.code is not None, "it was compiled just now"
        self._code[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


class Pages:
    """Renders templates. Everything is escaped, and a name that is not there is a fault."""

    def __init__(self, service: Service, clock: Callable[[], datetime]) -> None:
        zone = ZoneInfo(service.time_zone)
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader((TEMPLATES, PAPER)),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )

        def moment(at: datetime) -> Markup:
            return _time(at, moments.in_full(at, zone))

        def short(at: datetime) -> Markup:
            return _time(at, moments.in_short(at, zone, clock()))

        self._templates.filters |= {
            "moment": moment,
            "short": short,
            "clock": lambda at: _time(at, moments.clock(at, zone)),
            "day": lambda at: moments.day(at, zone),
            "age": lambda at: moments.length(clock() - at),
            "receipt": receipt_number.shown,
            "size": vocabulary.size,
            "limit": vocabulary.limit,
            "kind": vocabulary.kind,
            "number": vocabulary.number,
            "plain": vocabulary.plain,
            "plain_lines": vocabulary.plain_lines,
            "name_remark": vocabulary.name_remark,
            "scanned": vocabulary.scanned,
            "pdf_warning": vocabulary.pdf_warning,
            "unbroken": unbroken,
        }
        self._templates.globals |= {
            "service": service,
            "words": vocabulary,
            "zone": lambda: moments.zone_name(clock(), zone),
        }

    def on_paper(self, template: str, **context: Any) -> str:
        """Render what a converter prints, and no browser shows."""
        return self._templates.get_template(template).render(context)

    def render(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """Render a page."""
        values = {"visitor": None} | context
        text = self._templates.get_template(template).render(values)
        return HTMLResponse(text, status)

    def problem(
        self,
        code: str,
        *,
        status: int | None = None,
        visitor: object = None,
        public: bool = False,
        back: str | None = None,
        **fields: object,
    ) -> HTMLResponse:
        """Render a row of the problem catalogue, with what fills it.

        On a `public` page nobody is expected to sign in, and nobody is sent to do so. `back` is the
        address of the page that it is about.
        """
        row = problems.problem(code)
        return self.render(
            "problem.html",
            status or row.http,
            visitor=visitor,
            public=public,
            title=row.title.format(**fields) if fields else row.title,
            fix=row.fix.format(**fields) if fields else row.fix,
            back=back,
            request_id=None,
        )

    def failed(self, request_id: str) -> HTMLResponse:
        """Render what is said of a fault of ours; the log has it under the same request number."""
        row = problems.problem("service_problem")
        return self.render(
            "problem.html",
            row.http,
            back=None,
            public=False,
            title=row.title,
            fix=row.fix,
            request_id=request_id,
        )


def _time(at: datetime, text: str) -> Markup:
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}">{}</time>').format(stamp, escape(text))
