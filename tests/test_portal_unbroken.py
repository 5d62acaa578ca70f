"""Numbers that stay on one line."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from portal.unbroken import unbroken


@pytest.mark.parametrize("number", ["24-001234", "7KQ4-M2XD", "AB-12-0007", "SHA-256"])
def test_a_number_is_kept_whole_and_the_words_around_it_stay(number: str) -> None:
    said = unbroken(f"Filed under {number}, & <soon>.")
    whole = f'<span class="whole">{number}</span>'
    assert said == Markup(f"Filed under {whole}, &amp; &lt;soon&gt;.")


@pytest.mark.parametrize("words", ["well-known", "X-RAY", "2026-11-21-08-15", "a-1", "ABCDEFGHI-1"])
def test_other_words_may_be_broken(words: str) -> None:
    assert unbroken(words) == words


@pytest.mark.parametrize("foreign", ['<b>7KQ4-M2XD</b>"', "&#39;7KQ4-M2XD", "'24-001234'"])
def test_what_is_foreign_is_escaped_all_the_same(foreign: str) -> None:
    said = unbroken(foreign)
    assert said.striptags() == foreign
    assert said.count("<") == 2


def test_a_long_line_of_near_numbers_takes_no_time_to_speak_of() -> None:
    assert "<span" not in unbroken("A-" * 100_000)
