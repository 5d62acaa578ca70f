"""The directory import: whole or not at all, the same twice, each bad line with its fix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from config.settings import CONFIG_FOLDER, Cases
from gateway.numbers.case_number import CaseShape
from gateway.stores import Stores
from portal.directory_import import Terms, import_directory
from portal.directory_report import Progress, Rejected, Report
from portal.merge import Counts
from portal.tables import cases, consultants, events, firms, identifiers, offices, rights

NORMAL = CaseShape.of(Cases()).normal
FILES = {
    "consultants.csv": "email,name,cover_email,cover_from,cover_until\n"
    "Dana@Mutual.example,Dana Reyes,lee@mutual.example,2026-12-01,2026-12-24\n",
    "firms.csv": "firm,office,identifier_type,identifier\n"
    "Baker LLP,Boston,mail domain,Baker.example\n",
    "cases.csv": "number,state,consultant_email,restricted\n24-001234,Open,dana@mutual.example,\n",
    "rights.csv": "firm,case_number,from,until\nBaker LLP,24-001234,2024-01-01,\n",
}
TABLES = (firms, offices, identifiers, consultants, cases, rights)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small directory."""
    folder = tmp_path / "directory"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def add(folder: Path, file: str, *lines: str) -> None:
    with (folder / file).open("a", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in lines)


def rows(stores: Stores) -> dict[str, list[Any]]:
    with stores.database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in TABLES
        }


def load(stores: Stores, folder: Path, **terms: Any) -> Report:
    return import_directory(stores.database, folder, NORMAL, Terms(**terms))


def test_the_sample_directory_loads_and_the_second_time_changes_nothing(stores: Stores) -> None:
    sample = CONFIG_FOLDER / "directory"
    first = load(stores, sample)
    assert first.counts["cases"] == Counts(added=12)
    assert first.summary.startswith("Loaded: 4 consultants added, 3 firms added")
    before = rows(stores)
    second = load(stores, sample)
    assert second.summary.startswith("Nothing changed: 4 consultants, 3 firms")
    assert {(one.added, one.changed, one.removed) for one in second.counts.values()} == {(0, 0, 0)}
    assert rows(stores) == before
    json.dumps(second.as_dict())


def test_a_byte_order_mark_crlf_other_columns_and_their_order_do_no_harm(
    stores: Stores, folder: Path
) -> None:
    header = "\ufeffstate,note,number,restricted,consultant_email\r\n\r\n"
    (folder / "cases.csv").write_bytes(f"{header}CLOSED,x,24\u2013001234,YES,\r\n".encode())
    assert load(stores, folder).rejected == ()
    ((_, number, state, consultant, restricted),) = rows(stores)["cases"]
    assert (number, state, consultant, restricted) == ("24-001234", "closed", None, True)


def test_what_changes_is_changed_and_what_is_ended_is_taken_away(
    stores: Stores, folder: Path
) -> None:
    add(folder, "firms.csv", "Baker LLP,,tax id,04-1", "Quill,,domain,quill.example")
    add(folder, "rights.csv", "Quill,24-001234,,")
    load(stores, folder)
    (folder / "firms.csv").write_text(
        FILES["firms.csv"].replace("Baker LLP,Boston", "Quill,Boston") + "Baker LLP,,tax id,04-1\n"
    )
    (folder / "cases.csv").write_text(FILES["cases.csv"].replace("Open", "closed"))
    (folder / "rights.csv").write_text(FILES["rights.csv"])
    report = load(stores, folder)
    assert report.counts["identifiers"] == Counts(changed=1, unchanged=1, removed=1)
    assert report.counts["cases"] == Counts(changed=1)
    assert report.counts["rights"] == Counts(unchanged=1, removed=1)
    assert report.summary == (
        "Loaded: 1 office added, 1 identifier changed, 1 identifier removed, 1 case changed,"
        " 1 right removed."
    )
    assert len(rows(stores)["firms"]) == 2


