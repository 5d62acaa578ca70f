"""Mask: what a letter says of a password is in nothing that is filed, wherever it says it."""

from __future__ import annotations

from gateway.road.mask import PASSWORD, mask, own_words
from gateway.said_password import MASK, to_try
from tests.packages import package, part, words


def test_what_is_said_of_a_file_on_the_form_is_masked_and_tried() -> None:
    said = package(
        part("2", "a.pdf", description="Day two, password: Xk29q1"),
        part("3", "b.pdf", description="Day three"),
        words=(words(""),),
    )
    assert to_try(own_words(said)) == ("Xk29q1",)
    masked = mask(said)
    assert [one.description for one in masked.parts] == [f"Day two, password: {MASK}", "Day three"]
    assert [one.code for one in masked.troubles] == [PASSWORD]


def test_a_package_that_says_no_password_is_left_as_it_is() -> None:
    plain = package(part("2", "a.pdf", description="Day two"), part("3", "b.pdf"))
    assert mask(plain) is plain
