"""The workshop with its real engines: what comes out, and what nothing gets out of."""

from __future__ import annotations

import io
import os
import random
import socket
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from docx import Document

from config.problems import catalogue as problems
from config.settings import Conversion
from converters import fault
from converters.fault import (
    ConversionFault,
    Damaged,
    EngineFailed,
    JobLost,
    JobRefused,
    JobStopped,
    JobTimedOut,
    NotTheType,
    PasswordNeeded,
    TooLarge,
    Unreadable,
)
from converters.pool import Pool
from converters.seccomp import FAREWELLS
from converters.workshop import Rendition, Source, Workshop
from tests.test_converters_detect import a_zip, an_image
from tests.test_converters_pool import descendants, processes_with, wait_until

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    started = Workshop(Conversion(render_processes=2), tmp_path_factory.mktemp("workshop"))
    started.start()
    yield started
    started.close()


def made(
    workshop: Workshop, tmp_path: Path, content: bytes, media_type: str
) -> tuple[Rendition, str]:
    (tmp_path / "the file").write_bytes(content)
    into = tmp_path / "into"
    into.mkdir(exist_ok=True)
    source = Source(tmp_path / "the file", media_type, title="A title")
    rendition = workshop.convert(source, into, owner="a firm")
    assert rendition.file.parent == into
    assert rendition.bytes == rendition.file.stat().st_size
    pages = pypdf.PdfReader(rendition.file).pages
    assert rendition.pages == len(pages)
    return rendition, "\n".join(page.extract_text() for page in pages)


