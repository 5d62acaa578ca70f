"""Archives: what is opened, what stays whole, and that nothing unsafe costs anything."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.settings import Reading
from tests.boxes import (
    PDF,
    SEVEN,
    SEVEN_HIDDEN,
    SEVEN_LOCKED,
    Part,
    read,
    sent,
    tarred,
    zipped,
)

Open = Callable[..., list[Part]]
DOCUMENTS = {"a/report.pdf": PDF, "a/b/note.txt": b"Seen on 5 May.\n"}
MEBIBYTE = 1 << 20


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def open_one(
        content: bytes, name: str = "records.zip", reading: Reading | None = None
    ) -> list[Part]:
        return read(sent(content, name), tmp_path / "job", reading)

    return open_one


def names(parts: list[Part]) -> dict[str, str]:
    return {part["path"]: part["name"] for part in parts}


def why(parts: list[Part]) -> list[str]:
    """Return the flags of the archive, which must be the only part."""
    assert len(parts) == 1
    flags: list[str] = parts[0]["flags"]
    return flags


# -- what is opened --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (zipped(DOCUMENTS), "records.zip"),
        (zipped(DOCUMENTS, zipfile.ZIP_STORED), "records.zip"),
        (zipped(DOCUMENTS, zipfile.ZIP_BZIP2), "records.zip"),
        (zipped(DOCUMENTS, zipfile.ZIP_LZMA), "records.zip"),
        (tarred(*DOCUMENTS.items()), "records.tar"),
        (tarred(*DOCUMENTS.items(), packed="gz"), "records.tgz"),
        (tarred(*DOCUMENTS.items(), packed="bz2"), "records.tar.bz2"),
        (tarred(*DOCUMENTS.items(), packed="xz"), "records.tar.xz"),
        (b"", "without an ending"),
    ],
    ids=["deflated", "stored", "bzip2", "lzma", "tar", "gz", "bz2", "xz", "unnamed"],
)
def test_each_member_is_a_part_of_its_own(
    opened: Open, tmp_path: Path, content: bytes, name: str
) -> None:
    box, *members = opened(content or zipped(DOCUMENTS), name)
    assert (box["path"], box["flags"], box["file"]) == ("2", ["opened"], None)
    assert names(members) == {"2/1": "a/report.pdf", "2/2": "a/b/note.txt"}
    assert [part["container"] for part in members] == ["2", "2"]
    assert [part["detected_type"] for part in members] == ["application/pdf", "text/plain"]
    for part, content_of in zip(members, DOCUMENTS.values(), strict=True):
        assert part["sha256"] == hashlib.sha256(content_of).hexdigest()
        assert (tmp_path / "job" / part["file"]).read_bytes() == content_of


def test_a_7z_archive_and_its_names(opened: Open) -> None:
    box, *members = opened(SEVEN, "records.7z")
    assert box["flags"] == ["opened"]
    assert list(names(members).values()) == [
        "a/b/report.txt",
        "a/note.txt",
        "a/Ärztlicher Befund 病历.txt",
    ]
    assert members[0]["sha256"] == hashlib.sha256(b"Report of the day\n").hexdigest()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (gzip.compress(PDF), "report.pdf.gz"),
        (bz2.compress(PDF), "report.pdf.bz2"),
        (lzma.compress(PDF), "report.pdf.xz"),
    ],
    ids=["gz", "bz2", "xz"],
)
def test_one_compressed_file_is_called_by_its_archive(
    opened: Open, content: bytes, name: str
) -> None:
    _, member = opened(content, name)
    assert (member["name"], member["detected_type"]) == ("report.pdf", "application/pdf")


def test_folders_are_no_parts_and_what_a_computer_keeps_is_marked(opened: Open) -> None:
    content = zipped(
        {
            "case/": b"",
            "case/report.pdf": PDF,
            "__MACOSX/case/._report.pdf": b"\0\5\x16\7" + bytes(50),
            "case/.DS_Store": b"\0\0\0\1Bud1" + bytes(50),
            "case/Thumbs.db": b"\xd0\xcf\x11\xe0" + bytes(600),
        }
    )
    _, *members = opened(content)
    assert ["system_file" in part["flags"] for part in members] == [False, True, True, True]


def test_a_document_is_not_left_out_for_its_name(opened: Open) -> None:
    content = zipped({"Thumbs.db": PDF, "__MACOSX/._report.pdf": PDF})
    _, *members = opened(content)
    assert [part["detected_type"] for part in members] == ["application/pdf"] * 2
    assert not any("system_file" in part["flags"] for part in members)


def test_a_message_inside_is_opened_in_its_turn(opened: Open) -> None:
    box, message, words, inner, note = opened(
        zipped({"mails/forward.eml": sent(zipped({"note.txt": b"Hello"}), "inner.zip")})
    )
    assert box["flags"] == message["flags"] == inner["flags"] == ["opened"]
    assert (message["path"], words["path"], note["path"]) == ("2/1", "2/1/1", "2/1/2/1")
    assert (inner["container"], note["container"]) == ("2/1", "2/1/2")


def test_a_zipped_folder_of_mails_over_the_limit_is_not_lost(opened: Open) -> None:
    mail = sent(PDF, "report.pdf")
    content = zipped({f"{number}.eml": mail for number in range(8)})
    box, *parts = opened(content, reading=Reading(max_parts=20))
    mails = [part for part in parts if part["container"] == "2"]
    assert box["flags"] == ["opened"]
    assert [part["flags"] for part in mails] == [["opened"]] * 3 + [["archive_too_deep"]] * 5
    assert all(part["file"] for part in mails[3:])


def test_an_archive_in_an_archive_is_opened_to_a_depth(opened: Open) -> None:
    content = zipped({"note.txt": b"Hello"})
    for number in range(4):
        content = zipped({f"{number}.zip": content})
    *outer, last = opened(content)
    assert [part["flags"] for part in outer] == [["opened"]] * 3
    assert (last["path"], last["flags"]) == ("2/1/1/1", ["archive_too_deep"])
    assert last["file"] is not None


def test_a_program_inside_an_ordinary_archive_is_a_part_like_any_other(opened: Open) -> None:
    _, program, report = opened(zipped({"setup.exe": Path("/bin/true").read_bytes(), "a.pdf": PDF}))
    assert program["detected_type"] == "application/x-executable"
    assert report["detected_type"] == "application/pdf"


def test_nothing_is_opened_where_the_setting_says_so(opened: Open) -> None:
    assert why(opened(zipped(DOCUMENTS), reading=Reading(open_archives=False))) == []


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("cp437", "Müller Überweisung.txt"),
        ("cp1252", "Müller Überweisung.txt"),
        ("cp866", "Выписка из истории.txt"),
        ("cp1251", "Выписка из истории.txt"),
        ("cp932", "診断書のコピー.txt"),
        ("gbk", "诊断证明书.txt"),
        ("cp949", "진단서사본.txt"),
        ("utf-8", "Müller 病历.txt"),
    ],
)
def test_a_name_without_a_charset_is_read_as_its_writer_meant_it(
    opened: Open, charset: str, name: str
) -> None:
    raw = name.encode(charset)
    content = zipped({"x" * len(raw): b"Hello"}).replace(b"x" * len(raw), raw)
    _, member = opened(content)
    assert member["name"] == name


def test_the_unicode_path_of_a_member_goes_before_its_plain_name(opened: Open) -> None:
    made = io.BytesIO()
    true = "Röntgen.txt".encode()
    with zipfile.ZipFile(made, "w") as archive:
        for number, crc_of in enumerate((b"R_0.txt", b"other")):
            info = zipfile.ZipInfo(f"R_{number}.txt")
            field = struct.pack("<BL", 1, zlib.crc32(crc_of)) + true
            info.extra = struct.pack("<HH", 0x7075, len(field)) + field
            archive.writestr(info, b"Hello")
    _, *members = opened(made.getvalue())
    assert [part["name"] for part in members] == ["Röntgen.txt", "R_1.txt"]


def test_backslashes_are_folders_and_controls_do_not_pass(opened: Open) -> None:
    content = zipped({"a/b.txt": b"1", "c\u2028d.txt": b"2"}).replace(b"a/b.txt", b"a\\b.txt")
    _, *members = opened(content)
    assert [part["name"] for part in members] == ["a/b.txt", "c d.txt"]


# -- unsafe ----------------------------------------------------------------------------------------


def patched(content: bytes, before: bytes, after: bytes, *, last: bool = False) -> bytes:
    """Change the first of some bytes, or the last."""
    place = content.rfind(before) if last else content.find(before)
    assert place >= 0
    return content[:place] + after + content[place + len(before) :]


def linked(mode: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.create_system = 3
        info.external_attr = mode << 16
        archive.writestr(info, "/etc/passwd")
    return made.getvalue()


def special(kind: bytes, target: str = "") -> bytes:
    info = tarfile.TarInfo("a/it")
    info.type = kind
    info.linkname = target
    return tarred(("a/report.pdf", PDF), (info, b""))


def overlapping() -> bytes:
    """Two names for the same packed bytes (CVE-2024-0450)."""
    content = zipped([("a.txt", bytes(5000)), ("b.txt", bytes(5000))])
    second = content.find(b"PK\3\4", 1)
    place = content.rfind(b"PK\1\2") + 42
    assert content[place : place + 4] == struct.pack("<L", second)
    return content[:place] + struct.pack("<L", 0) + content[place + 4 :]


def quoted() -> bytes:
    """A member that holds the next one's header in its own bytes."""
    content = zipped([("a.txt", b"A" * 100), ("b.txt", b"B" * 100)], zipfile.ZIP_STORED)
    bigger = struct.pack("<LL", 230, 230)
    for mark, place in ((b"PK\3\4", 18), (b"PK\1\2", 20)):
        at = content.find(mark) + place
        content = content[:at] + bigger + content[at + 8 :]
    return content


