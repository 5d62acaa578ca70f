"""File extensions: what is known as one, what fits what, and look-alike letters."""

from __future__ import annotations

import pytest

from gateway.road.extension import known, same_kind, spelled_plainly


@pytest.mark.parametrize(
    ("ending", "true"), [("jpeg", "jpg"), ("htm", "html"), ("csv", "txt"), ("docm", "docx")]
)
def test_another_ending_of_the_same_content_fits(ending: str, true: str) -> None:
    assert known(ending)
    assert same_kind(ending, true)


@pytest.mark.parametrize(
    ("ending", "true"),
    [("exe", "pdf"), ("txt", "html"), ("bat", "txt"), ("js", "txt"), ("pdf", "docx")],
)
def test_a_lying_or_running_one_does_not(ending: str, true: str) -> None:
    assert known(ending)
    assert not same_kind(ending, true)


def test_look_alikes_are_read_as_what_they_pass_for() -> None:
    assert spelled_plainly("\u0440df") == "pdf"
    assert spelled_plainly("\uff30\uff24\uff26") == "pdf"
    assert spelled_plainly("\u0435\u0445\u0435") == "exe"
    assert not known("smith")
