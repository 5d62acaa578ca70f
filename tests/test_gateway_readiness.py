"""What `casebridge check` says of the engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Conversion, Reading, Settings
from converters import engine
from gateway.readiness import findings


@pytest.mark.slow
def test_without_the_driver_of_libreoffice_its_package_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings()
    said = [one.text for one in findings(settings)]
    assert "python3-uno is there" in said
    for program in (tmp_path / "nothing", Path("/bin/false")):
        monkeypatch.setattr(engine, "_PYTHON", str(program))
        errors = [one.fix for one in findings(settings) if one.weight == "error"]
        assert "Install python3-uno" in errors


@pytest.mark.slow
def test_what_protects_each_engine_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Conversion(max_seconds=90, max_memory_bytes=2_000_000_000, ocr=True)
    settings = Settings(conversion=made, reading=Reading(max_seconds=45))
    said = [one.text for one in findings(settings) if one.weight == "ok"]
    for engine_of in (
        "messages and archives",
        "pages, pictures and PDFs",
        "LibreOffice",
        "ocrmypdf",
    ):
        (line,) = (one for one in said if one.startswith(f"{engine_of}: in the sandbox"))
        limit = "45 seconds" if engine_of.startswith("messages") else "2.0 GB and 90 seconds"
        assert line.endswith(limit)
    monkeypatch.setenv("PATH", "/nowhere")
    without = list(findings(settings))
    assert not [one for one in without if "in the sandbox" in one.text]
    assert [one.weight for one in without if "bubblewrap" in f"{one.fix}"] == ["error"]
