"""Greeting: whom the first lines greet, in several languages, and what is no greeting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.road.greeting import greeted


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dear Ms Reyes,\n\nattached.", ("Reyes",)),
        ("Dear Ms. Dana Reyes:", ("Dana Reyes",)),
        ("Dana,\nattached.", ("Dana",)),
        ("Dana -\nattached.", ("Dana",)),
        ("Ms. Reyes:", ("Reyes",)),
        ("Hi Dana, attached is the report.", ("Dana", "attached is the report")),
        ("Hello Dana! See below.", ("Dana",)),
        ("Good morning, Dana", ("Dana",)),
        ("Hi Dana - attached", ("Dana",)),
        ("Attn: Dana Reyes", ("Dana Reyes",)),
        ("Sehr geehrte Frau Reyes,", ("Reyes",)),
        ("Sehr geehrter Herr Dr. M\u00fcller,", ("M\u00fcller",)),
        ("Liebe Dana,", ("Dana",)),
        ("Ch\u00e8re Madame Reyes,", ("Reyes",)),
        ("Estimada Sra. Reyes:", ("Reyes",)),
        ("Dear Dana and Lee,", ("Dana", "Lee")),
        ("Dear Dana/Lee", ("Dana", "Lee")),
        ("Dear Ms. Reyes and Mr. Park:", ("Reyes", "Park")),
        ("Sehr geehrte Frau Reyes, sehr geehrter Herr Park,", ("Reyes", "Park")),
        ("21 November 2026\n\nRe: Smith\n\nDear Dana,", ("Dana",)),
        ("Dear Sir or Madam,", ("Sir or Madam",)),
        ("Attached is the report.", ()),
        ("Attached is the report.\nDana,", ()),
        ("", ()),
        ("1\n2\n3\n4\n5\n6\nDear Dana,", ()),
    ],
)
def test_the_names_of_a_greeting(text: str, names: tuple[str, ...]) -> None:
    assert tuple(one.name for one in greeted(text)) == names


@given(st.text(max_size=300) | st.text("Dear Hi,:\n -DanaMs.", max_size=100))
def test_any_text_is_read(text: str) -> None:
    for one in greeted(text):
        assert one.name.strip()
        assert "\n" not in one.name


def test_a_title_is_remembered() -> None:
    titled = [one.titled for one in greeted("Dear Dana, Dr. Lee and Herr Park,")]
    assert titled == [False, True, True]
