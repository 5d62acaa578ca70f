"""The contents list: every name as it is, and said where it is cut off."""

from __future__ import annotations

from pathlib import Path

from gateway.reader import contents
from gateway.reader.member import Member


def test_names_stand_as_they_are_with_their_sizes(tmp_path: Path) -> None:
    files = [Member("IMAGES/Größe 病 <b>.dcm", 1_234_567), Member("DICOMDIR", None)]
    contents.write(tmp_path / "p00001", "disc.zip", files)
    assert (tmp_path / "p00001").read_text("utf-8").splitlines() == [
        "Contents of disc.zip",
        "2 files, 1,234,567 bytes",
        "",
        "          Bytes    Name",
        "      1,234,567    IMAGES/Größe 病 <b>.dcm",
        "                   DICOMDIR",
    ]


def test_a_list_that_no_engine_could_lay_out_is_cut_and_says_so(tmp_path: Path) -> None:
    files = [Member("x" * 900, 1) for _ in range(2_000)]
    contents.write(tmp_path / "p00001", None, files)
    text = (tmp_path / "p00001").read_text("utf-8")
    assert text.startswith("Contents of an archive without a name\n2,000 files")
    assert text.endswith("The list is cut off here. The file holds more.\n")
    assert len(text) < 1_001_000
