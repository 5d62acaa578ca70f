"""Packages that were answered, and one that was passed on, in Chromium and every look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser import JOURNEYS, LOOKS
from tests.desk import SampleDesk
from tests.screen import Screen
from tests.test_portal_web_conversation import FIRST, LATER, LATER_AT, asked, joined
from tests.test_portal_web_forwarded import passed_on
from tests.test_portal_web_upload_links_browser import looked_at

pytestmark = pytest.mark.slow


def messages(desk: SampleDesk) -> None:
    """Answer a package of somebody's with words."""
    first = desk.sample.letter("9ABCDEG2")
    desk.sample.package(first)
    desk.sample.file(first, "24-001234", "Dana Reyes", [])
    for number, said in enumerate(("Has Dr. Lee read them?", "a" * 400), 3):
        at = LATER_AT + timedelta(hours=number)
        mail = desk.sample.letter(
            f"9ABCDEG{number}", "set_aside", reason="message", arrived_at=at, home_id=first
        )
        desk.sample.package(mail, narrative=said)


@pytest.mark.parametrize("look", JOURNEYS)
def test_a_package_that_was_answered(screen: Screen, look: str) -> None:
    joined(screen.desk)
    messages(screen.desk)
    dana = screen.page("Dana Reyes", **LOOKS[look])
    for path in (FIRST, LATER, "/p/9ABC-DEG2"):
        dana.goto(path)
        looked_at(dana)


@pytest.mark.parametrize("look", JOURNEYS)
def test_a_document_is_hidden_and_brought_back(screen: Screen, look: str) -> None:
    asked(screen.desk)
    dana = screen.page("Dana Reyes", **LOOKS[look])
    dana.goto(FIRST)
    looked_at(dana)
    dana.get_by_role("button", name="Bring it back").click()
    expect(dana.get_by_text("It was hidden, and brought back")).to_be_visible()
    looked_at(dana)


@pytest.mark.parametrize("look", JOURNEYS)
def test_what_was_passed_on_says_so(screen: Screen, look: str) -> None:
    passed_on(screen.desk)
    olu = screen.page("Olu Adeyemi", **LOOKS[look])
    for path in ("/p/F0RW-ARD1", "/p/F0RW-ARD1/triage"):
        olu.goto(path)
        looked_at(olu)
