from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from docx import Document

from converters import (
    check,
    open_document_words,
    page,
    sheet_words,
    slide_words,
    source_words,
    word_words,
    words,
)
from converters.fault import Shortened, TooLarge
from converters.rendition import CHECKED
from converters.sheet_words import _Cells
from tests.test_converters_detect import a_zip


def test_every_checked_type_has_a_reader() -> None:
    assert set(source_words.READERS) == CHECKED


def test_words_of_a_document_as_it_prints() -> None:
    document = Document()
    document.add_heading("Statement of Müller")
    paragraph = document.add_paragraph("seen ")
    paragraph.add_run("hidden").font.hidden = True
    paragraph.add_run(" twice")
    document.add_table(1, 1).cell(0, 0).text = "cell"
    buffer = io.BytesIO()
    document.save(buffer)
    assert word_words.of(buffer) == ["statement", "of", "müller", "seen", "twice", "cell"]


def test_words_of_an_open_document_as_it_prints() -> None:
    content = """<office:document-content
      xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
      xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>
      <text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>
      <text:h>Title</text:h><text:p>one<text:s/>two<text:span>three</text:span>
      <office:annotation><text:p>comment</text:p></office:annotation>
      <text:note><text:note-body><text:p>foot</text:p></text:note-body></text:note> four</text:p>
      </office:text></office:body></office:document-content>"""
    archive = io.BytesIO(a_zip({"content.xml": content.encode()}))
    assert sorted(open_document_words.of_text(archive)) == [
        "foot",
        "four",
        "one",
        "title",
        "twothree",
    ]


def test_words_of_an_open_document_however_deep_they_stand() -> None:
    deep = "<text:span>a " * 5_000 + "</text:span> b" * 5_000
    content = f"""<office:document-content
      xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
      xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>
      <text:p>first {deep} last</text:p></office:text></office:body></office:document-content>"""
    found = open_document_words.of_text(io.BytesIO(a_zip({"content.xml": content.encode()})))
    assert found == ["first", *["a"] * 5_000, *["b"] * 5_000, "last"]


SOURCE = [f"word{number}" for number in range(1000)]
PRINTED = " ".join(SOURCE)


@pytest.mark.parametrize(
    "printed",
    [
        PRINTED,
        PRINTED.upper(),
        PRINTED.replace("word500", "wo-\nrd500"),
        "header 1/9 ".join(PRINTED.partition("word500")),
        PRINTED.replace("word5 ", ""),
        PRINTED + " notes at the end" * 50,
    ],
)
def test_words_set_differently_are_found(printed: str) -> None:
    assert not words.missing(SOURCE, printed)


@pytest.mark.parametrize(
    "printed",
    [
        "",
        " ".join(SOURCE[:980]),
        " ".join(SOURCE[20:]),
        " ".join(SOURCE[:500] + SOURCE[520:]),
        " ".join(SOURCE[-15:] + SOURCE[:-15] + ["filler"] * 20_000),
    ],
    ids=["nothing", "no tail", "no head", "no middle", "the tail elsewhere"],
)
def test_a_loss_of_more_than_one_word_in_a_hundred_is_seen(printed: str) -> None:
    assert words.missing(SOURCE, printed)


def test_a_page_in_another_place_is_seen_and_a_line_between_is_not() -> None:
    assert words.disordered(SOURCE, " ".join(SOURCE[500:550] + SOURCE[:500] + SOURCE[550:]))
    assert not words.disordered(SOURCE, "header 1/9 ".join(PRINTED.partition("word500")))
    assert not words.disordered(["שלום", "עולם", "היום", "טוב"], "טוב היום עולם שלום")


def test_a_hyphen_at_the_end_of_a_line_may_be_the_sources() -> None:
    source = ["post", "ironic", "lo", "fi", "pour", "over"]
    assert not words.missing(source, "post-\nironic lo-\nfi pour-\nover")
    assert not words.missing(source, "postironic lofi pourover"), "as pdftotext joins them"
    assert words.missing([*source, *source], "postironic lofi pourover")


def test_a_repeated_paragraph_does_not_stand_for_a_lost_one() -> None:
    lines = ["the", "same", "line", "again"] * 200
    assert words.missing(lines, " ".join(lines[:600]))


def test_a_language_without_spaces_and_one_read_from_the_right() -> None:
    assert not words.missing(["中文测试句子"], "中文测\n试句子")
    assert not words.missing(["שלום"], "םולש")


