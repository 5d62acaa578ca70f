"""The pool, with a handler that does what a hostile file would do (tests/inside/probes.py)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converters.fault import (
    BadOutput,
    JobDied,
    JobLost,
    JobRefused,
    JobStopped,
    JobTimedOut,
    JobUncertain,
    SandboxMissing,
)
from converters.pool import Pool, _Worker
from converters.sandbox import Limits
from converters.seccomp import FAREWELLS

INSIDE = Path(__file__).parent / "inside"
LIMITS = Limits(
    seconds=2, memory_bytes=256 << 20, output_bytes=32 << 20, processes=40, output_files=400
)


def made(folder: Path, processes: int = 1, limits: Limits = LIMITS) -> Pool:
    return Pool("probes:run", processes=processes, folder=folder, limits=limits, code=[INSIDE])


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    started = made(tmp_path_factory.mktemp("pool"))
    started.start()
    yield started
    started.close()


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def read_only(file: Path) -> int:
    return os.open(file, os.O_RDONLY | os.O_CLOEXEC)


def does_its_work(pool: Pool, into: Path) -> bool:
    return pool.run({"do": "echo", "say": "x"}, into=into) == {"said": "x", "read": []}


def test_a_job_reads_its_inputs_and_its_files_are_taken_over(
    pool: Pool, into: Path, tmp_path: Path
) -> None:
    (tmp_path / "input").write_text("the bytes")
    descriptor = read_only(tmp_path / "input")
    answer = pool.run({"do": "echo", "say": "é\ud800"}, inputs=[descriptor], into=into)
    assert answer == {"said": "é\ud800", "read": ["the bytes"]}
    os.close(descriptor)
    pool.run({"do": "write", "files": {"a.pdf": "one", "b": "two"}}, into=into)
    assert {each.name: each.read_text() for each in into.iterdir()} == {"a.pdf": "one", "b": "two"}


def test_there_is_nothing_to_see_inside(pool: Pool, into: Path) -> None:
    seen = pool.run({"do": "see"}, into=into)
    assert "proc" not in seen["root"]
    assert seen["job"] == []
    assert seen["host"] == "sandbox"
    ours = {"LANG", "HOME", "PATH", "TZ", "TMPDIR", "PYTHONPATH", "PWD"}
    assert set(seen["environment"]) <= ours
    assert len(seen["descriptors"]) <= 4  # standard ones, and the pipe for the answer


def test_probes_from_inside_all_fail(pool: Pool, into: Path, tmp_path: Path) -> None:
    canary = tmp_path / "vault" / "canary"
    canary.parent.mkdir()
    canary.write_text("canary")
    descriptor = read_only(canary)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        job = {
            "do": "attempt",
            "port": listener.getsockname()[1],
            "canary": str(canary),
            "code": str(Path(__file__).parent.parent / "converters"),
        }
        outcomes = pool.run(job, inputs=[descriptor], into=into)
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()
    os.close(descriptor)
    assert {name for name, outcome in outcomes.items() if outcome == "DONE"} == set()
    assert len(outcomes) > 25
    assert canary.read_text() == "canary"
    assert does_its_work(pool, into)  # the zygote outlived what was sent to it


def test_no_job_finds_what_another_left(pool: Pool, into: Path) -> None:
    # A checkout below /tmp is seen there, read-only, since our code runs from it.
    ours = {
        path.relative_to("/tmp").parts[0]
        for path in (INSIDE, Path(sys.prefix))
        if path.is_relative_to("/tmp")
    }
    for number in range(2):
        own = into / str(number)
        own.mkdir()
        found = pool.run({"do": "remember"}, into=own)
        assert found == {"module": False, "tmp": sorted(ours), "job": []}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("job", "fault"),
    [
        ({"do": "sleep"}, JobTimedOut),
        ({"do": "hog"}, JobDied),
        ({"do": "threads"}, JobDied),
        ({"do": "many_files"}, BadOutput),
        ({"do": "deep", "levels": 2000}, BadOutput),
        ({"do": "big_file", "bytes": 1 << 20}, BadOutput),
        ({"do": "big_file", "bytes": 64 << 20}, JobDied),
        ({"do": "symlink"}, BadOutput),
        ({"do": "fifo"}, BadOutput),
        ({"do": "hard_link"}, BadOutput),
        ({"do": "deep", "levels": 3}, BadOutput),
        ({"do": "write", "files": {"a\nb": "x"}}, BadOutput),
        ({"do": "write", "files": {".hidden": "x"}}, BadOutput),
        ({"do": "crash"}, JobDied),
        ({"do": "leave"}, JobDied),
        ({"do": "raise_words"}, JobDied),
        ({"do": "long_answer"}, JobDied),
        ({"do": "lie", "answer": "[[["}, BadOutput),
        ({"do": "lie", "answer": '{"answer": 3}'}, BadOutput),
        ({"do": "lie", "answer": "[" * 3_000_000}, BadOutput),
        ({"do": "lie", "answer": '{"signal": "x"}'}, BadOutput),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_job_at_a_limit_or_with_bad_output_ends_and_the_next_is_normal(
    pool: Pool, into: Path, job: dict[str, Any], fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        pool.run(job, into=into)
    assert list(into.iterdir()) == []
    assert does_its_work(pool, into)


def test_a_named_fault_travels_by_its_code(pool: Pool, into: Path) -> None:
    with pytest.raises(JobRefused) as caught:
        pool.run({"do": "refuse"}, into=into)
    assert (caught.value.code, caught.value.fault) == ("file_password", "PasswordNeeded")


def test_an_exception_is_told_without_its_words(pool: Pool, into: Path) -> None:
    with pytest.raises(JobDied) as caught:
        pool.run({"do": "raise_words"}, into=into)
    assert "ValueError at probes.py" in caught.value.reason
    assert "patient" not in str(caught.value)


def test_what_a_hostile_process_says_of_its_end_does_not_reach_the_log(
    pool: Pool, into: Path
) -> None:
    lie = '{"broke": "the patient\'s name, born 1950; and \\u001b[2J"}'
    with pytest.raises(JobDied) as caught:
        pool.run({"do": "lie", "answer": lie}, into=into)
    assert "patient" not in str(caught.value)


def test_a_set_user_id_file_arrives_plain(pool: Pool, into: Path) -> None:
    pool.run({"do": "set_user_id"}, into=into)
    assert (into / "out.pdf").stat().st_mode & 0o7777 == 0o600


def test_nothing_is_overwritten(pool: Pool, into: Path) -> None:
    (into / "a").write_text("first")
    with pytest.raises(BadOutput):
        pool.run({"do": "write", "files": {"a": "second", "b": "x"}}, into=into)
    assert {each.name: each.read_text() for each in into.iterdir()} == {"a": "first"}


@pytest.mark.parametrize("how", ["folder", "writable", "pipe"])
def test_a_descriptor_that_would_be_a_way_out_is_not_passed(
    pool: Pool, into: Path, tmp_path: Path, how: str
) -> None:
    (tmp_path / "file").write_text("x")
    other = None
    match how:
        case "folder":
            descriptor = os.open(tmp_path, os.O_RDONLY)
        case "writable":
            descriptor = os.open(tmp_path / "file", os.O_RDWR)
        case _:
            descriptor, other = os.pipe()
    with pytest.raises(ValueError, match="regular file"):
        pool.run({"do": "echo"}, inputs=[descriptor], into=into)
    os.close(descriptor)
    if other is not None:
        os.close(other)


@pytest.mark.slow
def test_a_stuck_job_holds_up_nobody_else(tmp_path: Path, into: Path) -> None:
    pool = made(tmp_path / "pool", processes=2)
    pool.start()
    faults: list[BaseException] = []

    def stuck() -> None:
        try:
            pool.run({"do": "sleep"}, into=into)
        except JobTimedOut as fault:
            faults.append(fault)

    thread = threading.Thread(target=stuck)
    thread.start()
    for number in range(10):
        assert pool.run({"do": "echo", "say": number}, into=into)["said"] == number
    assert thread.is_alive()
    thread.join()
    assert len(faults) == 1
    pool.close()


@pytest.mark.slow
def test_what_tells_all_our_processes_to_end_ends_no_job(tmp_path: Path, into: Path) -> None:
    """Ctrl-C and systemd tell every process; we finish what is begun."""
    pool = made(tmp_path / "pool")
    pool.start()
    does_its_work(pool, into)  # it is ready
    answers: list[dict[str, Any]] = []
    job = {"do": "sleep", "seconds": 1}
    thread = threading.Thread(target=lambda: answers.append(pool.run(job, into=into)))
    thread.start()
    (folder,) = (tmp_path / "pool").iterdir()
    wait_until((folder / "begun").exists)
    for pid in descendants(os.getpid()):
        for number in FAREWELLS:
            os.kill(pid, number)
    thread.join(20)
    pool.close()
    assert answers == [{}]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def descendants(pid: int) -> list[int]:
    """Return the processes below one, as a service manager sees them."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found += [child, *descendants(child)]
    return found


