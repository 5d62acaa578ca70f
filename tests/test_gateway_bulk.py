"""The bulk door: a folder is taken once, in order, quietly, on the operator's word."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.bulk import Taken, take_folder
from gateway.intake import WallDown
from gateway.letter import Accepted, Letter, Proof
from gateway.stores import Stores
from portal.tables import letters, outbox

NOW = datetime(2026, 11, 21, 20, 42, tzinfo=UTC)
MAIL = b"From: Pat <pat@bakerllp.example>\r\nSubject: %d\r\n\r\nwords\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "old mail"
    (folder / "2025").mkdir(parents=True)
    for number, name in enumerate(("b.eml", "a.eml", "2025/c.eml")):
        (folder / name).write_bytes(MAIL % number)
    (folder / "notes.txt").write_text("no mail")
    (folder / "folder.eml").mkdir()
    return folder


def take(stores: Stores, folder: Path, limit: int = 1000) -> list[Taken]:
    intake = stores.settings.intake.model_copy(update={"max_message_bytes": limit})
    accept = stores.intake().accept
    return list(
        take_folder(folder, vault=stores.vault, accept=accept, intake=intake, clock=lambda: NOW)
    )


def test_every_mail_below_the_folder_is_taken_in_order(stores: Stores, folder: Path) -> None:
    taken = take(stores, folder)
    assert [one.file.name for one in taken] == ["c.eml", "a.eml", "b.eml"]
    assert all(one.accepted is not None and not one.accepted.repeated for one in taken)


def test_the_same_folder_again_takes_nothing_new(stores: Stores, folder: Path) -> None:
    first = [one.accepted.receipt for one in take(stores, folder) if one.accepted]
    again = [one.accepted for one in take(stores, folder)]
    assert again == [Accepted(receipt, repeated=True) for receipt in first]


def test_a_letter_is_quiet_and_vouched_for(stores: Stores, folder: Path) -> None:
    take(stores, folder)
    with stores.database.read() as connection:
        rows = connection.execute(letters.select()).all()
        assert connection.execute(outbox.select()).all() == []
    assert {(row.door, row.sender, row.proof, row.quiet) for row in rows} == {
        ("import", "", Proof.OPERATOR.value, True)
    }
    assert {tuple(row.recipients) for row in rows} == {(stores.settings.intake.address,)}


def test_a_mail_over_the_limit_is_named_and_the_others_are_taken(
    stores: Stores, folder: Path
) -> None:
    (folder / "a.eml").write_bytes(MAIL % 7 + b"x" * 2000)
    taken = take(stores, folder)
    assert [one.problem for one in taken] == [None, "email_too_large", None]
    assert [one.accepted is None for one in taken] == [False, True, False]
    assert sum(1 for _ in stores.vault.blobs()) == 2, "nothing of it is kept"


def test_a_pipe_named_as_a_mail_is_passed_by(stores: Stores, folder: Path) -> None:
    os.mkfifo(folder / "aa.eml")
    assert len(take(stores, folder)) == 3


def test_a_wall_that_is_down_stops_it(stores: Stores, folder: Path) -> None:
    def down(letter: Letter) -> Accepted:
        raise WallDown(letter.raw.sha256)

    taking = take_folder(
        folder,
        vault=stores.vault,
        accept=down,
        intake=stores.settings.intake,
        clock=lambda: NOW,
    )
    with pytest.raises(WallDown):
        next(taking)
