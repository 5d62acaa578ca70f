"""Urgent: the words of the settings where they are new, and the sender's own mark."""

from __future__ import annotations

import pytest

from config.settings import Settings, Urgency
from gateway.road.urgent import urgent
from tests.packages import package, words


def why(
    new: str = "", subject: str = "Report", urgency: Urgency | None = None, **changes: str
) -> str | None:
    own = words(f"{new}\n> history", new=new)
    said = package(subject=subject, words=(own,), **changes)
    return urgent(said, urgency or Urgency()).urgent


@pytest.mark.parametrize(
    ("new", "word"),
    [
        ("a time limit demand is attached", "time limit demand"),
        ("TIME-LIMIT DEMAND", "time limit demand"),
        ("Time\u2013Limit  Demand", "time limit demand"),
        ("you must respond\nby Friday", "respond by"),
        ("you must respond  \r\n  by Friday", "respond by"),
        ("a time\u00adlimit demand and a summons", "summons"),
        ("Summons.", "summons"),
        ("(summons)", "summons"),
        ("sum\u200bmons", "summons"),
        ("Fristsache!", "fristsache"),
        ("policy limits demand", "policy limits demand"),
    ],
)
def test_a_word_of_the_settings_is_found_whole(new: str, word: str) -> None:
    assert why(new) == f'The message says "{word}".'
    assert why(subject=" ".join(new.split())) == f'The subject says "{word}".'


@pytest.mark.parametrize(
    "new", ["", "summonsed", "a summon", "respond to nearby", "urgent care records", "dead line"]
)
def test_a_piece_of_another_word_is_none(new: str) -> None:
    assert why(new) is None


def test_what_is_quoted_was_urgent_once() -> None:
    own = words("Done.\n> summons", new="Done.")
    assert urgent(package(words=(own,)), Urgency()).urgent is None


def test_what_another_program_shows_counts() -> None:
    own = words("Done.", other="summons")
    assert urgent(package(words=(own,)), Urgency()).urgent is not None
    own = words("Done.", other_subjects="Summons")
    assert urgent(package(words=(own,)), Urgency()).urgent == 'The subject says "summons".'


def test_the_senders_mark_counts_unless_the_settings_say_no() -> None:
    assert why(importance="x-priority") == "The sender marked it with high importance."
    assert why(urgency=Urgency(importance_headers=False), importance="x-priority") is None
    assert why("summons", importance="importance") == 'The message says "summons".'


def test_no_words_are_none() -> None:
    assert why("summons", urgency=Urgency(words=())) is None


def test_a_blank_word_would_be_found_everywhere() -> None:
    with pytest.raises(ValueError, match="leave no blank one"):
        Settings.model_validate({"urgency": {"words": ["summons", " "]}})