def html_words(page: str) -> list[str]:
    return source_words.of_page(io.BytesIO(page.encode()))


def test_words_of_a_page_as_it_shows() -> None:
    page = (
        "<title>no</title><style>.pre, p.a b.note{display:none} .big{color:red}</style>"
        "<p>wo<b>rd</b>s &amp; m&uuml;ch</p><script>no</script><table><td>cell<td>cell</table>"
        '<div style="display:none">no<p>no</p></div><span class="x Pre">no</span>'
        '<p class="big">shown</p><b class=note>no</b><p style="font-size:0">no</p>'
        '<p style="font-size:0.9em;opacity:0.5">end<img src="x" alt="no"><br>last</p>'
    )
    assert html_words(page) == [
        "words", "müch", "cell", "cell", "shown", "end", "last",
    ]  # fmt: skip


def test_words_of_a_workbook_that_print() -> None:
    strings = (
        "<sst><si><t>shared</t></si><si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>no</t></rPh></si>"
        "</sst>"
    )
    sheet = (
        '<worksheet><cols><col min="3" max="3" hidden="1"/></cols><sheetData><row r="1">'
        '<c r="A1" t="s"><v>0</v></c><c r="B1"><v>42</v></c><c r="C1" t="s"><v>0</v></c>'
        '<c r="D1" t="s"><v>1</v></c><c r="E1" t="s"><v>99</v></c></row><row r="2" hidden="1">'
        '<c r="A2" t="s"><v>0</v></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>own</t></is>'
        "</c></row></sheetData></worksheet>"
    )
    book = (
        '<workbook xmlns:r="r"><sheets><sheet r:id="a"/><sheet r:id="b" state="hidden"/>'
        '<sheet r:id="c"/></sheets><definedNames><definedName name="_xlnm.Print_Area" '
        'localSheetId="2">x</definedName></definedNames></workbook>'
    )
    relations = "".join(
        f'<Relationship Id="{one}" Target="{target}"/>'
        for one, target in (
            ("a", "worksheets/1.xml"),
            ("b", "/xl/worksheets/2.xml"),
            ("c", "worksheets/2.xml"),
        )
    )
    members = {
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": f"<Rs>{relations}</Rs>",
        "xl/sharedStrings.xml": strings,
        "xl/worksheets/1.xml": sheet,
        "xl/worksheets/2.xml": sheet,
    }
    archive = io.BytesIO(a_zip({name: text.encode() for name, text in members.items()}))
    assert sheet_words.of(archive) == ["shared", "rich", "own"]


def test_a_string_that_stands_in_too_many_cells_is_too_large() -> None:
    cells = _Cells(["word " * 10_000_000])
    for number in (0, 1):
        cells.start("c", {"t": "s", "r": f"A{number}"})
        cells.start("v", {})
        cells.text("0")
        if number:
            with pytest.raises(TooLarge):
                cells.end("c")
        else:
            cells.end("c")


def test_words_of_slides_that_are_shown() -> None:
    slide = (
        "<sld{}><p><r><t>ti</t></r><r><t>tle</t></r><br/><r><t>more</t></r><fld><t>7</t></fld></p>"
        "<Fallback><p><r><t>no</t></r></p></Fallback></sld>"
    )
    members = {
        "ppt/_rels/presentation.xml.rels": 'Target="slides/slide1.xml" Target="slides/slide2.xml"',
        "ppt/slides/slide1.xml": slide.format(""),
        "ppt/slides/slide2.xml": slide.format(' show="0"'),
        "ppt/slides/slide3.xml": slide.format(""),
    }
    archive = io.BytesIO(a_zip({name: text.encode() for name, text in members.items()}))
    assert slide_words.of(archive) == ["title", "more"]


def test_words_of_open_sheets_and_slides_that_print() -> None:
    spaces = " ".join(f'xmlns:{one}="{one}"' for one in ("o", "t", "table", "style", "draw", "p"))
    content = (
        '<style:style style:name="off"><style:table-properties table:display="false"/>'
        '</style:style><table:table><table:table-row><table:table-cell o:value-type="string">'
        "<t:p>cell<o:annotation><t:p>no</t:p></o:annotation></t:p></table:table-cell>"
        '<table:table-cell o:value-type="float"><t:p>42</t:p></table:table-cell>'
        "</table:table-row></table:table>"
        '<table:table table:style-name="off"><t:p>no</t:p></table:table>'
        '<table:table table:print-ranges="a"><t:p>no</t:p></table:table>'
        "<draw:page><t:p>slide<t:page-number>no</t:page-number></t:p><p:notes><t:p>no</t:p>"
        "</p:notes></draw:page>"
    )
    whole = f"<o:document-content {spaces}>{content}</o:document-content>"
    archive = io.BytesIO(a_zip({"content.xml": whole.encode()}))
    assert open_document_words.of_pages(archive) == ["cell", "slide"]


