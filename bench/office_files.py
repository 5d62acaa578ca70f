"""Office files to measure with: Word, OpenDocument, rich text and tables, of one to ten pages."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from docx import Document

from converters.rendition import TABLE
from samples.make import open_document

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"


def mixed(room: Path, count: int) -> Iterator[Path]:
    """Write files of the kinds in turn, each in a folder of its own below `room`."""
    text = open_document(letter(8))
    for number in range(count):
        folder = room / f"{number}"
        folder.mkdir(parents=True)
        kind = number % 5
        if kind == 2:
            file, content = folder / "letter.odt", text
        elif kind == 3:
            words = b"\\par ".join(b"Paragraph %d of a rich text." % each for each in range(60))
            file, content = folder / "letter.rtf", b"{\\rtf1 " + words + b"}"
        elif kind == 4:
            file, content = folder / TABLE, table(40 + number)
        else:
            file, content = folder / "letter.docx", letter(1 + number % 30)
        file.write_bytes(content)
        yield file


def letter(paragraphs: int) -> bytes:
    """Return a Word document of so many paragraphs and a small table."""
    document = Document()
    document.add_heading("Statement")
    for number in range(paragraphs):
        document.add_paragraph(
            f"{number}. " + "The patient was seen on the ward in the morning. " * 8
        )
    table = document.add_table(rows=4, cols=3)
    for cell in table.columns[0].cells:
        cell.text = "value"
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def table(rows: int) -> bytes:
    """Return a sheet as a table of comma-separated values is handed to LibreOffice."""
    cell = '<table:table-cell office:value-type="string"><text:p>value</text:p></table:table-cell>'
    row = f"<table:table-row>{cell * 5}</table:table-row>"
    space = "urn:oasis:names:tc:opendocument:xmlns"
    return (
        f'<?xml version="1.0"?><office:document xmlns:office="{space}:office:1.0"'
        f' xmlns:table="{space}:table:1.0" xmlns:text="{space}:text:1.0" office:version="1.2"'
        ' office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body>'
        f'<office:spreadsheet><table:table table:name="a">{row * rows}</table:table>'
        "</office:spreadsheet></office:body></office:document>"
    ).encode()
