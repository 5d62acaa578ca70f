"""The labelled set: how many of its messages go to their case, and how many to a wrong one."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.rounds import Figure
from config.settings import Logs, Settings, Storage
from gateway.stores import open_stores
from gateway.watch import start_logs
from tests.labelled_set import carried, labelled, shares


def labelled_set() -> list[Figure]:
    """Messages as people write them, down the whole road, against a careful clerk's labels."""
    start_logs(Logs(level="error"))
    messages = labelled()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "var"
        folder.mkdir()
        with open_stores(Settings(storage=Storage(path=folder)), migrating=True) as stores:
            began = time.perf_counter()
            results = tuple(carried(stores, messages))
            seconds = time.perf_counter() - began
    misfiled = [one.labelled.what for one in results if one.is_misfiled]
    otherwise = [
        one.labelled.what
        for one in results
        if one.case != (one.labelled.program or one.labelled.case)
    ]
    waits = sum(bool(one.labelled.program) for one in results)
    lost = [one.labelled.what for one in results if one.is_lost_from_sight]
    for what in (*misfiled, *otherwise):
        print(f"  not as labelled: {what}")
    said = shares(results)
    for share, value in said.items():
        print(f"  {share:8} {value:6.1%}")
    print(f"  {waits} wait where a clerk would read on; {seconds:.1f} s in all")
    as_labelled = 100 * (1 - len(otherwise) / len(results))
    return [
        Figure(
            "labelled set: in a wrong case",
            float(len(misfiled)),
            f"of {len(results)}",
            0,
            at_least=False,
            note=", ".join(f"{share} {value:.1%}" for share, value in said.items()),
        ),
        Figure(
            "labelled set: submissions set aside",
            float(len(lost)),
            f"of {len(results)}",
            0,
            at_least=False,
        ),
        Figure("labelled set: as labelled", as_labelled, "%", 100, at_least=True),
    ]
