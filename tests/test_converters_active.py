"""What in a PDF does something, wherever it stands and however it is written."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from converters import active, check
from converters.detect import detect
from converters.fault import EngineFailed


def a_script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def a_pdf(change: Callable[[pikepdf.Pdf], None]) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.pages[0].Contents = pdf.make_stream(b"0 0 9 9 re f")
        change(pdf)
        pdf.save(buffer, deterministic_id=True)
    return buffer.getvalue()


def on_opening(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pdf.make_indirect(a_script())


def in_the_catalog_itself(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = a_script()


def deep_in_an_annotation(pdf: pikepdf.Pdf) -> None:
    action = Dictionary(S=Name.URI, Next=Array([Dictionary(S=Name.Launch, F="calc.exe")]))
    pdf.pages[0].Annots = Array([Dictionary(Subtype=Name.Link, A=action)])


def an_attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["notes.txt"] = b"words"


def a_form_that_is_sent(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Annots = Array([Dictionary(A=Dictionary(S=Name.SubmitForm, F="http://x"))])


def a_form_of_xml(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(XFA=pdf.make_stream(b"<xdp/>"), Fields=Array())


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (on_opening, "pdf_script"),
        (in_the_catalog_itself, "pdf_script"),
        (a_form_of_xml, "pdf_script"),
        (deep_in_an_annotation, "pdf_action"),
        (a_form_that_is_sent, "pdf_action"),
        (an_attachment, "pdf_files"),
    ],
)
def test_what_does_something_is_told_and_no_output_has_it(
    tmp_path: Path, change: Callable[[pikepdf.Pdf], None], kind: str
) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(a_pdf(change))
    assert detect(file, "application/pdf", "a.pdf").flags == {kind}
    with file.open("rb") as source, pytest.raises(EngineFailed, match="active content"):
        check.check(os.open(file, os.O_RDONLY), source.fileno(), "image/png")


def test_a_name_is_the_same_however_it_is_escaped(tmp_path: Path) -> None:
    written = a_pdf(in_the_catalog_itself)
    escaped = written.replace(b"/JavaScript", b"/#4aavaScript").replace(b"/JS ", b"/J#53 ")
    assert escaped != written
    file = tmp_path / "a.pdf"
    file.write_bytes(escaped)
    assert "pdf_script" in detect(file, "application/pdf", "a.pdf").flags


def test_links_fields_and_words_of_the_same_letters_do_nothing(tmp_path: Path) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        link = Dictionary(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI="http://a.example/JS"))
        note = Dictionary(Subtype=Name.Text, Contents="(/JavaScript /EF)")
        pdf.pages[0].Annots = Array([link, note])

    file = tmp_path / "a.pdf"
    file.write_bytes(a_pdf(change))
    assert detect(file, "application/pdf", "a.pdf").flags == frozenset()


def test_what_has_too_many_objects_is_not_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active, "_MOST_OBJECTS", 3)
    file = tmp_path / "a.pdf"
    file.write_bytes(a_pdf(on_opening))
    assert detect(file, "application/pdf", "a.pdf").flags == {"pdf_unseen"}
