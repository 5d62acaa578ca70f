"""Telling of reassignments: both consultants, one mail each, that names nobody and nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from config.settings import Service
from gateway.stores import Stores
from gateway.upkeep.reassignment import Reassignments
from portal.reassignment import Move, Why, move
from portal.tables import decisions, outbox, reassignments, submissions
from tests.record_sample import NOW, Sample

URL = "http://127.0.0.1:8080/p/"

UNDO = timedelta(seconds=60)


@pytest.fixture
def sample(stores: Stores) -> Sample:
    sample = Sample(stores.database, stores.vault)
    sample.people()
    return sample


def package(sample: Sample, receipt: str, urgent: str | None = None, **changes: Any) -> Move:
    """File a package for Dana, and return its way to Lee."""
    letter = sample.letter(receipt, **changes)
    sample.package(letter, urgent=urgent)
    submission = sample.file(letter, "24-001234", "Dana Reyes", [])
    people = sample.consultants
    return Move(submission, letter, people["Dana Reyes"], people["Lee Park"])


def go(stores: Stores, moves: Sequence[Move], why: Why = "directory") -> None:
    with stores.database.write() as connection:
        move(connection, moves, why=why, at=NOW)


def back(one: Move) -> Move:
    return Move(one.submission_id, one.letter_id, one.to_id, one.from_id)


def tell(stores: Stores, later: timedelta = timedelta(0)) -> dict[str, list[sa.Row[Any]]]:
    """Tell, twice, and return the mails by whom they go to."""
    telling = Reassignments(stores.database, Service(), lambda: NOW + later, UNDO)
    many = telling.tell()
    assert telling.tell() == 0
    with stores.database.read() as connection:
        rows = connection.execute(sa.select(outbox).order_by(outbox.c.id)).all()
    assert many == len(rows)
    found: dict[str, list[sa.Row[Any]]] = {}
    for row in rows:
        assert (row.kind, row.return_token is not None) == ("reassignment", True)
        found.setdefault(row.recipient.partition("@")[0], []).append(row)
    return found


def test_one_package_is_told_to_both(stores: Stores, sample: Sample) -> None:
    one = package(sample, "7KQ4M2XD")
    go(stores, [one])
    mails = tell(stores)
    (lee,), (dana,) = mails["lee"], mails["dana"]
    assert lee.subject == "1 package is yours now (7KQ4-M2XD)"
    assert lee.text == f"1 package is yours now:\n{URL}7KQ4-M2XD\n"
    assert dana.subject == "1 package is not yours any more (7KQ4-M2XD)"
    assert URL not in dana.text, "it is closed to her"
    assert lee.letter_id == dana.letter_id == one.letter_id
    for word in ("Dana", "Reyes", "Lee", "Smith", "24-001234", "bakerholt", "deposition"):
        assert word not in lee.subject + lee.text + dana.subject + dana.text


def test_several_are_one_mail(stores: Stores, sample: Sample) -> None:
    moves = [package(sample, f"{number:08d}") for number in range(60)]
    go(stores, moves[:55])
    with stores.database.write() as connection:
        move(connection, [back(moves[55])], why="directory", at=NOW)  # one the other way
    mails = tell(stores)
    (lee,), (dana,) = mails["lee"], mails["dana"]
    assert lee.subject == "55 packages are yours now, 1 package is not yours any more"
    assert dana.subject == "1 package is yours now, 55 packages are not yours any more"
    assert lee.text.count(URL) == 50
    assert "and 5 more" in lee.text
    assert lee.letter_id is None


def test_an_urgent_one_has_a_mail_of_its_own(stores: Stores, sample: Sample) -> None:
    moves = [package(sample, "7KQ4M2XD", "respond by"), package(sample, "AAAAAAAA")]
    go(stores, moves)
    urgent, other = tell(stores)["lee"]
    assert urgent.subject == "Urgent: a package is yours now (7KQ4-M2XD)"
    assert other.subject == "1 package is yours now (AAAA-AAAA)"


def test_what_a_person_takes_back_in_time_is_told_to_nobody(stores: Stores, sample: Sample) -> None:
    one, other = package(sample, "7KQ4M2XD"), package(sample, "AAAAAAAA")
    go(stores, [one, other], "staff")
    assert tell(stores, UNDO - timedelta(seconds=1)) == {}
    go(stores, [back(one)], "staff")
    mails = tell(stores, UNDO)
    assert [row.subject for row in mails["lee"]] == ["1 package is yours now (AAAA-AAAA)"]
    with stores.database.read() as connection:
        untold = reassignments.c.told_at.is_(None)
        assert connection.execute(sa.select(reassignments.c.id).where(untold)).all() == []


def test_what_was_filed_within_the_undo_window_is_told_after_it(
    stores: Stores, sample: Sample
) -> None:
    """A person files it, and the directory gives its case to another consultant at once."""
    one = package(sample, "7KQ4M2XD")
    with stores.database.write() as connection:
        decision = connection.execute(
            decisions.insert()
            .values(
                letter_id=one.letter_id,
                kind="file",
                detail={},
                decided_at=NOW,
                undo_until=NOW + UNDO,
                carried_at=NOW,
            )
            .returning(decisions.c.id)
        ).scalar_one()
        connection.execute(submissions.update().values(decision_id=decision))
    go(stores, [one])
    assert tell(stores, UNDO - timedelta(seconds=1)) == {}
    assert sorted(tell(stores, UNDO)) == ["dana", "lee"]


def test_who_had_it_in_between_is_not_told(stores: Stores, sample: Sample) -> None:
    one = package(sample, "7KQ4M2XD")
    ada = sample.consultants["Ada Oyelaran-Whitcombe"]
    go(stores, [one])
    go(stores, [Move(one.submission_id, one.letter_id, one.to_id, ada)])
    assert set(tell(stores)) == {"dana", "ada"}


def test_to_or_from_nobody_is_told_to_the_one_there_is(stores: Stores, sample: Sample) -> None:
    one = package(sample, "7KQ4M2XD")
    go(stores, [Move(one.submission_id, one.letter_id, one.from_id, None)])
    assert set(tell(stores)) == {"dana"}


def test_what_was_imported_quietly_goes_on_quietly(stores: Stores, sample: Sample) -> None:
    go(stores, [package(sample, "7KQ4M2XD", quiet=True)])
    assert tell(stores) == {}
