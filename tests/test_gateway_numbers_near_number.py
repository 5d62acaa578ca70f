"""Near numbers: what may be meant, for a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Cases
from gateway.numbers.case_number import CaseShape
from gateway.numbers.near_number import near_numbers

SHAPE = CaseShape.of(Cases())


@pytest.mark.parametrize(
    "text",
    [
        "24-O01234", "24-oo1234", "24-00l234", "24-00I234", "Z4-001234",
        "24 001234", "24/001234", "24001234", "240-01234", "24-001-234", "24.001.234",
        "24-1234", "24-01234", "2024-001234", "2024-1234",
        "\uff12\uff14 \uff10\uff10\uff11\uff12\uff13\uff14",
    ],
)  # fmt: skip
def test_what_is_not_quite_a_number_may_mean_one(text: str) -> None:
    assert near_numbers(text, SHAPE)[:1] == ("24-001234",)


def test_of_a_whole_number_two_neighbours_may_have_changed_places() -> None:
    assert "24-001234" in near_numbers("24-001243", SHAPE)
    assert "24-001234" in near_numbers("42-001234", SHAPE)
    assert "24-001234" in near_numbers("20-401234", SHAPE)  # over the dash
    assert "24-001234" not in near_numbers("24-001234", SHAPE)
    assert "24-001234" not in near_numbers("24-001235", SHAPE)  # a digit may be any other
    assert len(near_numbers("12-345678", SHAPE)) == 7


@pytest.mark.parametrize("text", ["", "24-00123", "24-0012345", "report", "24-001234-01", "2-4-0"])
def test_nothing_is_near_where_any_number_would_do(text: str) -> None:
    assert "24-001234" not in near_numbers(text, SHAPE)


def test_a_pattern_with_letters_has_its_letters_mended_too() -> None:
    shape = CaseShape.of(Cases(pattern=r"MI\d{7}", example="MI1234567"))
    assert near_numbers("M11234567", shape) == ("MI1234567",)
    assert near_numbers("MI 1234567", shape) == ("MI1234567",)


@given(st.text(max_size=60) | st.text("0123OoIl-/ ", max_size=14))
def test_they_are_few_and_ours(text: str) -> None:
    near = near_numbers(text, SHAPE)
    assert len(near) <= 12
    assert all(SHAPE.normal(one) == one for one in near)
