"""What operators watch: structured logs without personal data, and metrics.

No log line holds an address, a subject, a file name or a narrative; so a fault is logged by its
class and its places in our code, never by its message, which may quote a stranger's file.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TextIO

import prometheus_client
import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from config.settings import Logs

Gauges = Callable[[], dict[str, float]]


def start_logs(logs: Logs, stream: TextIO | None = None) -> None:
    """Send our log to a stream, standard error by default, and the libraries' warnings with it.

    Called once.
    """
    stream = stream or sys.stderr
    level = getattr(logging, logs.level.upper())
    shape: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if logs.format == "json"
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            shape,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    for name in ("", "dbos"):  # a dbos without a handler makes one that prints whole tracebacks
        logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger(name).handlers = [_Libraries()]
    logging.getLogger("dbos").propagate = False
    # aiosmtpd logs addresses and every line of DATA; WeasyPrint and friends quote what they read.
    for chatty in ("mail", "weasyprint", "fontTools", "pypdf", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL + 1)


class _Libraries(logging.Handler):
    """Turns a library's warning into a line of ours: where it came from, never what it quotes."""

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().warning(
            "library.warned",
            library=record.name,
            place=f"{record.module}:{record.lineno}",
            **(fault_fields(fault) if fault else {}),
        )


def fault_fields(fault: BaseException) -> dict[str, object]:
    """Describe a fault for the log: its class, and where it passed, without what it says."""
    frames = traceback.extract_tb(fault.__traceback__)
    return {
        "fault": type(fault).__name__,
        "cause": type(fault.__cause__).__name__ if fault.__cause__ else None,
        "places": [f"{frame.name}:{frame.lineno}" for frame in frames[-6:]],
    }


class Metrics:
    """The counters of one process, and gauges read when they are asked for."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._letters = Counter(
            "casebridge_packages",
            "Letters that the road has ended, by door and state",
            ["door", "outcome"],
            registry=self._registry,
        )
        self._stages = Histogram(
            "casebridge_stage_seconds",
            "Seconds that a step of the road took",
            ["stage"],
            buckets=(0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10, 30, 120),
            registry=self._registry,
        )
        self._conversions = Counter(
            "casebridge_conversion_failures",
            "Parts that could not be converted, by detected type and reason",
            ["from_type", "reason"],
            registry=self._registry,
        )
        self._replies = Counter(
            "casebridge_smtp_replies",
            "Replies of the SMTP door",
            ["code"],
            registry=self._registry,
        )
        self._mailboxes = Counter(
            "casebridge_imap_messages",
            "Messages of mailboxes, by what became of them",
            ["mailbox", "outcome"],
            registry=self._registry,
        )
        self._receipts = Counter(
            "casebridge_receipts",
            "Receipts and notices, by what became of them",
            ["kind", "outcome"],
            registry=self._registry,
        )
        self._stuck = Counter(
            "casebridge_sweep_failures",
            "Letters that could be neither set moving nor held, by the class of the fault",
            ["fault"],
            registry=self._registry,
        )

    def letter_ended(self, door: str, outcome: str) -> None:
        """Count a letter that the road has ended."""
        self._letters.labels(door, outcome).inc()

    def conversion_failed(self, from_type: str, reason: str) -> None:
        """Count a part that stays without its PDF."""
        self._conversions.labels(from_type, reason).inc()

    def smtp_reply(self, code: int) -> None:
        """Count a reply of the SMTP door."""
        self._replies.labels(str(code)).inc()

    def mailbox_message(self, mailbox: str, outcome: str) -> None:
        """Count a message of a mailbox."""
        self._mailboxes.labels(mailbox, outcome).inc()

    def mail_sent(self, kind: str, outcome: str) -> None:
        """Count a receipt or notice."""
        self._receipts.labels(kind, outcome).inc()

    def sweep_failed(self, fault: str) -> None:
        """Count a letter that stands still and could be neither set moving nor held."""
        self._stuck.labels(fault).inc()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a step of the road."""
        start = perf_counter()
        try:
            yield
        finally:
            self._stages.labels(name).observe(perf_counter() - start)

    def read_gauges_from(self, gauges: Gauges) -> None:
        """Ask this for further figures, by metric name, whenever the metrics are read."""
        self._registry.register(_Gauges(gauges))

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return prometheus_client.generate_latest(self._registry)


class _Gauges(Collector):
    """Figures that are read from the record, the queue and the disk when they are asked for."""

    def __init__(self, read: Gauges) -> None:
        self._read = read

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, value in self._read().items():
            yield GaugeMetricFamily(name, name.replace("_", " "), value=value)
