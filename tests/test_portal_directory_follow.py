"""A case's new consultant gets its unread packages, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.stores import Stores
from portal import events as trail
from portal.directory_follow import Followed, follow_late
from portal.directory_import import Terms, import_directory
from portal.directory_report import Report
from portal.postbox import Owed, owe
from portal.tables import cases, events, outbox, reassignments, submissions
from tests.exports import export
from tests.record_sample import ARRIVED, NOW, Sample

DANAS = {"24-001234": "dana", "24-001300": "lee"}


@pytest.fixture
def sample(stores: Stores) -> Sample:
    sample = Sample(stores.database, stores.vault)
    sample.people()
    return sample


def filed(sample: Sample, receipt: str, whose: str | None = "Dana Reyes", **changes: Any) -> int:
    """File a letter to Dana's case, and return its submission."""
    letter = sample.letter(receipt)
    return sample.file(letter, changes.pop("case", "24-001234"), whose, [], **changes)


def load(stores: Stores, folder: Path, to: str, **terms: Any) -> Report:
    return import_directory(
        stores.database,
        export(folder, DANAS | {"24-001234": to}),
        terms=Terms(now=NOW, **terms),
    )


def holders(stores: Stores) -> dict[int, int | None]:
    with stores.database.read() as connection:
        rows = connection.execute(sa.select(submissions.c.id, submissions.c.consultant_id))
        return {row.id: row.consultant_id for row in rows}


def moved(stores: Stores) -> list[tuple[Any, ...]]:
    with stores.database.read() as connection:
        rows = connection.execute(sa.select(reassignments).order_by(reassignments.c.id))
        return [
            (row.submission_id, row.from_consultant_id, row.to_consultant_id, row.why, row.told_at)
            for row in rows
        ]


def test_unread_packages_go_along_and_read_ones_stay(
    stores: Stores, sample: Sample, tmp_path: Path
) -> None:
    unread, read = filed(sample, "AAAAAAAA"), filed(sample, "BBBBBBBB", read_at=ARRIVED)
    given = filed(sample, "CCCCCCCC", "Ada Oyelaran-Whitcombe")  # by a person, to somebody else
    other = filed(sample, "DDDDDDDD", "Lee Park", case="24-001300")
    dana, lee = sample.consultants["Dana Reyes"], sample.consultants["Lee Park"]
    report = load(stores, tmp_path / "x", "lee")
    assert report.followed == Followed(moved=1, stayed=1)
    assert "1 package not read yet went along to the case's new consultant." in report.summary
    assert "1 package read already stayed with the old consultant." in report.summary
    ada = sample.consultants["Ada Oyelaran-Whitcombe"]
    assert holders(stores) == {unread: lee, read: dana, given: ada, other: lee}
    assert moved(stores) == [(unread, dana, lee, "directory", None)]
    with stores.database.read() as connection:
        said = connection.execute(sa.select(events).order_by(events.c.id)).all()
    assert [(row.kind, row.actor, row.detail) for row in said] == [
        (
            kind,
            "gateway",
            {"submission": one, "from": dana, "to": lee, "why": "directory"},
        )
        for kind, one in (
            (trail.SUBMISSION_REASSIGNED, unread),
            (trail.SUBMISSION_STAYED, read),
        )
    ]
    assert load(stores, tmp_path / "x", "lee").followed == Followed()
    assert len(moved(stores)) == 1


def test_without_a_new_consultant_they_are_nobodys(
    stores: Stores, sample: Sample, tmp_path: Path
) -> None:
    unread = filed(sample, "AAAAAAAA")
    report = load(stores, tmp_path / "x", "")
    assert report.followed == Followed(unassigned=1)
    assert holders(stores) == {unread: None}
    assert load(stores, tmp_path / "x", "lee").followed == Followed(moved=1)
    assert holders(stores) == {unread: sample.consultants["Lee Park"]}


@pytest.mark.slow
def test_a_dry_run_and_a_rejected_one_move_nothing(
    stores: Stores, sample: Sample, tmp_path: Path
) -> None:
    unread = filed(sample, "AAAAAAAA")
    load(stores, tmp_path / "x", "dana")
    assert load(stores, tmp_path / "x", "lee", dry_run=True).followed == Followed(moved=1)
    folder = export(tmp_path / "y", {"24-001234": "lee"})  # one right of two is gone
    terms = Terms(now=NOW, most_removed_percent=20)
    assert import_directory(stores.database, folder, terms=terms).rejections == 1
    assert holders(stores) == {unread: sample.consultants["Dana Reyes"]}
    assert moved(stores) == []


@pytest.mark.slow
def test_more_than_one_chunk_goes_along(stores: Stores, sample: Sample, tmp_path: Path) -> None:
    with sample.together():
        for number in range(1_201):
            filed(sample, f"{number:08d}", read_at=ARRIVED if number % 2 else None)
    assert load(stores, tmp_path / "x", "lee").followed == Followed(moved=601, stayed=600)


def notice(stores: Stores, letter: int, whom: str) -> None:
    with stores.database.write() as connection:
        owe(connection, Owed("notice", whom, "s", "t"), letter_id=letter, occasion="1", now=NOW)


def test_an_unsent_notice_is_withdrawn_from_whom_the_package_leaves(
    stores: Stores, sample: Sample, tmp_path: Path
) -> None:
    first, second, both = (sample.letter(receipt) for receipt in ("A" * 8, "B" * 8, "C" * 8))
    for letter in (first, second, both):
        sample.file(letter, "24-001234", "Dana Reyes", [])
        notice(stores, letter, "dana@sample.example")
    notice(stores, first, "lee@sample.example")
    sample.file(both, "23-004410", "Dana Reyes", [])  # what stays hers
    with stores.database.write() as connection:
        sent = outbox.update().where(outbox.c.letter_id == second).values(sent_at=NOW)
        connection.execute(sent)
    load(stores, tmp_path / "x", "lee")
    with stores.database.read() as connection:
        rows = connection.execute(sa.select(outbox).where(outbox.c.withdrawn_at.is_not(None)))
        assert [(row.letter_id, row.recipient) for row in rows] == [(first, "dana@sample.example")]


def test_a_letter_on_the_road_follows_when_it_is_filed(stores: Stores, sample: Sample) -> None:
    letter = sample.letter("AAAAAAAA")
    submission = sample.file(letter, "24-001234", "Dana Reyes", [])
    lee = sample.consultants["Lee Park"]
    with stores.database.write() as connection:
        follow_late(connection, letter, NOW)
    assert moved(stores) == []
    with stores.database.write() as connection:
        its_case = cases.c.number == "24-001234"
        connection.execute(cases.update().where(its_case).values(consultant_id=lee))
        follow_late(connection, letter, NOW)
    assert holders(stores) == {submission: lee}
