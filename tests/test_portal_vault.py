"""The vault: what it keeps is whole and durable, what fails is gone, what is old is swept."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.vault import Blob, BlobMissing, DiskFull, Vault, WriteFailed


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    vault = Vault(tmp_path / "vault")
    vault.prepare()
    return vault


@given(chunks=st.lists(st.binary(max_size=300), max_size=8))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_blob_is_what_was_written_under_its_own_hash(vault: Vault, chunks: list[bytes]) -> None:
    with vault.draft() as draft:
        for chunk in chunks:
            draft.write(chunk)
        blob = draft.keep()
    whole = b"".join(chunks)
    assert blob == Blob(hashlib.sha256(whole).hexdigest(), len(whole))
    with vault.open(blob.sha256) as stream:
        assert stream.read() == whole


def test_a_draft_left_alone_leaves_nothing(vault: Vault, tmp_path: Path) -> None:
    with vault.draft() as draft:
        draft.write(b"half a letter")
    assert list((tmp_path / "vault" / "drafts").iterdir()) == []
    assert list(vault.blobs()) == []


def test_a_blob_is_read_only_for_everybody(vault: Vault, tmp_path: Path) -> None:
    blob = vault.add(io.BytesIO(b"evidence"))
    path = tmp_path / "vault" / blob.sha256[:2] / blob.sha256
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_keeping_a_blob_again_gives_it_a_fresh_time_stamp(vault: Vault, tmp_path: Path) -> None:
    blob = vault.add(io.BytesIO(b"twice"))
    path = tmp_path / "vault" / blob.sha256[:2] / blob.sha256
    os.utime(path, (1, 1))
    assert vault.add(io.BytesIO(b"twice")) == blob
    assert path.stat().st_mtime > 1_000_000_000


def test_the_sweep_takes_only_what_is_old_and_unreferenced(vault: Vault, tmp_path: Path) -> None:
    kept = {name: vault.add(io.BytesIO(name.encode())) for name in ("old", "named", "young")}
    for name in ("old", "named"):
        sha256 = kept[name].sha256
        os.utime(tmp_path / "vault" / sha256[:2] / sha256, (1, 1))
    stray = tmp_path / "vault" / "drafts" / "stray"
    stray.write_bytes(b"x")
    os.utime(stray, (1, 1))
    assert vault.sweep(3600, lambda sha256: sha256 == kept["named"].sha256) == 2
    assert {blob.sha256 for blob in vault.blobs()} == {kept["named"].sha256, kept["young"].sha256}
    assert not stray.exists()


def test_a_blob_kept_while_the_sweep_looks_at_it_stays(vault: Vault, tmp_path: Path) -> None:
    blob = vault.add(io.BytesIO(b"wanted again"))
    os.utime(tmp_path / "vault" / blob.sha256[:2] / blob.sha256, (1, 1))
    keepers: list[threading.Thread] = []

    def referenced(_sha256: str) -> bool:
        # An accept of the same bytes comes along exactly between the look and the removal.
        keeper = threading.Thread(target=lambda: vault.add(io.BytesIO(b"wanted again")))
        keepers.append(keeper)
        keeper.start()
        return False

    vault.sweep(3600, referenced)
    for keeper in keepers:
        keeper.join()
    assert vault.holds(blob.sha256)


def test_a_missing_blob_is_named(vault: Vault) -> None:
    with pytest.raises(BlobMissing) as caught:
        vault.open("0" * 64)
    assert caught.value.sha256 == "0" * 64


@pytest.mark.parametrize(
    "named",
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EIO, WriteFailed),
        (errno.EROFS, WriteFailed),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_failing_disk_is_a_named_fault_and_nothing_is_kept(
    vault: Vault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    named: tuple[int, type[Exception]],
) -> None:
    number, fault = named

    def fail(*_arguments: object, **_named: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(fault):
        vault.add(io.BytesIO(b"bytes"))
    monkeypatch.undo()
    assert list((tmp_path / "vault" / "drafts").iterdir()) == []
    assert list(vault.blobs()) == []


def test_a_failed_fsync_is_not_tried_again(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def fail(_descriptor: int) -> None:
        nonlocal calls
        calls += 1
        raise OSError(errno.EIO, "lost")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WriteFailed):
        vault.add(io.BytesIO(b"bytes"))
    assert calls == 1


def test_a_stream_over_its_limit_is_not_kept(vault: Vault) -> None:
    with pytest.raises(ValueError, match="more than 4 bytes"):
        vault.add(io.BytesIO(b"12345"), limit=4)
    assert list(vault.blobs()) == []


def test_threads_keep_the_same_bytes_at_once(vault: Vault) -> None:
    blobs: list[Blob] = []
    threads = [
        threading.Thread(target=lambda: blobs.append(vault.add(io.BytesIO(b"same" * 1000))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(blobs)) == 1
    assert len(list(vault.blobs())) == 1
