"""The bound on Chromium: a call that never comes back is named, and the next test has a browser."""

from __future__ import annotations

import pytest

from tests.browser import Chromium, _drivers

pytestmark = pytest.mark.slow


def test_a_call_that_never_comes_back_is_named_and_chromium_starts_again(
    chromium: Chromium,
) -> None:
    page = chromium.window().new_page()
    with pytest.raises(pytest.fail.Exception) as failed, chromium.within(2):
        page.evaluate("new Promise(() => {})")
    assert 'page.evaluate("new Promise(() => {})")' in str(failed.value)
    assert chromium.window().new_page().evaluate("1 + 1") == 2


def test_what_drives_chromium_is_found_among_our_processes(chromium: Chromium) -> None:
    chromium.window()
    (driver,) = _drivers()
    assert driver != chromium.pid