def wide_end() -> bytes:
    """A ZIP64 record that another than the last one speaks for (CVE-2025-8291)."""
    content = zipped({"a.txt": b"Hello"})
    end = content.rfind(b"PK\5\6")
    directory = content.find(b"PK\1\2")
    size = end - directory
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, size, directory)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)  # it points to the first byte
    return content[:end] + record + locator + content[end:]


def negative() -> bytes:
    """A member whose size leads back to its own header (CVE-2025-8194)."""
    content = bytearray(tarred(("a.txt", b"Hello")))
    content[124:136] = b"\xff" * 10 + b"\xfe\x00"
    content[148:156] = b" " * 8
    content[148:156] = b"%06o\0 " % sum(content[:512])
    return bytes(content)


UNSAFE = {
    "slip": zipped({"../../etc/cron.d/x": b"1"}),
    "slip backslash": zipped({"a/b.txt": b"1"}).replace(b"a/b.txt", b"..\\.txt"),
    "slip inside": zipped({"a/../../b.txt": b"1"}),
    "absolute": zipped({"x/etc/passwd": b"1"}).replace(b"x/etc", b"//etc"),
    "drive": zipped({"C:/x.txt": b"1"}),
    "symlink": linked(0o120777),
    "device": linked(0o060644),
    "fifo": linked(0o010644),
    "nul": zipped({"a.pdfx.exe": b"1"}).replace(b"a.pdfx.exe", b"a.pdf\0.exe"),
    "overlap": overlapping(),
    "quoted overlap": quoted(),
    "other local name": patched(zipped({"a.txt": b"1"}), b"a.txt", b"b.exe"),
    "other local size": patched(
        zipped({"a.txt": b"1" * 9}, zipfile.ZIP_STORED),
        struct.pack("<LL", 9, 9),
        struct.pack("<LL", 8, 8),
    ),
    "other local method": patched(zipped({"a.txt": b"1" * 50}), b"\x08\0", b"\0\0"),
    "stacked": zipped({"a.txt": b"the first"}) + zipped({"b.txt": b"the second"}),
    "in the comment": zipped({"a.txt": b"1"})[:-2]
    + struct.pack("<H", len(zipped({"b.txt": b"2"})))
    + zipped({"b.txt": b"2"}),
    "behind the end": zipped({"a.txt": b"1"}) + b"PK\3\4" + bytes(60),
    "fewer in the directory": patched(
        zipped({"a.txt": b"1", "b.txt": b"2"}), b"\2\0\2\0", b"\1\0\1\0", last=True
    ),
    "larger than it says": patched(
        patched(zipped({"a.txt": b"1" * 500}), struct.pack("<L", 500), struct.pack("<L", 90)),
        struct.pack("<L", 500),
        struct.pack("<L", 90),
    ),
    "tar slip": tarred(("../../x", b"1")),
    "tar absolute": tarred(("/etc/x", b"1")),
    "tar symlink": special(tarfile.SYMTYPE, "/etc/passwd"),
    "tar hardlink": special(tarfile.LNKTYPE, "a/report.pdf"),
    "tar device": special(tarfile.CHRTYPE),
    "tar fifo": special(tarfile.FIFOTYPE),
}
# Made where they are tried: to pack them takes longer than to read this whole file of tests.
BOMBS: dict[str, Callable[[], bytes]] = {
    "declared bomb": lambda: zipped({"a.txt": bytes(30 * MEBIBYTE)}),
    "many small": lambda: zipped([(f"{number}.txt", bytes(MEBIBYTE)) for number in range(30)]),
    "tar.gz bomb": lambda: tarred(("a.txt", bytes(30 * MEBIBYTE)), packed="gz"),
    "tar.xz bomb": lambda: tarred(("a.txt", bytes(30 * MEBIBYTE)), packed="xz"),
    "gz bomb": lambda: gzip.compress(bytes(30 * MEBIBYTE)),
    "bz2 bomb": lambda: bz2.compress(bytes(30 * MEBIBYTE)),
    "xz bomb": lambda: lzma.compress(bytes(30 * MEBIBYTE)),
}


