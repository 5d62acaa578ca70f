"""The page of the directory's imports: for operations, with what is to be corrected."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import directory_runs
from portal.directory_import import Terms
from tests.desk import SampleDesk, filled_desk, kinds
from tests.exports import export


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path_factory.mktemp("directory"))
    yield opened
    opened.close()


def run(desk: SampleDesk, folder: Path) -> None:
    directory_runs.run(
        desk.database, folder, str.strip, source="watched", clock=lambda: desk.now, terms=Terms()
    )


def said(desk: SampleDesk) -> str:
    page = desk.signed_in("Olu Adeyemi").get("/directory")
    assert page.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def test_nothing_yet(desk: SampleDesk) -> None:
    assert "Nothing was imported yet." in said(desk)


def test_what_was_loaded_and_what_must_be_corrected(desk: SampleDesk, tmp_path: Path) -> None:
    folder = export(tmp_path / "x", {"24-001234": "lee", "24-001300": ""})
    run(desk, folder)
    with (folder / "cases.csv").open("a") as stream:
        stream.writelines(f"<b>,{number},,\n" for number in range(120))
    run(desk, folder)
    page = said(desk)
    assert "Rejected: nothing was loaded" in page
    assert "What to correct in the import of 3:47 pm today : 120 lines" in page
    assert "cases.csv, line 4 : write state as open or closed ." in page
    assert "These are the first 100." in page
    assert "Cases: 0 added, 2 changed, 0 removed" in page
    assert "not read yet went along to the case's new consultant" in page
    assert kinds(desk)[-1][1] == "directory.viewed"


def test_it_is_for_operations(desk: SampleDesk) -> None:
    dana = desk.signed_in("Dana Reyes")
    assert dana.get("/directory").status_code == 404
    assert 'href="/directory"' not in dana.get("/packages").text
    assert kinds(desk)[-1][1] != "directory.viewed"
    assert desk.browser().get("/directory").headers["location"] == "/sign-in"


def test_the_package_says_that_it_went_along_or_stayed(desk: SampleDesk, tmp_path: Path) -> None:
    run(desk, export(tmp_path / "x", {"24-001234": "lee"}))
    olu = desk.signed_in("Olu Adeyemi")
    page = html.unescape(olu.get("/p/7KQ4-M2XD").text)
    went = "The package went from Dana Reyes to Lee Park because the case's consultant changed"
    assert page.count(went) == 2, "in its history, and where its consultant is explained"
    read = html.unescape(olu.get("/p/2000-0000").text)
    assert "The package stayed with Dana Reyes, since it was read already" in read
    assert "when the case went to Lee Park" in read
