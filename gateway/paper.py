"""Paper: the PDF of a page of our own, made in the sandbox, kept, and made once."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from converters.fault import ConversionFault, JobStopped, SandboxMissing
from converters.rendition import Source
from converters.workshop import Workshop
from gateway.road.convert import Bench, Checkpoints
from gateway.watch import fault_fields
from portal.handout import Handout
from portal.piece import PDF
from portal.renditions import OURS
from portal.web.desk import NotPrinted

_SECONDS = 20
# A mail is set for a screen; on paper its words are as large as a letter's.
_SHEET = (
    "<style>.s { max-width: none !important; padding: 0 !important }"
    " .s, .t { font-size: 13px !important; line-height: 1.4 !important }"
    " h1 { font-size: 19px !important } h2 { font-size: 15px !important }"
    " tr { break-inside: avoid }</style>"
)
_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Paper:
    """Prints for the pages, one at a time: who presses the button often waits, and letters do not.

    `folder` is where it works, and belongs to nobody else.
    """

    workshop: Workshop
    checkpoints: Checkpoints
    folder: Path
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, html: str, title: str, name: str) -> Handout:
        """Return the PDF of an HTML page, to be handed out under `name`.

        Raises NotPrinted where others print for long, or the engine failed: the log says why.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self.folder) as room:
            file = Path(room) / "page.html"
            file.write_text(_SHEET + html, encoding="utf-8")
            source = Source(file, "text/html", title=title, seconds=_SECONDS, language="en")
            bench = Bench(self.workshop, self.checkpoints, Path(room), self._my_turn(), OURS)
            try:
                made = bench.pdf(source)
            except (ConversionFault, SandboxMissing, JobStopped) as fault:
                structlog.get_logger().error("paper.failed", **fault_fields(fault))
                raise NotPrinted from fault
        return Handout(name, made.sha256, made.bytes, PDF)

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """Wait for it, and not for long: whoever waits holds a thread of the pages."""
        if not self._turn.acquire(timeout=_PATIENCE_SECONDS):
            raise NotPrinted
        try:
            yield
        finally:
            self._turn.release()


def no_paper(html: str, title: str, name: str) -> Handout:
    """Print nothing: for pages that are served without engines. Raises NotPrinted."""
    del html, title, name
    raise NotPrinted
