"""The pictures of a document are counted again in its PDF."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pikepdf
import pytest
from docx import Document
from PIL import Image

from converters import check, source_pictures
from converters.rendition import CHECKED
from converters.workshop import Source, Workshop
from tests.test_converters_detect import DOCX, a_zip

ODP = "application/vnd.oasis.opendocument.presentation"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
LIST = '<Relationships><Relationship Id="r1" Target="../media/a.png"/></Relationships>'


def with_pictures(*kinds: str) -> bytes:
    document = Document()
    document.add_paragraph("Two pictures of the ward")
    for number, kind in enumerate(kinds):
        picture = io.BytesIO()
        Image.new("RGB", (30, 20 + number), "red").save(picture, kind)
        document.add_picture(picture)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def count(content: bytes, media_type: str) -> int:
    return source_pictures.of(io.BytesIO(content), media_type)


def test_every_type_that_is_counted_is_checked() -> None:
    assert source_pictures._READERS.keys() <= CHECKED


def test_a_text_has_its_pictures_each_once() -> None:
    assert count(with_pictures("PNG", "JPEG", "PNG"), DOCX) == 3
    assert count(with_pictures(), DOCX) == 0


def test_the_same_picture_under_two_names_is_one() -> None:
    spaces = 'xmlns:o="o" xmlns:d="d" xmlns:x="x"'
    images = "".join(f'<d:image x:href="{one}.png"/>' for one in "abc")
    members = {"content.xml": f"<o:body {spaces}>{images}</o:body>".encode()}
    members |= {"a.png": b"same", "b.png": b"same", "c.png": b"else"}
    assert count(a_zip(members), ODP) == 2


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ('<a:blip r:embed="r1"/>', 1),
        ('<mc:Fallback><a:blip r:embed="r1"/></mc:Fallback>', 0),
        ('<a:blip r:link="r1"/>', 0),
        ('<a:blip r:embed="r9"/>', 0),
    ],
)
def test_a_slide_has_what_it_shows_itself(shown: str, expected: int) -> None:
    spaces = 'xmlns:p="p" xmlns:a="a" xmlns:r="r" xmlns:mc="m"'
    slide = f"<p:sld {spaces}>{shown}</p:sld>".encode()
    members = {"ppt/slides/slide1.xml": slide, "ppt/slides/_rels/slide1.xml.rels": LIST.encode()}
    members["ppt/media/a.png"] = b"x"
    assert count(a_zip(members), PPTX) == expected


def test_an_open_document_has_those_that_are_in_it_and_no_drawings() -> None:
    images = "".join(
        f'<d:image x:href="{one}"/>'
        for one in ("Pictures/a.png", "Pictures/a.png", "http://a.example/b.png", "Pictures/c.svm")
    )
    content = f'<o:body xmlns:o="o" xmlns:d="d" xmlns:x="x">{images}</o:body>'.encode()
    members = {"content.xml": content, "Pictures/a.png": b"x", "Pictures/c.svm": b"x"}
    assert count(a_zip(members), ODP) == 1


def missing(tmp_path: Path, pictures: int, content: bytes) -> int:
    """Check a PDF with so many pictures, each with its mask, against a document."""
    image = {"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image}
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.Contents = pdf.make_stream(b"0 0 m 9 9 l S")
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary())
        for number in range(pictures):
            mask = pikepdf.Stream(pdf, b"\0", pikepdf.Dictionary(image))
            shown = pikepdf.Stream(pdf, b"\0", pikepdf.Dictionary({**image, "/SMask": mask}))
            page.Resources.XObject[f"/I{number}"] = shown
        pdf.save(tmp_path / "made.pdf")
    (tmp_path / "source").write_bytes(content)
    (tmp_path / "printed").write_text("Two pictures of the ward", encoding="utf-8")
    made, source, printed = (
        os.open(tmp_path / name, os.O_RDONLY) for name in ("made.pdf", "source", "printed")
    )
    return int(check.check(made, source, DOCX, printed)["pictures_missing"])


@pytest.mark.parametrize(("pictures", "expected"), [(0, 2), (1, 1), (2, 0), (3, 0)])
def test_a_mask_stands_for_no_picture(tmp_path: Path, pictures: int, expected: int) -> None:
    assert missing(tmp_path, pictures, with_pictures("PNG", "JPEG")) == expected


@pytest.mark.slow
def test_a_document_with_pictures_keeps_them(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(with_pictures("PNG", "JPEG", "GIF", "BMP", "TIFF"))
    assert workshop.convert(Source(tmp_path / "file", DOCX), tmp_path).warnings == ()


@pytest.mark.slow
def test_one_that_nothing_can_show_is_missed(workshop: Workshop, tmp_path: Path) -> None:
    whole = with_pictures("PNG")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    members["word/media/image1.png"] = b"no picture at all"
    (tmp_path / "file").write_bytes(a_zip(members))
    made = workshop.convert(Source(tmp_path / "file", DOCX), tmp_path)
    assert made.warnings == ("pictures_missing",)
