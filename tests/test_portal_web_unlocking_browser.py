"""The locked document's page in Chromium: a mail that says its password, tried by one press."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import JOURNEYS, LOOKS
from tests.desk import PASSWORD
from tests.record_sample import Part
from tests.screen import Screen
from tests.test_portal_web_unlocking import mailed
from tests.test_portal_web_upload_links_browser import looked_at

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("look", JOURNEYS)
def test_one_press_tries_what_a_mail_says(screen: Screen, look: str, script: bool) -> None:
    if not script and look != JOURNEYS[0]:
        pytest.skip("axe is a script: without one the first look is enough")
    look_at = looked_at if script else lambda _: None
    desk = screen.desk
    receipt = f"{sorted(LOOKS).index(look)}{int(script)}MA1WRD"
    letter = mailed(desk, receipt, ("wrong",))
    desk.sample.parts(
        receipt,
        letter,
        [Part(None, "text/plain", reason="narrative", remarks=("password_masked",), stored=False)],
    )
    page = screen.page("Olu Adeyemi", java_script_enabled=script, **LOOKS[look])
    page.goto(f"/p/{receipt[:4]}-{receipt[4:]}")
    expect(page.get_by_text("A password in it is masked here")).to_be_visible()
    look_at(page)
    page.goto("/p/7KQ4-M2XD")
    press = page.get_by_role("button", name=f"what {receipt[:4]}-{receipt[4:]} says")
    press.focus()
    look_at(page)
    assert PASSWORD not in page.content()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("No password that the mail says")
    look_at(page)
