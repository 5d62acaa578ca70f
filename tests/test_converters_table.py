from __future__ import annotations

from pathlib import Path

from converters import table


def test_a_cell_of_several_lines_has_room_below_them(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.fods"
    table.write([["short", "one\ntwo", "word " * 200]], sheet)
    cells = sheet.read_text().split("<table:table-cell ")[1:]
    assert [cell.count("<text:p/>") for cell in cells] == [0, 1, 3]
