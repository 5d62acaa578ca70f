"""Mails as bytes for the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace
from typing import Any, cast

import pytest

from config.settings import Settings
from gateway.telling.message import message_of

NOW = datetime(2026, 11, 21, 20, 42, tzinfo=UTC)


def written(earlier: Sequence[str] = (), /, **given: Any) -> bytes:
    row = {
        "id": 1,
        "kind": "receipt",
        "recipient": "pat.hall@bakerllp.example",
        "subject": "Filed",
        "message_id": "abc",
        "in_reply_to": None,
        "return_token": None,
        "text": "Filed.\n",
        "html": None,
        **given,
    }
    return message_of(cast("Any", SimpleNamespace(**row)), earlier, Settings(), NOW).content


@pytest.mark.parametrize("number", ["24-001234", "24-001234, 24-001240", "24-00\u00e41234"])
@pytest.mark.parametrize("banner", ["", "Copy: ", "Rehearsal: "])
def test_a_subject_begins_on_the_line_of_its_name(banner: str, number: str) -> None:
    subject = f"{banner}Filed, except 1 of 3, case {number}: action needed (receipt 7KQ4-M2XD)"
    content = written(subject=subject)
    lines = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert all(line.strip() and not line.endswith(b":") for line in lines)
    assert max(map(len, lines)) <= 998
    assert message_from_bytes(content, policy=default)["Subject"] == subject


@pytest.mark.parametrize("length", [10, 70, 700])
def test_the_id_of_what_is_answered_is_written_as_it_is(length: int) -> None:
    # Those of Exchange have some eighty characters, more than the library puts into a line.
    answered = f"<{'x' * length}@bakerllp.example>".encode()
    head = written(["first", "second"], in_reply_to=answered.decode()).partition(b"\r\n\r\n")[0]
    ours = b"<first@casebridge.example>\r\n <second@casebridge.example>"
    assert b"\r\nIn-Reply-To: " + answered + b"\r\n" in head
    assert b"\r\nReferences: " + answered + b"\r\n " + ours + b"\r\n" in head


@pytest.mark.parametrize("answered", ["<" + "x" * 2000 + "@a.example>", "<\u00e4@a.example>"])
def test_an_id_that_no_header_may_hold_is_left_out(answered: str) -> None:
    head = written(["first"], in_reply_to=answered).partition(b"\r\n\r\n")[0]
    assert b"In-Reply-To" not in head
    assert b"\r\nReferences: <first@casebridge.example>\r\n" in head
    assert head.isascii()