def test_close_ends_everything_even_a_running_job(tmp_path: Path, into: Path) -> None:
    pool = made(tmp_path / "pool", processes=2)
    pool.start()
    pool.run({"do": "echo"}, into=into)
    ended: list[BaseException] = []

    def stuck() -> None:
        try:
            pool.run({"do": "sleep"}, into=into)
        except JobStopped as fault:
            ended.append(fault)

    thread = threading.Thread(target=stuck)
    thread.start()
    wait_until(lambda: any((tmp_path / "pool").glob("*/begun")))
    inside = children_of(os.getpid(), str(tmp_path / "pool"))
    assert inside
    pool.close()
    thread.join()
    assert len(ended) == 1
    assert children_of(os.getpid(), str(tmp_path / "pool")) == []
    assert list((tmp_path / "pool").iterdir()) == []
    with pytest.raises(JobStopped):
        pool.run({"do": "echo"}, into=into)


def test_kill_9_of_us_leaves_no_process_and_the_next_start_no_folder(
    tmp_path: Path, into: Path
) -> None:
    folder = tmp_path / "pool"
    program = (
        "import sys; from pathlib import Path\n"
        "from converters.pool import Pool; from converters.sandbox import Limits\n"
        f"p = Pool('probes:run', processes=2, folder=Path({str(folder)!r}),\n"
        f"         limits=Limits(60, 1 << 28, 1 << 20), code=[Path({str(INSIDE)!r})])\n"
        f"p.start(); p.run({{'do': 'sleep'}}, into=Path({str(into)!r}))\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parent.parent)
    wait_until(lambda: any(folder.glob("*/begun")))
    assert processes_with(str(folder))
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    wait_until(lambda: not processes_with(str(folder)))
    pool = made(folder)
    pool.start()
    assert not any(folder.glob("*/begun"))
    pool.close()


def test_an_idle_process_that_dies_is_replaced_unseen(tmp_path: Path, into: Path) -> None:
    pool = made(tmp_path / "pool")
    pool.start()
    assert does_its_work(pool, into)
    for pid in children_of(os.getpid(), str(tmp_path / "pool")):
        os.kill(pid, signal.SIGKILL)
    (worker,) = pool._idle
    assert isinstance(worker, _Worker)
    wait_until(lambda: worker.box.ended)
    assert does_its_work(pool, into)
    pool.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "fault"), [(signal.SIGKILL, JobLost), (signal.SIGSTOP, JobTimedOut)]
)
def test_what_is_done_to_a_process_from_outside_is_not_told_as_the_files_doing(
    tmp_path: Path, into: Path, sent: signal.Signals, fault: type[JobUncertain]
) -> None:
    pool = made(tmp_path / "pool")
    pool.start()
    faults: list[BaseException] = []

    def hit() -> None:
        try:
            pool.run({"do": "sleep"}, into=into)
        except JobUncertain as caught:
            faults.append(caught)

    thread = threading.Thread(target=hit)
    thread.start()
    wait_until(lambda: any((tmp_path / "pool").glob("*/begun")))
    (worker,) = pool._busy
    os.kill(worker.box.pid, sent)
    thread.join()
    assert [type(each) for each in faults] == [fault]
    assert does_its_work(pool, into)
    pool.close()


