"""A sheet's two forms: the same words, safe in HTML, and readable whatever shows them."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from config.settings import Service
from gateway.road.package import Fate
from gateway.telling.digest import Line, digest
from gateway.telling.html import DARK, LIGHT, html_of
from gateway.telling.mail import Mail
from gateway.telling.notice import notice
from gateway.telling.progress import progress
from gateway.telling.receipt import receipt
from gateway.telling.second_question import Waiting, second_question
from gateway.telling.sheet import Entry, Link, Section, Sheet, Table
from gateway.telling.text import text_of
from gateway.trial import Trial
from tests.letter_folders import NOW
from tests.packages import DOCX, package, part
from tests.stripped import stripped
from tests.test_gateway_telling_receipt import FILED, MADE, SERVICE, filed, held
from tests.test_portal_web_style import contrast

HOSTILE = '"><script>alert(1)</script><a href="javascript:x">&amp; {{ 7*7 }} <!--'


def every() -> dict[str, Mail]:
    """Each kind of mail, in each of its forms."""
    parts = (
        part("2", "Smith #2.pdf", remarks=("characters:#",), filed_name="Smith 2.pdf"),
        part("3", "notes.docx", DOCX, pdf=MADE),
        part("4", HOSTILE + ".pdf"),
    )
    missing = part("5", "records.pdf", fate=Fate.HELD, reason="file_password")
    program = part("6", "x.exe", fate=Fate.REFUSED, reason="file_type_blocked")
    number, link = "7KQ4M2XD", "https://gateway.example/answer/abc"
    question = held("consultant_unknown", *parts)
    lines = [
        Line(number, NOW, "filed", 3, 0, "24-001234"),
        Line(number, NOW, "with_us", 1, 1, None),
    ]
    scans = [
        dataclasses.replace(
            line,
            sent_at=NOW,
            message_id=f"<{'x' * 60}.prod.outlook.com@mail.bakerllp.example>",
            sender="scans-of-the-second-floor@bakerllp.example",
        )
        for line in lines
    ]
    waiting = Waiting(number, NOW, "pat.hall@bakerllp.example", "unanswered", NOW, with_team=False)
    return {
        "filed": receipt(filed(*parts), number, SERVICE),
        "except": receipt(filed(*parts, missing, program), number, SERVICE),
        "counts": receipt(filed(*parts, missing), number, SERVICE, encrypted=False),
        "question": receipt(question, number, SERVICE, answer_link=link, promised=NOW),
        "unknown": receipt(question, number, SERVICE, promised=NOW),
        "not filed": receipt(filed(program), number, SERVICE),
        "rehearsal": receipt(filed(*parts), number, SERVICE, trial=Trial.ALONE),
        "no rehearsal": receipt(filed(*parts), number, SERVICE, trial=Trial.BESIDE),
        "progress": progress(4, number, SERVICE, arrived_at=NOW, promised=NOW),
        "notice": notice(package(*parts, resolution=FILED), [], number, SERVICE),
        "digest": digest(lines, SERVICE),
        "stranger's digest": digest(lines[1:], SERVICE),
        "devices": digest(scans, SERVICE, "devices"),
        "copy": receipt(filed(*parts), number, SERVICE, copied="pat.hall@bakerllp.example"),
        "counted copy": receipt(filed(*parts), number, SERVICE, encrypted=False, copied=""),
        "second question": second_question(waiting, SERVICE, link),
        "counted second question": second_question(waiting, SERVICE, None),
    }


MAILS = every()


def html_form(kind: str) -> str:
    html = MAILS[kind].html
    assert html is not None
    return html


class Outline(HTMLParser):
    """What elements there are, with their attributes; an unclosed one is a fault."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]


@pytest.mark.parametrize("kind", MAILS)
def test_both_forms_say_the_same_words(kind: str) -> None:
    mail = MAILS[kind]
    assert stripped(html_form(kind)).split() == mail.text.split()


