"""A handler that does what a hostile file would do once it controls a sandboxed process."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from converters.fault import ConversionFault, PasswordNeeded


def run(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    """Do what the job names."""
    action: Callable[[dict[str, Any], list[int], Path], dict[str, Any]] = globals()[job["do"]]
    return action(job, inputs, folder)


def echo(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    return {"said": job.get("say"), "read": [os.read(each, 100).decode() for each in inputs]}


def write(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    for name, text in job["files"].items():
        (folder / name).write_text(text)
    return {}


def see(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    """Look at everything there is to see."""
    descriptors = []
    for number in range(256):
        try:
            os.fstat(number)
        except OSError:
            continue
        descriptors.append(number)
    return {
        "root": sorted(each.name for each in Path("/").iterdir()),
        "job": sorted(each.name for each in folder.iterdir()),
        "environment": dict(os.environ),
        "descriptors": descriptors,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "data_limit": resource.getrlimit(resource.RLIMIT_DATA)[0],
    }


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "?")
    return "DONE"


def _syscall(number: int, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "syscall")


def attempt(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    """Try to get out; say of every try how it ended."""
    libc = ctypes.CDLL(None, use_errno=True)

    def prctl_traced() -> None:
        if libc.ptrace(16, 1, 0, 0) < 0:  # PTRACE_ATTACH to the zygote
            raise OSError(ctypes.get_errno(), "ptrace")

    def mount() -> None:
        if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) < 0:
            raise OSError(ctypes.get_errno(), "mount")

    def fill(place: str) -> None:
        with Path(place).open("wb") as target:
            target.writelines(bytes(1 << 20) for _ in range(4096))

    tries: dict[str, Callable[[], object]] = {
        "socket": lambda: socket.create_connection(("127.0.0.1", job["port"]), 2),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "unix socket": lambda: socket.socket(socket.AF_UNIX),
        "read canary": lambda: Path(job["canary"]).read_bytes(),
        "list canary folder": lambda: list(Path(job["canary"]).parent.iterdir()),
        "read shadow": lambda: Path("/etc/shadow").read_bytes(),
        "list proc": lambda: list(Path("/proc").iterdir()),
        "read init's environment": lambda: Path("/proc/1/environ").read_bytes(),
        "write to our code": lambda: (Path(job["code"]) / "x.py").write_text("x"),
        "write to usr": lambda: Path("/usr/x").write_text("x"),
        "write to root": lambda: Path("/x").write_text("x"),
        "write to etc": lambda: Path("/etc/x").write_text("x"),
        "write to dev": lambda: Path("/dev/x").write_text("x"),
        "write to an input": lambda: os.write(inputs[0], b"x"),
        "fill shm": lambda: fill("/dev/shm/x"),
        "fill tmp": lambda: fill("/tmp/x"),
        "trace the zygote": prctl_traced,
        "read the zygote": lambda: _syscall(310, 1, 0, 0, 0, 0, 0),
        "stop the zygote": _stop_the_zygote,
        "become root": lambda: os.setuid(0),
        "fork": os.fork,
        "exec": lambda: os.execv("/usr/bin/true", ["true"]),
        "new user namespace": lambda: _syscall(272, 0x10000000),
        "mount": mount,
        "chroot": lambda: os.chroot("/tmp"),
        "io_uring": lambda: _syscall(425, 1, 0),
        "bpf": lambda: _syscall(321, 0, 0, 0),
        "userfaultfd": lambda: _syscall(323, 0),
        "keyctl": lambda: _syscall(250, 0, 0),
        "memfd": lambda: os.memfd_create("x"),
        "shared memory": lambda: _syscall(29, 0, 4096, 0o1600),
        "device": lambda: os.mknod(folder / "sda", 0o60600, os.makedev(8, 0)),
    }
    return {name: _outcome(each) for name, each in tries.items()}


def _stop_the_zygote() -> None:
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGSEGV):
        os.kill(1, number)
    raise OSError(0, "sent, to no avail")


def sleep(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    (folder / "begun").write_text("x")
    time.sleep(job.get("seconds", 600))
    return {}


def hog(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    held = []
    while True:
        held.append(b"x" * (16 << 20))


def threads(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    threading.stack_size(64 * 1024)
    while True:
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


def many_files(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    number = 0
    while True:
        (folder / f"{number}").touch()
        number += 1


def deep(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    for _ in range(job["levels"]):
        Path("d").mkdir()
        os.chdir("d")
    Path().chmod(0)
    return {}


def big_file(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    for number in range(100):
        with (folder / f"{number}").open("wb") as target:
            target.truncate(job["bytes"])
    return {}


def symlink(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    (folder / "out.pdf").symlink_to("/etc/passwd")
    return {}


def fifo(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    os.mkfifo(folder / "out.pdf")
    return {}


def hard_link(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    (folder / "out.pdf").write_text("x")
    os.link(folder / "out.pdf", folder / "two.pdf")
    return {}


def set_user_id(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    (folder / "out.pdf").write_text("x")
    (folder / "out.pdf").chmod(0o4755)
    return {}


def crash(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    os.kill(os.getpid(), job.get("signal", signal.SIGSEGV))
    return {}


def leave(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    os._exit(0)


def raise_words(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    raise ValueError("the patient's name")


def refuse(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    raise PasswordNeeded("locked")


def long_answer(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    return {"x": "x" * (20 << 20)}


def lie(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    """Write another answer than the zygote's own shape into the pipe."""
    for number in range(3, 64):
        try:
            os.write(number, job["answer"].encode())
        except OSError:
            continue
        os._exit(0)
    raise ConversionFault


def remember(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    """Leave something for the next job, and say what was found."""
    found: dict[str, Any] = {"module": "canary" in globals()}
    for name, place in (("tmp", Path("/tmp")), ("job", folder)):
        found[name] = sorted(each.name for each in place.iterdir())
        with contextlib.suppress(OSError):
            (place / "left").write_text("x")
    globals()["canary"] = True
    return found
