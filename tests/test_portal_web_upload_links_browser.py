"""Upload links in Chromium: made on the package's page, and followed, in every look."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.browser import JOURNEYS, LOOKS
from tests.screen import Screen

pytestmark = pytest.mark.slow


def looked_at(page: Page) -> None:
    assert violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("look", JOURNEYS)
def test_a_link_is_made_followed_and_revoked(screen: Screen, look: str, script: bool) -> None:
    if not script and look != JOURNEYS[0]:
        pytest.skip("axe is a script: without one the first look is enough")
    look_at = looked_at if script else lambda _: None
    olu = screen.page("Olu Adeyemi", java_script_enabled=script, **LOOKS[look])
    olu.goto("/p/7KQ4-M2XD")
    olu.get_by_text("Make an upload link").click()
    look_at(olu)
    olu.get_by_role("button", name="Make the link").click()
    look_at(olu)
    path = olu.get_by_label("The link").input_value().partition("/send/")[2]
    stranger = screen.page(java_script_enabled=script, **LOOKS[look])
    stranger.goto(f"/send/{path}")
    look_at(stranger)
    stranger.get_by_role("button", name="Choose the documents").click()
    expect(stranger.get_by_text("The link that you were given is for this case")).to_be_visible()
    look_at(stranger)
    olu.goto("/p/7KQ4-M2XD")
    look_at(olu)
    olu.get_by_role("button", name="Revoke").first.click()
    expect(olu.get_by_text("revoked on")).not_to_have_count(0)
    stranger.goto(f"/send/{path}")
    expect(stranger.get_by_role("heading", level=1)).to_contain_text("This upload link was used")
    look_at(stranger)
