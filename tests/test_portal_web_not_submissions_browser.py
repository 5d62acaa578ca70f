"""The shelf in a real browser: each look, by keyboard alone, and without JavaScript."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.tables import decisions
from tests.browser import JOURNEYS, LOOKS
from tests.screen import Screen
from tests.shelving import set_aside
from tests.test_portal_web_browser_deciding import look_at

pytestmark = pytest.mark.slow


@pytest.fixture
def shelved(screen: Screen) -> Screen:
    set_aside(screen.desk)
    return screen


@pytest.mark.parametrize("look", JOURNEYS)
def test_a_letter_is_filed_after_all_and_taken_back(shelved: Screen, look: str) -> None:
    page = shelved.page("Olu Adeyemi", **LOOKS[look])
    page.goto("/not-submissions")
    look_at(page, "Not submissions")
    page.get_by_label("Show", exact=True).select_option("thanks")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("button", name="File after all TH4N-KS00").click()
    page.get_by_role("heading", name="Filing after all").wait_for()
    look_at(page, "Filing after all")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/not-submissions")
    look_at(page, "Not submissions")
    page.goto("/p/TH4N-KS00")
    page.get_by_role("button", name="File after all").wait_for()
    assert shelved.complaints == []
    assert shelved.asked_elsewhere == []


def test_the_press_needs_a_keyboard_and_no_script(shelved: Screen) -> None:
    page = shelved.page("Olu Adeyemi", java_script_enabled=False)
    page.goto("/not-submissions?kind=recall")
    button = page.get_by_role("button", name="File after all RECA-1100")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Filing after all").wait_for()
    with shelved.desk.database.read() as connection:
        assert connection.scalars(sa.select(decisions.c.kind)).all() == ["after_all"]
