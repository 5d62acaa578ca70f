"""What a file is: made-up files here, the corpus where it is there."""

from __future__ import annotations

import io
import os
import random
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from docx import Document
from PIL import Image

from config.media import catalogue
from converters.detect import Detected, detect

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PE = "application/vnd.microsoft.portable-executable"


def of(tmp_path: Path, content: bytes, name: str | None = None, declared: str = "") -> Detected:
    file = tmp_path / "part"
    file.write_bytes(content)
    return detect(file, declared or "application/octet-stream", name)


def a_pdf(password: str = "", pages: int = 3) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page()
        if password:
            pdf.save(buffer, encryption=pikepdf.Encryption(owner=password, user=password))
        else:
            pdf.save(buffer)
    return buffer.getvalue()


def an_image(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(buffer, kind)
    return buffer.getvalue()


def a_zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def a_docx() -> bytes:
    buffer = io.BytesIO()
    document = Document()
    document.add_paragraph("words")
    document.save(buffer)
    return buffer.getvalue()


def a_program() -> bytes:
    head = b"MZ" + bytes(58) + struct.pack("<I", 64)
    return head + b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, 224, 0x102) + bytes(300)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    assert of(tmp_path, b"", "a.pdf").flags == {"empty"}


def test_a_pdf_with_its_pages(tmp_path: Path) -> None:
    found = of(tmp_path, a_pdf(), "a.pdf", "application/pdf")
    assert found == Detected("application/pdf", frozenset(), pages=3)


def test_a_pdf_behind_junk_of_up_to_a_kilobyte(tmp_path: Path) -> None:
    for junk in (b"\x00\xffjunk\n", b"words\n" * 100):
        assert of(tmp_path, junk + a_pdf()).media_type == "application/pdf"


def test_a_pdf_with_a_password(tmp_path: Path) -> None:
    assert of(tmp_path, a_pdf("secret")).flags == {"password"}


