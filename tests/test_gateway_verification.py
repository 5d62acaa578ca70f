"""Verification: every disagreement of the record with itself, or with the vault, is found."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.moving.sweep import Sweep
from gateway.stores import Stores
from gateway.verification import PLACES, conservation, damages, disagreements, orphans
from portal.tables import (
    decisions,
    documents,
    letters,
    metadata,
    packages,
    parts,
    pouch,
    renditions,
    submissions,
)
from portal.vault import DiskFull, Draft
from tests.carrying import MAIL, NOW, Carrier


@pytest.fixture
def carrier(sample_stores: Stores) -> Carrier:
    """One letter that is filed, and one in motion."""
    carrier = Carrier(sample_stores)
    carrier.accept()
    assert carrier.carry() == "filed"
    carrier.accept(MAIL + b"another")
    return carrier


def change(carrier: Carrier, letter_id: int, **values: Any) -> None:
    with carrier.stores.database.write() as connection:
        connection.execute(letters.update().where(letters.c.id == letter_id).values(values))


def found(carrier: Carrier) -> list[str]:
    return [one.split(" ", 2)[-1] for one in disagreements(carrier.stores.database)]


def test_a_sound_record_agrees(carrier: Carrier) -> None:
    stores = carrier.stores
    assert found(carrier) == []
    assert list(damages(stores.database, stores.vault)) == []
    assert list(orphans(stores.database, stores.vault)) == []
    with stores.database.read() as connection:
        count = conservation(connection)
    assert count.accepted == 2
    assert {place: n for place, n in count.places.items() if n} == {"in_motion": 1, "filed": 1}


UNFILED = "has a submission and is not filed"
NOT_SUBMITTED = ["is filed and has no submission", "is filed and has no package"]
UNPLACED = "is filed, and a document is in no submission"
NO_REASON = "waits or was returned, and no reason is given"


@pytest.mark.parametrize(
    ("letter_id", "values", "what"),
    [
        (2, {"state": "filed"}, NOT_SUBMITTED),
        (2, {"state": "filed_in_part"}, NOT_SUBMITTED),
        (1, {"state": "with_us", "reason": "case_format"}, [UNFILED]),
        (1, {"state": "checking"}, [UNFILED, "is in motion and has a package"]),
        (2, {"state": "with_us"}, [NO_REASON]),
        (2, {"state": "needs_you"}, [NO_REASON]),
        (2, {"state": "not_filed"}, [NO_REASON]),
        (2, {"state": "copy"}, ["is a copy of no letter"]),
        (2, {"state": "set_aside"}, ["is set aside, and nobody has decided so"]),
    ],
)
def test_a_letter_that_lacks_what_its_place_demands(
    carrier: Carrier, letter_id: int, values: dict[str, Any], what: list[str]
) -> None:
    change(carrier, letter_id, **values)
    assert found(carrier) == what


def decide(carrier: Carrier, letter_id: int, **values: Any) -> int:
    row = {
        "letter_id": letter_id,
        "kind": "file",
        "detail": {},
        "decided_at": NOW,
        "undo_until": NOW,
    } | values
    with carrier.stores.database.write() as connection:
        number: int = connection.execute(
            decisions.insert().values(row).returning(decisions.c.id)
        ).scalar_one()
        return number


def test_a_letter_in_motion_by_a_decision_was_described_before(carrier: Carrier) -> None:
    with carrier.stores.database.write() as connection:
        for table in (documents, submissions):
            connection.execute(table.delete())
    change(carrier, 1, state="checking")
    assert found(carrier) == ["is in motion and has a package"]
    decide(carrier, 1)
    assert found(carrier) == []
    decide(carrier, 1)
    assert found(carrier) == ["has two decisions that wait"]


def test_a_decision_that_waits_about_a_letter_that_rests(carrier: Carrier) -> None:
    decide(carrier, 1)
    assert found(carrier) == ["rests, and a decision about it waits"]


@pytest.mark.parametrize("values", [{}, {"carried_at": NOW, "undone_at": NOW}])
def test_a_submission_of_a_decision_that_does_not_hold(
    carrier: Carrier, values: dict[str, Any]
) -> None:
    number = decide(carrier, 1, **({"carried_at": NOW} | values))
    with carrier.stores.database.write() as connection:
        connection.execute(submissions.update().values(decision_id=number))
        if not values:
            connection.execute(decisions.update().values(carried_at=None, undone_at=NOW))
    assert found(carrier) == ["has a submission by a decision that does not hold"]


def test_what_a_person_has_set_aside_is_so(carrier: Carrier) -> None:
    change(carrier, 2, state="set_aside")
    number = decide(carrier, 2, kind="not_submission", carried_at=NOW)
    assert found(carrier) == []
    with carrier.stores.database.write() as connection:
        connection.execute(decisions.update().where(decisions.c.id == number).values(undone_at=NOW))
    assert found(carrier) == ["is set aside, and nobody has decided so"]


def test_a_submission_and_a_package_that_are_gone(carrier: Carrier) -> None:
    with carrier.stores.database.write() as connection:
        for table in (documents, submissions, packages):
            connection.execute(table.delete())
    assert found(carrier) == [*NOT_SUBMITTED, UNPLACED]


def test_a_document_that_is_in_no_submission(carrier: Carrier) -> None:
    with carrier.stores.database.write() as connection:
        first = connection.scalar(sa.select(sa.func.min(documents.c.part_id)))
        connection.execute(documents.delete().where(documents.c.part_id == first))
    assert found(carrier) == [UNPLACED]


def test_every_state_is_in_exactly_one_place() -> None:
    (check,) = (
        str(one.sqltext)
        for one in metadata.tables["letters"].constraints
        if isinstance(one, sa.CheckConstraint)
    )
    states = sorted(check.split("'")[1::2])
    assert states == sorted(state for place in PLACES.values() for state in place)


def test_a_letter_in_no_place_breaks_the_count(carrier: Carrier) -> None:
    with carrier.stores.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        connection.execute(letters.update().where(letters.c.id == 2).values(state="lost"))
        connection.commit()
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=OFF")
    assert found(carrier) == ["were accepted, 1 are there"]


@pytest.mark.parametrize(
    "named",
    [
        sa.select(letters.c.raw_sha256),
        sa.select(parts.c.sha256).where(parts.c.stored),
        sa.select(renditions.c.pdf_sha256),
    ],
    ids=["raw", "part", "rendition"],
)
def test_a_blob_that_is_missing_or_changed(carrier: Carrier, named: sa.Select[Any]) -> None:
    stores = carrier.stores
    with stores.database.read() as connection:
        sha256 = str(connection.scalar(named.limit(1)))
    blob = stores.folder / "vault" / sha256[:2] / sha256
    content = blob.read_bytes()
    blob.chmod(0o600)
    blob.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert list(damages(stores.database, stores.vault)) == [f"blob {sha256} has changed"]
    blob.unlink()
    assert list(damages(stores.database, stores.vault)) == [f"blob {sha256} is missing"]


def test_a_letter_in_the_pouch_is_no_missing_blob_and_is_read_there(carrier: Carrier) -> None:
    stores = carrier.stores
    carrier.accept(MAIL + b"small", pouched=True)
    assert list(damages(stores.database, stores.vault)) == []
    with stores.database.write() as connection:
        sha256 = connection.scalar(sa.select(letters.c.raw_sha256).where(letters.c.id == 3))
        connection.execute(pouch.update().values(content=MAIL + b"smell"))
    assert list(damages(stores.database, stores.vault)) == [f"blob {sha256} has changed"]
    with stores.database.write() as connection:
        connection.execute(pouch.delete())
    assert list(damages(stores.database, stores.vault)) == [f"blob {sha256} is missing"]


def no_room() -> Draft:
    raise DiskFull


def test_housekeeping_brings_what_rests_into_the_vault_past_what_has_changed(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores, worker = carrier.stores, carrier.worker
    for number in (3, 4, 5):
        carrier.accept(MAIL + b"%d" % number, pouched=True)
    with stores.database.write() as connection:
        connection.execute(pouch.update().where(pouch.c.letter_id == 3).values(content=b"no"))
    with monkeypatch.context() as patch:
        patch.setattr(stores.vault, "draft", no_room)
        for number in (3, 4):
            assert worker.give_up(number, 1)
    sweep = Sweep(
        stores.database, stores.queue(), stores.vault, stores.settings, lambda: NOW, worker.give_up
    )
    assert not sweep.house(threading.Event())
    with stores.database.read() as connection:
        stayed = connection.scalars(sa.select(pouch.c.letter_id).order_by(pouch.c.letter_id)).all()
    assert stayed == [3, 5], "the changed one, and the one in motion"
    assert [one.split(" ", 2)[-1] for one in damages(stores.database, stores.vault)] == [
        "has changed",
        "is missing",  # staff see a held letter as a file of the vault
    ]


def test_a_blob_that_is_still_in_the_pouch_too_is_no_orphan(carrier: Carrier) -> None:
    stores = carrier.stores
    carrier.accept(MAIL + b"small", pouched=True)
    with stores.database.read() as connection:
        sha256 = connection.scalars(sa.select(letters.c.raw_sha256).where(letters.c.id == 3)).one()
    stores.raw().open(sha256).close()
    assert list(orphans(stores.database, stores.vault)) == []
    assert list(damages(stores.database, stores.vault)) == []


def test_a_part_with_the_bytes_of_a_letter_in_the_pouch_is_looked_for_in_the_vault(
    carrier: Carrier,
) -> None:
    stores = carrier.stores
    carrier.accept(MAIL + b"small", pouched=True)
    with stores.database.write() as connection:
        sha256 = connection.scalar(sa.select(letters.c.raw_sha256).where(letters.c.id == 3))
        first = connection.scalar(sa.select(sa.func.min(parts.c.id)).where(parts.c.stored))
        connection.execute(parts.update().where(parts.c.id == first).values(sha256=sha256))
    assert f"blob {sha256} is missing" in list(damages(stores.database, stores.vault))


def test_a_blob_that_nobody_names_is_an_orphan_and_no_damage(carrier: Carrier) -> None:
    stores = carrier.stores
    blob = stores.vault.add(io.BytesIO(b"left by a crash"))
    assert list(orphans(stores.database, stores.vault)) == [blob.sha256]
    assert list(damages(stores.database, stores.vault)) == []
