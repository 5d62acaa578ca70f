"""Receipt numbers: how they are made, shown, and read as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import receipt_number

numbers = st.text(receipt_number.ALPHABET, min_size=8, max_size=8)


@given(numbers)
def test_a_shown_number_is_read_back(receipt: str) -> None:
    assert receipt_number.parsed(receipt_number.shown(receipt)) == receipt
    assert receipt_number.parsed(receipt.lower()) == receipt


@pytest.mark.parametrize(
    ("text", "receipt"),
    [
        ("7kq4-m2xd", "7KQ4M2XD"),
        (" 7KQ4 M2XD ", "7KQ4M2XD"),
        ("7KQ4–M2XD", "7KQ4M2XD"),  # noqa: RUF001  # an en dash, as word processors make it
        ("OIL4-M2XD", "0114M2XD"),
        ("7KQ4-M2X", None),
        ("7KQ4-M2XDD", None),
        ("7KQ4-M2XU", None),
        ("../../etc", None),
        ("", None),
    ],
)
def test_numbers_as_people_write_them(text: str, receipt: str | None) -> None:
    assert receipt_number.parsed(text) == receipt


def test_new_numbers_have_the_shape() -> None:
    assert all(receipt_number.parsed(new) == new for new in (receipt_number.new() for _ in "ab"))
