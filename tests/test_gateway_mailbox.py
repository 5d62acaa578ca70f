"""Mailbox files: each separator there is, and the bytes between two of them as they were sent."""

from __future__ import annotations

import os
import re
import tempfile
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mailbox import Place, content, is_mailbox, places, split
from gateway.separator import moment_of

ONE = b"From: pat@x.example\nSubject: one\n\nwords\n"
TWO = b"From: kim@y.example\nSubject: two\n\nmore words\n"
DATED = b"From pat@x.example Fri Feb 22 17:06:23 2008\n"


def found(mailbox: bytes) -> list[bytes]:
    return [bytes_ for _, bytes_ in placed(mailbox)]


def placed(mailbox: bytes) -> list[tuple[Place, bytes]]:
    with tempfile.TemporaryFile() as file:
        file.write(mailbox)
        file.flush()
        descriptor = file.fileno()
        return [
            (place, b"".join(content(descriptor, place)))
            for place in places(descriptor, len(mailbox))
        ]


def test_a_mailbox_of_old_mac_programs_has_all_its_messages() -> None:
    mailbox = (DATED + ONE + b"\n" + DATED + TWO).replace(b"\n", b"\r")
    assert found(mailbox) == [ONE.replace(b"\n", b"\r"), TWO.replace(b"\n", b"\r")]
    with tempfile.TemporaryFile() as file:
        file.write(mailbox)
        file.seek(0)
        assert is_mailbox(Path("Inbox"), file)


@pytest.mark.parametrize(
    "separator",
    [
        DATED,
        b"From pat@x.example  Fri Feb 22 17:06:23 2008\n",
        b"From pat@x.example Sat Mar 24 23:00:00 2007 +0000\n",
        b"From pat@x.example Mon May 26 20:18:05 +0000 2025\n",
        b"From 1833215653612141880@xxx Mon May 26 20:18:05 +0000 2025\n",
        b"From pat@x.example Tue Jan  2 03:04 EST 1996 remote from far\n",
        b"From MAILER-DAEMON Thu Nov  7 17:54:55 2013\n",
        b"From - Mon Jun  3 12:50:27 1996\n",
        b"From - \n",
        b"From -\n",
        b"From 1844347792267117879@xxx\n",
        b"From ???@??? Thu Nov 07 17:54:55 2013\n",
        b"\x10" * 7 + b"\x11" * 6 + b"S\n",
    ],
)
def test_a_separator_of_the_world_separates(separator: bytes) -> None:
    assert found(separator + ONE + b"\n" + separator + TWO) == [ONE, TWO]
    windows = (separator + ONE + b"\n" + separator + TWO).replace(b"\n", b"\r\n")
    assert found(windows) == [ONE.replace(b"\n", b"\r\n"), TWO.replace(b"\n", b"\r\n")]


def test_mmdf_separates_at_both_ends() -> None:
    line = b"\x01\x01\x01\x01\n"
    assert found(line + ONE + line + line + TWO + line) == [ONE, TWO]


def test_the_year_of_a_list_archive_separates() -> None:
    mailbox = b"\n2005\n" + ONE + b"\n\n2005\n" + TWO
    assert found(mailbox) == [ONE + b"\n", TWO]


def test_what_has_no_separator_is_one_message() -> None:
    assert found(ONE) == [ONE]
    assert found(b"") == []
    assert found(b"\n\n") == []


def test_a_byte_order_mark_and_blank_lines_may_stand_before_all() -> None:
    assert found(b"\xef\xbb\xbf" + DATED + ONE) == [ONE]
    assert found(b"\n\r\n" + DATED + ONE) == [ONE]


def test_a_blank_line_that_a_writer_forgot_joins_no_two_messages() -> None:
    assert found(DATED + ONE + DATED + TWO) == [ONE, TWO]
    assert found(b"From - \n" + ONE + b"From - \n" + TWO) == [ONE, TWO]


@pytest.mark.parametrize(
    "line",
    [
        b"From Russia with love\n",
        b"From here on to 12:30 in the year 2024 we waited.\n",
        b"From pat@x.example\n",
        b"From pat@x.example Fri Feb 22 17:06:23 2008\n",
        b"From - \n",
    ],
)
def test_a_line_of_words_that_looks_like_one_does_not_separate(line: bytes) -> None:
    message = ONE + b"\n" + line + b"and we are well.\n"
    assert found(DATED + message + b"\n" + DATED + TWO) == [message, TWO]


def test_a_message_without_a_header_is_one() -> None:
    assert found(DATED + b"\n1\n\n" + DATED + b"\n2\n") == [b"\n1\n", b"\n2\n"]


