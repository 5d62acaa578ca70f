"""The accessibility rules of axe-core, run in a page."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"
# wcag22aa by name: axe leaves target-size, its only rule of WCAG 2.2, off by default.
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
TAGS = (*WCAG, "best-practice")


@functools.cache
def _axe() -> str:
    if not AXE.exists():
        pytest.fail("axe-core is not installed: run npm ci")
    return AXE.read_text(encoding="utf-8")


def violations(page: Page, tags: Sequence[str] = TAGS) -> list[str]:
    """Return each broken rule with the element that breaks it.

    axe comes in through the debugger, so the content policy of the page stays as it is.
    """
    if page.evaluate("window.axe === undefined"):
        page.evaluate(f"{_axe()};\nundefined")  # or the browser would send the whole of axe back
    found = page.evaluate(
        """tags => axe.run(document, {
            runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'],
        })""",
        list(tags),
    )
    assert found["passes"], "axe has looked at something"
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]