@pytest.mark.parametrize(
    ("file", "line", "fix"),
    [
        ("consultants.csv", "not an address,Lee,,,", "mail address, like name@example.com"),
        ("consultants.csv", "lee@mutual.example,,,,", "fill in name"),
        ("consultants.csv", "DANA@mutual.example,Dana,,,", "remove this line or the earlier one"),
        ("consultants.csv", "lee@mutual.example,Lee,,2026-01-01,", "fill in cover_email"),
        ("consultants.csv", "lee@mutual.example,Lee,x@y.example,01/02/2026,", "2026-11-21"),
        (
            "consultants.csv",
            "lee@mutual.example,Lee,x@y.example,2026-02-01,2026-01-01",
            "cover_until is before cover_from",
        ),
        ("firms.csv", ",,mail domain,x.example", "fill in firm"),
        ("firms.csv", "Quill,,mail domain,", "both identifier_type and identifier"),
        ("firms.csv", "Quill,,website,x.example", "as one of: mail domain, mail address"),
        ("firms.csv", "Quill,,mail domain,not a domain", "as a domain, like example.com"),
        ("firms.csv", "Quill,,mail_domain,BAKER.example", "remove this line or the earlier one"),
        ("cases.csv", "24-00123,open,,", "correct number '24-00123'"),
        ("cases.csv", "24-001235,pending,,", "open or closed"),
        ("cases.csv", "24-001235,open,lee@mutual.example,", "to consultants.csv"),
        ("cases.csv", "24-001235,open,,perhaps", "yes or no"),
        ("cases.csv", "24 - 001234,open,,", "remove this line or the earlier one"),
        ("cases.csv", "24-001235,open", "write 4 fields"),
        ("rights.csv", "Nobody LLP,24-001234,,", "add 'Nobody LLP' to firms.csv"),
        ("rights.csv", "Baker LLP,24-009999,,", "add '24-009999' to cases.csv"),
        ("rights.csv", "Baker LLP,24-001234,,", "remove this line or the earlier one"),
        ("rights.csv", "Baker LLP,24-001234,2026-02-01,2026-01-01", "until is before from"),
        ("rights.csv", "Baker\u202e LLP,24-001234,,", "invisible characters"),
    ],
)
@pytest.mark.slow
def test_one_bad_line_loads_nothing_and_is_named_with_its_fix(
    stores: Stores, folder: Path, file: str, line: str, fix: str
) -> None:
    add(folder, file, line)
    report = load(stores, folder)
    assert [(one.file, one.line) for one in report.rejected] == [(file, 3)]
    assert fix in report.rejected[0].fix
    assert report.summary == "Nothing was loaded: 1 line must be corrected first."
    assert report.counts == {}
    assert not any(rows(stores).values())


@pytest.mark.parametrize(
    ("content", "line", "fix"),
    [
        (None, 0, "add the file, with the columns"),
        (b"", 1, "name the columns"),
        (b"number;state;consultant_email;restricted\n", 1, "separated by commas"),
        (b"number,state,consultant_email\n", 1, "(missing: restricted)"),
        (FILES["cases.csv"].encode() + b"24-001235,open,,caf\xe9\n", 3, "save the file as UTF-8"),
        (FILES["cases.csv"].encode("utf-16"), 1, "save the file as UTF-8"),
        (FILES["cases.csv"].encode() + b'24-001235,"open"x,,\n', 3, "write it as CSV"),
        (FILES["cases.csv"].encode() + b"x" * 70_000 + b"\n", 3, "bytes at most"),
        (FILES["cases.csv"].encode() + b"24-001235,open,," + b"n" * 300 + b"\n", 3, "200 char"),
    ],
)
def test_a_file_that_cannot_be_read_loads_nothing(
    stores: Stores, folder: Path, content: bytes | None, line: int, fix: str
) -> None:
    if content is None:
        (folder / "cases.csv").unlink()
    else:
        (folder / "cases.csv").write_bytes(content)
    report = load(stores, folder)
    assert (report.rejected[0].file, report.rejected[0].line) == ("cases.csv", line)
    assert fix in report.rejected[0].fix
    assert not any(rows(stores).values())


