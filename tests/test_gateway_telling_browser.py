"""The HTML of every mail as a program shows it that has Chromium in it: axe-core and reflow."""

from __future__ import annotations

import pytest

from tests.axe import WCAG, violations
from tests.browser import looks_for, turn_to
from tests.screen import Screen
from tests.test_gateway_telling_html import every
from tests.test_portal_web_browser_deciding import broken_numbers

pytestmark = pytest.mark.slow


def test_every_mail(screen: Screen) -> None:
    page = screen.page()
    wrong: dict[str, list[str]] = {}
    for number, (name, mail) in enumerate(every().items()):
        assert mail.html is not None, name
        page.set_content(mail.html)
        for look in looks_for(number):
            turn_to(page, look)
            # Without axe's own advice: it misses landmarks, which mail programs take away.
            found = violations(page, WCAG)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append("the mail scrolls sideways")
            found += [f"broken number: {one}" for one in broken_numbers(page)]
            if found:
                wrong[f"{name}, {look}"] = found
    assert wrong == {}