def test_a_length_that_leads_to_a_separator_goes_before_what_looks_like_one() -> None:
    body = b"\nFrom a@b.example Fri Feb 22 17:06:23 2008\nSubject: quoted\n\n>From me\n"
    message = b"Subject: one\nContent-Length: %d\n\n" % len(body) + body
    assert found(DATED + message + b"\n" + DATED + TWO) == [message, TWO]
    assert found(DATED + message) == [message]


def test_a_length_that_leads_to_a_thousand_empty_lines_hides_no_message() -> None:
    for line in (b"\n", b"\r\n"):
        message = b"Subject: one\nContent-Length: 6\n\nwords\n" + line * 1_000
        assert found(DATED + message + b"\n" + DATED + TWO + b"\n" + DATED + ONE)[1:] == [TWO, ONE]
    assert found(DATED + message + b"and its rest\n") == [message + b"and its rest\n"]


def test_a_length_that_leads_elsewhere_is_not_believed() -> None:
    for wrong in (1, 3, 10_000_000):
        message = b"Subject: one\nContent-Length: %d\n\nwords\n" % wrong
        assert found(DATED + message + b"\n" + DATED + TWO) == [message, TWO]


def test_what_was_quoted_is_as_it_was() -> None:
    message = ONE + b"From me\n>From you\n>>From them\n> From\n"
    quoted = ONE + b">From me\n>>From you\n>>>From them\n> From\n"
    assert found(DATED + quoted + b"\n" + DATED + TWO) == [message, TWO]


def test_nothing_is_taken_from_a_message_that_was_not_quoted() -> None:
    message = ONE + b"\nFrom Russia with love\n>From me\n"
    assert found(DATED + message) == [message]


def test_the_date_of_a_message_is_that_of_its_line() -> None:
    (place, _), (second, _) = placed(DATED + ONE + b"\nFrom - \n" + TWO)
    assert place.dated == datetime(2008, 2, 22, 17, 6, 23, tzinfo=UTC)
    assert second.dated is None


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        (b"From a Sat Mar 24 23:00:00 2007 +0200", datetime(2007, 3, 24, 21, tzinfo=UTC)),
        (b"From a Mon May 26 20:18:05 -0330 2025", datetime(2025, 5, 26, 23, 48, 5, tzinfo=UTC)),
        (b"From a Fri Feb 30 10:00:00 2007", None),
        (b"From a Fri Feb 28 10:00:00 0000", None),
        (b"From a Fri Feb 28 10:00:00 0001 +2300", None),
        (b"From -", None),
    ],
)
def test_a_moment_is_read_or_there_is_none(line: bytes, moment: datetime | None) -> None:
    assert moment_of(line) == moment


@pytest.mark.parametrize(
    ("field", "mark"),
    [
        (b"X-Mozilla-Status: 0009\n", "deleted"),
        (b"X-Mozilla-Status: 0001\n", None),
        (b"X-Status: D\n", "deleted"),
        (b"X-Status: AT\n", "draft"),
        (b"X-Status: A\n", None),
    ],
)
def test_what_a_mail_program_has_marked_is_told(field: bytes, mark: str | None) -> None:
    (place, _), (after, _) = placed(DATED + field + ONE + b"\n" + DATED + TWO)
    assert (place.set_aside, after.set_aside) == (mark, None)


def test_a_mark_in_the_words_is_none() -> None:
    ((place, _),) = placed(DATED + ONE + b"X-Mozilla-Status: 0009\n")
    assert place.set_aside is None


@pytest.mark.parametrize("extra", range(-8, 9))
def test_a_separator_over_the_edge_of_a_window_is_found(extra: int) -> None:
    filler = b"x" * ((1 << 20) - len(DATED) - len(ONE) + extra - 1) + b"\n"
    assert found(DATED + ONE + filler + b"\n" + DATED + TWO) == [ONE + filler, TWO]


@pytest.mark.parametrize("extra", range(-8, 9))
def test_a_quoted_line_over_the_edge_of_a_chunk_is_as_it_was(extra: int) -> None:
    filler = b"x" * ((1 << 18) - len(ONE) + extra - 1) + b"\n"
    assert found(DATED + ONE + filler + b">>From me\n") == [ONE + filler + b">From me\n"]


def test_a_line_longer_than_everything_held_is_whole() -> None:
    message = ONE + b">" * (3 << 18) + b"From me\n"
    assert found(DATED + message + b"\n" + DATED + TWO) == [message, TWO]


_LINES = st.sampled_from(
    [b"", b"words", b"From me", b">From you", b">>From", b"From: x", b"--b", b"\xff\x00", b"2005"]
)
_MESSAGES = st.lists(
    st.lists(_LINES, max_size=6).map(lambda lines: ONE + b"".join(one + b"\n" for one in lines)),
    min_size=1,
    max_size=5,
)


@given(_MESSAGES, st.sampled_from([DATED, b"From - Mon Jun  3 12:50:27 1996\n"]))
def test_what_is_written_as_mboxrd_is_read_as_it_was(messages: list[bytes], line: bytes) -> None:

    written = b"".join(line + re.sub(rb"(?m)^(>*From )", rb">\1", one) + b"\n" for one in messages)
    assert found(written) == messages


