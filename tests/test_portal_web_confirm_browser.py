"""The page that confirms an address, in Chromium: with a script and without, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import JOURNEYS, LOOKS
from tests.confirming import EVE, two_letters
from tests.screen import Screen
from tests.test_portal_web_upload_links_browser import looked_at

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("look", JOURNEYS)
def test_a_sender_says_which_messages_they_have_sent(
    screen: Screen, look: str, script: bool
) -> None:
    if not script and look != JOURNEYS[0]:
        pytest.skip("axe is a script: without one the first look is enough")
    look_at = looked_at if script else lambda _: None
    code = two_letters(screen.desk)
    page = screen.page(java_script_enabled=script, **LOOKS[look])
    page.goto("/confirm")
    look_at(page)
    page.get_by_label("The address that you sent from").fill(EVE)
    page.get_by_label("Code", exact=True).fill("12")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look_at(page)
    page.get_by_label("Code", exact=True).fill(f"{code[:3]} {code[3:]}")
    page.get_by_label("Code", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What did you send?")
    look_at(page)
    page.get_by_role("button", name="I have sent these").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look_at(page)
    page.get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="I have sent these").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    look_at(page)
