"""The directory import: whole or not at all, the same twice, each bad line with its fix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from config.settings import CONFIG_FOLDER, Cases
from gateway.case_number import CaseShape
from gateway.stores import Stores
from portal.directory_import import import_directory
from portal.directory_report import Report
from portal.merge import Counts
from portal.tables import cases, consultants, firms, identifiers, offices, rights

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


def load(stores: Stores, folder: Path) -> Report:
    return import_directory(stores.database, folder, NORMAL)


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
