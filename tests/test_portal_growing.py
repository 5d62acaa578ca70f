"""A growing file: one writer, nothing behind what is acknowledged, and the hash of the disk."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.growing import Busy, BytesLost, Growing
from portal.running_hashes import RunningHashes
from portal.vault import Vault

HOLDER = """
import sys
from pathlib import Path
from portal.growing import Growing
with Growing(Path(sys.argv[1])) as growing:
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_writer_at_a_time_among_threads_and_processes(tmp_path: Path) -> None:
    file = tmp_path / "upload"
    with Growing(file), pytest.raises(Busy):
        Growing(file)
    command = [sys.executable, "-c", HOLDER, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy):
            Growing(file)
        holder.kill()  # the lock ends with its process, however that ends
    with Growing(file):
        pass


def test_what_lies_behind_the_offset_is_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "upload"
    file.write_bytes(b"acknowledged, and more")
    with Growing(file) as growing:
        growing.go_on_at(12, None)
        growing.write(b"!")
        assert growing.digest().hexdigest() == hashlib.sha256(b"acknowledged!").hexdigest()
    assert file.read_bytes() == b"acknowledged!"


def test_a_hash_that_is_known_is_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "upload"
    file.write_bytes(b"abc")
    with Growing(file) as growing:
        growing.go_on_at(3, hashlib.sha256(b"abc"))
        growing.write(b"def")
        assert growing.digest().hexdigest() == hashlib.sha256(b"abcdef").hexdigest()


def test_fewer_bytes_than_were_acknowledged_are_said(tmp_path: Path) -> None:
    file = tmp_path / "upload"
    file.write_bytes(b"abc")
    with Growing(file) as growing, pytest.raises(BytesLost):
        growing.go_on_at(4, None)
    assert file.read_bytes() == b"abc"


def test_only_the_state_at_the_right_offset_is_given_out_and_once(tmp_path: Path) -> None:
    hashes = RunningHashes()
    hashes.put("a", 3, hashlib.sha256(b"abc"))
    assert hashes.take("a", 2) is None
    hashes.put("a", 3, hashlib.sha256(b"abc"))
    taken = hashes.take("a", 3)
    assert taken is not None
    assert taken.digest() == hashlib.sha256(b"abc").digest()
    assert hashes.take("a", 3) is None


def test_states_do_not_pile_up() -> None:
    hashes = RunningHashes()
    for number in range(2000):
        hashes.put(str(number), 0, hashlib.sha256())
    assert hashes.take("0", 0) is None
    assert hashes.take("1999", 0) is not None


def test_a_file_that_is_adopted_is_a_blob_and_adopting_again_does_nothing(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    vault.prepare()
    file = vault.upload("a" * 32)
    file.write_bytes(b"whole")
    os.utime(file, (1, 1))
    sha256 = hashlib.sha256(b"whole").hexdigest()
    vault.adopt(file, sha256)
    vault.adopt(file, sha256)
    assert list(vault.uploads()) == []
    with vault.open(sha256) as stream:
        assert stream.read() == b"whole"
    blob = tmp_path / "vault" / sha256[:2] / sha256
    assert blob.stat().st_mode & 0o777 == 0o400
    assert vault.sweep(3600, lambda _: False) == 0, "its time stamp is fresh"
