"""The sandbox: the bubblewrap command line, the limits, and the proof that it works here.

What runs inside sees a read-only system, our own code and one writable folder, /job. It has no
network, no other process, no capability, no environment of ours, and no /proc unless an engine
cannot start without one.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from converters import seccomp
from converters.fault import SandboxMissing

JOB_FOLDER = Path("/job")
_TRIAL_SECONDS = 10
_SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SYSTEM_PARTS = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/magic",
    "/var/cache/fontconfig",
)


@dataclass(frozen=True)
class Limits:
    """What one job may use. At any of them its whole sandbox is killed."""

    seconds: float  # of wall time
    memory_bytes: int  # resident, all its processes together; shared pages count for each
    output_bytes: int  # everything it leaves in its folder
    processes: int = 64  # threads count as processes
    output_files: int = 10_000

    def within(self, seconds: float | None) -> Limits:
        """Return the same with fewer seconds, where `seconds` are fewer."""
        return self if seconds is None else replace(self, seconds=min(seconds, self.seconds))

    def apply(self) -> None:
        """Set the resource limits of this process, in the sandbox, as the second line of defence.

        The caller's watch is the first one: a limit here makes a call fail, and an engine may
        take that for the end of the document.
        """
        for name, most in self._resources().items():
            what = getattr(resource, f"RLIMIT_{name.upper()}")
            hard = resource.getrlimit(what)[1]
            value = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (value, value))

    def prefix(self) -> list[str]:
        """Return the words that start a program with the same resource limits (prlimit(1)).

        And with little claim to the processor beside what is of its session (see box.py).
        """
        return [
            *("/usr/bin/nice", "-n", "15"),
            "/usr/bin/prlimit",
            *(f"--{name}={most}:{most}" for name, most in self._resources().items()),
            "--",
        ]

    def _resources(self) -> dict[str, int]:
        return {
            "data": self.memory_bytes * 5 // 4,
            "fsize": self.output_bytes,
            "cpu": int(self.seconds * 4) + 1,
            "nproc": self.processes,
            "nofile": 1024,
            "msgqueue": 0,
            "core": 0,
        }


def command(
    program: Sequence[str],
    *,
    folder: Path,
    limits: Limits,
    code: Sequence[Path] = (),
    system: Sequence[Path] = (),
    readable: Mapping[Path, Path] | None = None,
    environment: Mapping[str, str] | None = None,
    scratch: bool = False,
    temporary: Path | None = None,
    descriptors: Mapping[str, int] | None = None,
) -> list[str]:
    """Return the bubblewrap command line that runs `program` with `folder` as its /job.

    `code` and `system` are seen read-only at their own paths (what is not there is left out);
    `readable` maps a path in the sandbox to the file of ours shown there; `descriptors` gives
    bubblewrap's own options that take one. With `scratch` there are a /proc, a writable /tmp and
    /dev/shm beside /job: for a sandbox that lives for one document, since nobody empties them.
    `temporary` is a folder of ours to show as /tmp, with a /proc: for one that lives longer, since
    it can be looked into from outside. The program is process 1, so that nothing inside can signal
    it and everything inside ends with it.
    """
    line = [
        _bubblewrap(),
        *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox"),
        *("--cap-drop", "ALL", "--die-with-parent", "--as-pid-1", "--clearenv"),
    ]
    fixed = {"LANG": "C.UTF-8", "HOME": "/tmp", "PATH": "/usr/bin:/bin", "TZ": "UTC"}  # noqa: S108 -- the sandbox's own
    own_tmp = scratch or temporary is not None
    fixed["TMPDIR"] = "/tmp" if own_tmp else str(JOB_FOLDER)  # noqa: S108 -- as above
    for name, value in {**fixed, **(environment or {})}.items():
        line += ["--setenv", name, value]
    room = ("--size", str(limits.output_bytes))
    line += ["--dev", "/dev", *room, "--tmpfs", "/tmp"]  # noqa: S108 -- as above
    if own_tmp:
        line += ["--proc", "/proc"]
    if scratch:
        line += [*room, "--tmpfs", "/dev/shm"]  # noqa: S108 -- as above
    if temporary is not None:
        line += ["--bind", str(temporary), "/tmp"]  # noqa: S108 -- as above
    line += ["--ro-bind", "/usr", "/usr"]
    for link in map(Path, _SYSTEM_LINKS):
        if link.is_symlink():
            line += ["--symlink", str(link.readlink()), str(link)]
        elif link.is_dir():
            line += ["--ro-bind", str(link), str(link)]
    for part in (*_SYSTEM_PARTS, *map(str, system), *map(str, code)):
        line += ["--ro-bind-try", part, part]
    for inside, file in (readable or {}).items():
        line += ["--ro-bind", str(file), str(inside)]
    line += ["--bind", str(folder), str(JOB_FOLDER), "--chdir", str(JOB_FOLDER)]
    # Last, since our code may lie below one of them.
    for place in ("/dev", "/") if own_tmp else ("/dev", "/tmp", "/"):  # noqa: S108 -- as above
        line += ["--remount-ro", place]
    for option, descriptor in (descriptors or {}).items():
        line += [option, str(descriptor)]
    return [*line, "--", *program]


def python_code() -> tuple[Path, ...]:
    """Return what this interpreter and our own packages need to be seen, outside /usr.

    Our packages are shown one by one: the folder that holds them may hold the vault as well.
    """
    prefixes = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix)}
    prefixes |= {prefix.resolve() for prefix in prefixes}
    home = source_folder()
    packages = {entry.parent for entry in home.glob("*/__init__.py")}
    places = prefixes | {each for each in packages if not _within(each, prefixes)}
    return tuple(sorted(each for each in places if not each.is_relative_to("/usr")))


def source_folder() -> Path:
    """Return the folder that our packages lie in."""
    return Path(__file__).resolve().parent.parent


def _within(path: Path, folders: set[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def require_sandbox() -> None:
    """Run nothing at all in a sandbox, for real.

    Raises SandboxMissing, whose `fix` says what mends it, where that does not work.
    """
    if not seccomp.supported():
        raise SandboxMissing(
            f"No system call filter for {os.uname().machine}",
            "Run Casebridge on x86-64 or 64-bit ARM.",
        )
    limits = Limits(seconds=_TRIAL_SECONDS, memory_bytes=1 << 28, output_bytes=1 << 20)
    line = command(["/usr/bin/env", "true"], folder=Path("/usr/share"), limits=limits)
    try:
        done = subprocess.run(
            line,
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRIAL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxMissing(
            f"A sandbox did not start within {_TRIAL_SECONDS} seconds",
            "See whether this machine is overloaded, then start again.",
        ) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise SandboxMissing(f"A sandbox could not be started: {said}", _fix_for_namespaces())
    if not Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists():
        raise SandboxMissing(
            "The kernel does not list the children of a process",
            "Use a kernel built with CONFIG_PROC_CHILDREN, as Debian's are.",
        )


def _bubblewrap() -> str:
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxMissing(
            "bubblewrap is not installed", "Install it: sudo apt-get install bubblewrap."
        )
    return found


def _fix_for_namespaces() -> str:
    for setting, bad, good in (
        ("kernel/unprivileged_userns_clone", "0", "1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
        ("user/max_user_namespaces", "0", "10000"),
    ):
        file = Path("/proc/sys") / setting
        if file.exists() and file.read_text(encoding="ascii").strip() == bad:
            name = setting.replace("/", ".")
            return f"Allow user namespaces: sudo sysctl -w {name}={good}."
    return (
        "Allow user namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1; "
        "in a container, start it with a seccomp profile that allows them."
    )
