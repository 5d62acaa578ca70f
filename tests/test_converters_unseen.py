"""What a document holds and its PDF does not show is told, and nothing else is."""

from __future__ import annotations

import struct
from functools import partial
from pathlib import Path

import pytest

from config import remarks
from converters import unseen
from converters.compound_write import Node, compound_chunks
from tests.test_converters_detect import DOCX, a_docx, a_zip

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
ODT = "application/vnd.oasis.opendocument.text"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def of(tmp_path: Path, content: bytes, media_type: str) -> list[str]:
    (tmp_path / "file").write_bytes(content)
    return unseen.of(tmp_path / "file", media_type)


def of_parts(tmp_path: Path, media_type: str, **parts: str) -> list[str]:
    members = {name.replace("__", "/"): text.encode() for name, text in parts.items()}
    return of(tmp_path, a_zip(members), media_type)


def test_every_code_has_words() -> None:
    assert set(unseen.CODES) <= remarks.warning_codes()


def test_a_plain_document_holds_nothing_unseen(tmp_path: Path) -> None:
    assert of(tmp_path, a_docx(), DOCX) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<w:ins><w:r><w:t>new</w:t></w:r></w:ins>", ["tracked_changes"]),
        ("<w:del><w:r><w:delText>old</w:delText></w:r></w:del>", ["tracked_changes"]),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>", ["hidden_text"]),
        ('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>shown</w:t></w:r>', []),
        ("<w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:t>shown</w:t></w:r>", []),
        ("<w:r><w:rPr><w:vanish/></w:rPr></w:r>", []),
    ],
)
def test_a_text_with_changes_or_hidden_words(
    tmp_path: Path, body: str, expected: list[str]
) -> None:
    document = f"<w:document {W}><w:body><w:p>{body}</w:p></w:body></w:document>"
    assert of_parts(tmp_path, DOCX, **{"word/document.xml": document}) == expected


def test_comments_macros_and_links_of_an_office_document(tmp_path: Path) -> None:
    link = '<Rs><Relationship Type="x/{}" Target="y" TargetMode="External"/></Rs>'
    parts = {
        "word/comments.xml": "<c:comments xmlns:c='x'><c:comment/></c:comments>",
        "word/vbaProject.bin": "",
        "word/_rels/document.xml.rels": link.format("image"),
    }
    assert of_parts(tmp_path, DOCX, **parts) == ["comments", "external_links", "macros"]
    parts = {
        "word/comments.xml": "<comments/>",
        "word/_rels/document.xml.rels": link.format("hyperlink"),
    }
    assert of_parts(tmp_path, DOCX, **parts) == []


def test_hidden_sheets_rows_and_columns_of_a_workbook(tmp_path: Path) -> None:
    book = '<workbook><sheets><sheet name="a" state="{}"/></sheets></workbook>'
    for state, expected in (("veryHidden", ["hidden_sheets"]), ("visible", [])):
        assert of_parts(tmp_path, XLSX, **{"xl/workbook.xml": book.format(state)}) == expected
    cell = '<row r="1"{}><c r="AB1"><v>1</v></c></row>'
    columns = '<cols><col min="{}" max="{}" hidden="1"/></cols>'
    for inside, expected in (
        (cell.format(' hidden="1"'), ["hidden_cells"]),
        (cell.format(""), []),
        (columns.format(28, 28) + cell.format(""), ["hidden_cells"]),
        (columns.format(29, 16384) + cell.format(""), []),
        ('<row r="1" hidden="1"><c r="A1"/></row>', []),
    ):
        sheet = f"<worksheet>{inside}</worksheet>"
        assert of_parts(tmp_path, XLSX, **{"xl/worksheets/sheet1.xml": sheet}) == expected, inside


def test_hidden_slides_and_speaker_notes(tmp_path: Path) -> None:
    parts = {
        "ppt/slides/slide1.xml": '<p:sld xmlns:p="x" show="0"/>',
        "ppt/notesSlides/notesSlide1.xml": "<n><r><t>say this</t></r></n>",
    }
    assert of_parts(tmp_path, PPTX, **parts) == ["hidden_slides", "speaker_notes"]
    numbered = {"ppt/notesSlides/notesSlide1.xml": "<n><fld><t>1</t></fld></n>"}
    assert of_parts(tmp_path, PPTX, **numbered) == []


SPACES = " ".join(
    f'xmlns:{each}="urn:{each}"' for each in ("o", "t", "table", "style", "draw", "p", "x")
)