def test_every_bad_line_is_counted_and_the_first_thousand_are_told(
    stores: Stores, folder: Path
) -> None:
    add(folder, "cases.csv", *(f"x{number},open,," for number in range(1500)))
    report = load(stores, folder)
    assert report.rejections == 1500
    assert len(report.rejected) == 1000
    assert report.summary == "Nothing was loaded: 1,500 lines must be corrected first."


def test_a_rejected_import_leaves_what_was_there(stores: Stores, folder: Path) -> None:
    load(stores, folder)
    before = rows(stores)
    add(folder, "cases.csv", "24-001235,open,,", "24-1,open,,")
    (folder / "rights.csv").write_text("firm,case_number,from,until\n")
    assert load(stores, folder).rejections == 1
    assert rows(stores) == before


@pytest.mark.parametrize(
    "kind", ["mail domain", "Mail_Domain", "domain", "E-MAIL domain", "email domain"]
)
def test_the_types_of_identifiers_are_written_in_many_ways(
    stores: Stores, folder: Path, kind: str
) -> None:
    (folder / "firms.csv").write_text(
        f"firm,office,identifier_type,identifier\nBaker LLP,,{kind},@M\u00dcLLER.example.\n"
        "Baker LLP,,NPI,1740283779\nBaker LLP,,National-Provider ID,2\nBaker LLP,,Vendor id,V 1\n",
        encoding="utf-8",
    )
    assert load(stores, folder).rejected == ()
    assert {(row[3], row[4]) for row in rows(stores)["identifiers"]} == {
        ("mail_domain", "xn--mller-kva.example"),
        ("national_provider_id", "1740283779"),
        ("national_provider_id", "2"),
        ("vendor_id", "V 1"),
    }


def test_more_rows_than_one_chunk_are_told_apart(stores: Stores, folder: Path) -> None:
    add(folder, "cases.csv", *(f"25-{number:06},open,," for number in range(1200)))
    add(folder, "rights.csv", *(f"Baker LLP,25-{number:06},," for number in range(1200)))
    assert load(stores, folder).counts["rights"] == Counts(added=1201)
    assert load(stores, folder).counts["cases"] == Counts(unchanged=1201)
    add(folder, "cases.csv", "25-000000,open,,")
    report = load(stores, folder)
    assert [one.line for one in report.rejected] == [1203]


