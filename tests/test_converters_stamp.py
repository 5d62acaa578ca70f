"""The stamp: what it puts on a page changes nothing that the page knows by its name."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pypdf
import pytest
from pikepdf import Dictionary, Name

from tests.binding import Odd, bound, simple


@pytest.mark.slow
def test_a_binder_that_comes_in_again_keeps_the_feet_of_its_pages(tmp_path: Path) -> None:
    for name in ("once", "twice"):
        (tmp_path / name).mkdir()
    once, _ = bound(tmp_path / "once", [simple("first"), simple("second")])
    twice, _ = bound(tmp_path / "twice", [once.file.read_bytes(), simple("third")])
    words = pypdf.PdfReader(twice.file).pages[6].extract_text()
    assert "first 1" in words
    for foot in ("1. document 1.pdf", "page 4 of 6", "page 7 of 11"):
        assert foot in words
    words = pypdf.PdfReader(twice.file).pages[8].extract_text()
    for foot in ("2. document 2.pdf", "page 6 of 6", "1. document 1.pdf", "page 9 of 11"):
        assert foot in words


def test_a_font_that_has_the_name_of_ours_draws_its_own_words(tmp_path: Path) -> None:
    odd = Odd()
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page = odd.page("", b"BT /CasebridgeFigures 14 Tf 40 200 Td (theirs) Tj ET ")
    page.Resources.Font = Dictionary(
        CasebridgeFigures=font, CasebridgeFigures2=7, F1=odd.pdf.make_indirect(font)
    )
    made, _ = bound(tmp_path, [odd.made()])
    words = pypdf.PdfReader(made.file).pages[3].extract_text()
    assert "theirs" in words
    assert "page 4 of 4" in words


def test_pages_that_share_their_resources_know_the_name_of_their_document_once(
    tmp_path: Path,
) -> None:
    odd = Odd()
    pages = [odd.page(f"page {one}") for one in range(3)]
    shared = odd.pdf.make_indirect(pages[0].Resources)
    for page in pages:
        page.Resources = shared
    made, _ = bound(tmp_path, [odd.made()])
    with pikepdf.open(made.file) as pdf:
        known = {str(name) for page in pdf.pages[3:] for name in page.Resources.XObject}
    assert known == {"/CasebridgeName"}
