"""What shapes an engine's output shapes its fingerprint."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.media import catalogue
from converters import fingerprint


def test_every_engine_of_the_catalogue_has_one() -> None:
    engines = {row.engine for row in catalogue().types.values() if row.engine is not None}
    assert engines <= fingerprint._MODULES.keys() == fingerprint._LIBRARIES.keys()


@pytest.mark.parametrize(
    ("engine", "module"),
    [
        *(("office", each) for each in ("binary_sheet", "words", "unseen_office_xml", "table")),
        *(("card", each) for each in ("recurrence", "event_page", "text", "check")),
        *(("html", each) for each in ("html_bounds", "page", "fonts")),
        ("drawing", "xml_watch"),
        ("thumbnail", "thumbnail"),
    ],
)
def test_a_change_anywhere_in_its_code_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, module: str
) -> None:
    shutil.copytree(fingerprint._HERE, tmp_path / "code", ignore=shutil.ignore_patterns("__*__"))
    monkeypatch.setattr(fingerprint, "_HERE", tmp_path / "code")
    before = fingerprint.of(engine)
    with (tmp_path / "code" / f"{module}.py").open("a") as code:
        code.write("# changed\n")
    after = fingerprint.of(engine)
    assert (before[0], before[1]) != after
    assert before[0] == after[0]


def test_what_has_no_part_in_it_changes_nothing() -> None:
    assert "bindery" not in fingerprint._with_imports(("html", "check"))
    assert "check" not in fingerprint._with_imports(("thumbnail",))


def test_libreoffice_is_named_with_its_version_and_settings() -> None:
    one, other = (fingerprint.of("office", ("7.4", each)) for each in ("a", "b"))
    assert one[0] == other[0] == "LibreOffice 7.4"
    assert one[1] != other[1]
