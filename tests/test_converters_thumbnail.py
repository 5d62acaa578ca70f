"""The thumbnail of a page: small whatever the page claims, or a fault of the file."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from converters import thumbnail
from converters.fault import ConversionFault, Damaged, PasswordNeeded
from tests.record_sample import pdf


def drawn(content: bytes, folder: Path, page: int = 1) -> Image.Image:
    (folder / "a.pdf").write_bytes(content)
    target = folder / "a.webp"
    thumbnail.write(os.open(folder / "a.pdf", os.O_RDONLY), page, target)
    with Image.open(target) as opened:
        assert opened.format == "WEBP"
        return opened.convert("L")


def sheets(*sizes: tuple[float, float]) -> bytes:
    document = pikepdf.new()
    for size in sizes:
        document.add_blank_page(page_size=size)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def test_a_page_is_drawn_with_its_words(tmp_path: Path) -> None:
    picture = drawn(pdf("X" * 40), tmp_path)
    assert picture.size == (227, 320)
    shades = set(picture.tobytes())
    assert min(shades) < 128
    assert max(shades) > 250


@pytest.mark.parametrize("size", [(14_400, 14_400), (200, 14_400), (14_400, 3), (3, 3)])
def test_a_page_of_any_size_is_a_small_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    picture = drawn(sheets(size), tmp_path)
    assert max(picture.size) in {320, 321}


def test_each_page_has_a_picture_of_its_own(tmp_path: Path) -> None:
    content = sheets((100, 200), (200, 100))
    assert drawn(content, tmp_path, 1).size == (160, 320)
    assert drawn(content, tmp_path, 2).size == (320, 160)


def test_what_cannot_be_drawn_is_a_fault_of_the_file(tmp_path: Path) -> None:
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf("x"))) as opened:
        opened.save(locked, encryption=pikepdf.Encryption(owner="o", user="u"))
    faults: list[tuple[bytes, int, type[ConversionFault]]] = [
        (b"", 1, Damaged),
        (b"%PDF-1.7 and no more", 1, Damaged),
        (pdf("x"), 2, Damaged),
        (locked.getvalue(), 1, PasswordNeeded),
    ]
    for content, page, fault in faults:
        with pytest.raises(fault):
            drawn(content, tmp_path, page)