@pytest.mark.parametrize(
    ("media_type", "content", "expected"),
    [
        (ODT, "<t:tracked-changes><t:changed-region/></t:tracked-changes>", ["tracked_changes"]),
        (ODT, '<t:tracked-changes t:track-changes="false"/>', []),
        (ODT, "<t:p>a<o:annotation><t:p>b</t:p></o:annotation></t:p>", ["comments"]),
        (ODT, "<t:p><t:hidden-text>a</t:hidden-text></t:p>", ["hidden_text"]),
        (ODT, '<draw:image x:href="https://a.example/x.png"/>', ["external_links"]),
        (ODT, '<t:a x:href="https://a.example/">a</t:a>', []),
        (
            ODT,
            (
                '<style:style style:name="T1"><style:text-properties t:display="none"/>'
                '</style:style><t:p>shown<t:span t:style-name="T1">hidden</t:span></t:p>'
            ),
            ["hidden_text"],
        ),
        (
            ODS,
            (
                '<style:style style:name="ta2"><style:table-properties table:display="false"/>'
                '</style:style><table:table table:style-name="ta2"/>'
            ),
            ["hidden_sheets"],
        ),
        (
            ODS,
            (
                '<table:table><table:table-row table:visibility="collapse"><table:table-cell>'
                "<t:p>x</t:p></table:table-cell></table:table-row></table:table>"
            ),
            ["hidden_cells"],
        ),
        (
            ODS,
            (
                '<table:table><table:table-column table:number-columns-repeated="2"/>'
                '<table:table-column table:visibility="filter"/><table:table-row>'
                '<table:table-cell table:number-columns-repeated="2"/><table:table-cell>'
                "<t:p>x</t:p></table:table-cell></table:table-row></table:table>"
            ),
            ["hidden_cells"],
        ),
        (
            ODS,
            (
                "<table:table><table:table-column/><table:table-column "
                'table:visibility="collapse"/><table:table-row><table:table-cell><t:p>x</t:p></table:table-cell>'
                "</table:table-row></table:table>"
            ),
            [],
        ),
        (
            ODP,
            (
                '<style:style style:name="d"><style:drawing-page-properties p:visibility="hidden"/>'
                '</style:style><draw:page draw:style-name="d"><p:notes><t:p>say</t:p></p:notes>'
                "</draw:page>"
            ),
            ["hidden_slides", "speaker_notes"],
        ),
        (ODP, "<p:notes><t:page-number>&lt;number&gt;</t:page-number></p:notes>", []),
    ],
)
def test_an_open_document(
    tmp_path: Path, media_type: str, content: str, expected: list[str]
) -> None:
    parts = {"content.xml": f"<o:document-content {SPACES}>{content}</o:document-content>"}
    assert of_parts(tmp_path, media_type, **parts) == expected


def test_a_basic_module_is_a_macro_and_an_empty_library_is_none(tmp_path: Path) -> None:
    assert of_parts(tmp_path, ODS, **{"Basic/Standard/script-lb.xml": ""}) == []
    assert of_parts(tmp_path, ODS, **{"Basic/Standard/Module1.xml": ""}) == ["macros"]


def test_rich_text(tmp_path: Path) -> None:
    rich = rb"{\rtf1 {\deleted old}{\v hidden}{\*\annotation note} \viewkind4 }"
    found = of(tmp_path, rich, "application/rtf")
    assert found == ["hidden_text", "tracked_changes", "comments"]
    assert of(tmp_path, rb"{\rtf1 \viewkind4 plain \v0}", "application/rtf") == []


def a_compound(streams: dict[str, bytes]) -> bytes:
    nodes = [Node(name, None, len(held), partial(iter, [held])) for name, held in streams.items()]
    return b"".join(compound_chunks(Node("Root Entry", nodes)))


def record(number: int, body: bytes) -> bytes:
    return struct.pack("<HH", number, len(body)) + body


def test_a_binary_workbook(tmp_path: Path) -> None:
    book = (
        record(0x0809, bytes(16))
        + record(0x0085, struct.pack("<IBB", 0, 2, 0) + b"\x01\x00a")
        + record(0x0809, bytes(16))
        + record(0x0208, struct.pack("<HHHHHHH", 3, 0, 1, 0, 0, 0, 0x20) + bytes(2))
        + record(0x00FD, struct.pack("<HHHI", 3, 0, 0, 0))
        + record(0x001C, bytes(12))
    )
    streams = {"Workbook": book.ljust(5000, b"\0")}
    assert of(tmp_path, a_compound(streams), "application/vnd.ms-excel") == [
        "hidden_sheets",
        "hidden_cells",
        "comments",
    ]


def test_binary_slides(tmp_path: Path) -> None:
    def piece(record: int, body: bytes, version: int = 0) -> bytes:
        return struct.pack("<HHI", version, record, len(body)) + body

    text = piece(0x0FA8, b"words")
    notes = [
        piece(0x03F0, piece(0x03F1, struct.pack("<I", slide)) + text, 0xF) for slide in (0, 256)
    ]
    hidden = piece(0x03F9, bytes(10) + b"\x04\x00" + bytes(4))
    for slides, expected in (
        (notes[0], []),
        (notes[1] + hidden, ["hidden_slides", "speaker_notes"]),
    ):
        streams = {"PowerPoint Document": slides.ljust(5000, b"\0")}
        assert of(tmp_path, a_compound(streams), "application/vnd.ms-powerpoint") == expected


def test_what_is_cut_short_anywhere_says_nothing_or_a_part(tmp_path: Path) -> None:
    whole = a_compound({"Workbook": record(0x0085, bytes(5)) * 900})
    for kept in range(0, len(whole), 331):
        assert of(tmp_path, whole[:kept], "application/vnd.ms-excel") == []
    assert of(tmp_path, a_zip({"xl/workbook.xml": b"<a><b>"}), XLSX) == []
