"""casebridge convert."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from converters.workshop import Rendition, Source, Workshop
from gateway.command import DONE, PROBLEM, USAGE, casebridge
from tests.test_converters_active import a_pdf, in_the_catalog_itself
from tests.test_converters_bundle import a_book
from tests.test_converters_mend import a_broken_pdf

pytestmark = pytest.mark.slow


def test_each_file_gets_a_line_in_order_and_no_name_is_written_twice(tmp_path: Path) -> None:
    """Two files of one name, a program, an empty file and one that is not there."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "note.txt").write_text(f"Knee, folder {folder}\n", encoding="utf-8")
    (tmp_path / "run.exe").write_bytes(b"MZ" + bytes(200))
    (tmp_path / "none.txt").touch()
    outside = tmp_path / "outside"
    into = tmp_path / "to"
    into.mkdir()
    (into / "note.pdf").symlink_to(outside)  # a planted way out of the folder
    names = ["a/note.txt", "b/note.txt", "run.exe", "none.txt", "gone.txt"]
    files = [str(tmp_path / each) for each in names]
    result = CliRunner().invoke(casebridge, ["convert", "--json", "--to", str(into), *files])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["file"] for each in lines] == files
    assert lines.pop() == {"file": files[-1], "error": "No such file or directory"}
    fates = [(each["fate"], each["reason"]) for each in lines]
    assert fates == [
        ("converted", None),
        ("converted", None),
        ("refused", "file_type_blocked"),
        ("left_out", "file_empty"),
    ]
    made = [Path(each["pdf"]["path"]) for each in lines[:2]]
    assert [one.name for one in made] == ["note (2).pdf", "note (3).pdf"]
    assert [one.name for one in sorted(into.iterdir())] == [
        "note (2).pdf",
        "note (3).pdf",
        "note.pdf",
    ]
    assert all(Path(each["pdf"]["path"]).read_bytes()[:5] == b"%PDF-" for each in lines[:2])
    assert not outside.exists()
    assert result.exit_code == PROBLEM


def test_people_are_told_in_words_and_a_long_name_is_cut(tmp_path: Path) -> None:
    """What is kept gets no PDF, which is no problem: the exit code says so."""
    long = (tmp_path / ("\u00e9" * 120)).with_suffix(".txt")
    long.write_text("Knee\n", "utf-8")
    kept = tmp_path / "sound.wav"
    kept.write_bytes(b"RIFF\x24\0\0\0WAVEfmt " + bytes(40))
    into = tmp_path / "made" / "here"
    files = [str(long), str(kept)]
    result = CliRunner().invoke(casebridge, ["convert", "--to", str(into), *files])
    assert result.exit_code == DONE, result.output
    (pdf,) = into.iterdir()
    assert pdf.name == "\u00e9" * 100 + ".pdf"
    assert result.stdout.splitlines() == [
        f"{long} -> {pdf}, pages: 1",
        f"{kept}: kept as it is, without a PDF",
    ]


def test_why_a_file_has_no_pdf_is_told_in_words(tmp_path: Path) -> None:
    files = {
        "none.txt": (b"", "left_out. 'none.txt' is empty."),
        "set-up.exe": (
            b"MZ" + bytes(200),
            "refused. 'set-up.exe' is a program, not a document, so we did not file it.",
        ),
        "torn.webp": (
            b"RIFF\x24\0\0\0WEBPVP8 " + bytes(40),
            "filed. 'torn.webp' could not be opened; it looks damaged.",
        ),
    }
    for name, (content, _) in files.items():
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in files]
    result = CliRunner().invoke(casebridge, ["convert", "--to", str(tmp_path / "pdfs"), *paths])
    assert result.exit_code == PROBLEM, result.output
    said = [f"{tmp_path / name}: {words}" for name, (_, words) in files.items()]
    assert result.stdout.splitlines() == said


