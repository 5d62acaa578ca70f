"""Delimiter lines are found as whole lines, wherever a window of the file happens to end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.reader import source
from gateway.reader.source import Extent, delimiter

Opened = Callable[[bytes], Extent]


@pytest.fixture
def extent(tmp_path: Path) -> Opened:
    def write(content: bytes) -> Extent:
        file = tmp_path / "raw"
        file.write_bytes(content)
        # The descriptor lives as long as the test's folder does.
        stream = file.open("rb")
        opened.append(stream)
        return Extent(stream.fileno(), 0, len(content))

    opened: list[object] = []
    return write


LINES = {b"--b": 1, b"--b--": 2}


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_the_line_end_before_a_delimiter_belongs_to_it(extent: Opened, ending: bytes) -> None:
    raw = b"text" + ending + b"--b" + ending + b"next"
    found = delimiter(extent(raw), 0, LINES)
    assert found is not None
    assert (raw[: found.before], raw[found.after :], found.line) == (b"text", b"next", b"--b")


def test_a_delimiter_may_be_the_first_or_the_last_line(extent: Opened) -> None:
    found = delimiter(extent(b"--b--"), 0, LINES)
    assert found is not None
    assert (found.before, found.after, found.line) == (0, 5, b"--b--")


def test_white_space_behind_a_delimiter_is_not_looked_at(extent: Opened) -> None:
    assert delimiter(extent(b"x\n--b \t \ny"), 0, LINES) is not None


@pytest.mark.parametrize("line", [b"--bc", b"--b-", b" --b", b"x--b", b"--B", b"---b", b"--"])
def test_what_only_begins_like_a_delimiter_is_none(extent: Opened, line: bytes) -> None:
    assert delimiter(extent(b"x\n" + line + b"\ny"), 0, LINES) is None


def test_a_delimiter_is_found_wherever_the_window_ends(
    extent: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_FIRST_WINDOW_BYTES", 64)
    monkeypatch.setattr(source, "WINDOW_BYTES", 64)
    monkeypatch.setattr(source, "MAX_LINE_BYTES", 16)
    for length in range(200):
        for filling in (b"x", b"-", b"-\n", b"--\n"):
            before = (filling * length)[:length]
            raw = before + b"\r\n--b\r\nrest"
            found = delimiter(extent(raw), 0, LINES)
            assert found is not None
            assert (found.before, raw[found.after :]) == (length, b"rest")


def test_a_body_that_starts_with_a_delimiter_is_empty(extent: Opened) -> None:
    raw = b"A: b\r\n\r\n--b\r\n"
    found = delimiter(extent(raw), 8, LINES)
    assert found is not None
    assert extent(raw).cut(8, found.before).size == 0