@given(_MESSAGES)
def test_what_is_written_as_mboxcl2_is_read_as_it_was(messages: list[bytes]) -> None:
    with_length = []
    for one in messages:
        header, _, body = one.partition(b"\n\n")
        with_length.append(header + b"\nContent-Length: %d\n\n" % len(body) + body)
    written = b"".join(DATED + one + b"\n" for one in with_length)
    # A ">From " is taken for a quoted line unless a bare one shows that nothing was quoted.
    expected = [
        one
        if b"\nFrom " in one
        else one.replace(b"\n>From ", b"\nFrom ").replace(b"\n>>From ", b"\n>From ")
        for one in with_length
    ]
    assert found(written) == expected


@given(_MESSAGES)
def test_what_is_written_as_mmdf_is_read_as_it_was(messages: list[bytes]) -> None:
    line = b"\x01\x01\x01\x01\n"
    # Of blank lines at the end one is a mailbox's own, in every dialect.
    messages = [one.rstrip(b"\n") + b"\n" for one in messages]
    assert found(b"".join(line + one + line for one in messages)) == messages


@given(st.binary(max_size=300), st.integers(0, 20))
def test_no_bytes_are_too_odd(junk: bytes, at: int) -> None:
    mailbox = DATED + ONE + b"\n" + DATED + TWO
    found(mailbox[:at] + junk + mailbox[at:])
    found(junk)


def test_a_file_is_a_mailbox_by_its_name_or_by_its_first_line(tmp_path: Path) -> None:
    for name, text, expected in (
        ("a.mbox", b"anything", True),
        ("a.MBX", b"", True),
        ("a.box", b"", True),
        ("Inbox", DATED + ONE, True),
        ("Sent", b"From - \n" + ONE, True),
        ("README", b"From here on\n", False),
        ("a.txt", DATED + ONE, True),
        ("pat.hall@bakerllp.example", DATED + ONE, True),
        ("Inbox.2019", b"From - \n" + ONE, True),
        ("a.txt", ONE, False),
        ("a.eml", DATED + ONE, False),
        ("a.MSG", DATED + ONE, False),
    ):
        file = tmp_path / name
        file.write_bytes(text)
        with file.open("rb") as stream:
            assert is_mailbox(file, stream) is expected, name


def test_splitting_copies_each_message_into_a_file(tmp_path: Path) -> None:
    mailbox = tmp_path / "a.mbox"
    mailbox.write_bytes(DATED + ONE + b"\n" + DATED + TWO)
    with mailbox.open("rb") as stream:
        assert [copy.read_bytes() for copy in split(stream, tmp_path)] == [ONE, TWO]


@pytest.mark.corpus
def test_every_mailbox_of_the_corpus_gives_its_messages(corpus: Path) -> None:
    counted = {}
    for file in sorted((corpus / "mbox").iterdir()):
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            counted[file.name.partition("__")[2]] = sum(1 for _ in places(stream.fileno(), size))
    assert counted == {
        "mbox__content-length.mbox.txt": 29,
        "mbox__issue1189.mbox.txt": 4,
        "mbox__simple.mbox.txt": 3,
        "mbox__unmunged.mbox.txt": 2,
        "Messages__1498.3.emlxpart": 1,
        "mbox__shapelib.mbox": 30,
        "data__export.mbox": 21,
        "data__mailbox_mbox": 1,
        "data__mailbox_year": 4,
        "data__search_api_ford.mbox": 4,
        "data__windows1252.mbox": 1,
        "imap-test__default.mbox": 6,
        "imap-test__search-addresses.mbox": 7,
        "imap-test__search-date.mbox": 16,
        "imap-test__search-partial.mbox": 5,
        "imap-test__select.mbox": 2,
        "imap-test__sort-size.mbox": 8,
        "imap-test__thread4.mbox": 2,
        "resources__messages.mbox": 3,
        "test-documents__quoted.mbox": 1,
        "test-documents__simple.mbox": 2,
        "test-documents__single_mail.mbox": 1,
        "test-documents__testFOXMAIL.box": 5,
    }


@pytest.mark.slow
def test_a_large_message_goes_by_in_small_pieces(tmp_path: Path) -> None:
    mailbox = tmp_path / "a.mbox"
    with mailbox.open("wb") as file:
        file.write(DATED + ONE)
        for _ in range(20):
            file.write(b">From words\n" * 50_000)
    with mailbox.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        tracemalloc.start()
        (place,) = places(file.fileno(), size)
        longest = max(len(chunk) for chunk in content(file.fileno(), place))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert size > 10_000_000
    assert longest <= 1 << 20
    assert peak <= 8 << 20