def test_the_comparison_sees_a_difference() -> None:
    mail = MAILS["filed"]
    assert (
        stripped(html_form("filed").replace("Contents unchanged", "Contents")).split()
        != mail.text.split()
    )
    notice_html = html_form("notice").replace("/p/", "/q/")
    assert stripped(notice_html).split() != MAILS["notice"].text.split()


@pytest.mark.parametrize("kind", MAILS)
def test_it_is_a_whole_document_that_loads_nothing(kind: str) -> None:
    html = html_form(kind)
    outline = Outline(html)
    tags = outline.tags()
    assert html.startswith("<!DOCTYPE html>\n")
    assert outline.elements[0] == ("html", {"lang": "en"})
    assert tags.count("h1") == tags.count("title") == 1
    assert set(tags) <= {
        *("html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "p", "br"),
        *(
            "strong",
            "span",
            "a",
            "ul",
            "li",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        ),
    }
    assert not re.search(r"url\(|@import|src=|javascript:", re.sub(r"&[^;]*;|>[^<]*<", "", html))
    assert len(html.encode()) < 60_000
    for tag, attributes in outline.elements:
        if tag == "a":
            assert (attributes["href"] or "").startswith("https://gateway.example/")
        if tag == "th":
            assert attributes["scope"] in {"col", "row"}
    assert tags.count("table") == tags.count("caption")


def test_a_foreign_name_stays_a_name() -> None:
    html = html_form("filed")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{ 7*7 }}" in html


def test_the_sizes_and_colours_that_the_design_asks_for() -> None:
    html = html_form("question")  # it has a link
    assert "font-size:16px" in html
    assert "max-width:600px" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    for colours in (LIGHT, DARK):
        assert contrast(colours["ink"], colours["paper"]) >= 17
        assert contrast(colours["link"], colours["paper"]) >= 6.7
        assert contrast(colours["line"], colours["paper"]) >= 3
        assert set(colours.values()) <= set(re.findall("#[0-9a-f]{6}", html))


def test_the_longest_digest_is_not_cut_off_by_anybody() -> None:
    line = Line("7KQ4M2XD", NOW, "filed_in_part", 888, 111, "24-001234, 24-001300")
    assert len((digest([line] * 60, Service()).html or "").encode()) < 60_000
    longest = dataclasses.replace(
        line, sent_at=NOW, message_id=f"<{'x' * 398}>", sender=f"{'p' * 64}@bakerllp.example"
    )
    assert len((digest([longest] * 60, Service(), "firms").html or "").encode()) < 100_000


def test_a_sheet_of_every_part() -> None:
    sheet = Sheet(
        subject="S",
        banner="Banner.",
        heading="Heading.",
        lead=("Lead.", "More."),
        asks=(Link("Go there", "https://gateway.example/a"), "Or not."),
        facts=(("A", "1"), ("Longer than it", "2")),
        sections=(
            Section("Words", ("One.", "Two.")),
            Section("Plain: 1", entries=(Entry("n", ("said",)), Entry("", ("nameless",)))),
            Section("Pairs: 1", entries=(Entry("n", ("a", "b")),), columns=("Your file", "Ours")),
            Section("Table", table=Table(("C", "D"), (("1", "wide"), ("22", "x")))),
        ),
        ways=("Way.",),
        signature=("Us", "Ltd"),
    )
    assert text_of(sheet) == (
        "Banner.\n\nHeading. Lead. More.\n\nGo there: https://gateway.example/a\nOr not.\n\n"
        "A:              1\nLonger than it: 2\n\nWORDS\nOne.\nTwo.\n\n"
        "PLAIN: 1\n- n: said\n- nameless\n\nPAIRS: 1\n1. n\n   a\n   b\n\n"
        "TABLE\nC   D\n1   wide\n22  x\n\nWay.\n\nUs\nLtd\n"
    )
    assert stripped(html_of(sheet)).split() == text_of(sheet).split()
