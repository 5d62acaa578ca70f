"""Every remark has words, and the words obey the rules of the house."""

from __future__ import annotations

import pytest

from config import problems, remarks


@pytest.mark.parametrize("code", sorted(remarks.name_codes()))
def test_every_code_has_words_with_and_without_a_value(code: str) -> None:
    for said in (
        remarks.on_name(code),
        remarks.on_name(f"{code}:x"),
        remarks.on_name(f"{code}:xy"),
    ):
        assert said
        assert "{" not in said
        assert not said.endswith(".")


@pytest.mark.parametrize("code", sorted(remarks.warning_codes()))
def test_every_warning_has_words(code: str) -> None:
    said = remarks.on_warning(code)
    assert said[0].isupper()
    assert "{" not in said
    assert not said.endswith(".")


def test_one_character_and_many_are_said_differently() -> None:
    assert remarks.on_name("characters:#") == "The character # is not supported"
    assert remarks.on_name("characters:#%") == "The characters # % are not supported"
    assert remarks.on_name("characters") == "Some characters are not supported"


def test_a_value_may_hold_a_colon_or_a_brace() -> None:
    assert remarks.on_name("characters::") == "The character : is not supported"
    assert remarks.on_name("characters:{0}") == "The characters { 0 } are not supported"


def test_an_ending_is_one_value_however_long() -> None:
    assert remarks.on_name("extension:.pdf").startswith("The ending was set to .pdf")


def test_a_code_without_a_row_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        remarks.on_name("nothing")


def test_no_reason_is_said_in_two_places() -> None:
    assert not remarks.reason_codes() & set(problems.catalogue())
    assert remarks.on_fate("decoration") == "A small picture from the signature"
    assert remarks.on_fate("file_virus") is None
