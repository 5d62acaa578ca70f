"""The labelled set, down the real road: nothing in a wrong case, and each as its label says."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings, Storage
from gateway.stores import open_stores
from tests.labelled_set import Became, Labelled, carried, labelled, shares

MESSAGES = labelled()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Became]:
    folder: Path = tmp_path_factory.mktemp("labelled") / "var"
    folder.mkdir()
    with open_stores(Settings(storage=Storage(path=folder)), migrating=True) as stores:
        return {one.labelled.what: one for one in carried(stores, MESSAGES)}


def test_the_set_is_as_long_as_it_was_and_each_message_has_its_name() -> None:
    assert len({one.what for one in MESSAGES}) == len(MESSAGES) >= 280


def test_nothing_is_filed_to_a_wrong_case(results: dict[str, Became]) -> None:
    assert [one.labelled.what for one in results.values() if one.is_misfiled] == []
    said = ", ".join(f"{name} {share:.1%}" for name, share in shares(results.values()).items())
    print(f"\n{len(results)} messages, 0 in a wrong case: {said}")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.what.replace(" ", "-"))
def test_each_is_as_its_label_says(message: Labelled, results: dict[str, Became]) -> None:
    became = results[message.what]
    assert became.case == message.case, became
    assert bool(became.urgent) == message.urgent
    assert ("consultant_named_other" in became.problems) == message.flagged
    assert became.near == message.near
    if message.consultant is not None:
        assert became.consultant == message.consultant
    if message.found_in is not None:
        assert became.found_in == message.found_in
    assert all(one["text"] and one["found_in"] and one["why"] for one in became.candidates)
