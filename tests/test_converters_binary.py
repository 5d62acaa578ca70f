"""The words of documents as Office wrote them before 2007, and what their PDF does not show."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from converters import binary_sheet, binary_slides, binary_word, rich_text, unseen
from tests.test_converters_kinds import NAMESPACES, OPEN

WORD, EXCEL, SLIDES = (
    f"application/{each}" for each in ("msword", "vnd.ms-excel", "vnd.ms-powerpoint")
)
SPACES = (
    f'{NAMESPACES} xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"'
    ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    ' xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"'
)


def document(kind: str, styles: str, body: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {SPACES} office:version="1.3" '
        f'office:mimetype="{OPEN}{kind}"><office:automatic-styles>{styles}'
        f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}>"
        "</office:body></office:document>"
    )


HIDDEN = (
    '<style:style style:name="h" style:family="text"><style:text-properties text:display="none"/>'
    "</style:style>"
)
CHANGES = """<text:tracked-changes><text:changed-region text:id="c"><text:deletion>
<office:change-info><dc:creator>Pat</dc:creator><dc:date>2024-01-05T10:00:00</dc:date>
</office:change-info><text:p>struck</text:p></text:deletion></text:changed-region>
</text:tracked-changes>"""
NOTE = (
    '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
    "<text:note-body><text:p>beneath</text:p></text:note-body></text:note>"
)
TEXT = document(
    "text",
    HIDDEN,
    f"{CHANGES}<text:p>Dear Zo\u00eb \u4e2d\u6587</text:p>"
    '<text:p>seen <text:span text:style-name="h">secret</text:span>'
    f'<text:change text:change-id="c"/> again{NOTE}</text:p>'
    "<text:p>Page <text:page-number>7</text:page-number>, the end</text:p>",
)


def a_cell(text: str) -> str:
    return (
        '<table:table-cell office:value-type="string"><text:p>'
        + text
        + "</text:p></table:table-cell>"
    )


BOOK = document(
    "spreadsheet",
    '<style:style style:name="away" style:family="table"><style:table-properties '
    'table:display="false"/></style:style>',
    f'<table:table table:name="a"><table:table-column/><table:table-column table:visibility='
    f'"collapse"/><table:table-row>{a_cell("first")}{a_cell("beside")}<table:table-cell '
    f'office:value-type="float" office:value="4711"/></table:table-row><table:table-row '
    f'table:visibility="collapse">{a_cell("below")}</table:table-row><table:table-row>'
    f"{a_cell('last')}</table:table-row></table:table>"
    f'<table:table table:name="b" table:style-name="away"><table:table-row>{a_cell("elsewhere")}'
    "</table:table-row></table:table>",
)


CUT = document(
    "spreadsheet",
    "",
    f'<table:table table:name="a" table:print-ranges="a.A1:a.A1"><table:table-row>'
    f"{a_cell('printed')}</table:table-row><table:table-row>{a_cell('beyond')}</table:table-row>"
    "</table:table>",
)


def a_slide(name: str, text: str, style: str = "") -> str:
    return (
        f'<draw:page draw:name="{name}"{style}><draw:frame svg:x="2cm" svg:y="2cm" svg:width="9cm" '
        f'svg:height="2cm"><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>'
        "</draw:page>"
    )


SHOW = document(
    "presentation",
    '<style:style style:name="away" style:family="drawing-page"><style:drawing-page-properties '
    'presentation:visibility="hidden"/></style:style>',
    a_slide("one", "Opening \u4e2d\u6587")
    + a_slide("two", "backstage", ' draw:style-name="away"')
    + a_slide("three", "Closing"),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Write a document in an old format, as LibreOffice does."""
    folder = tmp_path_factory.mktemp("written")

    def write(source: str, extension: str) -> Path:
        name = f"{hash(source)}"
        made = folder / f"{name}.{extension}"
        if not made.exists():
            given = folder / f"{name}.xml"
            given.write_text(source, encoding="utf-8")
            line = ["soffice", "--headless", f"-env:UserInstallation={(folder / 'p').as_uri()}"]
            line += ["--convert-to", extension, "--outdir", str(folder), str(given)]
            subprocess.run(line, check=True, capture_output=True, timeout=120)
        return made

    return write


def words_of(file: Path, reader: Callable[[IO[bytes]], list[str] | None]) -> list[str] | None:
    with file.open("rb") as opened:
        return reader(opened)