def unsafe(attack: str) -> bytes:
    return BOMBS[attack]() if attack in BOMBS else UNSAFE[attack]


@pytest.mark.parametrize("attack", [*UNSAFE, *BOMBS])
@pytest.mark.slow
def test_what_is_unsafe_is_kept_whole_and_nothing_of_it_unpacked(
    opened: Open, tmp_path: Path, attack: str
) -> None:
    assert "archive_unsafe" in why(opened(unsafe(attack)))
    assert sum(1 for _ in (tmp_path / "job").iterdir()) == 2  # the words and the archive


@pytest.mark.parametrize(
    ("attack", "flag"),
    [
        ("slip", "unsafe_path"),
        ("nul", "unsafe_path"),
        ("symlink", "unsafe_link"),
        ("tar hardlink", "unsafe_link"),
        ("overlap", "unsafe_overlap"),
        ("other local name", "unsafe_truths"),
        ("larger than it says", "unsafe_truths"),
        ("stacked", "unsafe_hidden"),
        ("declared bomb", "unsafe_ratio"),
        ("gz bomb", "unsafe_ratio"),
    ],
)
def test_what_is_unsafe_says_how(opened: Open, attack: str, flag: str) -> None:
    assert flag in why(opened(unsafe(attack)))


def test_the_directory_of_another_place_is_not_believed(opened: Open) -> None:
    assert not {"opened"} & set(why(opened(wide_end())))


