"""Turns: handed on in order, never lost, never given twice."""

from __future__ import annotations

import threading
import time

import pytest

from portal.turns import NoTurn, Turns


def test_turns_are_handed_on_in_the_order_they_were_asked_for() -> None:
    turns = Turns()
    turns.take(1)
    order: list[int] = []

    def wait(number: int) -> None:
        turns.take(10)
        order.append(number)
        turns.hand_on()

    threads = []
    for number in range(10):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(turns._line) <= number:
            time.sleep(0.001)
    turns.hand_on()
    for thread in threads:
        thread.join()
    assert order == list(range(10))


def test_one_at_a_time() -> None:
    turns, inside, most = Turns(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            turns.take(10)
            inside += 1
            most = max(most, inside)
            inside -= 1
            turns.hand_on()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_who_waits_too_long_leaves_the_line() -> None:
    turns = Turns()
    turns.take(1)
    with pytest.raises(NoTurn):
        turns.take(0.01)
    turns.hand_on()
    turns.take(0.01)
