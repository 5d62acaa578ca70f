"""The SMTP door beside stock aiosmtpd and a real Postfix: large messages, small ones, memory."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bench import load, postfix, server
from bench.probe import Probe, percentile
from bench.rounds import Figure, NotMeasured, interleaved, print_table

# What is measured as ours. `casebridge serve` fits as well: it takes the same settings.
OURS = (sys.executable, "-m", "bench.idle_server")
STOCK = (sys.executable, "-m", "bench.stock")

_MEGABYTE = 1_000_000
_MEBIBYTE = 1 << 20
_GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class _Contest:
    """The three servers, up at the same time; a missing Postfix by the reason why."""

    ours: server.Server
    stock: server.Server
    postfix: int | NotMeasured

    def runners(self, run: Callable[[int], float]) -> Mapping[str, Callable[[], float]]:
        """Return a runner for each, given what to do with a port."""
        return {
            "casebridge": lambda: run(self.ours.port),
            "stock aiosmtpd": lambda: run(self.stock.port),
            "postfix": lambda: run(self._postfix_port()),
        }

    def _postfix_port(self) -> int:
        if isinstance(self.postfix, NotMeasured):
            raise self.postfix
        return self.postfix


@contextlib.contextmanager
def _contest() -> Iterator[_Contest]:
    # All stay until the end, files too: ext4 looks twice at every inode freed in the last minutes
    # before it gives one out, so a clean-up in between would be measured as the next one's work.
    with contextlib.ExitStack() as stack:
        try:
            other: int | NotMeasured = stack.enter_context(postfix.running())
        except NotMeasured as reason:
            other = reason
        yield _Contest(
            stack.enter_context(server.running(OURS)),
            stack.enter_context(server.running(STOCK)),
            other,
        )


def large() -> list[Figure]:
    """DATA of 25 MB messages on 4 connections, fsync on."""
    messages, size = 16, 25 * _MEGABYTE

    def run(port: int) -> float:
        seconds = load.send(port, messages=messages, content_bytes=size, connections=4)
        return messages * size / _MEGABYTE / seconds

    with _contest() as contest:
        rounds = interleaved(contest.runners(run))
    print_table("25 MB messages on 4 connections, fsync on", "MB/s", rounds, "casebridge")
    return [
        Figure(
            "DATA to stock aiosmtpd",
            rounds.ratio("casebridge", "stock aiosmtpd"),
            "",
            5,
            at_least=True,
        ),
        Figure("DATA to Postfix", rounds.ratio("casebridge", "postfix"), "", 0.95, at_least=True),
    ]


def small() -> list[Figure]:
    """Durable accepts of 10 KB messages on 10 connections: row, queued workflow, worker idle."""
    messages, size = 1500, 10_000

    def run(port: int) -> float:
        return messages / load.send(port, messages=messages, content_bytes=size, connections=10)

    with _contest() as contest:
        rounds = interleaved(contest.runners(run))
        with Probe(contest.ours.port, size) as probe:
            load.send(contest.ours.port, messages=2 * messages, content_bytes=size, connections=9)
    print_table("10 KB messages on 10 connections, worker idle", "msg/s", rounds, "casebridge")
    p99 = percentile(probe.seconds, 0.99) * 1000
    return [
        Figure(
            "accepts to stock aiosmtpd",
            rounds.ratio("casebridge", "stock aiosmtpd"),
            "",
            0.7,
            at_least=True,
        ),
        Figure("accepts to Postfix", rounds.ratio("casebridge", "postfix"), "", 0.4, at_least=True),
        Figure(
            "p99 final dot to 250", p99, "ms", 500, at_least=False, note=f"n={len(probe.seconds)}"
        ),
    ]


def memory() -> list[Figure]:
    """One message of 1 GiB: how much the server's peak rises."""
    with server.running(OURS, {"CASEBRIDGE_INTAKE__MAX_MESSAGE_BYTES": str(2 * _GIBIBYTE)}) as ours:
        load.send(ours.port, messages=50, content_bytes=10_000, connections=4)
        before = ours.resident_bytes()
        load.send(ours.port, messages=1, content_bytes=_GIBIBYTE, connections=1)
        rise = (ours.peak_bytes() - before) / _MEBIBYTE
    return [Figure("memory for a 1 GiB message", rise, "MiB", 64, at_least=False)]