def test_a_negative_size_ends(opened: Open) -> None:
    assert not {"opened"} & set(why(opened(negative(), "a.tar")))


def test_a_bomb_inside_is_held_and_its_neighbours_are_not(opened: Open) -> None:
    content = zipped({"report.pdf": PDF, "inner.zip": zipped({"a.txt": bytes(30 * MEBIBYTE)})})
    box, report, inner = opened(content)
    assert (box["flags"], report["detected_type"]) == (["opened"], "application/pdf")
    assert inner["flags"] == ["archive_unsafe", "unsafe_ratio"]


@pytest.mark.slow
def test_a_bomb_of_archives_stops_at_what_a_letter_may_unpack(opened: Open) -> None:
    inner = zipped({"a.bin": bytes(9 * MEBIBYTE)})  # harmless by itself
    content = zipped([(f"{number}.zip", inner) for number in range(40)], zipfile.ZIP_STORED)
    parts = opened(content, reading=Reading(max_archive_bytes=30 * MEBIBYTE))
    unpacked = [part for part in parts if part["name"] == "a.bin"]
    assert len(unpacked) == 3
    assert sum("kept_whole" in part["flags"] for part in parts) == 37


def test_an_empty_megabyte_of_headers_for_each_entry_is_a_bomb(opened: Open) -> None:
    many = []
    for number in range(12):
        info = tarfile.TarInfo(f"{number}.txt")
        info.pax_headers = {"comment": "x" * 900_000}
        many.append((info, b""))
    reading = Reading(max_archive_bytes=4 * MEBIBYTE)
    assert "archive_unsafe" in why(opened(tarred(*many, packed="gz"), "a.tgz", reading))