def a_document(*paragraphs: str) -> bytes:
    document = Document()
    for each in paragraphs:
        document.add_paragraph(each)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def changed(archive: bytes, name: str, old: str, new: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        members = {each: opened.read(each) for each in opened.namelist()}
    assert old.encode() in members[name]
    members[name] = members[name].replace(old.encode(), new.encode())
    return a_zip(members)


def test_every_fault_has_its_row() -> None:
    faults = [each for each in vars(fault).values() if isinstance(each, type)]
    codes = {each.code for each in faults if issubclass(each, ConversionFault)}
    assert codes == {"file_convert_failed", "file_damaged", "file_password"}
    assert codes <= problems().keys()


@pytest.mark.slow
class TestRendering:
    def test_a_text(self, workshop: Workshop, tmp_path: Path) -> None:
        rendition, text = made(workshop, tmp_path, b"Dear Dana,\n\nwords.\n", "text/plain")
        assert "Dear Dana," in text
        assert (rendition.engine, rendition.settings) == workshop.key("text/plain")

    def test_an_image(self, workshop: Workshop, tmp_path: Path) -> None:
        assert made(workshop, tmp_path, an_image("PNG"), "image/png")[0].pages == 1

    def test_a_page_with_its_images(self, workshop: Workshop, tmp_path: Path) -> None:
        (tmp_path / "logo").write_bytes(an_image("PNG"))
        (tmp_path / "page").write_bytes(b'<p>words <img src="cid:logo"></p>')
        source = Source(tmp_path / "page", "text/html", {"logo": tmp_path / "logo"}, "A title")
        rendition = workshop.convert(source, tmp_path)
        with pikepdf.open(rendition.file) as pdf:
            assert len(pdf.pages[0].get_images()) == 1
            assert str(pdf.docinfo["/Title"]) == "A title"

    def test_remote_content_is_not_loaded_and_told(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        page = b'<p>words <img src="http://127.0.0.1:9/x"></p>'
        assert made(workshop, tmp_path, page, "text/html")[0].warnings == ("remote_content",)

    def test_a_page_with_fonts_of_its_own_is_converted(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        """WeasyPrint left a folder for them behind, which no job may."""
        for source in ("https://a.example/x.woff2", "data:font/woff2;base64,d09GMgAB//////8="):
            page = f"<style>@font-face {{ font-family: x; src: url({source}) }}</style><p>words</p>"
            assert "words" in made(workshop, tmp_path, page.encode(), "text/html")[1]

    @pytest.mark.parametrize(
        ("content", "media_type", "expected"),
        [
            (b"junk" * 100, "image/png", NotTheType),
            (an_image("JPEG")[:400], "image/jpeg", Damaged),
            ("\U00012000\U00012001 ".encode() * 9, "text/plain", Unreadable),
            (b"x", "application/x-nothing", EngineFailed),
        ],
    )
    def test_faults_keep_their_class(
        self,
        workshop: Workshop,
        tmp_path: Path,
        content: bytes,
        media_type: str,
        expected: type[ConversionFault],
    ) -> None:
        with pytest.raises(expected):
            made(workshop, tmp_path, content, media_type)
        assert list((tmp_path / "into").iterdir()) == []

    def test_a_page_that_takes_too_long_is_stopped_and_the_next_is_normal(
        self, tmp_path: Path
    ) -> None:
        limits = Conversion(render_processes=1, max_seconds=2)
        workshop = Workshop(limits, tmp_path / "workshop")
        workshop.start()
        slow = b"<p>words words words</p>" * 30_000
        with pytest.raises(EngineFailed, match="time limit"):
            made(workshop, tmp_path, slow, "text/html")
        assert made(workshop, tmp_path, b"words", "text/plain")[0].pages == 1
        workshop.close()

    def test_a_source_may_have_less_time_than_the_setting(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        (tmp_path / "page").write_bytes(b"<p>words words words</p>" * 15_000)
        source = Source(tmp_path / "page", "text/html", seconds=1)
        with pytest.raises(EngineFailed, match="time limit"):
            workshop.convert(source, tmp_path)
        with pytest.raises(JobTimedOut):
            workshop.convert(source, tmp_path, last_chance=False)


@pytest.mark.slow
class TestOffice:
    def test_word(self, workshop: Workshop, tmp_path: Path) -> None:
        rendition, text = made(workshop, tmp_path, a_document("Dear Dana", "the end"), DOCX)
        assert "Dear Dana" in text
        assert rendition.engine.startswith("LibreOffice ")
        with pikepdf.open(rendition.file) as pdf:
            assert pdf.Root.MarkInfo.Marked

    def test_what_the_pdf_does_not_show_is_a_warning(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        document = Document()
        paragraph = document.add_paragraph("Dear Dana, nothing is hidden here")
        document.add_comment(paragraph.runs, text="or is it", author="Pat", initials="P")
        paragraph.add_run("secret").font.hidden = True
        buffer = io.BytesIO()
        document.save(buffer)
        rendition, text = made(workshop, tmp_path, buffer.getvalue(), DOCX)
        assert rendition.warnings == ("hidden_text", "comments")
        assert "or is it" not in text
        assert "secret" not in text

    def test_a_table_keeps_its_zeros_its_dates_and_its_width(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        table = "MRN;When;Note\n" + "0007;1-2;=SUM(A1);" + "wide value;" * 20 + "\n"
        _, text = made(workshop, tmp_path, table.encode(), "text/csv")
        for value in ("0007", "1-2", "=SUM(A1)"):
            assert value in text
        assert text.count("wide value") == 20

    def test_a_cell_that_says_more_than_it_shows_grows(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        long = "the whole of what the nurse wrote down at ten past four on the second ward"
        texts = f"<text:p>{long}</text:p>", "<text:p>more</text:p>"
        cells = "".join(
            f'<table:table-cell office:value-type="string">{each}</table:table-cell>'
            for each in texts
        )
        sheet = _flat_sheet(row=f"<table:table-row>{cells}</table:table-row>")
        rendition, text = made(
            workshop, tmp_path, sheet, "application/vnd.oasis.opendocument.spreadsheet"
        )
        assert rendition.warnings == ("rows_grown",)
        assert long in " ".join(text.split())

    def test_a_column_wider_than_its_page_is_printed_smaller(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        long = " ".join(f"word{number}" for number in range(30))
        names = "".join(
            f' xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"'
            for one in ("office", "table", "text", "style")
        )
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        sheet = f"""<?xml version="1.0"?><office:document{names} office:mimetype="{kind}"
          office:version="1.3"><office:automatic-styles><style:style style:name="wide"
          style:family="table-column"><style:table-column-properties style:column-width="38cm"/>
          </style:style></office:automatic-styles><office:body><office:spreadsheet>
          <table:table table:name="a"><table:table-column table:style-name="wide"/>
          <table:table-row><table:table-cell office:value-type="string"><text:p>{long}</text:p>
          </table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>
          </office:document>"""
        rendition, text = made(workshop, tmp_path, sheet.encode(), f"{kind}-flat-xml")
        assert rendition.warnings == ("rows_grown",)
        assert long in " ".join(text.split())

    def test_garbage_under_a_documents_type_is_not_converted(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        noise = random.Random(7).randbytes(50_000)
        for content in (noise, b"", b"plain words", a_zip({"a.txt": b"x"}), a_document("x")[:900]):
            with pytest.raises((NotTheType, Damaged)):
                made(workshop, tmp_path, content, DOCX)

    def test_a_bomb_and_entities_do_not_reach_the_engine(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        plain = a_document("Dear Dana")
        flood = changed(plain, "word/document.xml", "Dear Dana", "x" * 210_000_000)
        with pytest.raises(TooLarge):
            made(workshop, tmp_path, flood, DOCX)
        declared = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        for prologue in (declared, f"<!--{'x' * 200_000}-->{declared}"):
            entity = changed(plain, "word/document.xml", "<w:document ", prologue + "<w:document ")
            with pytest.raises(NotTheType):
                made(workshop, tmp_path, entity, DOCX)

    def test_a_document_behind_a_password(self, workshop: Workshop, tmp_path: Path) -> None:
        members = {
            "mimetype": ODT.encode(),
            "META-INF/manifest.xml": b"<manifest><encryption-data/></manifest>",
        }
        with pytest.raises(PasswordNeeded):
            made(workshop, tmp_path, a_zip(members), ODT)

    def test_a_document_fetches_nothing_and_reads_nothing_of_ours(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        document = Document()
        document.add_picture(io.BytesIO(an_image("PNG")))
        buffer = io.BytesIO()
        document.save(buffer)
        plain = buffer.getvalue()
        (tmp_path / "canary.png").write_bytes(an_image("PNG"))
        (tmp_path / "canary.txt").write_text("the canary sings")
        relations = "word/_rels/document.xml.rels"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
            for target in (url, (tmp_path / "canary.png").as_uri()):
                linked = changed(
                    plain, relations, 'Target="media/image1.png"',
                    f'Target="{target}" TargetMode="External"',
                )  # fmt: skip
                linked = changed(linked, "word/document.xml", "r:embed=", "r:link=")
                try:
                    rendition, _ = made(workshop, tmp_path, linked, DOCX)
                except EngineFailed:  # "blank pages": the picture was all there was
                    continue
                with pikepdf.open(rendition.file) as pdf:
                    sizes = [each.Width for each in pdf.pages[0].get_images().values()]
                assert 30 not in sizes
            sheet = _flat_sheet(f'=WEBSERVICE("{url}")', f"='{tmp_path.as_uri()}/canary.txt'#A1")
            try:
                _, text = made(
                    workshop, tmp_path, sheet, "application/vnd.oasis.opendocument.spreadsheet"
                )
            except EngineFailed:
                text = ""
            assert "canary" not in text.replace(str(tmp_path), "").replace("canary.txt", "")
            listener.settimeout(0.1)
            with pytest.raises(TimeoutError):
                listener.accept()

    def test_no_libreoffice_runs_before_the_first_office_file(self, tmp_path: Path) -> None:
        workshop = Workshop(Conversion(render_processes=1), tmp_path / "workshop")
        workshop.start()
        assert "words" in made(workshop, tmp_path, b"words", "text/plain")[1]
        assert list((tmp_path / "workshop" / "office").iterdir()) == []
        workshop.close()

    def test_close_ends_a_conversion_that_runs_and_leaves_nothing(self, tmp_path: Path) -> None:
        workshop = Workshop(Conversion(render_processes=1), tmp_path / "workshop")
        workshop.start()
        ended: list[JobStopped] = []
        giant = a_document("word and another word of one paragraph " * 60_000)
        thread = threading.Thread(target=_stopped, args=(workshop, tmp_path, giant, ended))
        thread.start()
        office = tmp_path / "workshop" / "office"
        wait_until(lambda: any(office.glob("*/source/*")))
        workshop.close()
        assert processes_with(str(tmp_path)) == []
        assert list(office.iterdir()) == []
        assert list((tmp_path / "workshop" / "work").iterdir()) == []
        thread.join()
        assert len(ended) == 1

    def test_an_engine_that_does_not_say_its_version_is_a_fault_of_conversion(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "soffice").write_text("")
        (tmp_path / "soffice").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        workshop = Workshop(Conversion(), tmp_path / "workshop")
        (tmp_path / "workshop" / "work").mkdir(parents=True)
        program = tmp_path / "soffice.bin"
        ends = {"exit 137": JobLost, "exit 139": EngineFailed, "exit 1": EngineFailed}
        for script, expected in ends.items():
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
            with pytest.raises(expected):
                workshop.key(DOCX, last_chance=False)
            with pytest.raises(EngineFailed):
                workshop.key(DOCX)

    def test_a_document_that_holds_the_engine_is_stopped_and_holds_up_nobody(
        self, tmp_path: Path
    ) -> None:
        limits = Conversion(render_processes=1, office_processes=2, max_seconds=12)
        workshop = Workshop(limits, tmp_path / "workshop")
        workshop.start()
        faults: list[ConversionFault] = []
        (tmp_path / "stuck").mkdir()
        giant = a_document("word and another word of one paragraph " * 60_000)

        def stuck() -> None:
            try:
                made(workshop, tmp_path / "stuck", giant, DOCX)
            except ConversionFault as caught:
                faults.append(caught)

        thread = threading.Thread(target=stuck)
        thread.start()
        assert "Dear Dana" in made(workshop, tmp_path, a_document("Dear Dana"), DOCX)[1]
        thread.join()
        assert [type(each) for each in faults] in ([EngineFailed], [])
        assert list((tmp_path / "workshop" / "work").glob("tmp*")) == []
        workshop.close()
        assert processes_with(str(tmp_path)) == []

    def test_what_tells_all_our_processes_to_end_spoils_no_document(self, tmp_path: Path) -> None:
        """A document whose engine is told to end is neither lost nor filed without its PDF."""
        workshop = Workshop(Conversion(render_processes=1), tmp_path / "workshop")
        workshop.start()
        texts: list[str] = []
        long = a_document("word " * 20_000, "The end.")
        thread = threading.Thread(
            target=lambda: texts.append(made(workshop, tmp_path, long, DOCX)[1])
        )
        thread.start()
        office = tmp_path / "workshop" / "office"
        wait_until(lambda: any(office.glob("*/source/*")))
        told = [pid for pid in descendants(os.getpid()) if "soffice" in _name(pid)]
        for pid in descendants(os.getpid()):
            for number in FAREWELLS:
                os.kill(pid, number)
        thread.join()
        workshop.close()
        assert told, "it was in the middle of it"
        assert "The end." in texts[0]


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")


def _stopped(workshop: Workshop, room: Path, content: bytes, ended: list[JobStopped]) -> None:
    try:
        made(workshop, room, content, DOCX)
    except JobStopped as fault:
        ended.append(fault)


def _flat_sheet(*formulas: str, row: str = "") -> bytes:
    cells = "".join(
        f'<table:table-cell table:formula="of:{each.replace(chr(34), "&quot;")}"/>'
        for each in formulas
    )
    content = f"""<?xml version="1.0"?><office:document-content
      xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
      xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
      xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
      <office:body><office:spreadsheet><table:table table:name="a"><table:table-row>
      <table:table-cell office:value-type="string"><text:p>first</text:p></table:table-cell>
      {cells}</table:table-row>{row}</table:table></office:spreadsheet></office:body>
      </office:document-content>"""
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f"""<manifest:manifest
      xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
      <manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>
      <manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
      </manifest:manifest>"""
    return a_zip(
        {
            "mimetype": kind.encode(),
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


def test_the_processes_are_told_whose_a_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that an owner's many files do not keep another's out of them."""
    asked: list[str | None] = []

    def run(_pool: Pool, _job: object, *, whose: str | None, **_named: object) -> dict[str, Any]:
        asked.append(whose)
        raise JobRefused("", "Damaged", "")

    monkeypatch.setattr(Pool, "run", run)
    workshop = Workshop(Conversion(), tmp_path)
    (tmp_path / "work").mkdir()
    (tmp_path / "a.txt").write_text("words")
    with pytest.raises(Damaged):
        workshop.convert(
            Source(file=tmp_path / "a.txt", media_type="text/plain", title="a"),
            tmp_path,
            owner="firm 7",
        )
    assert asked == ["firm 7"]
