"""casebridge convert."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from gateway.command import PROBLEM, casebridge

pytestmark = pytest.mark.slow


def test_each_file_gets_a_line_in_order_and_no_name_is_written_twice(tmp_path: Path) -> None:
    """Two files of one name, a program, an empty file and one that is not there."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "note.txt").write_text(f"Knee, folder {folder}\n", encoding="utf-8")
    (tmp_path / "run.exe").write_bytes(b"MZ" + bytes(200))
    (tmp_path / "none.txt").touch()
    outside = tmp_path / "outside"
    into = tmp_path / "to"
    into.mkdir()
    (into / "note.pdf").symlink_to(outside)  # a planted way out of the folder
    names = ["a/note.txt", "b/note.txt", "run.exe", "none.txt", "gone.txt"]
    files = [str(tmp_path / each) for each in names]
    result = CliRunner().invoke(casebridge, ["convert", "--json", "--to", str(into), *files])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["file"] for each in lines] == files
    assert [each["fate"] for each in lines] == [
        *("converted", "converted", "refused", "left_out", "filed")
    ]
    assert [each["reason"] for each in lines[2:]] == [
        *("file_type_blocked", "file_empty", "file_convert_failed")
    ]
    assert [Path(each["pdf"]["path"]).name for each in lines[:2]] == [
        *("note (2).pdf", "note (3).pdf")
    ]
    assert all(Path(each["pdf"]["path"]).read_bytes()[:5] == b"%PDF-" for each in lines[:2])
    assert not outside.exists()
    assert result.exit_code == PROBLEM


def test_xml_becomes_its_text(tmp_path: Path) -> None:
    """The tags too: they are what tells one value from another."""
    file = tmp_path / "claim.xml"
    file.write_text('<?xml version="1.0"?>\n<claim><side>left knee</side></claim>\n', "utf-8")
    result = CliRunner().invoke(casebridge, ["convert", "--json", "--to", str(tmp_path), str(file)])
    line = json.loads(result.stdout)
    assert (line["detected_type"], line["fate"]) == ("text/xml", "converted")
    shown = PdfReader(line["pdf"]["path"]).pages[0].extract_text()
    assert "<side>left knee</side>" in shown
