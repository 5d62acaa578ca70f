"""What runs needs what `make run` installs, and nothing that only the tests do."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("config", "converters", "portal", "gateway")
# What Debian's python3-uno brings to its own Python, which runs this one module beside LibreOffice.
OF_DEBIAN = {"converters/office_driver.py": {"uno", "unohelper", "com"}}


def running() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")
    yield ROOT / "samples" / "first_run.py"


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def distribution(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> set[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return {distribution(line.split("==")[0]) for line in lines if "==" in line}


@pytest.mark.slow
def test_everything_that_runs_imports_only_what_is_locked_for_running() -> None:
    there, brought_by = locked(), packages_distributions()
    missing: set[str] = set()
    for file in running():
        for module in imported(file):
            top = module.partition(".")[0]
            if top in sys.stdlib_module_names or top in PACKAGES:
                continue
            if top in OF_DEBIAN.get(str(file.relative_to(ROOT)), ()):
                continue
            names = {distribution(name) for name in brought_by.get(top, ())}
            if not names & there:
                missing.add(f"{file.relative_to(ROOT)}: {module}")
    assert missing == set()
    assert "python3-uno" in (ROOT / "bin" / "set-up").read_text(encoding="utf-8")
