"""The package as one PDF in a real browser: asked for, followed by itself, downloaded."""

from __future__ import annotations

import io

import pytest
from playwright.sync_api import Page

from portal import binder
from portal.handout import Handout
from tests.axe import violations
from tests.browser import JOURNEYS, LOOKS
from tests.record_sample import pdf
from tests.screen import Screen

pytestmark = pytest.mark.slow

BASE = "/p/7KQ4-M2XD"


def finish(screen: Screen) -> None:
    """Do what the chore does: no engine is here."""
    desk = screen.desk
    blob = desk.vault.add(io.BytesIO(pdf("All of it")))
    with desk.database.write() as connection:
        order = binder.next_order(connection)
        assert order is not None
        made = Handout("", blob.sha256, blob.bytes)
        binder.finish(connection, order.id, made, 13, now=desk.now)


def faults(page: Page) -> list[str]:
    found = violations(page)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("the page scrolls sideways")
    if page.locator("h1").count() != 1:
        found.append("there must be one h1")
    return found


@pytest.mark.parametrize("look", JOURNEYS)
def test_it_is_followed_by_itself_and_each_state_can_be_read(screen: Screen, look: str) -> None:
    page = screen.page("Dana Reyes", **LOOKS[look])
    page.goto(f"{BASE}/binder")
    assert faults(page) == []
    page.goto(BASE)
    assert faults(page) == []
    page.get_by_role("button", name="The whole package as one PDF").click()
    page.wait_for_url(f"**{BASE}/binder")
    assert page.get_by_role("heading", name="It is being made").is_visible()
    assert faults(page) == []
    finish(screen)
    page.get_by_role("link", name="Download the PDF").wait_for()
    assert page.locator("#said").text_content() == "It is made."
    assert faults(page) == []
    page.goto(BASE)
    assert faults(page) == []


def test_without_javascript_the_page_loads_itself_again(screen: Screen) -> None:
    page = screen.page("Dana Reyes", java_script_enabled=False)
    page.goto(BASE)
    page.get_by_role("button", name="The whole package as one PDF").click()
    page.get_by_role("heading", name="It is being made").wait_for()
    finish(screen)
    page.get_by_role("link", name="Download the PDF").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the PDF").click()
    assert download.value.suggested_filename == "7KQ4-M2XD.pdf"