def test_a_pdf_that_opens_without_a_password_though_it_is_encrypted(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(buffer, encryption=pikepdf.Encryption(owner="owner", user=""))
    assert of(tmp_path, buffer.getvalue()) == Detected("application/pdf", frozenset(), pages=1)


def written_as(pages: int, **how: Any) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.new() as pdf:
        for number in range(pages):
            pdf.add_blank_page()
            pdf.pages[-1].Contents = pdf.make_stream(b"0 0 %d 9 re f\n" % number * 20)
        pdf.save(buffer, **how)
    return buffer.getvalue()


def with_a_revision() -> bytes:
    """Return a PDF with a page more in a second revision, behind the first one's end."""
    writer = pypdf.PdfWriter(io.BytesIO(written_as(12)), incremental=True)
    writer.add_blank_page(100, 100)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


PLAIN = {"object_stream_mode": pikepdf.ObjectStreamMode.disable}
PACKED = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
WRITTEN = {
    "a table of references": written_as(13, **PLAIN),
    "a stream of references": written_as(13, **PACKED),
    "made for the web": written_as(13, linearize=True, **PLAIN),
    "made for the web, packed": written_as(13, linearize=True, **PACKED),
    "with a revision": with_a_revision(),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_pdf_cut_short_anywhere_is_damaged(tmp_path: Path, kind: str) -> None:
    whole = WRITTEN[kind]
    assert of(tmp_path, whole, "a.pdf").pages == 13
    # The header alone is text; five bytes less are the rest of "%%EOF".
    for kept in {*range(20, len(whole) - 8, 97), *range(len(whole) - 60, len(whole) - 8)}:
        found = of(tmp_path, whole[:kept], "a.pdf")
        if kind == "with a revision" and whole[:kept].rstrip().endswith(b"%%EOF"):
            continue
        assert found == Detected("application/pdf", frozenset({"damaged"})), kept


def test_a_pdf_cut_short_on_its_way_and_filled_with_zeros_is_damaged(tmp_path: Path) -> None:
    for whole in WRITTEN.values():
        half = len(whole) // 2
        assert of(tmp_path, whole[:half] + bytes(half), "a.pdf").flags == {"damaged"}


def test_a_pdf_made_for_the_web_and_cut_behind_its_first_page_is_damaged(tmp_path: Path) -> None:
    whole = WRITTEN["made for the web"]
    assert of(tmp_path, whole[: whole.find(b"%%EOF") + 6], "a.pdf").flags == {"damaged"}


ODD: dict[str, Callable[[bytes], bytes]] = {
    "no end mark": lambda whole: whole.replace(b"%%EOF", b""),
    "no line end": bytes.rstrip,
    "two end marks": lambda whole: whole + b"%%EOF\r\n%%EOF\r\n",
    "zeros behind": lambda whole: whole + bytes(4096),
    "a page of HTML behind": lambda whole: whole + b"<html><p>not found</p>\n" * 200,
    "a mail before": lambda whole: b"Content-Type: application/pdf\r\n\r\n" + whole,
    "a wrong offset": lambda whole: re.sub(rb"startxref\n\d+", b"startxref\n77", whole),
    "no offset": lambda whole: re.sub(rb"startxref\n\d+", b"startxref\n0", whole),
}


@pytest.mark.parametrize("oddity", ODD)
@pytest.mark.parametrize("kind", ["a table of references", "a stream of references"])
def test_a_pdf_that_is_odd_and_whole_is_not_damaged(tmp_path: Path, kind: str, oddity: str) -> None:
    found = of(tmp_path, ODD[oddity](WRITTEN[kind]), "a.pdf")
    assert found == Detected("application/pdf", frozenset(), pages=13)


def test_a_number_without_end_is_no_offset(tmp_path: Path) -> None:
    for digits in (b"9" * 15, b"9" * 5000):
        odd = re.sub(rb"startxref\n\d+\s+%%EOF", b"startxref\n" + digits, a_pdf())
        assert of(tmp_path, odd, "a.pdf").flags == {"damaged"}


def test_a_pdf_that_is_an_archive_too_is_flagged(tmp_path: Path) -> None:
    both = a_pdf() + a_zip({"a.txt": b"x"})
    assert of(tmp_path, both) == Detected("application/pdf", frozenset({"polyglot"}), pages=3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF"])
def test_an_image_with_its_size(tmp_path: Path, kind: str) -> None:
    found = of(tmp_path, an_image(kind), "a.bin", "text/plain")
    assert found == Detected(f"image/{kind.lower()}", frozenset(), pixels=(30, 20))


def test_a_flood_of_pixels_is_told_by_its_header_alone(tmp_path: Path) -> None:
    flood = bytearray(an_image("PNG"))
    flood[16:24] = struct.pack(">II", 60_000, 60_000)
    flood[29:33] = struct.pack(">I", zlib.crc32(bytes(flood[12:29])))
    assert of(tmp_path, bytes(flood)).pixels == (60_000, 60_000)


def test_word_by_its_members_whatever_their_order_and_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(a_docx())) as archive:
        members = {name: archive.read(name) for name in sorted(archive.namelist(), reverse=True)}
    assert of(tmp_path, a_zip(members), "a.zip").media_type == DOCX


def test_open_document_with_a_password(tmp_path: Path) -> None:
    members = {
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": b"<manifest><encryption-data/></manifest>",
        "content.xml": os.urandom(64),
    }
    found = of(tmp_path, a_zip(members), "a.odt")
    assert found == Detected("application/vnd.oasis.opendocument.text", frozenset({"password"}))


def test_an_archive_stays_an_archive(tmp_path: Path) -> None:
    assert of(tmp_path, a_zip({"a.txt": b"x"}), "a.docx").media_type == "application/zip"


def test_random_bytes_named_as_a_document_reach_no_engine(tmp_path: Path) -> None:
    for name, declared in (("a.docx", DOCX), ("a.png", "image/png"), ("a.txt", "text/plain")):
        found = of(tmp_path, b"\x01" + random.Random(7).randbytes(5000), name, declared)
        assert catalogue().treatment(found.media_type).treat == "keep", (name, found)


def test_a_zip_without_a_directory_named_docx_is_a_damaged_one(tmp_path: Path) -> None:
    assert of(tmp_path, a_docx()[:2000], "a.docx") == Detected(DOCX, frozenset({"damaged"}))


@pytest.mark.parametrize("name", ["a.pdf", "a.pdf.exe", None, "scan.jpg"])
def test_a_program_by_its_bytes_whatever_its_name(tmp_path: Path, name: str | None) -> None:
    assert of(tmp_path, a_program(), name, "application/pdf").media_type == PE
    elf = Path("/bin/true").read_bytes()
    assert catalogue().is_program(of(tmp_path, elf, name, "application/pdf").media_type)


@pytest.mark.parametrize(
    "name",
    ["a.vbs", "a.bat", "A.JS", "a.txt.ps1", "a.hta ", "a.cmd.", "a.s\u200bcr", "x\u202etxt.js"],
)
def test_a_text_under_the_name_of_a_program_is_one(tmp_path: Path, name: str) -> None:
    found = of(tmp_path, b"MsgBox 1\r\n", name, "text/plain")
    assert catalogue().is_program(found.media_type)


def test_an_archive_that_is_a_java_program(tmp_path: Path) -> None:
    jar = a_zip({"META-INF/MANIFEST.MF": b"Main-Class: A", "A.class": b"\xca\xfe\xba\xbe"})
    assert catalogue().is_program(of(tmp_path, jar, "a.zip").media_type)


def test_an_interpreter_line_makes_a_script_and_quoted_code_does_not(tmp_path: Path) -> None:
    script = of(tmp_path, b"#!/bin/sh\nrm x\n", "notes.txt", "text/plain")
    assert catalogue().is_program(script.media_type)
    quoted = b"import os\n\ndef main():\n    os.remove('x')\n"
    assert of(tmp_path, quoted, "notes.txt", "text/plain").media_type == "text/plain"


def test_a_document_under_the_name_of_a_program_is_flagged_and_stays_one(tmp_path: Path) -> None:
    found = of(tmp_path, a_pdf(), "scan from acme.com", "application/pdf")
    assert found == Detected("application/pdf", frozenset({"program_name"}), pages=3)


@pytest.mark.parametrize(
    ("content", "name", "declared", "media_type"),
    [
        (b"<html><body>x</body></html>", "a.txt", "text/plain", "text/plain"),
        (b"<html><body>x</body></html>", None, "text/plain", "text/html"),
        (b"<p>no head at all", "a.htm", "application/octet-stream", "text/html"),
        (b"a,b\n1,2\n", "a.csv", "application/octet-stream", "text/csv"),
        (b"From: a@b.example\nSubject: x\n\nwords\n", "a.eml", "", "message/rfc822"),
        (b"words\n", None, "message/rfc822", "message/rfc822"),
        ("words and more words".encode("utf-16-le"), "a.txt", "", "text/plain"),
        ("words and more words".encode("utf-16-be"), None, "", "text/plain"),
        ("words and more words".encode("utf-16"), None, "", "text/plain"),
        (b"The Operative report\nof May 5\n" * 9, "a.txt", "", "text/plain"),
        (b"[MS-OXPROPS]:\nwords\n" * 9, "a.txt", "text/plain", "text/plain"),
        (b"P1 is the report of Dr. Roe, P2 the chart.\n" * 9, "a.txt", "", "text/plain"),
        (b"P1\n2 2\n1 0\n0 1\n", "a.pbm", "", "image/x-portable-bitmap"),
        (b"as DOS ended a text\r\n\x1a", "a.txt", "application/octet-stream", "text/plain"),
        (b"\x0fcondensed\x12" + b" as sent to a printer\r\n" * 9, None, "text/plain", "text/plain"),
        (rb"{\rtf1 words}", "a.doc", "application/msword", "application/rtf"),
        (bytes(128) + b"DICM" + bytes(50), "a", "application/dicom", "application/dicom"),
    ],
)
def test_texts_are_told_apart_by_what_they_are_called(
    tmp_path: Path, content: bytes, name: str | None, declared: str, media_type: str
) -> None:
    assert of(tmp_path, content, name, declared).media_type == media_type


def test_a_metafile(tmp_path: Path) -> None:
    emf = struct.pack("<II", 1, 108) + bytes(32) + b" EMF" + struct.pack("<I", 0x10000) + bytes(200)
    assert of(tmp_path, emf, "a.emf").media_type == "image/emf"


@pytest.mark.corpus
@pytest.mark.skipif("CASEBRIDGE_CORPUS" not in os.environ, reason="CASEBRIDGE_CORPUS is not set")
@pytest.mark.parametrize(
    ("file", "media_type", "flags"),
    [
        ("office/gotenberg__testdata__protected_page_1.docx", DOCX, {"password"}),
        ("office/poi__spreadsheet__password.xls", "application/vnd.ms-excel", {"password"}),
        (
            "office/poi__slideshow__ppt_with_png_encrypted.ppt",
            "application/vnd.ms-powerpoint",
            {"password"},
        ),
        ("office/rpa-em-stitching-api__resources__wordDocument2.docx", DOCX, set()),
        ("hostile/pocs__pdf__text-chrome.pdf", "application/pdf", {"damaged"}),
        ("text/chardet__UTF-16BE__nobom-utf16be.txt", "text/plain", set()),
        (
            "msg/poi__hsmf__clusterfuzz-testcase-minimized-POIHSMFFuzzer-4735011465854976.msg",
            "application/vnd.ms-outlook",
            set(),
        ),
    ],
)
def test_files_that_libmagic_alone_gets_wrong(
    tmp_path: Path, file: str, media_type: str, flags: set[str]
) -> None:
    source = Path(os.environ["CASEBRIDGE_CORPUS"]) / file
    shutil.copyfile(source, tmp_path / "part")
    found = detect(tmp_path / "part", "application/octet-stream", source.name)
    assert (found.media_type, set(found.flags)) == (media_type, flags)


def test_a_dicom_image_may_begin_like_a_tiff(tmp_path: Path) -> None:
    # Its first 128 bytes are free, and programs put the header of a TIFF there.
    source = b"II*\0\xe8\x05\x08\0" + bytes(120) + b"DICM" + b"\x02\0\0\0UL\x04\0" + bytes(400)
    assert of(tmp_path, source, "scan.dcm").media_type == "application/dicom"
