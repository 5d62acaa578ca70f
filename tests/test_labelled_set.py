"""The labelled set, down the real road: nothing in a wrong case, and each as its label says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.stores import Stores
from tests.labelled_set import Became, carried, labelled, shares

MESSAGES = labelled()


def test_the_set_is_as_long_as_it_was_and_each_message_has_its_name() -> None:
    assert len({one.what for one in MESSAGES}) == len(MESSAGES) >= 430
    waits = [one for one in MESSAGES if one.program]
    assert len(waits) <= 20  # where a clerk would read on


@pytest.mark.slow
def test_nothing_is_filed_to_a_wrong_case_and_each_is_as_its_label_says(stores: Stores) -> None:
    results = tuple(carried(stores, MESSAGES))
    assert [one.labelled.what for one in results if one.is_misfiled] == []
    assert [one.labelled.what for one in results if one.is_lost_from_sight] == []
    assert [f"{one.labelled.what}: {line}" for one in results for line in _differences(one)] == []
    said = ", ".join(f"{name} {share:.1%}" for name, share in shares(results).items())
    print(f"\n{len(results)} messages, 0 in a wrong case: {said}")


def _differences(became: Became) -> Iterator[str]:
    asked = became.labelled
    if became.case != (asked.program or asked.case):
        yield f"{became.case} ({became.reason})"
    if bool(became.urgent) != asked.urgent:
        yield f"urgent: {became.urgent}"
    if ("consultant_named_other" in became.problems) != asked.flagged:
        yield f"problems: {became.problems}"
    if became.near != asked.near:
        yield f"near: {became.near}"
    if asked.kind is not None and became.reason != asked.kind:
        yield f"kind: {became.reason}"
    if (asked.silent or asked.case == "aside") and became.told:
        yield "its sender is told"
    if asked.consultant is not None and became.consultant != asked.consultant:
        yield f"consultant: {became.consultant}"
    if asked.found_in is not None and became.found_in != asked.found_in:
        yield f"found in: {became.found_in}"
    if not all(one["text"] and one["found_in"] and one["why"] for one in became.candidates):
        yield "a candidate without text, place or why"
