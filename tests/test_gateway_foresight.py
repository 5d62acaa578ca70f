"""What is foreseen of a file is what the road makes of it."""

from __future__ import annotations

import pytest

from config import media
from config.settings import Names
from gateway.foresight import foresee
from portal.foreseen import Chosen, Foreseen


def seen(*chosen: Chosen) -> tuple[Foreseen, ...]:
    return foresee(chosen, media.catalogue(), Names(), open_archives=True)


def one(name: str, declared: str = "application/octet-stream", length: int = 5) -> Foreseen:
    (found,) = seen(Chosen(name, declared, length))
    return found


@pytest.mark.parametrize(
    ("name", "prospect", "filed", "kept"),
    [
        ("scan.pdf", "filed", "scan.pdf", None),
        ("Smith #2.PDF", "filed", "Smith 2.PDF", None),
        ("notes.docx", "converted", "notes.pdf", "notes.docx"),
        ("notes.txt", "converted", "notes.pdf", "notes.txt"),
        ("data.sas7bdat", "filed", "data.sas7bdat", None),
        ("", "filed", "Document 1", None),
        ("CON.pdf", "filed", "_CON.pdf", None),
        ("all.zip", "opened", None, None),
        ("setup.exe", "refused", None, None),
    ],
)
def test_name_and_fate(name: str, prospect: str, filed: str | None, kept: str | None) -> None:
    found = one(name)
    assert (found.prospect, found.filed_name, found.kept_name) == (prospect, filed, kept)


def test_an_empty_file_is_said_to_be() -> None:
    assert one("scan.pdf", length=0).prospect == "empty"


def test_what_the_browser_says_counts_where_the_name_says_nothing() -> None:
    assert one("scan", "application/pdf").filed_name == "scan.pdf"
    assert one("scan.jpg", "text/plain").kept_name == "scan.jpg"


def test_names_are_unique_among_the_files_and_their_pdfs() -> None:
    pdf, text, again = (Chosen(name, "", 1) for name in ("a.pdf", "a.txt", "A.pdf"))
    assert [found.filed_name for found in seen(pdf, text, again)] == [
        "a.pdf",
        "a (2).pdf",
        "A (3).pdf",
    ]


def test_an_archive_that_stays_whole_is_filed_as_it_is() -> None:
    chosen = [Chosen("all.zip", "", 1)]
    (found,) = foresee(chosen, media.catalogue(), Names(), open_archives=False)
    assert (found.prospect, found.filed_name) == ("filed", "all.zip")