# -- behind a password, damaged, or not known ------------------------------------------------------


def locked() -> bytes:
    content = zipped({"a.txt": b"1", "b.txt": b"2"}, zipfile.ZIP_STORED)
    for mark, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = content.rfind(mark) + flags
        content = content[:place] + b"\1\0" + content[place + 2 :]
    return content


@pytest.mark.parametrize(
    "content", [locked(), SEVEN_LOCKED, SEVEN_HIDDEN], ids=["zip", "7z", "7z with its listing"]
)
def test_one_member_behind_a_password_asks_for_the_whole(opened: Open, content: bytes) -> None:
    assert why(opened(content)) == ["password"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (zipped({"a.txt": b"Hello" * 900})[:-30], "a.zip"),
        (patched(zipped({"a.txt": b"Hello there"}, zipfile.ZIP_STORED), b"ello", b"elly"), "a.zip"),
        (zipped({"a.txt": bytes(range(256)) * 9})[:40] + b"\xff" * 30
         + zipped({"a.txt": bytes(range(256)) * 9})[70:], "a.zip"),
        (SEVEN[:-20], "a.7z"),
        (SEVEN[:60] + b"\0" * 20 + SEVEN[80:], "a.7z"),
        (tarred(("a.txt", b"Hello" * 900))[:2000], "a.tar"),
        (tarred(("a.txt", bytes(range(256)) * 40), packed="gz")[:-60], "a.tgz"),
        (gzip.compress(bytes(range(256)) * 40)[:-60], "a.gz"),
        (gzip.compress(b"Hello there")[:-8] + b"1234" + struct.pack("<L", 11), "a.gz"),
        (tarred(("a.txt", b"Hello"), packed="gz")[:-8] + b"12345678", "a.tgz"),
    ],
    ids=[
        *("zip cut", "zip checksum", "zip packed bytes", "7z cut", "7z packed bytes"),
        *("tar cut", "tar.gz cut", "gz cut", "gz checksum", "tar.gz checksum"),
    ],
)  # fmt: skip
def test_a_damaged_archive_is_kept_whole_and_flagged(
    opened: Open, content: bytes, name: str
) -> None:
    parts = opened(content, name)
    assert "damaged" in why(parts)
    assert parts[0]["bytes"] == len(content)


def test_a_member_that_cannot_be_read_keeps_the_archive_whole_with_a_list(
    opened: Open, tmp_path: Path
) -> None:
    content = zipped({"a.txt": b"1" * 50, "b.txt": b"2" * 50})
    for mark, method in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        place = content.rfind(mark) + method
        content = content[:place] + b"\x09\0" + content[place + 2 :]  # Deflate64
    (part,) = opened(content)
    assert part["flags"] == ["unreadable_member"]
    assert "a.txt" in (tmp_path / "job" / part["contents"]).read_text("utf-8")


