"""What is asked and decided, in a real browser: the answer page, triage, and what comes of both."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from portal import answer_link, sign_in
from portal.tables import accounts, letters, rights
from tests.axe import violations
from tests.browser import JOURNEYS, LOOKS
from tests.screen import Screen
from tests.test_portal_web_triage import asked_to_delete

pytestmark = pytest.mark.slow

HELD = "/p/9HXW-3T5R"
CASES = ("24-001234", "24-001300")


@pytest.fixture
def asking(screen: Screen) -> Screen:
    """The sample pages, where a firm may send to two cases, and operations are two people."""
    sample = screen.desk.sample
    for number in CASES:
        sample.insert(
            rights,
            firm_id=sample.firms["Ó Conaill Solicitors"],
            case_id=sample.cases[number],
            starts=None,
            ends=None,
        )
    sample.accounts["Kim Osei"] = sample.insert(
        accounts, email="kim@sample.example", name="Kim Osei", role="operations"
    )
    return screen


def ask(screen: Screen) -> str:
    """Ask the sender of the held letter, and return the path of the answer page."""
    token = sign_in.new_token()
    with screen.desk.database.write() as connection:
        held = letters.c.receipt == "9HXW3T5R"
        letter_id = connection.execute(
            letters.update().where(held).values(state="needs_you").returning(letters.c.id)
        ).scalar_one()
        hashed = answer_link.sha256(token)
        answer_link.keep(connection, letter_id, hashed, now=screen.desk.now, days=14)
    return f"/answer/{token}"


@pytest.mark.parametrize("look", JOURNEYS)
def test_what_is_asked_to_be_deleted_is_seen_where_it_is_decided(screen: Screen, look: str) -> None:
    asked_to_delete(screen.desk)
    olu = screen.page("Olu Adeyemi", **LOOKS[look])
    olu.goto(f"{HELD}/triage")
    look_at(olu, "Which case is this?")
    olu.get_by_role("button", name="Bring it back").click()
    expect(olu.get_by_text("It was hidden, and brought back")).to_be_visible()


def look_at(page: Page, heading: str) -> None:
    """Expect a page under its heading, without a fault of axe's and without sideways scrolling."""
    assert [one.splitlines()[-1] for one in page.locator("h1").all_inner_texts()] == [heading]
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = violations(page)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("the page scrolls sideways")
    assert found == [], heading
    assert broken_numbers(page) == [], heading


def broken_numbers(page: Page) -> list[str]:
    """Return the receipt and case numbers that stand on two lines; in a file's name they may."""
    found: list[str] = page.evaluate(_BROKEN, _NUMBER)
    return found


# A dot behind it: a file's name.
_NUMBER = r"\b(\d\d-\d{6}|[0-9A-Z]{4}-[0-9A-Z]{4})\b(?![.\w])"
_BROKEN = """number => {
  const broken = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    for (const one of text.data.matchAll(new RegExp(number, 'g'))) {
      const range = document.createRange();
      range.setStart(text, one.index);
      range.setEnd(text, one.index + one[0].length);
      const lines = new Set([...range.getClientRects()].map(box => Math.round(box.y)));
      if (lines.size > 1) broken.push(text.parentElement.outerHTML.slice(0, 120));
    }
  }
  return broken;
}"""


@pytest.mark.parametrize("look", JOURNEYS)
def test_a_sender_answers_and_is_thanked(asking: Screen, look: str) -> None:
    path = ask(asking)
    page = asking.page(**LOOKS[look])
    page.goto(path)
    look_at(page, "Which case is this?")
    page.get_by_label(re.compile("another case number")).fill("24-999999")
    page.get_by_role("button", name="File it", exact=True).click()
    page.get_by_role("alert").get_by_text("We found no open case").wait_for()
    look_at(page, "Which case is this?")
    page.get_by_label(re.compile("another case number")).fill("")
    page.get_by_label(CASES[1]).check()
    page.get_by_role("button", name="File it", exact=True).click()
    page.get_by_role("heading", name="Thank you").wait_for()
    look_at(page, "Thank you")
    page.goto(path)
    look_at(page, "This question is settled")


@pytest.mark.parametrize("look", JOURNEYS)
def test_staff_decide_and_take_it_back(asking: Screen, look: str) -> None:
    page = asking.page("Olu Adeyemi", **LOOKS[look])
    page.goto(f"{HELD}/triage")
    look_at(page, "Which case is this?")
    button = page.get_by_role("button", name=f"File under {CASES[0]}").first
    assert button.inner_text() == f"File under {CASES[0]}"
    button.click()
    page.wait_for_url(f"**{HELD}/decided")
    look_at(page, f"Filing under {CASES[0]}")
    page.goto(HELD)
    look_at(page, "9HXW-3T5R")
    page.goto(f"{HELD}/decided")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(f"**{HELD}/triage")
    look_at(page, "Which case is this?")
    page.goto(f"{HELD}/decided")
    look_at(page, "Nothing was filed")
    page.goto(HELD)
    look_at(page, "9HXW-3T5R")
    assert "took the decision back" in page.locator("main").inner_text()


@pytest.mark.parametrize("look", JOURNEYS)
def test_a_letter_that_somebody_works_on(asking: Screen, look: str) -> None:
    asking.page("Kim Osei").goto(f"{HELD}/triage")
    page = asking.page("Olu Adeyemi", **LOOKS[look])
    page.goto(f"{HELD}/triage")
    page.get_by_role("heading", name="Kim Osei is working on this").wait_for()
    look_at(page, "Which case is this?")
    page.goto("/packages?view=team")
    look_at(page, page.locator("h1").inner_text())


@pytest.mark.parametrize("name", ["/packages", "/p/7KQ4-M2XD", f"{HELD}/triage", "/outbox"])
def test_no_number_is_broken_on_a_telephone(asking: Screen, name: str) -> None:
    page = asking.page("Olu Adeyemi", **LOOKS["narrow"])
    page.goto(name)
    assert broken_numbers(page) == []
