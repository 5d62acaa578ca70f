"""A client that sends one message after another beside the load, and times final dot to 250."""

from __future__ import annotations

import math
import smtplib
import threading
import time
from collections.abc import Sequence
from typing import Self

from bench.load import RECIPIENT, SENDER


class Probe:
    """Runs as long as its context; `seconds` holds a value for each message."""

    def __init__(self, port: int, content_bytes: int) -> None:
        self.seconds: list[float] = []
        self._port = port
        self._filling = b"X" * 76 + b"\r\n"
        self._lines = content_bytes // len(self._filling)
        self._stop = threading.Event()
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._fault is not None:
            raise self._fault

    def _run(self) -> None:
        try:
            with smtplib.SMTP("127.0.0.1", self._port, timeout=60) as client:
                client.ehlo()
                while not self._stop.is_set():
                    self._send(client)
        except (OSError, smtplib.SMTPException) as fault:
            self._fault = fault

    def _send(self, client: smtplib.SMTP) -> None:
        client.mail(SENDER)
        client.rcpt(RECIPIENT)
        client.docmd("DATA")
        client.send(b"Message-Id: <%d@probe.example>\r\n\r\n" % time.monotonic_ns())
        client.send(self._filling * self._lines)
        start = time.perf_counter()
        client.send(b".\r\n")
        code, _ = client.getreply()
        self.seconds.append(time.perf_counter() - start)
        if code != 250:
            raise smtplib.SMTPResponseException(code, "the probe's message was not accepted")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all do not go over (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
