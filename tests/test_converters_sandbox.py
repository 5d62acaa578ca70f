"""The sandbox of an external program, with shell scripts as hostile engines."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from converters import harvest, sandbox, seccomp
from converters.fault import BadOutput, JobDied, JobLost, JobStopped, JobTimedOut, SandboxMissing
from converters.program import Programs
from converters.sandbox import Limits
from tests.test_converters_pool import processes_with, wait_until

LIMITS = Limits(seconds=3, memory_bytes=200 << 20, output_bytes=8 << 20, processes=30)


def shell(script: str, work: Path, limits: Limits = LIMITS) -> str:
    """Run a script as an engine and return what it wrote into out.txt."""
    line = ["/bin/sh", "-c", script]
    with Programs(work).run(line, sources={}, limits=limits) as done:
        harvest.take_one(done.folder, "out.txt", work / "taken", most_bytes=1 << 20)
    text = (work / "taken").read_text()
    (work / "taken").unlink()
    return text


def test_the_sandbox_works_here() -> None:
    sandbox.require_sandbox()


def test_without_bubblewrap_the_fix_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxMissing) as caught:
        sandbox.require_sandbox()
    assert caught.value.fix == "Install it: sudo apt-get install bubblewrap."


def test_where_namespaces_are_refused_the_fix_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refusing = tmp_path / "bwrap"
    refusing.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxMissing, match="No permissions") as caught:
        sandbox.require_sandbox()
    assert "sudo sysctl -w" in caught.value.fix


def test_a_program_that_ends_before_it_is_looked_at_has_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def late(pid: int) -> int:
        with contextlib.suppress(FileNotFoundError, ChildProcessError):
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            parent = next(line for line in status.splitlines() if line.startswith("PPid:"))
            os.waitid(os.P_PID, int(parent.split()[1]), os.WEXITED | os.WNOWAIT)
        return real(pid)

    real = os.pidfd_open
    monkeypatch.setattr(os, "pidfd_open", late)
    for code in (0, 3):
        line = ("/bin/sh", "-c", f"exit {code}")
        with Programs(tmp_path).run(line, sources={}, limits=LIMITS) as done:
            assert done.status == code


def test_our_packages_are_shown_and_not_the_folder_that_holds_the_vault() -> None:
    places = sandbox.python_code()
    assert sandbox.source_folder() not in places
    assert sandbox.source_folder() / "converters" in places


def test_the_filter_refuses_what_it_should_and_is_short_enough_for_a_pipe() -> None:
    assert seccomp.supported()
    assert len(seccomp.for_engines()) < 4096
    assert len(seccomp.for_one_process()) % 8 == 0


def test_an_engine_sees_no_network_no_host_and_no_other_process(tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("canary")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        text = shell(
            f"""exec >/job/out.txt 2>&1
            python3 -c "import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
            cat {tmp_path}/canary; cat /etc/shadow; cat /etc/passwd; ls /home /root
            echo "processes: $(ls -d /proc/[0-9]* | wc -l)"
            touch /usr/x /etc/x /x; mount -t tmpfs none /mnt; unshare -r true
            cat /proc/1/environ | tr '\\0' '\\n'
            """,
            tmp_path,
        )
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert "canary\n" not in text
    assert "root:" not in text
    assert "CASEBRIDGE" not in text
    assert int(text.split("processes: ")[1].split()[0]) <= 5


def test_an_engine_has_one_session_which_yields_the_processor_and_is_not_ours(
    tmp_path: Path,
) -> None:
    said = shell(
        """(python3 -c "import os; os.setsid()" 2>&1 | tail -n 1
        python3 -c "import os; print(os.getsid(0))"
        cat /proc/self/autogroup) > /job/out.txt""",
        tmp_path,
    ).splitlines()
    assert said[0] == "PermissionError: [Errno 1] Operation not permitted"
    assert said[1] == "0", "it begins outside"
    if Path("/proc/self/autogroup").exists():
        assert said[2].endswith(" nice 5")
        assert Path("/proc/self/autogroup").read_text("ascii") != said[2], "ours is another"


# It stays where it is given no more: else it would end by itself before anybody looks.
HOG = """
import time
held = []
try:
    while True:
        held.append(b"x" * (1 << 20))
except MemoryError:
    time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("sleep 60", JobTimedOut),
        ("f() { f | f & }; f; sleep 60", JobDied),
        (f"exec python3 -c '{HOG}'", JobDied),
        ("while :; do head -c 1000000 /dev/zero > /job/$((n += 1)); done", BadOutput),
        ("kill -9 $$; kill -SEGV $$; exec python3 -c 'import os; os.abort()'", JobDied),
    ],
    ids=["sleeper", "fork bomb", "memory hog", "disk filler", "crash"],
)
def test_a_hostile_engine_is_killed_at_its_limit_with_all_its_children(
    tmp_path: Path, script: str, fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        shell(script, tmp_path)
    assert list(tmp_path.iterdir()) == []
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    assert not any(each.read_text().strip() for each in children)
    assert shell("echo fine > /job/out.txt", tmp_path) == "fine\n"


@pytest.mark.parametrize(
    "script",
    [
        "ln -s /etc/hostname /job/out.txt",
        "mkfifo /job/out.txt",
        "mkdir /job/out.txt",
        "echo x > /job/a; ln /job/a /job/out.txt",
        "head -c 2000000 /dev/zero > /job/out.txt",
        "true",
    ],
)
def test_output_that_is_no_plain_file_of_its_size_is_not_taken(tmp_path: Path, script: str) -> None:
    with pytest.raises(BadOutput):
        shell(script, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_folder_thousands_of_levels_deep_is_emptied(tmp_path: Path) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)
    for _ in range(3_000):
        Path("d").mkdir()
        os.chdir("d")
    os.chdir(here)
    (tmp_path / "link").symlink_to("/etc")
    harvest.empty(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert Path("/etc/hostname").exists()


def test_an_engine_that_something_killed_may_be_tried_again(tmp_path: Path) -> None:
    faults: list[BaseException] = []

    def killed() -> None:
        try:
            shell("touch begun; sleep 60", tmp_path, replace(LIMITS, seconds=60))
        except (JobLost, JobDied) as fault:
            faults.append(fault)

    thread = threading.Thread(target=killed)
    thread.start()
    wait_until(lambda: any(tmp_path.glob("*/begun")))
    for pid in processes_with(str(tmp_path)):
        os.kill(pid, signal.SIGKILL)
    thread.join()
    assert [type(each) for each in faults] == [JobLost]
    with pytest.raises(JobDied, match="signal 11"):
        shell("exit 139", tmp_path)  # as a shell tells of a signal


def test_close_ends_an_engine_that_runs_and_every_later_one(tmp_path: Path) -> None:
    programs = Programs(tmp_path)
    line = ["/bin/sh", "-c", "touch begun; sleep 60 & sleep 60"]
    faults: list[BaseException] = []

    def stuck() -> None:
        try:
            with programs.run(line, sources={}, limits=replace(LIMITS, seconds=60)):
                pass
        except JobStopped as fault:
            faults.append(fault)

    thread = threading.Thread(target=stuck)
    thread.start()
    wait_until(lambda: any(tmp_path.glob("*/begun")))
    programs.close()
    assert processes_with(str(tmp_path)) == []
    thread.join()
    assert len(faults) == 1
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(JobStopped), programs.run(line, sources={}, limits=LIMITS):
        pass