def test_what_else_there_is_stays_whole(opened: Open) -> None:
    assert why(opened(b"Rar!\x1a\7\1\0" + bytes(40), "a.rar")) == []


# -- productions, discs, mailboxes, and more than a limit ------------------------------------------


WHOLE = {
    "a disc": {"DICOMDIR": b"x", "IMAGES/IM000001": b"x", "viewer/start.exe": b"x"},
    "a disc in a folder": {"CD/dicomdir": b"x", "CD/IM1": b"x"},
    "autorun": {"AUTORUN.INF": b"[autorun]", "viewer.exe": b"x"},
    "a production": {
        "PROD001/DATA/PROD001.dat": b"x",
        "PROD001/IMAGES/001/ABC_0000001.tif": b"x",
        "PROD001/IMAGES/001/ABC_0000002.tif": b"x",
    },
    "opticon": {"set.opt": b"x", "0001/ABC00001.jpg": b"x", "0001/ABC00002.jpg": b"x"},
    "a mailbox": {"mail/archive.pst": b"x"},
    "an offline mailbox": {"mail.ost": b"x"},
    "a document of folders": {"Index/Document.iwa": b"x"},
    "nothing": {"empty/": b""},
}


@pytest.mark.parametrize("kind", WHOLE)
def test_what_belongs_together_stays_together(opened: Open, tmp_path: Path, kind: str) -> None:
    (part,) = opened(zipped(WHOLE[kind]))
    assert part["flags"] == ["kept_whole"]
    listed = (tmp_path / "job" / part["contents"]).read_text("utf-8")
    assert all(name in listed for name in WHOLE[kind] if not name.endswith("/"))


def test_programs_in_what_stays_whole_are_named(opened: Open) -> None:
    (part,) = opened(zipped(WHOLE["a disc"]))
    assert part["programs"] == ["start.exe"]


def test_a_dat_file_among_letters_makes_no_production(opened: Open) -> None:
    letters = {"letters/20240105.pdf": PDF, "letters/20240301.pdf": PDF}
    box, *_ = opened(zipped({"winmail.dat": b"x", **letters}))
    assert box["flags"] == ["opened"]


@pytest.mark.parametrize(
    "reading",
    [Reading(max_archive_members=9), Reading(max_parts=11), Reading(max_archive_bytes=9)],
)
def test_more_than_a_limit_stays_whole_and_the_letter_goes_on(
    opened: Open, tmp_path: Path, reading: Reading
) -> None:
    (part,) = opened(zipped({f"{number}.txt": b"x" for number in range(10)}), reading=reading)
    assert part["flags"] == ["kept_whole"]
    assert "9.txt" in (tmp_path / "job" / part["contents"]).read_text("utf-8")


# -- anything at all -------------------------------------------------------------------------------


@pytest.mark.slow
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_archive_whatever_is_in_it_stops_the_letter(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from(SOUND)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(st.binary(max_size=4) | st.sampled_from([b"\xff" * 4, b"\0" * 4, b"PK"]))
        content[place : place + data.draw(st.integers(0, 4))] = piece
    box, *members = read(sent(bytes(content)), tmp_path_factory.mktemp("any") / "job")
    assert box["flags"] == ["opened"] or not members


SOUND = (
    zipped(DOCUMENTS),
    zipped(DOCUMENTS, zipfile.ZIP_STORED),
    zipped(DOCUMENTS, zipfile.ZIP_LZMA),
    SEVEN,
    SEVEN_LOCKED,
    tarred(*DOCUMENTS.items()),
    tarred(*DOCUMENTS.items(), packed="gz"),
    tarred(*DOCUMENTS.items(), packed="xz"),
    gzip.compress(PDF),
    lzma.compress(PDF * 9),
    UNSAFE["overlap"],
    wide_end(),
)
