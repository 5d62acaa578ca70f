"""Likeness: a link's target makes no other message, another sentence does."""

from __future__ import annotations

import pytest

from gateway.reader.likeness import differ, is_within

SAID = "Dear Dana, the deposition of Dr. Smith is set for December 9. Please find the notice below."


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (SAID, False),
        (SAID.upper(), False),
        (f"{SAID} <https://rivers.example/a/very/long/address?with=many&words=in&it=yes>", False),
        (f"{SAID}\n\nView in browser", False),
        (SAID.replace("December 9", "January 4"), False),
        (
            f"{SAID} The other side has offered to settle for a million and we say take it.",
            True,
        ),
        ("This message needs a program that shows HTML and cannot be shown in any other way", True),
        ("", True),
    ],
)
def test_two_forms(other: str, *, differs: bool) -> None:
    assert differ(SAID, other) is differ(other, SAID) is differs


def test_words_count_as_often_as_they_come() -> None:
    assert is_within("a b", "a b c", one_in=20)
    assert not is_within("a a a b", "a b c", one_in=20)
