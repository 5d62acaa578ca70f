"""Outlook's data files: taken apart in a sandbox, the same bytes each time, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bulk.files import File, Holds
from gateway.bulk.messages import Message, Passed
from gateway.bulk.outlook import Outlook, renumbered
from gateway.lock import AlreadyRunning, hold

# In the place of readpst: what that one writes, with a number that is another in each run.
PROGRAM = """#!/bin/sh
mkdir -p "/job/Personal Folders/Sent Items"
cd "/job/Personal Folders/Sent Items" || exit 9
grep -q BDN /source/mail.pst || exit 1
line() { printf '%s\\n' "$1" >> mbox; }
line 'From "Pat Hall" Tue Mar  4 10:00:00 2025'
line 'From: Pat Hall <pat@bakerllp.example>'
line 'MIME-Version: 1.0'
line "Content-Type: multipart/mixed; boundary=\\"--boundary-LibPST-iamunique-$$_-_-\\""
line ''
line "----boundary-LibPST-iamunique-$$_-_-"
line 'Content-Type: text/plain'
line ''
line '>From here on'
line "----boundary-LibPST-iamunique-$$_-_---"
line ''
echo x > contacts
"""


@pytest.fixture
def readpst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "readpst"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return program


def pst(folder: Path, content: bytes = b"!BDN") -> File:
    file = folder / "old.pst"
    file.write_bytes(content)
    return File(file, Holds.OUTLOOK, len(content))


@contextlib.contextmanager
def within(folder: Path, warned: list[tuple[int, int]] | None = None) -> Iterator[Outlook]:
    heard = [] if warned is None else warned
    with Outlook.within(
        folder, least_free=1_000, warn=lambda _file, room, most: heard.append((room, most))
    ) as outlook:
        yield outlook


def told(outlook: Outlook, file: File) -> Iterator[tuple[str, str | bytes]]:
    for one in outlook.messages(file):
        name = str(one.file.relative_to(file.path.parent))
        yield name, one.why if isinstance(one, Passed) else b"".join(one.chunks())


@pytest.mark.slow
def test_a_data_file_gives_the_same_messages_each_time_named_by_their_folder(
    readpst: Path, tmp_path: Path
) -> None:
    expected = (
        b"From: Pat Hall <pat@bakerllp.example>\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/mixed; boundary="--boundary-LibPST-iamunique-1_-_-"\n\n'
        b"----boundary-LibPST-iamunique-1_-_-\nContent-Type: text/plain\n\nFrom here on\n"
        b"----boundary-LibPST-iamunique-1_-_---\n"
    )
    for _ in range(2):
        with within(tmp_path) as outlook:
            assert list(told(outlook, pst(tmp_path))) == [
                ("old.pst/Personal Folders/Sent Items", expected)
            ]
        assert not (tmp_path / "import").exists(), "nothing is left behind"


@pytest.mark.slow
def test_a_data_file_that_cannot_be_taken_apart_is_named(readpst: Path, tmp_path: Path) -> None:
    with within(tmp_path) as outlook:
        assert list(told(outlook, pst(tmp_path, b"junk"))) == [("old.pst", "outlook_unreadable")]


@pytest.mark.slow
def test_what_an_end_in_the_middle_left_is_removed(readpst: Path, tmp_path: Path) -> None:
    (tmp_path / "import" / "left").mkdir(parents=True)
    (tmp_path / "import" / "left" / "old.eml").write_bytes(b"x")
    with within(tmp_path) as outlook:
        assert len(list(told(outlook, pst(tmp_path)))) == 1
    assert not (tmp_path / "import").exists()


def test_a_second_import_of_a_data_file_at_the_same_time_is_refused(
    readpst: Path, tmp_path: Path
) -> None:
    with (
        hold(tmp_path / "import.lock", "another"),
        within(tmp_path) as outlook,
        pytest.raises(AlreadyRunning),
    ):
        list(outlook.messages(pst(tmp_path)))


def test_without_the_program_the_file_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with within(tmp_path) as outlook:
        (one,) = outlook.messages(pst(tmp_path))
    assert not isinstance(one, Message)
    assert (one.why, one.is_problem) == ("outlook_reader_missing", True)


def free(monkeypatch: pytest.MonkeyPatch, octets: int) -> None:
    usage = shutil.disk_usage("/")._replace(free=octets)
    monkeypatch.setattr("gateway.bulk.outlook.shutil.disk_usage", lambda _folder: usage)


def test_a_data_file_for_which_there_is_no_room_is_not_begun(
    readpst: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, 1_003)  # of which 1,000 have to be left
    warned: list[tuple[int, int]] = []
    with within(tmp_path, warned) as outlook:
        assert list(told(outlook, pst(tmp_path))) == [("old.pst", "outlook_no_room")]
    assert not (tmp_path / "import").exists()
    assert warned == []


@pytest.mark.slow
def test_where_there_is_little_room_no_more_is_written_and_a_person_is_told_before(
    readpst: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readpst.write_text(PROGRAM + "head -c 300000 /dev/zero > large || exit 7\n")
    for room, expected in ((100_000, ["outlook_no_room"]), (900_000, None)):
        free(monkeypatch, 1_000 + room)
        warned: list[tuple[int, int]] = []
        with within(tmp_path, warned) as outlook:
            said = [what for _, what in told(outlook, pst(tmp_path))]
        assert warned == [(room, 1 << 28)]
        assert expected is None or said[-1:] == expected
        assert expected is not None or isinstance(said[-1], bytes)


@given(st.lists(st.integers(0, 99_999), max_size=6), st.integers(1, 90))
def test_boundaries_are_numbered_in_their_order_wherever_the_chunks_end(
    numbers: list[int], size: int
) -> None:
    def written(names: list[int]) -> bytes:
        return b"".join(b"words\n--boundary-LibPST-iamunique-%d_-_-\n" % one for one in names)

    order = list(dict.fromkeys(numbers))
    raw = written(numbers)
    chunks = (raw[at : at + size] for at in range(0, len(raw), size))
    expected = written([order.index(one) + 1 for one in numbers])
    assert b"".join(renumbered(chunks)) == expected
