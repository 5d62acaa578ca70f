"""What has nothing to show may have a blank PDF; what is merely not followed may not."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pikepdf
import pytest
from docx import Document

from converters import check, nothing
from converters.fault import EngineFailed
from tests.test_converters_detect import DOCX, a_docx, a_zip

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BODY = "<w:document xmlns:w='w'><w:body>{}</w:body></w:document>"
SHEET = "<worksheet><sheetData>{}</sheetData>{}</worksheet>"


def an_empty_document() -> bytes:
    buffer = io.BytesIO()
    Document().save(buffer)
    return buffer.getvalue()


def is_nothing(members: dict[str, bytes], media_type: str) -> bool:
    return nothing.to_show(io.BytesIO(a_zip(members)), media_type)


def test_an_empty_document_has_nothing_to_show() -> None:
    assert nothing.to_show(io.BytesIO(an_empty_document()), DOCX)
    assert not nothing.to_show(io.BytesIO(a_docx()), DOCX)
    assert not nothing.to_show(io.BytesIO(b"no archive"), DOCX)
    assert not nothing.to_show(io.BytesIO(an_empty_document()), "application/msword")


@pytest.mark.parametrize(
    "said",
    [
        "<w:p><w:r><w:t> </w:t></w:r></w:p>",
        "<w:altChunk r:id='a'/>",
        "<w:p><w:r><w:drawing/></w:r></w:p>",
        "<w:p><w:r><w:sym w:char='F0FC'/></w:r></w:p>",
    ],
)
def test_a_document_that_may_print_something(said: str) -> None:
    assert is_nothing({"word/document.xml": BODY.format("<w:p/>").encode()}, DOCX)
    assert not is_nothing({"word/document.xml": BODY.format(said).encode()}, DOCX)
    assert not is_nothing({"word/document.xml": BODY.format("").encode("utf-16")}, DOCX)
    header = {"word/document.xml": BODY.format("").encode(), "word/header1.xml": said.encode()}
    assert not is_nothing(header, DOCX)


def test_a_workbook_with_a_number_or_a_picture_has_something_to_show() -> None:
    empty = {"xl/worksheets/sheet1.xml": SHEET.format("", "").encode()}
    assert is_nothing(empty, XLSX)
    cell = SHEET.format("<row><c><v>7</v></c></row>", "").encode()
    assert not is_nothing({"xl/worksheets/sheet1.xml": cell}, XLSX)
    drawn = SHEET.format("", "<drawing r:id='a'/>").encode()
    assert not is_nothing({"xl/worksheets/sheet1.xml": drawn}, XLSX)
    assert not is_nothing({**empty, "xl/media/image1.png": b"\x89PNG"}, XLSX)


@pytest.mark.parametrize("has_words", [False, True])
def test_a_blank_pdf_is_one_of_a_blank_document_alone(tmp_path: Path, has_words: bool) -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(tmp_path / "made.pdf")
    (tmp_path / "source").write_bytes(a_docx() if has_words else an_empty_document())
    (tmp_path / "printed").write_bytes(b"")
    made, source, printed = (
        os.open(tmp_path / name, os.O_RDONLY) for name in ("made.pdf", "source", "printed")
    )
    if has_words:
        with pytest.raises(EngineFailed, match="blank pages"):
            check.check(made, source, DOCX, printed)
        os.close(source)
        os.close(printed)
    else:
        assert check.check(made, source, DOCX, printed)["nothing"] is True
