"""The kinds of document that LibreOffice reads beside the usual ones."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import pypdf
import pytest

from config.media import catalogue
from converters import admission, open_document_words, unseen
from converters.detect import detect
from converters.fault import NotTheType, TooLarge
from converters.office import _FILTERS
from converters.workshop import Source, Workshop
from tests.outlook_files import compound
from tests.test_converters_detect import a_zip

OLD = "application/vnd.sun.xml.writer"
OPEN = "application/vnd.oasis.opendocument."
NAMESPACES = " ".join(
    f'xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"'
    for each in ("office", "text", "table", "script")
)


def flat(kind: str, body: str, before: str = "", prologue: str = "") -> bytes:
    """Return an OpenDocument file of one piece of XML."""
    tag = {"text": "text", "spreadsheet": "spreadsheet"}[kind]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prologue}<office:document {NAMESPACES} '
        f'office:version="1.3" office:mimetype="{OPEN}{kind}">{before}'
        f"<office:body><office:{tag}>{body}</office:{tag}></office:body></office:document>"
    ).encode()


def a_metafile(words: str) -> bytes:
    """Return an enhanced metafile that says some words ([MS-EMF] 2.3.4.2, 2.3.5.8)."""
    text = words.encode("utf-16-le")
    said = struct.pack("<4iI2f", 0, 0, -1, -1, 1, 1.0, 1.0)  # bounds, GM_COMPATIBLE, scale
    said += struct.pack("<2i3I4iI", 200, 200, len(words), 76, 0, 0, 0, 0, 0, 76 + len(text))
    said += text + struct.pack(f"<{len(words)}I", *[30] * len(words))
    drawn = struct.pack("<2I", 84, 8 + len(said)) + said
    end = struct.pack("<5I", 14, 20, 0, 16, 20)
    size = 88 + len(drawn) + len(end)
    header = struct.pack("<2I8i", 1, 88, 0, 0, 5000, 1000, 0, 0, 10000, 2000)
    header += struct.pack("<4I2H3I", 0x464D4520, 0x10000, size, 3, 1, 0, 0, 0, 0)
    header += struct.pack("<4i", 1000, 800, 320, 240)
    return header.ljust(88, b"\0") + drawn + end


def kind_of(tmp_path: Path, content: bytes, name: str) -> str:
    (tmp_path / "file").write_bytes(content)
    return detect(tmp_path / "file", "application/octet-stream", name).media_type


def test_every_type_of_the_office_engine_has_its_filter() -> None:
    office = {row.extension for row in catalogue().types.values() if row.engine == "office"}
    assert office == _FILTERS.keys() | {".csv"}


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (flat("text", "<text:p>a</text:p>"), "a.fodt", f"{OPEN}text-flat-xml"),
        (flat("spreadsheet", ""), "a.xml", f"{OPEN}spreadsheet-flat-xml"),
        (b'<?xml version="1.0"?><note>office:document</note>', "a.fodt", "text/xml"),
        (a_metafile("words"), "a.png", "image/emf"),
        (a_zip({"index.apxl": b"<a/>"}), "a.zip", "application/vnd.apple.keynote"),
        (a_zip({"mimetype": OLD.encode()}), "a", OLD),
        (compound({"MatOST": bytes(100)}), "a.wps", "application/vnd.ms-works"),
        (compound({"MN0": bytes(100)}), "a", "application/vnd.ms-works"),
        (compound({"WordDocument": bytes(600), "MN0": b"x"}), "a.wps", "application/msword"),
        (
            a_zip(
                {
                    "[Content_Types].xml": b'<Types><Override PartName="/visio/document.xml" '
                    b'ContentType="application/vnd.ms-visio.drawing.main+xml"/></Types>'
                }
            ),
            "a",
            "application/vnd.ms-visio.drawing",
        ),
    ],
)  # fmt: skip
def test_a_kind_is_told_by_its_bytes(
    tmp_path: Path, content: bytes, name: str, media_type: str
) -> None:
    assert kind_of(tmp_path, content, name) == media_type


def admitted(tmp_path: Path, content: bytes, media_type: str) -> list[str]:
    (tmp_path / "source").write_bytes(content)
    descriptor = os.open(tmp_path / "source", os.O_RDONLY)
    warnings: list[str] = admission.admit(descriptor, media_type, tmp_path)["warnings"]
    return warnings


def test_one_piece_of_xml_declares_nothing_and_is_no_flood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = f"{OPEN}text-flat-xml"
    assert admitted(tmp_path, flat("text", "<text:p>a</text:p>"), kind) == []
    entity = '<!DOCTYPE x [<!ENTITY e "words">]>'
    with pytest.raises(NotTheType):
        admitted(tmp_path, flat("text", "<text:p>&e;</text:p>", prologue=entity), kind)
    monkeypatch.setattr(admission, "_MOST_XML_BYTES", 5_000)
    with pytest.raises(TooLarge):
        admitted(tmp_path, flat("text", "<text:p>a</text:p>" * 500), kind)


def test_what_one_piece_of_xml_does_not_show_is_told(tmp_path: Path) -> None:
    module = '<office:scripts><script:module script:name="m"/></office:scripts>'
    note = "<text:p>a<office:annotation><text:p>b</text:p></office:annotation></text:p>"
    (tmp_path / "file").write_bytes(flat("text", note, before=module))
    assert unseen.of(tmp_path / "file", f"{OPEN}text-flat-xml") == ["comments", "macros"]


def test_its_words_are_those_that_print() -> None:
    text = flat(
        "text", "<text:p>seen</text:p><office:annotation><text:p>note</text:p></office:annotation>"
    )
    assert open_document_words.of_text(io.BytesIO(text)) == ["seen"]
    cell = '<table:table-cell office:value-type="string"><text:p>cell</text:p></table:table-cell>'
    sheet = f'<table:table table:name="a"><table:table-row>{cell}</table:table-row></table:table>'
    assert open_document_words.of_pages(io.BytesIO(flat("spreadsheet", sheet))) == ["cell"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (flat("text", "<text:p>Dear Dana</text:p>"), f"{OPEN}text-flat-xml"),
        (a_metafile("Dear Dana!!!"), "image/emf"),
    ],
    ids=["one piece of XML", "metafile"],
)
def test_it_becomes_a_pdf(
    workshop: Workshop, tmp_path: Path, content: bytes, media_type: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    made = workshop.convert(Source(tmp_path / "file", media_type), tmp_path, owner="a firm")
    text = pypdf.PdfReader(made.file).pages[0].extract_text()
    assert "DearDana" in "".join(text.split())  # a metafile sets each letter


@pytest.mark.slow
@pytest.mark.corpus
def test_the_corpus_files_of_these_kinds_become_pdfs(
    workshop: Workshop, tmp_path: Path, corpus: Path
) -> None:
    ends = [".pages", ".numbers", ".vsd", ".vsdx", ".wpd", ".emf"]
    ends += [".fodt", ".fods", ".fodp", ".sxw", ".sxc", ".sxi"]
    files = [each for each in sorted(corpus.rglob("*")) if each.suffix.lower() in ends]
    whole = [each for each in files if not {"damaged", "password"} & workshop.detect(each)[1]]
    assert len(whole) > 15
    for number, file in enumerate(whole):
        media_type, _ = workshop.detect(file)
        into = tmp_path / str(number)
        into.mkdir()
        made = workshop.convert(Source(file, media_type), into, owner="a firm")
        assert made.pages >= 1, file.name
