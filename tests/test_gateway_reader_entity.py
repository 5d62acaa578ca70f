"""The tree of a message: every part found, whatever is done to its boundaries, or it is flagged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.reader.entity import Count, Entity, Kind, Limits, read_tree
from gateway.reader.fault import ReadingStopped, Reason
from gateway.reader.source import Extent

LIMITS = Limits(max_parts=50, max_depth=10, max_header_bytes=10_000)

Shape = str | tuple[str, list["Shape"]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "raw"


def tree(file: Path, raw: bytes) -> Entity:
    file.write_bytes(raw)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return read_tree(Extent(descriptor, 0, len(raw)), Count(LIMITS))
    finally:
        os.close(descriptor)


def bodies(file: Path, raw: bytes) -> list[bytes]:
    """Return what each leaf holds, in order."""
    found: list[bytes] = []

    def walk(entity: Entity) -> None:
        if entity.kind is Kind.LEAF:
            found.append(raw[entity.body.start : entity.body.end])
        for child in entity.children:
            walk(child)

    walk(tree(file, raw))
    return found


def mixed(content_type: str, *lines: str) -> bytes:
    return "\r\n".join([f"Content-Type: {content_type}", "", *lines]).encode()


def test_parts_are_between_the_delimiters_without_preamble_and_epilogue(file: Path) -> None:
    raw = mixed(
        "multipart/mixed; boundary=b", "pre", "--b", "", "one", "--b", "", "two", "--b--", "x"
    )
    assert bodies(file, raw) == [b"one", b"two"]


@pytest.mark.parametrize("ending", ["\n", "\r"])
def test_other_line_ends_divide_as_well(file: Path, ending: str) -> None:
    raw = mixed("multipart/mixed; boundary=b", "--b", "", "one", "--b", "", "two", "--b--")
    assert bodies(file, raw.replace(b"\r\n", ending.encode())) == [b"one", b"two"]


def test_a_boundary_that_begins_like_another_is_another(file: Path) -> None:
    raw = mixed(
        "multipart/mixed; boundary=outer",
        "--outer",
        "Content-Type: multipart/alternative; boundary=outer1",
        "",
        "--outer1",
        "",
        "one",
        "--outer1--",
        "--outer",
        "",
        "two",
        "--outer--",
    )
    assert bodies(file, raw) == [b"one", b"two"]


def test_a_missing_close_of_an_inner_group_ends_with_the_outer_one(file: Path) -> None:
    raw = mixed(
        "multipart/mixed; boundary=o",
        "--o",
        "Content-Type: multipart/alternative; boundary=i",
        "",
        "--i",
        "",
        "one",
        "--o",
        "",
        "two",
    )
    assert bodies(file, raw) == [b"one", b"two"]


def test_one_boundary_for_both_levels_loses_no_part(file: Path) -> None:
    raw = mixed(
        "multipart/mixed; boundary=b",
        "--b",
        "Content-Type: multipart/alternative; boundary=b",
        "",
        "--b",
        "",
        "one",
        "--b--",
        "--b",
        "",
        "two",
        "--b--",
    )
    assert bodies(file, raw) == [b"one", b"two"]


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/mixed; boundary=a=b=",
        "multipart/mixed; boundary=a=b=; boundary=c",
        'multipart/mixed; boundary="a=b= "',
        "multipart/mixed; BOUNDARY=a=b=",
        "multipart/mixed; boundary*0=a=; boundary*1=b=",
        'multipart/mixed;\r\n\tboundary="a=b="',
        "multipart/mixed boundary=x; boundary=a=b=",
    ],
)
def test_a_boundary_is_read_in_every_way_it_is_written(file: Path, content_type: str) -> None:
    raw = mixed(content_type, "--a=b= ", "", "one", "--a=b=", "", "two", "--a=b=--")
    assert bodies(file, raw) == [b"one", b"two"]
    assert not tree(file, raw).ambiguous


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/mixed; boundary=other",
        "multipart/mixed",
        'multipart/mixed; boundary=""',
        "multipart/mixed; boundary=other; boundary=b",
        'multipart/mixed; boundary="b junk"',
        "multipart/mixed; boundary=B",
    ],
)
def test_a_boundary_that_is_not_the_one_said_is_found_and_flagged(
    file: Path, content_type: str
) -> None:
    raw = mixed(
        content_type,
        "--b",
        "Content-Type: text/plain",
        "",
        "one",
        "--b",
        "Content-Type: text/plain",
        "",
        "two",
        "--b--",
    )
    assert bodies(file, raw) == [b"one", b"two"]
    assert tree(file, raw).ambiguous


def part(boundary: str, text: str) -> tuple[str, ...]:
    return f"--{boundary}", "Content-Type: text/plain", "", text


@pytest.mark.parametrize(
    ("content_type", "lines"),
    [
        ("boundary=a; boundary=b", [*part("a", "one"), "--a--", *part("b", "two"), "--b--"]),
        ("boundary=a; boundary=b", [*part("b", "one"), *part("a", "two"), "--a--"]),
        ("boundary=a; boundary=ab", [*part("ab", "one"), *part("ab", "two"), "--ab--"]),
        ("boundary=a; boundary*=us-ascii''b", [*part("a", "one"), *part("b", "two"), "--b--"]),
        ("boundary=other", [*part("a", "one"), *part("b", "two")]),
        ("", [*part("a", "one"), "--a--", "", *part("b", "two"), "--b--"]),
        ("boundary=other", [*part("a", "one"), "--A", "X-No: 2", *part("A", "two")[1:], "--a--"]),
    ],
)
def test_two_boundaries_in_one_message_lose_no_part(
    file: Path, content_type: str, lines: list[str]
) -> None:
    raw = mixed(f"multipart/mixed; {content_type}", *lines)
    found = [body.strip() for body in bodies(file, raw)]
    assert found == [b"one", b"two"]
    assert tree(file, raw).ambiguous


def test_a_second_unknown_boundary_is_found_behind_a_long_part(file: Path) -> None:
    raw = mixed("multipart/mixed", *part("a", "x" * (3 << 20)), *part("b", "two"), "--b--")
    assert [len(body) for body in bodies(file, raw)] == [3 << 20, 3]


@pytest.mark.parametrize(
    "lines",
    [
        [*part("b", "in front"), *part("a", "one"), "--a--"],
        [*part("a", "one"), "--a--", *part("b", "behind"), "--b--"],
    ],
)
def test_a_part_outside_of_the_parts_is_flagged(file: Path, lines: list[str]) -> None:
    root = tree(file, mixed("multipart/mixed; boundary=a", *lines))
    assert len(root.children) == 1
    assert root.ambiguous


def test_words_outside_of_the_parts_are_not_flagged(file: Path) -> None:
    lines = ("This is MIME.", "-- ", "--not a part--", *part("a", "one"), "--a--", "-- ", "list")
    root = tree(file, mixed("multipart/mixed; boundary=a", *lines))
    assert not root.ambiguous


def test_groups_inside_an_unknown_one_keep_their_own_boundaries(file: Path) -> None:
    inner = ("--o", "Content-Type: multipart/alternative; boundary=i", "")
    raw = mixed(
        "multipart/mixed; boundary=other",
        *inner,
        *part("i", "one"),
        *part("i", "two"),
        "--i--",
        *part("o", "three"),
        "--o--",
    )
    root = tree(file, raw)
    assert [len(child.children) for child in root.children] == [2, 0]
    assert bodies(file, raw) == [b"one", b"two", b"three"]


def test_a_thousand_unknown_boundaries_are_nobodys(file: Path) -> None:
    raw = mixed("multipart/mixed", *(f"--{n}\r\nContent-Type: x\r\n" for n in range(1002)))
    assert stopped(file, raw) is Reason.TOO_MANY_PARTS


def test_an_inner_group_with_a_wrong_boundary_is_mended_in_its_own_bounds(file: Path) -> None:
    raw = mixed(
        "multipart/mixed; boundary=o",
        "--o",
        "Content-Type: multipart/alternative; boundary=wrong",
        "",
        "--i",
        "Content-Type: text/plain",
        "",
        "one",
        "--i--",
        "--o",
        "",
        "two",
        "--o--",
    )
    assert bodies(file, raw) == [b"one", b"two"]


def test_parts_behind_the_end_are_shown_and_flagged(file: Path) -> None:
    raw = mixed(
        "multipart/mixed; boundary=b", "--b", "", "one", "--b--", "--b", "", "late", "--b--"
    )
    assert bodies(file, raw) == [b"one", b"late"]
    assert tree(file, raw).ambiguous


def test_of_two_types_the_one_that_divides_counts_and_it_is_flagged(file: Path) -> None:
    raw = b"Content-Type: text/plain\r\n" + mixed(
        "multipart/mixed; boundary=b", "--b", "", "one", "--b--"
    )
    assert bodies(file, raw) == [b"one"]
    assert tree(file, raw).ambiguous


def test_attached_messages_are_divided_in_the_same_pass(file: Path) -> None:
    raw = mixed(
        "multipart/digest; boundary=o",
        "--o",
        "",
        "Subject: first",
        "Content-Type: multipart/mixed; boundary=i",
        "",
        "--i",
        "",
        "one",
        "--i--",
        "--o",
        "Content-Type: message/rfc822",
        "",
        "Subject: second",
        "",
        "two",
        "--o--",
    )
    assert bodies(file, raw) == [b"one", b"two"]
    root = tree(file, raw)
    subjects = [child.children[0].header.first("subject") for child in root.children]
    assert subjects == [b"first", b"second"]
    # The message part ends where its content ends.
    part = root.children[1].body
    assert raw[part.start : part.end] == b"Subject: second\r\n\r\ntwo"


def stopped(file: Path, raw: bytes) -> Reason:
    with pytest.raises(ReadingStopped) as caught:
        tree(file, raw)
    return caught.value.reason


def test_a_hundred_thousand_parts_are_refused(file: Path) -> None:
    raw = mixed("multipart/mixed; boundary=b") + b"\r\n--b\r\n\r\nx" * 100_000
    assert stopped(file, raw) is Reason.TOO_MANY_PARTS


def test_two_thousand_levels_of_groups_are_refused(file: Path) -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(2000)
    )
    assert stopped(file, raw) is Reason.TOO_DEEP


def test_two_thousand_levels_of_messages_are_refused(file: Path) -> None:
    assert stopped(file, b"Content-Type: message/rfc822\r\n\r\n" * 2000) is Reason.TOO_DEEP


def test_a_part_with_a_huge_header_is_refused(file: Path) -> None:
    raw = mixed("multipart/mixed; boundary=b", "--b", "X: " + "a" * 20_000, "", "one", "--b--")
    assert stopped(file, raw) is Reason.HEADER_TOO_LARGE


def test_groups_that_each_need_a_guess_end(file: Path) -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=wrong%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(8)
    )
    assert tree(file, raw + b"Content-Type: text/plain\r\n\r\nx").ambiguous


def test_a_boundary_that_ends_with_a_blank_is_closed_with_and_without_it(file: Path) -> None:
    for last in ("--b  --", "--b--"):
        raw = mixed(
            'multipart/mixed; boundary="b  "', "--b  ", "", "one", "--b", "", "two", last, "x"
        )
        assert bodies(file, raw) == [b"one", b"two"]


@pytest.mark.parametrize("labels", [("7bit", "base64"), ("base64", "8bit")])
def test_of_several_transfer_encodings_the_one_to_undo_counts_and_is_flagged(
    file: Path, labels: tuple[str, str]
) -> None:
    fields = "".join(f"Content-Transfer-Encoding: {label}\r\n" for label in labels)
    root = tree(file, f"Content-Type: application/pdf\r\n{fields}\r\nJVBERi0=".encode())
    assert (root.encoding, root.ambiguous) == ("base64", True)


def test_the_same_transfer_encoding_said_twice_is_not_flagged(file: Path) -> None:
    raw = b"Content-Transfer-Encoding: base64\r\n" * 2 + b"\r\nJVBERi0="
    assert not tree(file, raw).ambiguous


def test_of_several_dispositions_the_one_with_a_name_counts_and_is_flagged(file: Path) -> None:
    raw = b"Content-Disposition: inline\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nx"
    root = tree(file, raw)
    assert (root.name, root.ambiguous) == ("a.pdf", True)
