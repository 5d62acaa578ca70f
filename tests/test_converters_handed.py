"""Handed: what is found in a file is the same by its path and by its descriptor."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from converters.detect import detect
from converters.handed import Handed
from converters.zipped import has_directory


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(tmp_path / "report.pdf")
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
    Image.new("RGB", (40, 30)).save(tmp_path / "scan.png")
    with zipfile.ZipFile(tmp_path / "pages.zip", "w") as archive:
        archive.writestr("one.txt", "one")
    (tmp_path / "notes.txt").write_text("notes of the visit\n")
    (tmp_path / "cut.pdf").write_bytes(b"1 0 obj /Pages endstream startxref" * 40)
    (tmp_path / "empty.doc").touch()
    return sorted(tmp_path.iterdir())


def test_a_file_is_the_same_by_descriptor_and_by_path(files: list[Path]) -> None:
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        os.lseek(descriptor, 1, os.SEEK_SET)  # wherever its owner left it
        try:
            handed = Handed(descriptor, file.parent)
            by_path = detect(file, "application/octet-stream", file.name)
            found = detect(handed, "application/octet-stream", file.name)
        finally:
            os.close(descriptor)
        assert (found, found.grounds) == (by_path, by_path.grounds)


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x80" * 21])
def test_a_file_shorter_than_what_is_looked_for_at_its_end_is_looked_at(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "tiny"
    file.write_bytes(content)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        handed = Handed(descriptor, tmp_path)
        assert not has_directory(handed)
        with handed.open("rb") as stream, pytest.raises(OSError, match="Invalid argument"):
            stream.seek(-22, os.SEEK_END)
    finally:
        os.close(descriptor)


def test_each_opening_has_a_place_of_its_own(files: list[Path]) -> None:
    descriptor = os.open(files[-1], os.O_RDONLY)
    handed = Handed(descriptor, files[-1].parent)
    try:
        with handed.open("rb") as first, handed.open("rb") as second:
            assert first.read(4) == second.read(4)
            assert second.seek(-4, os.SEEK_END) == handed.size - 4
            assert first.tell() == 4
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 0  # and is open still
    finally:
        os.close(descriptor)
