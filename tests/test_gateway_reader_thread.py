"""Thread and importance: what a message answers, and how its sender marked it."""

from __future__ import annotations

import pytest

from gateway.reader.header import Header
from gateway.reader.importance import MARKS, importance
from gateway.reader.thread import answered


def test_what_it_answers_comes_first_then_the_newest_of_its_thread_and_each_once() -> None:
    header = Header(
        (
            ("references", b"<1@a.example> <2@a.example>\t<3@a.example>"),
            ("in-reply-to", b"<3@a.example>"),
        )
    )
    assert answered(header) == ["3@a.example", "2@a.example", "1@a.example"]


@pytest.mark.parametrize(
    "value",
    [b"", b"Your message of Monday", b"<no-at>", b"<a b@c>", b"<a@b\x80>", b"<@b>", b"a@b"],
)
def test_what_is_no_message_id_is_left_out(value: bytes) -> None:
    assert answered(Header((("in-reply-to", value),))) == []


def test_of_a_long_thread_the_last_ones_are_taken() -> None:
    many = b" ".join(b"<%d@a.example>" % number for number in range(1000))
    header = Header((("references", many), ("in-reply-to", many)))
    found = answered(header)
    assert found[:20] == [f"{number}@a.example" for number in range(20)]
    assert found[20:] == [f"{number}@a.example" for number in range(999, 919, -1)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("importance", b"High"),
        ("importance", b" high "),
        ("x-priority", b"1"),
        ("x-priority", b"1 (Highest)"),
        ("x-priority", b"2 (High)"),
        ("x-msmail-priority", b"High"),
        ("priority", b"urgent"),
    ],
)
def test_high_importance(name: str, value: bytes) -> None:
    assert importance(Header(((name, value),))) == name
    assert name in MARKS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("importance", b"normal"),
        ("importance", b"low"),
        ("importance", b"not high"),
        ("x-priority", b"3"),
        ("x-priority", b"10"),
        ("x-priority", b""),
        ("priority", b"non-urgent"),
        ("subject", b"high"),
    ],
)
def test_no_high_importance(name: str, value: bytes) -> None:
    assert importance(Header(((name, value),))) is None