@pytest.mark.parametrize(
    ("lines", "numbers", "fix"),
    [
        (b"24-001235,open,,\x00\n", [3], "invisible characters from restricted"),
        (b"number,state,consultant_email,restricted\n", [3], "it says the first one again"),
        (b"24-001235,op\xe9n,,\n", [3], "save the file as UTF-8"),
        (b"24-001235,op\xe9n,,\n24-1,open,,\n", [3, 4], "UTF-8"),
        (b'24-001235,"open"x,,\n24-1,open,,\n', [3, 4], "write it as CSV"),
        (b"x" * 200_000 + b"\n24-1,open,,\n", [3, 4], "bytes at most"),
        (b"24-001235,open,,,\n24-001236,open\n", [3, 4], "write 4 fields"),
        (b'24-001235,"open,,\n24-001236,open,,\n', [4], "it begins in line 3"),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_after_a_line_that_cannot_be_read_the_next_ones_are_looked_at(
    stores: Stores, folder: Path, lines: bytes, numbers: list[int], fix: str
) -> None:
    with (folder / "cases.csv").open("ab") as stream:
        stream.write(lines)
    report = load(stores, folder)
    assert [one.line for one in report.rejected] == numbers
    assert fix in report.rejected[0].fix
    assert not any(rows(stores).values())


def test_a_column_that_is_named_twice_is_rejected(stores: Stores, folder: Path) -> None:
    (folder / "rights.csv").write_text(
        "firm,case_number,from,until,until\nBaker LLP,24-001234,,,\n"
    )
    (rejected,) = load(stores, folder).rejected
    assert rejected == Rejected(
        "rights.csv", 1, "name each column once in the first line (twice: until)"
    )


def test_a_quoted_line_end_is_a_space(stores: Stores, folder: Path) -> None:
    (folder / "firms.csv").write_bytes(
        b'firm,office,identifier_type,identifier\r\n"Baker\r\nLLP",Boston,,\r\n'
    )
    assert load(stores, folder).rejected == ()
    assert rows(stores)["firms"] == [(1, "Baker LLP", None, None)]


def test_a_dry_run_says_the_same_and_changes_nothing(stores: Stores, folder: Path) -> None:
    report = load(stores, folder, dry_run=True)
    assert report.summary.startswith("Would be loaded: 1 consultant added")
    assert report.as_dict()["loaded"] is False
    assert not any(rows(stores).values())
    assert load(stores, folder).counts == report.counts
    assert load(stores, folder, dry_run=True).summary.startswith("Nothing would change: 1 cons")


def test_every_rejected_line_is_told_and_the_fault_stands_before_what_it_brings(
    stores: Stores, folder: Path
) -> None:
    (folder / "firms.csv").write_text(f"{FILES['firms.csv']}Quill,,website,x.example\n")
    add(
        folder, "rights.csv", "Quill,24-001234,,", *(f"Nobody {n},24-001234,," for n in range(1500))
    )
    told: list[Rejected] = []
    report = load(stores, folder, told=told.append)
    assert len(told) == report.rejections == 1502
    assert set(report.rejected) < set(told)
    assert report.rejected[0].file == "firms.csv"


def big(folder: Path, many: int = 5_000) -> None:
    add(folder, "cases.csv", *(f"25-{number:06},open,," for number in range(many)))
    add(folder, "rights.csv", *(f"Baker LLP,25-{number:06},," for number in range(many)))


def test_others_write_while_the_files_are_read(stores: Stores, folder: Path) -> None:
    big(folder)
    seen: list[Progress] = []

    def progress(now: Progress) -> None:
        seen.append(now)
        with stores.database.write() as connection:
            connection.execute(firms.insert().values(name=f"Meanwhile {len(seen)}"))

    assert load(stores, folder, progress=progress).rejections == 0
    assert len(rows(stores)["firms"]) == len(seen) + 1
    assert [one.file for one in seen] == [
        "consultants.csv", "firms.csv", *["cases.csv"] * 3, *["rights.csv"] * 3
    ]  # fmt: skip
    assert (seen[-1].lines, seen[-1].octets) == (5_002, seen[-1].total)


def test_files_that_change_while_they_are_read_are_not_loaded(stores: Stores, folder: Path) -> None:
    big(folder)

    def progress(now: Progress) -> None:
        (folder / "firms.csv").write_text(FILES["firms.csv"] + "Quill,,,\n")

    report = load(stores, folder, progress=progress)
    assert "the files changed while they were read" in report.rejected[0].fix
    assert not any(rows(stores).values())


def test_what_the_import_stages_is_gone_after_it(stores: Stores, folder: Path) -> None:
    load(stores, folder)
    with stores.database.read() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM sqlite_temp_master")) == 0


@pytest.mark.parametrize(
    ("kept", "most", "loaded"), [(80, 20, True), (79, 20, False), (0, 99, False), (0, 100, True)]
)
def test_an_export_that_broke_off_is_rejected(
    stores: Stores, folder: Path, kept: int, most: int, *, loaded: bool
) -> None:
    (folder / "rights.csv").write_text("firm,case_number,from,until\n")
    big(folder, 100)
    load(stores, folder)
    before = rows(stores)
    whole = (folder / "rights.csv").read_text().splitlines(keepends=True)
    (folder / "rights.csv").write_text("".join(whole[: kept + 1]))
    report = load(stores, folder, most_removed_percent=most)
    if loaded:
        assert report.counts["rights"] == Counts(unchanged=kept, removed=100 - kept)
        return
    (rejected,) = report.rejected
    assert (rejected.file, rejected.line) == ("rights.csv", 0)
    assert f"it takes away {100 - kept} of 100 rights (at most {most} %" in rejected.fix
    assert "--allow-removals" in rejected.fix
    assert rows(stores) == before
    assert load(stores, folder).counts["rights"].removed == 100 - kept


@pytest.mark.parametrize("file", ["consultants.csv", "cases.csv", "firms.csv"])
def test_an_empty_export_is_rejected(stores: Stores, folder: Path, file: str) -> None:
    load(stores, folder, most_removed_percent=20)
    before = rows(stores)
    (folder / file).write_text(FILES[file].splitlines(keepends=True)[0])
    report = load(stores, folder, most_removed_percent=20)
    assert {one.file for one in report.rejected} == {file}
    assert "export it again, there is no line in it" in report.rejected[0].fix
    assert rows(stores) == before


def test_what_is_to_be_written_with_it_undoes_it_where_it_fails(
    stores: Stores, folder: Path
) -> None:
    def also(connection: sa.Connection, report: Report) -> None:
        connection.execute(sa.insert(events))  # no row without its columns

    with pytest.raises(sa.exc.IntegrityError):
        load(stores, folder, also=also)
    assert not any(rows(stores).values())
    assert load(stores, folder).counts["cases"] == Counts(added=1)


CONTACTS = "firm,office,identifier_type,identifier,second_contact,copy_address\n"


def contacts(stores: Stores) -> list[tuple[str, str | None, str | None]]:
    return [(name, copy, second) for _, name, copy, second in rows(stores)["firms"]]


def test_a_firm_may_name_a_copy_address_and_a_second_contact(stores: Stores, folder: Path) -> None:
    (folder / "firms.csv").write_text(
        CONTACTS + "Baker LLP,Boston,mail domain,baker.example,,\n"
        "Baker LLP,,tax id,04-1,Office@Baker.example,Copies@Baker.example\n"
        "Baker LLP,,vendor id,V-1,office@baker.example,\n"
        "Quill,,mail domain,quill.example,,\n"
    )
    assert load(stores, folder).rejected == ()
    theirs = ("Baker LLP", "copies@baker.example", "office@baker.example")
    assert contacts(stores) == [theirs, ("Quill", None, None)]
    assert load(stores, folder).counts["firms"] == Counts(unchanged=2)
    (folder / "firms.csv").write_text(FILES["firms.csv"])
    report = load(stores, folder)
    assert report.counts["firms"] == Counts(changed=1)
    assert contacts(stores)[0] == ("Baker LLP", None, None), "what the files do not name is ended"


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("Baker LLP,,tax id,04-1,office,", "write 'office' as a mail address"),
        ("Baker LLP,,tax id,04-1,,a@b@c.example", "as a mail address"),
        ("Baker LLP,,tax id,04-1,other@baker.example,", "the same second_contact in each line"),
        ("Baker LLP,,tax id,04-1,,other@baker.example", "the same copy_address in each line"),
    ],
)
def test_contacts_that_cannot_be_meant_are_named_with_their_fix(
    stores: Stores, folder: Path, line: str, fix: str
) -> None:
    first = "Baker LLP,,mail domain,baker.example,office@baker.example,copies@baker.example"
    (folder / "firms.csv").write_text(f"{CONTACTS}{first}\n{line}\n")
    (rejected,) = load(stores, folder).rejected
    assert (rejected.file, rejected.line) == ("firms.csv", 3)
    assert fix in rejected.fix
    assert contacts(stores) == []


def test_a_contact_is_named_in_one_column(stores: Stores, folder: Path) -> None:
    (folder / "firms.csv").write_text(
        "firm,office,identifier_type,identifier,copy_address,Copy_Address\n"
    )
    assert "twice: copy_address" in load(stores, folder).rejected[0].fix
