from __future__ import annotations

import io

import pytest
from docx import Document

from converters import words
from converters.rendition import CHECKED
from tests.test_converters_detect import a_zip


def test_every_checked_type_has_a_reader() -> None:
    assert set(words.READERS) == CHECKED


def test_words_of_a_document_as_it_prints() -> None:
    document = Document()
    document.add_heading("Statement of Müller")
    paragraph = document.add_paragraph("seen ")
    paragraph.add_run("hidden").font.hidden = True
    paragraph.add_run(" twice")
    document.add_table(1, 1).cell(0, 0).text = "cell"
    buffer = io.BytesIO()
    document.save(buffer)
    assert words.of_docx(buffer) == ["statement", "of", "müller", "seen", "twice", "cell"]


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
    assert sorted(words.of_odt(archive)) == ["foot", "four", "one", "title", "twothree"]


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


def test_a_repeated_paragraph_does_not_stand_for_a_lost_one() -> None:
    lines = ["the", "same", "line", "again"] * 200
    assert words.missing(lines, " ".join(lines[:600]))


def test_a_language_without_spaces_and_one_read_from_the_right() -> None:
    assert not words.missing(["中文测试句子"], "中文测\n试句子")
    assert not words.missing(["שלום"], "םולש")