@pytest.mark.parametrize(
    ("media_type", "source", "printed", "is_whole"),
    [
        ("text/html", "<p>one two three four five six</p>", "one two three four five six", True),
        ("text/html", "<p>one two three four five six</p>", "one two", False),
        ("text/plain", "a b c d e f g h i j", "f g h i j a b c d e", False),
        ("text/csv", "a,b,c,d,e\n", "e d c b a", True),
        ("text/plain", "a\tf\nb\tg\nc\th\nd\ti\ne\tj\n", "a b c d e f g h i j", True),
    ],
)
def test_a_pdf_that_lacks_words_is_no_conversion(
    tmp_path: Path, media_type: str, source: str, printed: str, is_whole: bool
) -> None:
    page.write(page.wrapped("<p>x</p>", "x"), tmp_path / "pdf")
    (tmp_path / "source").write_text(source, "utf-8")
    (tmp_path / "printed").write_text(printed, "utf-8")
    pdf, given, text = (
        os.open(tmp_path / one, os.O_RDONLY) for one in ("pdf", "source", "printed")
    )
    if is_whole:
        assert check.check(pdf, given, media_type, text) == {
            "pages": 1,
            "compared": True,
            "pictures_missing": 0,
            "nothing": False,
        }
    else:
        with pytest.raises(Shortened):
            check.check(pdf, given, media_type, text)


@pytest.mark.parametrize("source", [["knee"], ["left", "knee"]])
def test_of_the_shortest_source_a_word_has_to_be_there(source: list[str]) -> None:
    assert words.missing(source, "others\n")
    assert not words.missing(source, "knee\n")
    assert not words.missing([], "others\n")


def test_lam_and_alef_come_out_of_a_pdf_in_either_order() -> None:
    # A font has one sign for both, and who reads the PDF turns its letters round.
    source = words.words("هذه لا تتوافق مع الأيزو وللإشارة الأبجدية")
    printed = "هذه ال تتوافق مع األيزو ولإلشارة األبجدية"
    assert words.absent(source, printed) == 0
    assert words.absent(source, " ".join(source)) == 0
    assert words.absent([*source, "الأوروبية"], printed) == 1
    assert words.absent(["الا", "لاا"], "الا") == 1


def test_a_capital_set_apart_is_found_with_the_rest_of_its_word() -> None:
    source = ["drop", "cap", "d", "rop", "cap", "in", "margin"]
    assert words.absent(source, "Drop cap Drop cap in margin") == 0
    assert words.absent(source, "Drop cap cap in margin") == 2


def test_the_end_of_a_sheet_may_print_before_its_other_columns() -> None:
    source = [f"row{number}" for number in range(200)]
    printed = " ".join(source) + " 17.5" * 4000
    assert words.missing(source, printed)
    assert not words.missing(source, printed, end_anywhere=True)
    assert words.missing(source, " ".join(source[:-9]) + " 17.5" * 4000, end_anywhere=True)


def test_letters_that_stand_one_below_the_other_are_words() -> None:
    printed = "t\ne\nx\nt\n\nt\no\n\nr\no\nt\na\nt\ne\n\ntext to rotate\n"
    source = ["text", "to", "rotate"]
    assert words.absent(source * 2, printed) == 0
    assert words.absent(source * 3, printed) > 0


def test_words_that_narrow_cells_break_are_found_in_their_pieces() -> None:
    printed = "should be\noverwritt overwritt overwritt\nen en en\nhzet@wzu.u\nni-\naugsburg.de"
    source = ["should", "be", *["overwritten"] * 3, "hzet", "wzu", "uni", "augsburg", "de"]
    assert words.absent(source, printed) == 0
    assert words.absent([*source, "overwritten"], printed) == 1
    assert words.absent([*source, "uni"], printed) == 1
    # A piece that is a word of the source is not a piece of another one as well.
    assert words.absent(["set", "tle", "settle"], "set tle") == 1
