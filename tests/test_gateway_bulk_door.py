"""The bulk door: old mail is taken once, in order, quietly, on the operator's word."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.bulk.door import BulkDoor, NotTaken, Terms
from gateway.bulk.files import File
from gateway.bulk.messages import Message, Passed, messages
from gateway.bulk.pace import Pace
from gateway.intake import WallDown
from gateway.letter import Accepted, Letter, Proof
from gateway.lock import hold
from gateway.moving.sweep import Sweep
from gateway.stores import Stores
from portal.tables import letters, outbox, pouch
from portal.vault import DiskFull
from tests.test_gateway_intake import letter

NOW = datetime(2026, 11, 21, 20, 42, tzinfo=UTC)
MAIL = b"From: Pat <pat@bakerllp.example>\r\nSubject: %d\r\n\r\nwords\r\n"


def no_outlook(file: File) -> Iterator[Message | Passed]:
    yield Passed(file.path, None, file.octets, "outlook_reader_missing")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "old mail"
    (folder / "2025").mkdir(parents=True)
    for number, name in enumerate(("b.eml", "a.eml", "2025/c.eml")):
        (folder / name).write_bytes(MAIL % number)
    (folder / "notes.txt").write_text("no mail")
    (folder / "folder.eml").mkdir()
    return folder


def bulk_door(stores: Stores, terms: Terms | None = None, **limits: int) -> BulkDoor:
    intake = stores.settings.intake.model_copy(update=limits)
    settings = stores.settings.model_copy(update={"intake": intake})
    return BulkDoor(stores.vault, stores.intake(), settings, terms or Terms(), lambda: NOW)


def take(door: BulkDoor, path: Path) -> list[tuple[str, Accepted | str]]:
    """Take everything at a path; say of each message or file what came of it."""
    taken: list[tuple[str, Accepted | str]] = []
    for one in messages(path, no_outlook):
        if isinstance(one, Passed):
            taken.append((one.file.name, one.why))
            continue
        try:
            taken.append((one.file.name, door.take(one)))
        except NotTaken as fault:
            taken.append((one.file.name, fault.code))
    return taken


def rows(stores: Stores) -> list[sa.Row[tuple[object, ...]]]:
    with stores.database.read() as connection:
        return list(connection.execute(letters.select().order_by(letters.c.id)))


def test_every_mail_below_the_folder_is_taken_in_order(stores: Stores, folder: Path) -> None:
    taken = take(bulk_door(stores), folder)
    assert [name for name, _ in taken] == ["c.eml", "a.eml", "b.eml", "notes.txt"]
    assert all(isinstance(what, Accepted) and not what.repeated for _, what in taken[:3])
    assert taken[3][1] == "no_mail"


def test_the_same_folder_again_takes_nothing_new(stores: Stores, folder: Path) -> None:
    first = [
        what.receipt for _, what in take(bulk_door(stores), folder) if not isinstance(what, str)
    ]
    again = [what for _, what in take(bulk_door(stores), folder)][:3]
    assert again == [Accepted(receipt, repeated=True) for receipt in first]
    assert len(rows(stores)) == 3


def test_a_message_that_went_to_another_folder_is_the_same_one(
    stores: Stores, folder: Path
) -> None:
    take(bulk_door(stores), folder)
    (folder / "b.eml").rename(folder / "2025" / "z.eml")
    assert all(what == "no_mail" or what.repeated for _, what in take(bulk_door(stores), folder))  # type: ignore[union-attr]


def test_a_letter_is_quiet_and_vouched_for(stores: Stores, folder: Path) -> None:
    take(bulk_door(stores), folder)
    with stores.database.read() as connection:
        assert connection.execute(outbox.select()).all() == []
    found = {(row.door, row.sender, row.proof, row.quiet) for row in rows(stores)}
    assert found == {("import", "", Proof.OPERATOR.value, True)}
    assert {tuple(row.recipients) for row in rows(stores)} == {(stores.settings.intake.address,)}


def test_receipts_are_sent_where_they_are_asked_for(stores: Stores, folder: Path) -> None:
    take(bulk_door(stores, Terms(receipts=True)), folder)
    assert {row.quiet for row in rows(stores)} == {False}


def test_a_mail_over_the_limit_is_named_and_the_others_are_taken(
    stores: Stores, folder: Path
) -> None:
    (folder / "a.eml").write_bytes(MAIL % 7 + b"x" * 2000)
    taken = take(bulk_door(stores, max_message_bytes=1000), folder)
    assert [what for _, what in taken if isinstance(what, str)] == ["email_too_large", "no_mail"]
    assert len(rows(stores)) == 2
    assert list(stores.vault.blobs()) == [], "nothing of it is kept"


def test_a_small_message_is_durable_by_the_pouch_and_a_large_one_by_the_vault(
    stores: Stores, folder: Path
) -> None:
    large = MAIL % 8 + b"x" * stores.settings.storage.pouch_bytes
    (folder / "a.eml").write_bytes(large)
    take(bulk_door(stores), folder)
    with stores.database.read() as connection:
        assert len(connection.execute(pouch.select()).all()) == 2
    assert [blob.bytes for blob in stores.vault.blobs()] == [len(large)]
    (row,) = [row for row in rows(stores) if row.raw_bytes == len(large)]
    with stores.vault.open(row.raw_sha256) as kept:
        assert kept.read() == large


def test_a_large_message_that_is_there_is_not_written_again(stores: Stores, folder: Path) -> None:
    (folder / "a.eml").write_bytes(MAIL % 8 + b"x" * stores.settings.storage.pouch_bytes)
    take(bulk_door(stores), folder)
    (blob,) = stores.vault.blobs()
    before = stores.vault.file(blob.sha256).stat()
    take(bulk_door(stores), folder)
    after = stores.vault.file(blob.sha256).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_empty_mail_is_named(stores: Stores, folder: Path) -> None:
    (folder / "a.eml").write_bytes(b"")
    assert ("a.eml", "file_empty") in take(bulk_door(stores), folder)


def test_what_changes_while_it_is_read_is_not_taken(stores: Stores, folder: Path) -> None:
    file = folder / "a.eml"
    file.write_bytes(MAIL % 8 + b"x" * stores.settings.storage.pouch_bytes)
    size = file.stat().st_size

    def written_to() -> None:
        file.write_bytes(os.urandom(size))

    written = replace(bulk_door(stores), before=written_to)
    assert ("a.eml", "file_unreadable") in take(written, folder)
    assert len(rows(stores)) == 2


def test_a_wall_that_is_down_stops_it(stores: Stores, folder: Path) -> None:
    class Down:
        def accept(self, letter: Letter) -> Accepted:
            raise WallDown(letter.raw.sha256)

        def repeated(self, letter: Letter) -> None:
            pass

    with pytest.raises(WallDown):
        take(replace(bulk_door(stores), wall=Down()), folder)


def test_a_disk_that_is_nearly_full_stops_it_before_anything_is_written(
    stores: Stores, folder: Path
) -> None:
    door = bulk_door(stores)
    storage = stores.settings.storage.model_copy(update={"minimum_free_bytes": 1 << 60})
    full = replace(door, settings=stores.settings.model_copy(update={"storage": storage}))
    with pytest.raises(DiskFull):
        take(full, folder)
    assert rows(stores) == []


def test_the_date_of_the_source_is_kept(stores: Stores, tmp_path: Path) -> None:
    mailbox = tmp_path / "old.mbox"
    mailbox.write_bytes(b"From pat@x.example Fri Feb 22 17:06:23 2008\n" + MAIL % 1)
    take(bulk_door(stores), mailbox)
    assert [row.dated_at for row in rows(stores)] == [datetime(2008, 2, 22, 17, 6, 23, tzinfo=UTC)]
    assert [row.arrived_at for row in rows(stores)] == [NOW]


# -- pace ------------------------------------------------------------------------------------------


def test_an_import_waits_while_so_many_of_its_letters_are_not_carried(
    stores: Stores, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def carried(seconds: float) -> None:
        waited.append(seconds)
        with stores.database.write() as connection:
            connection.execute(letters.update().values(state="filed"))

    monkeypatch.setattr("gateway.bulk.pace.time.sleep", carried)
    served_by = stores.folder / "lock"
    pace = Pace(stores.database, served_by, most_ahead=1)
    with hold(served_by, "casebridge serve"):
        taken = take(replace(bulk_door(stores), before=pace.wait), folder)
    assert len([what for _, what in taken if isinstance(what, Accepted)]) == 3
    assert len(waited) == 2, "before the second and the third"


def test_an_import_waits_for_nobody_where_nobody_carries_letters(
    stores: Stores, folder: Path
) -> None:
    pace = Pace(stores.database, stores.folder / "lock", most_ahead=1)
    take(replace(bulk_door(stores), before=pace.wait), folder)
    assert len(rows(stores)) == 3


def test_an_import_that_began_before_somebody_carried_letters_waits_for_them(
    stores: Stores, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Waited(Exception):
        """It waits, which would have no end here."""

    def wait(_seconds: float) -> None:
        raise Waited

    take(bulk_door(stores), folder)
    monkeypatch.setattr("gateway.bulk.pace.time.sleep", wait)
    served_by = stores.folder / "lock"
    pace = Pace(stores.database, served_by, most_ahead=1)

    def come(number: int) -> None:
        for _ in range(number):
            pace.wait()

    come(250)
    with hold(served_by, "casebridge serve"), pytest.raises(Waited):
        come(101)


def test_live_mail_goes_before_what_is_imported(stores: Stores, folder: Path) -> None:
    take(bulk_door(stores), folder)
    engine = stores.database.queue_engine
    asked = sa.text("SELECT priority FROM workflow_status ORDER BY created_at")

    stores.intake().accept(letter(stores, b"live"))
    with engine.connect() as connection:
        priorities = list(connection.execute(asked).scalars())
    *imported, live = priorities
    assert len(imported) == 3
    assert live < min(imported)


def test_what_is_imported_yields_when_it_is_tried_again_too(stores: Stores, folder: Path) -> None:
    take(bulk_door(stores), folder / "a.eml")
    stores.intake().accept(letter(stores, b"live"))
    engine = stores.database.queue_engine
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE workflow_status SET status = 'ERROR'"))
    sweep = Sweep(
        stores.database,
        stores.queue(),
        stores.vault,
        stores.settings,
        lambda: NOW,
        give_up=lambda _letter, _attempt: False,
    )
    assert sweep.letters() == 2
    asked = sa.text("SELECT workflow_uuid, priority FROM workflow_status WHERE status = 'ENQUEUED'")
    with engine.connect() as connection:
        priorities = {row.workflow_uuid: row.priority for row in connection.execute(asked)}
    assert priorities.keys() == {"1-2", "2-2"}
    assert priorities["2-2"] < priorities["1-2"]


def test_a_pipe_and_a_link_are_passed_by(stores: Stores, folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "aa.eml")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.eml").write_bytes(MAIL % 99)
    (folder / "link.eml").symlink_to(outside / "secret.eml")
    (folder / "links").symlink_to(outside)
    assert len(take(bulk_door(stores), folder)) == 4
