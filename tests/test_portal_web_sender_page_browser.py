"""The sender's page in Chromium, from the address to the request to delete, in every look."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from portal.tables import letters
from tests.browser import JOURNEYS, LOOKS
from tests.filling_in import code_of
from tests.screen import Screen
from tests.test_portal_web_firm_contributors import with_right
from tests.test_portal_web_upload_links_browser import looked_at

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("look", JOURNEYS)
def test_a_sender_opens_it_by_a_code_lets_somebody_in_and_asks_to_delete(
    screen: Screen, look: str, script: bool
) -> None:
    if not script and look != JOURNEYS[0]:
        pytest.skip("axe is a script: without one the first look is enough")
    with_right(screen.desk)
    look_at = looked_at if script else lambda _: None
    with screen.desk.database.read() as connection:
        address = connection.scalar(
            sa.select(letters.c.sender).where(letters.c.receipt == "7KQ4M2XD")
        )
    page = screen.page(java_script_enabled=script, **LOOKS[look])
    page.goto("/p/7KQ4-M2XD")
    page.get_by_label("Enter the address you sent from").fill(str(address))
    page.get_by_role("button", name="Send me the code").click()
    look_at(page)
    page.get_by_label("Code", exact=True).fill("000 000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look_at(page)
    page.get_by_label("Code", exact=True).fill(code_of(screen.desk.database))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sent. Receipt 7KQ4-M2XD")
    look_at(page)
    page.get_by_text("Let a court reporter").click()
    page.get_by_label("Their email address").fill("reporter@vendor.example")
    page.get_by_label("May send until").fill("2026-12-01")
    look_at(page)
    page.get_by_role("button", name="Let them in").click()
    expect(page.get_by_text("may send to this case until December 1, 2026")).to_be_visible()
    page.get_by_label("Why should it be deleted?").fill("Sent by mistake.")
    page.get_by_role("button", name="Ask us to delete").click()
    expect(page.get_by_text("We have your request of")).to_be_visible()
    look_at(page)
