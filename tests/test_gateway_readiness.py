"""What `casebridge check` says of the engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings
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
