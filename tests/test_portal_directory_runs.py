"""The runs: each import leaves its row, the loaded one with the directory itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.stores import Stores
from portal import directory_runs
from portal.directory_import import Terms
from portal.directory_report import Report
from portal.directory_runs import Run
from portal.vault import VaultFault
from tests.exports import export
from tests.record_sample import NOW

CASES = {"24-001234": "dana", "24-001300": "lee"}


def run(stores: Stores, folder: Path, *, dry_run: bool = False) -> Report:
    return directory_runs.run(
        stores.database,
        folder,
        str.strip,
        source="command",
        clock=lambda: NOW,
        terms=Terms(dry_run=dry_run, most_removed_percent=20),
    )


def written(stores: Stores) -> tuple[Run, ...]:
    with stores.database.read() as connection:
        return directory_runs.runs(connection, 10)


def test_what_was_loaded_unchanged_and_rejected_is_written(stores: Stores, tmp_path: Path) -> None:
    folder = export(tmp_path / "x", CASES)
    first = run(stores, folder)
    run(stores, folder)
    (folder / "cases.csv").write_text("number,state,consultant_email,restricted\nA,ajar,,\n")
    run(stores, folder)
    assert [one.outcome for one in written(stores)] == ["rejected", "unchanged", "loaded"]
    rejected, _, loaded = written(stores)
    assert loaded.detail["counts"] == first.as_dict()["counts"]
    assert (rejected.rejections, [one.fix for one in rejected.rejected]) == (
        1,
        ["write state as open or closed"],
    )


def test_a_dry_run_leaves_no_row(stores: Stores, tmp_path: Path) -> None:
    run(stores, export(tmp_path / "x", CASES), dry_run=True)
    run(stores, export(tmp_path / "y", {"24-001234": "nobody"}), dry_run=True)
    assert written(stores) == ()


def test_a_row_keeps_the_first_hundred_rejected_lines(stores: Stores, tmp_path: Path) -> None:
    folder = export(tmp_path / "x", CASES)
    with (folder / "cases.csv").open("a") as stream:
        stream.writelines(f"{number},ajar,,\n" for number in range(300))
    run(stores, folder)
    (row,) = written(stores)
    assert (row.rejections, len(row.rejected)) == (300, 100)


def test_what_fails_is_written_and_raised(stores: Stores, tmp_path: Path) -> None:
    def broken(number: str) -> str:
        raise VaultFault(number)

    with pytest.raises(VaultFault):
        directory_runs.run(
            stores.database,
            export(tmp_path / "x", CASES),
            broken,
            source="watched",
            clock=lambda: NOW,
            terms=Terms(),
        )
    (row,) = written(stores)
    assert (row.outcome, row.source, row.detail) == ("failed", "watched", {"fault": "VaultFault"})


def test_only_the_last_export_counts_as_loaded(stores: Stores, tmp_path: Path) -> None:
    prints = [
        run(stores, export(tmp_path / "x", {"24-001234": whose})).fingerprint
        for whose in ("dana", "lee")
    ]
    with stores.database.read() as connection:
        assert [directory_runs.is_loaded(connection, one) for one in prints] == [False, True]


def test_the_figures_tell_the_age_and_whether_the_last_one_was_refused(
    stores: Stores, tmp_path: Path
) -> None:
    def figures() -> dict[str, float]:
        with stores.database.read() as connection:
            return directory_runs.figures(connection, NOW + timedelta(hours=2))

    assert figures() == {}
    folder = export(tmp_path / "x", CASES)
    run(stores, folder)
    age = "casebridge_directory_loaded_age_seconds"
    failing, rejections = "casebridge_directory_failing", "casebridge_directory_rejections"
    assert figures() == {age: 7200.0, failing: 0.0, rejections: 0.0}
    (folder / "firms.csv").unlink()
    run(stores, folder)
    assert figures()[age] == 7200.0
    assert figures()[failing] == 1.0
    assert figures()[rejections] > 0
