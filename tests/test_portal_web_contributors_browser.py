"""The page of contributors in Chromium, from a letter that waits to the end of a right."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import JOURNEYS, LOOKS
from tests.confirming import two_letters
from tests.screen import Screen
from tests.test_portal_web_upload_links_browser import looked_at

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("look", JOURNEYS)
def test_a_sender_is_let_in_and_ended(screen: Screen, look: str, script: bool) -> None:
    if not script and look != JOURNEYS[0]:
        pytest.skip("axe is a script: without one the first look is enough")
    look_at = looked_at if script else lambda _: None
    two_letters(screen.desk)
    page = screen.page("Olu Adeyemi", java_script_enabled=script, **LOOKS[look])
    for path in ("/p/EVE0-0001", "/p/EVE0-0001/triage"):
        page.goto(path)
        page.get_by_text("Let this sender send to a case").click()
        look_at(page)
    letting = page.get_by_role("region", name="A contributor")
    letting.get_by_label("Case number").fill("24-999999")
    letting.get_by_label("May send until").fill("2026-12-01")
    letting.get_by_role("button", name="Let them in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look_at(page)
    page.get_by_label("Case number").fill("24-001234")
    page.get_by_role("button", name="Let them in").click()
    expect(page.get_by_text("may send until December 1, 2026")).to_be_visible()
    look_at(page)
    page.get_by_role("button", name="End now").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    look_at(page)
