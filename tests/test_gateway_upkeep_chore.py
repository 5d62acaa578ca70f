"""Chores: a fault ends one round, never the thread, and what stays undone is said."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa
import structlog

from gateway.upkeep.chore import Chore


@pytest.mark.parametrize(
    "fault",
    [sa.exc.OperationalError("BEGIN", {}, Exception("locked")), OSError(28, "full"), KeyError("x")],
)
def test_a_fault_ends_one_round_and_not_the_thread(fault: Exception) -> None:
    rounds = 0
    stop = threading.Event()

    def work(_stop: threading.Event) -> bool:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise fault
        stop.set()
        return False

    with structlog.testing.capture_logs() as log:
        Chore("sweep", work, 0.001).run(stop)
    assert rounds == 2
    assert [line["chore"] for line in log] == ["sweep"]


def test_more_to_do_is_done_at_once() -> None:
    stop = threading.Event()
    left = 5

    def work(_stop: threading.Event) -> bool:
        nonlocal left
        left -= 1
        if not left:
            stop.set()
        return True

    Chore("outbound", work, 3600).run(stop)
    assert left == 0


def test_what_is_not_done_for_long_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    chore = Chore("sweep", lambda _: False, 30)
    assert chore.overdue() is None
    later = time.monotonic() + 400
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert chore.overdue() == "not done for 400 seconds"
