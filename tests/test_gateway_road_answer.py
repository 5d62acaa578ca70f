"""A reader process that was taken over can lie about words, but cannot make us crash or stray."""

from __future__ import annotations

import contextlib
import copy
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.letter import Envelope, Letter, Proof
from gateway.road.answer import Unbelievable, package_of
from gateway.road.package import Mailbox
from portal.vault import Blob

SHA256 = "0" * 64
LETTER = Letter(
    Envelope("smtp", "a@b.example", ("claims@casebridge.example",), datetime.now(UTC), Proof.NONE),
    Blob(SHA256, 10),
)
ANSWER: dict[str, Any] = {
    "message_id": "<1@b.example>",
    "sender": "a@b.example",
    "automatic": False,
    "failures": [],
    "signs": {"submitted": "auto-generated", "programs": ["RICOH MP C3004"]},
    "ambiguous": False,
    "answered": ["token@casebridge.example"],
    "addressed": [{"name": "Dana Reyes", "address": "claims@casebridge.example"}],
    "importance": "x-priority",
    "attached": [
        {
            "container": "1",
            "message_id": "<2@b.example>",
            "sent_at": "2025-05-05T08:00:00+00:00",
            "sender": "c@b.example",
            "answered": ["token@casebridge.example"],
            "addressed": [{"name": "Dana Reyes", "address": None}],
        }
    ],
    "words": [
        {
            "path": "1",
            "container": None,
            "subject": "Report",
            "header_from": "A <a@b.example>",
            "header_to": "claims@casebridge.example",
            "date": "Mon, 5 May 2025 10:00:00 +0000",
            "text": "one\ntwo",
            "new": "one",
            "html": None,
            "html_charset": None,
            "lossy": False,
            "differs": False,
            "images": {"x@y": "p00001"},
            "seen": ["x@y"],
            "links": ["https://files.example/s/1"],
            "other_subjects": "Another report",
            "other": "three",
        }
    ],
    "parts": [
        {
            "path": "1",
            "container": None,
            "name": "a.txt",
            "declared_type": "text/plain",
            "detected_type": "text/plain",
            "bytes": 3,
            "sha256": SHA256,
            "file": "p00001",
            "inline": False,
            "content_id": None,
            "pixels": [1, 2],
            "pages": None,
            "grounds": {"by": "declared", "against": [], "also": None},
            "flags": ["words"],
            "glimpse": "a small text",
        }
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "p00001").write_bytes(b"abc")
    return folder


def changed(where: str, key: str, value: object) -> dict[str, Any]:
    answer = copy.deepcopy(ANSWER)
    (answer if where == "answer" else answer[where][0])[key] = value
    return answer


def test_an_answer_becomes_a_package_of_frozen_values(folder: Path) -> None:
    package = package_of(LETTER, copy.deepcopy(ANSWER), folder)
    assert (package.sender, package.subject, package.own_words.new) == (
        "a@b.example",
        "Report",
        "one",
    )
    assert package.parts[0].file == folder / "p00001"
    assert (package.parts[0].pixels, package.parts[0].flags) == ((1, 2), frozenset({"words"}))
    assert package.own_words.images == {"x@y": folder / "p00001"}
    own = package.own_words
    assert (own.other_subjects, own.other) == ("Another report", "three")
    assert own.seen == {"x@y"}
    assert own.links == ("https://files.example/s/1",)
    assert package.parts[0].glimpse == "a small text"
    assert package.troubles == ()
    assert package.answered == ("token@casebridge.example",)
    assert package.addressed == (Mailbox("Dana Reyes", "claims@casebridge.example"),)
    assert package.importance == "x-priority"
    (attached,) = package.attached
    assert (attached.container, attached.sender) == ("1", "c@b.example")
    assert attached.sent_at == datetime(2025, 5, 5, 8, tzinfo=UTC)


def test_a_message_that_can_be_read_in_two_ways_is_a_trouble(folder: Path) -> None:
    package = package_of(LETTER, changed("answer", "ambiguous", True), folder)
    assert [trouble.code for trouble in package.troubles] == ["message_ambiguous"]


@pytest.mark.parametrize(
    ("where", "key", "value"),
    [
        ("answer", "answered", ["no-at"]),
        ("answer", "answered", ["a@b>\n"]),
        ("answer", "answered", ["a@b"] * 101),
        ("answer", "answered", ["a" * 700 + "@b"]),
        ("answer", "addressed", [{"name": "a\nb", "address": None}]),
        ("answer", "addressed", [{"name": "a", "address": "A@b.example"}]),
        ("answer", "addressed", [{"name": "a" * 201, "address": None}]),
        ("answer", "addressed", [{"name": "a", "address": None}] * 101),
        ("answer", "importance", "very"),
        ("answer", "attached", ANSWER["attached"] * 2),
        ("answer", "attached", ANSWER["attached"] * 21),
        ("attached", "container", "7"),
        ("attached", "container", None),
        ("attached", "sender", "C@b.example"),
        ("attached", "sender", "C <c@b.example>"),
        ("attached", "sent_at", "yesterday"),
        ("attached", "answered", ["a@b"] * 21),
        ("attached", "addressed", [{"name": "a", "address": None}] * 21),
        ("attached", "text", "x"),
        ("parts", "file", "../../etc/passwd"),
        ("parts", "file", "/etc/passwd"),
        ("parts", "file", "p00001/.."),
        ("parts", "file", "p00002"),
        ("parts", "file", "p00001\n"),
        ("parts", "file", ""),
        ("parts", "bytes", 4),
        ("parts", "bytes", -1),
        ("parts", "bytes", "3"),
        ("parts", "bytes", True),
        ("parts", "bytes", 3.0),
        ("parts", "sha256", "0" * 63),
        ("parts", "sha256", "A" * 64),
        ("parts", "path", "../1"),
        ("parts", "path", "1/"),
        ("parts", "path", "1" * 4000),
        ("parts", "path", "\u0661"),
        ("parts", "container", "2"),
        ("parts", "name", "a\nb"),
        ("parts", "name", "a\0b"),
        ("parts", "name", "a\ud800"),
        ("parts", "name", "a" * 3000),
        ("parts", "declared_type", "text"),
        ("parts", "declared_type", "text/plain\r\nX: y"),
        ("parts", "detected_type", "a/" + "b" * 200),
        ("parts", "pixels", [1]),
        ("parts", "pixels", [1, -1]),
        ("parts", "pages", 10**30),
        ("words", "links", ["x"] * 201),
        ("words", "links", ["x" * 4001]),
        ("parts", "glimpse", "x" * 4001),
        ("parts", "flags", ["a b"]),
        ("parts", "flags", "words"),
        ("parts", "fate", "filed"),
        ("words", "path", "7"),
        ("words", "container", "1"),
        ("words", "subject", "a\r\nBcc: x@y.example"),
        ("words", "text", "a\0"),
        ("words", "text", "a" * 1_000_001),
        ("words", "html", "../p00001"),
        ("words", "images", {"x": "../p00001"}),
        ("words", "images", {"x": "p00009"}),
        ("words", "lossy", "no"),
        ("answer", "sender", "A <a@b.example>"),
        ("answer", "sender", "a@b.example\r\nX: y"),
        ("answer", "sender", "A@B.EXAMPLE"),
        ("answer", "words", []),
        ("answer", "words", None),
        ("answer", "parts", ANSWER["parts"] * 2),
        ("answer", "words", ANSWER["words"] * 2),
        ("answer", "parts", {}),
        ("answer", "extra", 1),
    ],
)
def test_what_cannot_be_true_is_not_believed(
    folder: Path, where: str, key: str, value: object
) -> None:
    with pytest.raises(Unbelievable):
        package_of(LETTER, changed(where, key, value), folder)


@pytest.mark.parametrize("kind", ["link", "folder", "fifo", "dangling"])
def test_what_is_no_plain_file_is_never_opened(folder: Path, kind: str) -> None:
    file = folder / "p00001"
    file.unlink()
    if kind == "link":
        file.symlink_to("/etc/passwd")
    elif kind == "folder":
        file.mkdir()
    elif kind == "fifo":
        os.mkfifo(file)
    with pytest.raises(Unbelievable):
        package_of(LETTER, copy.deepcopy(ANSWER), folder)


def test_a_fault_never_quotes_the_answer(folder: Path) -> None:
    with pytest.raises(Unbelievable) as caught:
        package_of(LETTER, changed("words", "subject", "SECRET\nSECRET"), folder)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(["answer", "words", "parts"]), st.data(), _JSON)
@settings(deadline=None)
@pytest.mark.slow
def test_any_value_in_any_field_is_taken_or_not_believed(
    tmp_path_factory: pytest.TempPathFactory, where: str, data: st.DataObject, value: object
) -> None:
    fields = ANSWER if where == "answer" else ANSWER[where][0]
    answer = changed(where, data.draw(st.sampled_from(sorted(fields))), value)
    folder = tmp_path_factory.mktemp("work")
    (folder / "p00001").write_bytes(b"abc")
    with contextlib.suppress(Unbelievable):
        package_of(LETTER, answer, folder)
