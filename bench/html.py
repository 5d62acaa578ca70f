"""HTML: a short mail as a PDF, by WeasyPrint in its sandbox."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from bench.road import OUTLOOK
from bench.rounds import Figure
from config.settings import Conversion
from converters.workshop import Source, Workshop

_MAILS = 100


def short_mail() -> list[Figure]:
    """A short mail as Outlook writes it, one after the other, cleaned, printed and checked."""
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        file = room / "mail.html"
        workshop = Workshop(Conversion(), room / "engines")
        workshop.start()
        try:
            times = []
            for number in range(_MAILS + 1):
                file.write_text(OUTLOOK.format(number=number), encoding="utf-8")
                begun = time.perf_counter()
                workshop.convert(Source(file, "text/html"), room, owner="firm").file.unlink()
                times.append(time.perf_counter() - begun)
        finally:
            workshop.close()
    median = statistics.median(times[1:])
    print(f"{_MAILS} mails: p50 {median:.3f} s, slowest {max(times[1:]):.3f} s")
    return [Figure("a short HTML mail to PDF, p50", median, "s", 0.15, at_least=False)]
