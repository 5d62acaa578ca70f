"""The lock file: one holder at a time, and it ends with its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import lock

_HOLDER = """
import sys, time
from pathlib import Path
from gateway import lock
with lock.hold(Path(sys.argv[1]), "casebridge serve"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_told_who_has_the_lock_and_a_killed_one_leaves_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(file)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(lock.AlreadyRunning) as caught, lock.hold(file, "another"):
            pass
        assert caught.value.holder == f"casebridge serve, process {holder.pid}"
        os.kill(holder.pid, signal.SIGKILL)
    with lock.hold(file, "another"):
        assert file.read_text() == f"another, process {os.getpid()}"


def test_whether_a_lock_is_held_is_said_without_taking_it(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    assert not lock.is_held(file)
    with lock.hold(file, "casebridge serve"):
        assert lock.is_held(file)
    assert not lock.is_held(file)
    with lock.hold(file, "another"):
        pass