def test_files_are_converted_at_once_and_told_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first waits for the second to be under way, so one after the other would never end."""
    under_way = threading.Barrier(2, timeout=60)
    convert = Workshop.convert

    def together(workshop: Workshop, source: Source, into: Path, *, owner: str) -> Rendition:
        under_way.wait()
        return convert(workshop, source, into, owner=owner)

    monkeypatch.setattr(Workshop, "convert", together)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    files = [tmp_path / name for name in ("a.md", "b.txt", "c.txt", "d.txt")]
    for file in files:
        file.write_text("Knee\n", "utf-8")
    line = ["convert", "--json", "--to", str(tmp_path), *map(str, files)]
    result = CliRunner().invoke(casebridge, line)
    assert result.exit_code == DONE, result.output
    told = [json.loads(one) for one in result.stdout.splitlines()]
    assert [one["file"] for one in told] == [str(file) for file in files]
    assert [Path(one["pdf"]["path"]).stem for one in told] == ["a", "b", "c", "d"]


def test_a_card_and_an_event_become_pages(tmp_path: Path) -> None:
    """In the sandbox, like everything else."""
    card, event = tmp_path / "card.vcf", tmp_path / "event.ics"
    card.write_text("BEGIN:VCARD\nVERSION:3.0\nFN:Pat Hall\nEND:VCARD\n", "utf-8")
    event.write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Deposition\nEND:VEVENT\n", "utf-8")
    files = [str(card), str(event)]
    result = CliRunner().invoke(casebridge, ["convert", "--to", str(tmp_path), *files])
    assert result.exit_code == DONE, result.output
    for name, words in (("card.pdf", "Pat Hall"), ("event.pdf", "Deposition")):
        assert words in PdfReader(tmp_path / name).pages[0].extract_text()


def test_a_book_a_web_archive_a_drawing_and_markdown_become_pdfs(tmp_path: Path) -> None:
    """Each by its own engine, in the sandbox."""
    page = (
        b"Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n<p>Lot\n"
    )
    contents = {
        "a.epub": a_book(**{"OPS/nav.xhtml": ""}),
        "b.mht": b"From: a@b.example\nMIME-Version: 1.0\n" + page,
        "c.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><text y="20">Lot</text></svg>',
        "d.md": b"# Lot\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    files = [str(tmp_path / name) for name in contents]
    result = CliRunner().invoke(casebridge, ["convert", "--to", str(tmp_path), *files])
    assert result.exit_code == DONE, result.output
    assert {one.name for one in tmp_path.glob("*.pdf")} == {"a.pdf", "b.pdf", "c.pdf", "d.pdf"}


def test_what_a_pdf_does_not_show_is_said(tmp_path: Path) -> None:
    """By its code, and in words."""
    page = tmp_path / "page.html"
    page.write_text('<p>words <img src="https://a.example/x.png"></p>', "utf-8")
    line = ["convert", "--to", str(tmp_path / "to"), str(page)]
    spoken = CliRunner().invoke(casebridge, line).stdout.splitlines()
    assert spoken[1:] == ["  The original shows things from the web, which were not loaded."]
    result = json.loads(CliRunner().invoke(casebridge, [*line, "--json"]).stdout)
    assert result["warnings"] == ["remote_content"]


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_done(tmp_path: Path) -> None:
    """A file in its way."""
    (tmp_path / "to").touch()
    result = CliRunner().invoke(
        casebridge, ["convert", "--to", str(tmp_path / "to" / "deeper"), str(tmp_path / "to")]
    )
    assert result.exit_code == USAGE
    assert "Not a directory" in result.output


def test_xml_becomes_its_text(tmp_path: Path) -> None:
    """The tags too: they are what tells one value from another."""
    file = tmp_path / "claim.xml"
    file.write_text('<?xml version="1.0"?>\n<claim><side>left knee</side></claim>\n', "utf-8")
    result = CliRunner().invoke(casebridge, ["convert", "--json", "--to", str(tmp_path), str(file)])
    line = json.loads(result.stdout)
    assert (line["detected_type"], line["fate"]) == ("text/xml", "converted")
    shown = PdfReader(line["pdf"]["path"]).pages[0].extract_text()
    assert "<side>left knee</side>" in shown


def test_a_pdf_that_would_do_something_is_kept_and_says_so(tmp_path: Path) -> None:
    """Its script is seen in the sandbox, and never run."""
    file = tmp_path / "form.pdf"
    file.write_bytes(a_pdf(in_the_catalog_itself))
    result = CliRunner().invoke(casebridge, ["convert", "--json", "--to", str(tmp_path), str(file)])
    line = json.loads(result.stdout)
    assert (line["fate"], line["reason"], line["pdf"]) == ("filed", None, None)
    assert line["warnings"] == ["pdf_script"]


def test_a_broken_pdf_gets_a_copy_that_is_whole(tmp_path: Path) -> None:
    """It has a reason, so the exit code says that something was found."""
    file = tmp_path / "scan.pdf"
    file.write_bytes(a_broken_pdf())
    result = CliRunner().invoke(casebridge, ["convert", "--json", "--to", str(tmp_path), str(file)])
    assert result.exit_code == PROBLEM
    line = json.loads(result.stdout)
    assert (line["fate"], line["reason"]) == ("filed", "repaired")
    assert Path(line["pdf"]["path"]).name == "scan (repaired).pdf"


def test_a_broken_pdf_with_a_script_gets_no_copy_which_is_no_problem(tmp_path: Path) -> None:
    """As on the road: it is filed as it came."""
    file = tmp_path / "form.pdf"
    file.write_bytes(a_broken_pdf(in_the_catalog_itself))
    result = CliRunner().invoke(casebridge, ["convert", "--json", "--to", str(tmp_path), str(file)])
    assert result.exit_code == DONE
    line = json.loads(result.stdout)
    assert (line["fate"], line["reason"], line["pdf"]) == ("filed", None, None)
    assert line["warnings"] == ["pdf_script"]