@pytest.mark.slow
class TestWrittenByLibreOffice:
    def test_a_text(self, written: Callable[[str, str], Path]) -> None:
        file = written(TEXT, "doc")
        found = words_of(file, binary_word.words_of)
        assert found == [
            "beneath",
            "dear",
            "zo\u00eb",
            "\u4e2d\u6587",
            "seen",
            "again",
            "page",
            "the",
            "end",
        ]
        assert unseen.of(file, WORD) == ["hidden_text", "tracked_changes"]

    def test_a_rich_text(self, written: Callable[[str, str], Path]) -> None:
        plain = TEXT.replace('text:style-name="h"', "").replace(
            '<text:change text:change-id="c"/>', ""
        )
        file = written(plain.replace(CHANGES, ""), "rtf")
        found = words_of(file, rich_text.words_of)
        assert found is not None
        assert {"dear", "zo\u00eb", "\u4e2d\u6587", "seen", "secret", "again", "the", "end"} <= {
            *found
        }

    def test_a_workbook(self, written: Callable[[str, str], Path]) -> None:
        file = written(BOOK, "xls")
        assert words_of(file, binary_sheet.words_of) == ["first", "last"]
        assert unseen.of(file, EXCEL) == ["hidden_sheets", "hidden_cells"]

    def test_a_sheet_with_a_print_area_is_not_looked_at(
        self, written: Callable[[str, str], Path]
    ) -> None:
        assert words_of(written(CUT, "xls"), binary_sheet.words_of) == []

    def test_a_presentation(self, written: Callable[[str, str], Path]) -> None:
        file = written(SHOW, "ppt")
        assert words_of(file, binary_slides.words_of) == ["opening", "\u4e2d\u6587", "closing"]
        assert unseen.of(file, SLIDES) == ["hidden_slides"]

    @pytest.mark.parametrize(
        ("source", "extension", "reader"),
        [
            (TEXT, "doc", binary_word.words_of),
            (BOOK, "xls", binary_sheet.words_of),
            (SHOW, "ppt", binary_slides.words_of),
        ],
    )
    def test_damage_ends_in_words_or_in_none_and_in_nothing_else(
        self,
        written: Callable[[str, str], Path],
        tmp_path: Path,
        source: str,
        extension: str,
        reader: Callable[[IO[bytes]], list[str] | None],
    ) -> None:
        whole = written(source, extension).read_bytes()
        chance = random.Random(7)
        for _ in range(100):
            spoiled = bytearray(whole)
            for _ in range(chance.randint(1, 30)):
                spoiled[chance.randrange(len(spoiled))] = chance.choice((0, 1, 127, 255))
            if chance.random() < 0.2:
                del spoiled[chance.randrange(len(spoiled)) :]
            (tmp_path / "file").write_bytes(spoiled)
            found = words_of(tmp_path / "file", reader)
            assert found is None or isinstance(found, list)


def test_text_in_front_of_the_first_slide_is_of_none() -> None:
    def record(kind: int, body: bytes, version: int = 0, instance: int = 0) -> bytes:
        return struct.pack("<HHI", version | instance << 4, kind, len(body)) + body

    text = record(0x0FA0, "adrift".encode("utf-16-le"))
    listed = record(0x0FF0, text, version=0xF)
    whole = record(0x03E8, listed, version=0xF)
    places = record(0x1772, struct.pack("<2I", 1 | 1 << 20, 0))
    edit = record(0x0FF5, struct.pack("<IIIII", 0, 0, 0, len(whole), 1))
    data = whole + places + edit
    slides = binary_slides._Slides(data, len(whole) + len(places))
    assert list(slides.shown()) == ["adrift"]


def test_fields_in_fields_are_read_in_one_go() -> None:
    inner = "\x13 HYPERLINK x \x14shown\x15"
    story = f"a \x13 REF y \x14{inner}\x15 \x13 PAGE \x14{inner} 7\x15 b"
    assert binary_word._printed(story).split() == ["a", "shown", "b"]


def test_a_rich_text_of_very_many_fields_is_not_compared() -> None:
    field = rb"{\field{\*\fldinst HYPERLINK a}{\fldrslt b}}"
    assert rich_text.words_of(io.BytesIO(rb"{\rtf1 " + field * 3 + b"}")) is not None
    assert rich_text.words_of(io.BytesIO(rb"{\rtf1 " + field * 501 + b"}")) is None


def test_a_rich_text_with_what_is_not_shown_is_not_compared() -> None:
    for source in (rb"{\rtf1 a {\v b} c}", rb"{\rtf1 a {\deleted b} c}"):
        assert rich_text.words_of(io.BytesIO(source)) is None
    assert rich_text.words_of(io.BytesIO(rb"{\rtf1\ansi a \viewkind4 {\b b} \u235?}")) == [
        "a",
        "b",
        "\u00eb",
    ]


def test_a_rich_text_of_odd_numbers_is_not_compared() -> None:
    for source in (rb"{\rtf1\ansicpg99999 \'e4}", rb"{\rtf1 \u99999999999999 a}"):
        found = rich_text.words_of(io.BytesIO(source))
        assert found is None or isinstance(found, list)


def test_what_is_no_compound_file_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(os.urandom(3000))
    for reader in (binary_word.words_of, binary_sheet.words_of, binary_slides.words_of):
        assert words_of(tmp_path / "file", reader) is None
