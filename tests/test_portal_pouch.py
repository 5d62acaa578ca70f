"""The pouch: from the 250 on, the pouch or the vault has the whole letter, whatever happens."""

from __future__ import annotations

import dataclasses
import errno
import os
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.intake import WallDown
from gateway.letter import Letter
from gateway.stores import Stores
from portal.pouch import PouchChanged, Raw, blob_of
from portal.tables import letters, pouch
from portal.vault import BlobMissing, DiskFull, WriteFailed
from tests.test_gateway_intake import letter

CONTENT = b"Subject: 24-001234\r\n\r\nAttached.\r\n"


def small(stores: Stores, sender: str = "pat@bakerllp.example") -> Letter:
    """A letter whose bytes are nowhere yet."""
    envelope = letter(stores, b"").envelope
    return Letter(dataclasses.replace(envelope, sender=sender), blob_of(CONTENT), CONTENT)


def accept(stores: Stores, sender: str = "pat@bakerllp.example") -> str:
    one = small(stores, sender)
    stores.intake().accept(one)
    return one.raw.sha256


def in_pouch(stores: Stores) -> list[int]:
    with stores.database.read() as connection:
        return list(connection.scalars(sa.select(pouch.c.letter_id)))


def read(raw: Raw, sha256: str) -> bytes:
    with raw.open(sha256) as stream:
        return stream.read()


def leave(raw: Raw) -> None:
    with raw.database.write() as connection:
        raw.leave(connection)


def test_an_accepted_small_letter_is_in_the_pouch_alone(stores: Stores) -> None:
    sha256 = accept(stores)
    assert in_pouch(stores) == [1]
    assert not stores.vault.holds(sha256)


def test_a_repeat_puts_nothing_into_the_pouch(stores: Stores) -> None:
    accept(stores)
    accept(stores)
    assert in_pouch(stores) == [1]


def test_a_letter_that_is_not_accepted_leaves_no_bytes(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = stores.intake()

    def refuse(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(intake.queue, "put", refuse)
    with pytest.raises(WallDown, match="ZeroDivisionError"):
        intake.accept(small(stores))
    assert in_pouch(stores) == []


def test_whoever_opens_it_brings_it_into_the_vault_before_it_leaves(stores: Stores) -> None:
    sha256, raw = accept(stores), stores.raw()
    assert read(raw, sha256) == CONTENT
    assert stores.vault.holds(sha256)
    assert in_pouch(stores) == [1]
    leave(raw)
    assert in_pouch(stores) == []
    assert read(raw, sha256) == CONTENT


def test_an_attempt_that_opens_it_twice_writes_one_blob(stores: Stores) -> None:
    sha256, raw = accept(stores), stores.raw()
    with raw.open(sha256) as first, raw.open(sha256) as second:
        assert os.fstat(first.fileno()).st_ino == os.fstat(second.fileno()).st_ino


def test_a_commit_that_fails_takes_nothing_out(stores: Stores) -> None:
    sha256, raw = accept(stores), stores.raw()
    read(raw, sha256)
    with raw.database.write() as connection:
        raw.leave(connection)
        connection.rollback()
    assert in_pouch(stores) == [1]
    read(raw, sha256)
    leave(raw)
    assert in_pouch(stores) == []


def test_an_end_between_vault_and_commit_costs_a_second_copy_and_no_letter(
    stores: Stores,
) -> None:
    sha256 = accept(stores)
    read(stores.raw(), sha256)
    after = stores.raw()  # of a process that knows nothing of the first
    leave(after)
    assert in_pouch(stores) == [1]
    assert read(after, sha256) == CONTENT
    leave(after)
    assert in_pouch(stores) == []


def test_equal_bytes_of_another_letter_stay_until_they_were_brought_themselves(
    stores: Stores,
) -> None:
    """The first may be purged from the vault before its row leaves: then they were the last."""
    sha256, raw = accept(stores), stores.raw()
    read(raw, sha256)
    accept(stores, "lee@quillmarsh.example")
    leave(raw)
    assert in_pouch(stores) == [2]
    read(raw, sha256)
    leave(raw)
    assert in_pouch(stores) == []


def test_the_sweep_of_an_old_blob_never_meets_a_letter_in_the_pouch(stores: Stores) -> None:
    blob = letter(stores, CONTENT).raw
    path = stores.vault._path(blob.sha256)
    os.utime(path, (1, 1))
    assert stores.vault.sweep(3600, lambda _: False) == 1
    sha256, raw = accept(stores), stores.raw()
    assert read(raw, sha256) == CONTENT
    assert stores.vault.sweep(3600, lambda _: False) == 0, "its time stamp is fresh"


@pytest.mark.parametrize(("number", "fault"), [(errno.ENOSPC, DiskFull), (errno.EIO, WriteFailed)])
@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_vault_that_fails_leaves_it_in_the_pouch(
    stores: Stores,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    fault: type[Exception],
) -> None:
    sha256, raw = accept(stores), stores.raw()

    def fail(*_arguments: object) -> None:
        raise OSError(number, "no")

    with monkeypatch.context() as failing:
        failing.setattr(Path if call == "rename" else os, call, fail)
        with pytest.raises(fault):
            raw.open(sha256)
    leave(raw)
    assert in_pouch(stores) == [1]
    assert read(raw, sha256) == CONTENT


def test_bytes_that_have_changed_are_not_taken_for_the_letters(stores: Stores) -> None:
    sha256, raw = accept(stores), stores.raw()
    with stores.database.write() as connection:
        connection.execute(pouch.update().values(content=CONTENT + b"more"))
    with pytest.raises(PouchChanged):
        raw.open(sha256)
    leave(raw)
    assert in_pouch(stores) == [1]
    assert list(stores.vault.blobs()) == [letter(stores, b"").raw]


def test_many_who_open_it_at_once_all_read_it(stores: Stores) -> None:
    sha256 = accept(stores)
    contents: list[bytes] = []
    together = threading.Barrier(6)

    def work() -> None:
        raw = stores.raw()
        together.wait(10)
        contents.append(read(raw, sha256))
        leave(raw)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents == [CONTENT] * 6
    assert in_pouch(stores) == []
    assert read(stores.raw(), sha256) == CONTENT


def test_what_is_in_neither_is_missing(stores: Stores) -> None:
    with pytest.raises(BlobMissing):
        stores.raw().open("0" * 64)


def test_a_letter_says_nothing_of_its_bytes_where_it_is_printed(stores: Stores) -> None:
    assert "Attached" not in repr(small(stores))


def test_the_record_names_a_letter_for_every_row(stores: Stores) -> None:
    accept(stores)
    with pytest.raises(sa.exc.IntegrityError), stores.database.write() as connection:
        connection.execute(letters.delete())
