"""The rejected lines as a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from portal.directory_rejected import written_to
from portal.directory_report import Rejected

LINES = [Rejected("cases.csv", 3, 'correct number "24, 1"\u2026'), Rejected("", 0, "again")]


def test_as_csv(tmp_path: Path) -> None:
    with written_to(tmp_path / "rejected.CSV") as told:
        for one in LINES:
            told(one)
    with (tmp_path / "rejected.CSV").open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["file", "line", "fix"]
    assert [Rejected(file, int(line), fix) for file, line, fix in rows] == LINES


def test_as_json_lines(tmp_path: Path) -> None:
    with written_to(tmp_path / "rejected") as told:
        for one in LINES:
            told(one)
    lines = (tmp_path / "rejected").read_text(encoding="utf-8").splitlines()
    assert [Rejected(**json.loads(line)) for line in lines] == LINES


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"), written_to(tmp_path / "no" / "x.csv"):
        pass
