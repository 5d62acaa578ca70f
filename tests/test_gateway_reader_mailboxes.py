"""Mailboxes: To and Cc, as names and addresses; a broken field harms nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.reader.header import Header
from gateway.reader.mailboxes import mailboxes

DANA = "dana@desk.example"


def read(*fields: tuple[str, bytes]) -> list[tuple[str, str | None]]:
    return [(one.name, one.address) for one in mailboxes(Header(fields))]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"dana@desk.example", [("", DANA)]),
        (b"<Dana@Desk.example>", [("", DANA)]),
        (b"Dana Reyes <dana@desk.example>", [("Dana Reyes", DANA)]),
        (b'"Reyes, Dana" <dana@desk.example>', [("Reyes, Dana", DANA)]),
        (b"'Dana Reyes' <dana@desk.example>", [("Dana Reyes", DANA)]),
        (b"=?utf-8?Q?Reyes,_Dana?= <dana@desk.example>", [("Reyes, Dana", DANA)]),
        (b"=?utf-8?B?QmrDtnJu?= <b@desk.example>", [("Björn", "b@desk.example")]),
        (b'"Dana \\"D\\" Reyes" <dana@desk.example>', [('Dana "D" Reyes', DANA)]),
        (b"dana@desk.example (Dana)", [("", DANA)]),
        (b"Reyes, Dana <dana@desk.example>", [("Reyes", None), ("Dana", DANA)]),
        (b"a@x.example, b@y.example", [("", "a@x.example"), ("", "b@y.example")]),
        (b"Desk: a@x.example, b@y.example;", [("Desk", None), ("", "a@x.example"),
                                             ("", "b@y.example")]),
        (b"undisclosed-recipients:;", [("undisclosed-recipients", None)]),
        (b'"dana@desk.example" <eve@evil.example>', [("dana@desk.example", "eve@evil.example")]),
        (b"Dana <not an address>", [("Dana", None)]),
        (b"", []),
        (b",,;", []),
        (b'"', []),
    ],
)  # fmt: skip
def test_a_field_is_taken_apart(value: bytes, expected: list[tuple[str, str | None]]) -> None:
    found = read(("to", value))
    assert [one for one in found if one != ('"', None)] == expected


def test_to_and_cc_and_nothing_else() -> None:
    fields = (("cc", b"c@x.example"), ("to", b"t@x.example"), ("bcc", b"b@x.example"))
    assert read(*fields) == [("", "t@x.example"), ("", "c@x.example")]


def test_a_hundred_are_enough() -> None:
    many = b", ".join(b"a%d@x.example" % number for number in range(500))
    assert len(read(("to", many))) == 100


@given(st.binary(max_size=300) | st.text('"\\<>(),;:=?@ax ', max_size=80).map(str.encode))
def test_any_bytes_are_read(value: bytes) -> None:
    for name, _ in read(("to", value)):
        assert len(name.splitlines()) <= 1
        assert len(name) <= 200


@pytest.mark.slow
def test_a_field_of_nothing_but_open_quotes_is_read_in_time() -> None:
    assert len(read(("to", b'"\\' * 16_000))) <= 1
