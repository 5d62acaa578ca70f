"""A quiet firm's letters beside another firm's flood: how much longer they take to be filed."""

from __future__ import annotations

import contextlib
import smtplib
import threading
import time
from collections.abc import Iterator

import sqlalchemy as sa

from bench.probe import percentile
from bench.road import INTAKE, SENDER, Running, letter, send, serving
from bench.rounds import Figure
from portal.tables import letters

_FLOOD = 2_000
_CONNECTIONS = 4
_ALONE = 150
_FIRST = 5  # not measured: they warm everything up
_LONGEST_SECONDS = 200  # of the flood; what is not carried by then is left
_QUIET, _QUIET_CASE = b"kim@quillmarsh.example", b"24-001377"


def beside_a_flood(flood: int = _FLOOD, alone: int = _ALONE) -> list[Figure]:
    """A quiet firm's letter, from its dialogue to filed: alone, and while another sends 2,000."""
    with serving() as running:
        before = [_seconds_to_filed(running, one) for one in range(_FIRST + alone)][_FIRST:]
        beside: list[float] = []
        until = time.monotonic() + _LONGEST_SECONDS
        with _flooding(running.server.port, flood):
            while (carried := _filed(running, SENDER)) < flood and time.monotonic() < until:
                beside.append(_seconds_to_filed(running, _FIRST + alone + len(beside)))
    print(f"\na quiet firm's letter, to filed; {carried} of the other's {flood} were meanwhile")
    print(f"{'':20}{'letters':>10}{'p50 ms':>10}{'p99 ms':>10}{'longest':>10}")
    for name, values in (("alone", before), ("beside the flood", beside)):
        half, most = (1000 * percentile(values, share) for share in (0.5, 0.99))
        print(f"{name:20}{len(values):10}{half:10.0f}{most:10.0f}{1000 * max(values):10.0f}")
    ratio = percentile(beside, 0.99) / percentile(before, 0.99)
    note = f"n={len(before)} and {len(beside)}"
    return [Figure("p99 beside a flood to alone", ratio, "", 3, at_least=False, note=note)]


def _seconds_to_filed(running: Running, number: int) -> float:
    """Send the quiet firm's letter of this number, and wait until it is filed."""
    message = letter(number, html=False)
    message = message.replace(SENDER.encode(), _QUIET).replace(b"24-001234", _QUIET_CASE)
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", running.server.port, timeout=60) as client:
        client.sendmail(_QUIET.decode(), [INTAKE], message)
    while _filed(running, _QUIET.decode()) <= number:
        if time.perf_counter() > start + _LONGEST_SECONDS:
            raise RuntimeError(f"the quiet firm's letter {number} was not filed")
        time.sleep(0.005)
    return time.perf_counter() - start


def _filed(running: Running, sender: str) -> int:
    asked = sa.select(sa.func.count()).where(letters.c.sender == sender, letters.c.state == "filed")
    with running.database.read() as connection:
        return connection.execute(asked).scalar_one()


@contextlib.contextmanager
def _flooding(port: int, flood: int) -> Iterator[None]:
    """Have the other firm send beside: letters of one PDF, each with words of its own."""
    like_all = letter(0, html=False)
    faults: list[Exception] = []

    def run(first: int) -> None:
        mails = (
            like_all.replace(b"Letter 0:", b"Letter %d of the flood:" % number)
            for number in range(first, flood, _CONNECTIONS)
        )
        try:
            send(port, mails)
        except (OSError, smtplib.SMTPException) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(first,)) for first in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
    if faults:
        raise faults[0]