def test_a_child_that_something_killed_is_not_told_as_the_files_doing(
    pool: Pool, into: Path
) -> None:
    with pytest.raises(JobLost):
        pool.run({"do": "crash", "signal": signal.SIGKILL}, into=into)
    assert does_its_work(pool, into)


@pytest.mark.slow
def test_a_job_may_have_less_time_than_the_setting_but_not_more(tmp_path: Path, into: Path) -> None:
    pool = made(tmp_path / "pool", limits=replace(LIMITS, seconds=600))
    pool.start()
    with pytest.raises(JobTimedOut):
        pool.run({"do": "sleep"}, into=into, seconds=1)
    pool.close()
    assert LIMITS.within(None) == LIMITS.within(10_000) == LIMITS


def test_a_handler_that_cannot_be_loaded_is_named(tmp_path: Path, into: Path) -> None:
    pool = Pool("no_such_module:run", processes=1, folder=tmp_path / "pool", limits=LIMITS)
    pool.start()
    with pytest.raises(SandboxMissing, match="ModuleNotFoundError"):
        pool.run({}, into=into)
    pool.close()


def children_of(parent: int, word: str) -> list[int]:
    """Return our own sandboxes whose command line has `word`."""
    found = Path(f"/proc/{parent}/task").glob("*/children")
    pids = [int(pid) for each in found for pid in each.read_text().split()]
    return [pid for pid in pids if word in _command_line(pid)]


def processes_with(word: str) -> list[int]:
    pids = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    return [pid for pid in pids if "bwrap" in _command_line(pid) and word in _command_line(pid)]


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within a minute"
        time.sleep(0.02)


def test_whoever_comes_with_many_jobs_lets_another_go_before_its_next(tmp_path: Path) -> None:
    pool = made(tmp_path / "pool")
    pool.start()
    held = pool._take("a")
    order: list[str] = []
    threads: list[threading.Thread] = []

    def work(name: str) -> None:
        into = tmp_path / name
        into.mkdir()
        pool.run({"do": "echo"}, into=into, whose=name[0])
        order.append(name)

    for name in ("a2", "a3", "b1"):
        threads.append(threading.Thread(target=work, args=(name,)))
        threads[-1].start()
        wait_until(lambda: len(pool._waiting._in_line) == len(threads))
    pool._give_back(held, "a", sound=True)
    for thread in threads:
        thread.join()
    pool.close()
    assert order == ["b1", "a2", "a3"]
