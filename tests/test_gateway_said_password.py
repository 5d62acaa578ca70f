"""A password that is said in words: found where it is sure, and masked."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.said_password import MASK, masked, said_in, to_try

LABELLED = tomllib.loads(Path(__file__).with_name("said_passwords.toml").read_text("utf-8"))["says"]
WORDS = st.text(alphabet="abcdefghijklmnop .,\n", max_size=80)
PASSWORDS = st.from_regex(r"[A-Za-z][0-9][A-Za-z0-9#+&-]{2,20}", fullmatch=True)


@pytest.mark.parametrize(
    ("words", "password"),
    [(one["words"], one["password"]) for one in LABELLED],
    ids=[one["words"][:40] for one in LABELLED],
)
def test_what_people_write_is_read_as_it_is_meant(words: str, password: str) -> None:
    found = to_try([words])
    assert (password in found) if password else not found
    assert bool(found) == (masked(words) != words)
    if password:
        assert found[0] == password, "it is tried first"
        assert password not in masked(words)


@given(WORDS, PASSWORDS, WORDS)
def test_a_labelled_password_never_stands_in_what_is_masked(
    before: str, password: str, after: str
) -> None:
    text = f"{before}\nPassword: {password}\n{after}"
    assert password in to_try([text])
    assert masked(text) == text.replace(f"Password: {password}", f"Password: {MASK}", 1)


@given(st.text(max_size=300))
def test_whatever_the_text_what_is_masked_says_nothing_more(text: str) -> None:
    said = list(said_in(text))
    assert all(one.start < one.end <= len(text) for one in said)
    assert all(left.end <= right.start for left, right in itertools.pairwise(said))
    if not said:
        assert masked(text) == text


@given(
    st.lists(st.sampled_from(["password", "Password:", "is", "pw", '"', "x9y8", "\n", " ", ":"]))
)
def test_words_about_passwords_are_read_without_end_or_fault(words: list[str]) -> None:
    text = " ".join(words)
    once = masked(text)
    assert once.count(MASK) == len(list(said_in(text)))


def test_what_is_masked_already_is_no_password() -> None:
    assert not to_try([masked("Password: Lincoln 7"), "Password: ********", "Password: xxxx"])


def test_what_hides_in_a_word_hides_no_password() -> None:
    assert masked("Pass\u200bword: Lin\u200bcoln7, thanks") == f"Pass\u200bword: {MASK} thanks"


def test_only_a_few_are_tried() -> None:
    text = "\n".join(f"Password: abcd{number}" for number in range(20))
    assert to_try([text, text]) == tuple(f"abcd{number}" for number in range(5))


def test_a_text_of_nothing_else_is_read_in_a_bounded_number_of_steps() -> None:
    assert sum(1 for _ in said_in("pw x9y8 " * 5_000)) == 1_000
