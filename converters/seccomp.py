"""The system calls that a sandboxed process is refused, as a seccomp filter (seccomp(2), BPF).

Namespaces already take away the network, the files and the other processes. This takes away the
parts of the kernel where escapes from namespaces are found: io_uring, bpf, userfaultfd, keyrings,
new namespaces, mounts, tracing; memory that no resident-set figure shows (memfd, SysV IPC); and
sessions, by which the kernel shares out the processor.
"""

from __future__ import annotations

import errno
import platform
import signal
import struct
from dataclasses import dataclass
from typing import Final

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERROR: Final = 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data, low words
_X32_BIT = 0x40000000
_CLONE_THREAD = 0x00010000
_CLONE_NEW = 0x7E020000  # every CLONE_NEW* flag that clone(2) knows
_AF_UNIX = 1
# What tells a whole group of processes to end: Ctrl-C, a terminal that closes, systemd's stop.
FAREWELLS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)

# The same number on every architecture (424 and up), then those that differ.
_SHARED = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "clone3": 435, "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442,
    "memfd_secret": 447,
}  # fmt: skip
_X86_64 = {
    "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "execveat": 322, "socket": 41,
    "socketpair": 53, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
    "kcmp": 312, "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155,
    "chroot": 161, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "keyctl": 250,
    "add_key": 248, "request_key": 249, "kexec_load": 246, "kexec_file_load": 320,
    "init_module": 175, "finit_module": 313, "delete_module": 176, "memfd_create": 319,
    "shmget": 29, "msgget": 68, "semget": 64, "name_to_handle_at": 303,
    "open_by_handle_at": 304, "fanotify_init": 300, "setsid": 112,
}  # fmt: skip
_AARCH64 = {
    "clone": 220, "execve": 221, "execveat": 281, "socket": 198, "socketpair": 199,
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "unshare": 97,
    "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "bpf": 280,
    "perf_event_open": 241, "userfaultfd": 282, "keyctl": 219, "add_key": 217,
    "request_key": 218, "kexec_load": 104, "kexec_file_load": 294, "init_module": 105,
    "finit_module": 273, "delete_module": 106, "memfd_create": 279, "shmget": 194, "msgget": 186,
    "semget": 190, "name_to_handle_at": 264, "open_by_handle_at": 265, "fanotify_init": 262,
    "setsid": 157,
}  # fmt: skip

# What an engine with several processes needs, and a job in one process does not.
_OF_ENGINES = frozenset({"clone", "fork", "vfork", "execve", "execveat", "socket", "socketpair"})


@dataclass(frozen=True)
class _Architecture:
    audit: int  # AUDIT_ARCH_* of linux/audit.h
    numbers: dict[str, int]
    sigaction: int


_ARCHITECTURES = {
    "x86_64": _Architecture(0xC000003E, _X86_64 | _SHARED, 13),
    "aarch64": _Architecture(0xC00000B7, _AARCH64 | _SHARED, 134),
}


def supported() -> bool:
    """Say whether the filter is known for this machine's architecture."""
    return platform.machine() in _ARCHITECTURES


def for_engines() -> bytes:
    """Return the filter for every process in a sandbox: it may fork, exec and use Unix sockets.

    A handler of FAREWELLS is set in appearance only. LibreOffice would end in the middle of a
    document, which could not be told from a fault of the document; a namespace's process 1 that
    has no handler is sent none of them (pid_namespaces(7)).
    """
    machine = _ARCHITECTURES[platform.machine()]
    numbers = machine.numbers
    return _filter(
        machine,
        refused=[name for name in numbers if name not in _OF_ENGINES],
        tested=[
            # clone: no new namespaces. socket: AF_UNIX alone (LibreOffice opens one to itself).
            _jump(_EQUAL, numbers["clone"], 0, 4),
            _word(_FIRST_ARGUMENT),
            _jump(_ANY_BIT, _CLONE_NEW, 0, 1),
            _refuse(errno.EPERM),
            _word(_NUMBER),
            _jump(_EQUAL, numbers["socket"], 0, 4),
            _word(_FIRST_ARGUMENT),
            _jump(_EQUAL, _AF_UNIX, 1, 0),
            _refuse(errno.EAFNOSUPPORT),
            _word(_NUMBER),
            _jump(_EQUAL, machine.sigaction, 0, len(FAREWELLS) + 3),
            _word(_FIRST_ARGUMENT),
            *(
                _jump(_EQUAL, each, len(FAREWELLS) - place, place == len(FAREWELLS))
                for place, each in enumerate(FAREWELLS, 1)
            ),
            _refuse(0),
            _word(_NUMBER),
        ],
    )


def for_one_process() -> bytes:
    """Return the filter for a job in one process: threads, but no child, program or socket."""
    machine = _ARCHITECTURES[platform.machine()]
    return _filter(
        machine,
        refused=[name for name in machine.numbers if name != "clone"],
        tested=[
            _jump(_EQUAL, machine.numbers["clone"], 0, 3),
            _word(_FIRST_ARGUMENT),
            _jump(_ANY_BIT, _CLONE_THREAD, 1, 0),
            _refuse(errno.EPERM),
            _word(_NUMBER),
        ],
    )


def _filter(machine: _Architecture, *, refused: list[str], tested: list[bytes]) -> bytes:
    steps = [
        _word(_ARCHITECTURE),
        _jump(_EQUAL, machine.audit, 1, 0),
        _return(_KILL),
        _word(_NUMBER),
        _jump(_AT_LEAST, _X32_BIT, 0, 1),
        _refuse(errno.EPERM),
    ]
    for name in refused:
        # glibc asks clone3 first, whose flags a filter cannot see; after ENOSYS it uses clone.
        steps += [
            _jump(_EQUAL, machine.numbers[name], 0, 1),
            _refuse(errno.ENOSYS if name == "clone3" else errno.EPERM),
        ]
    return b"".join([*steps, *tested, _return(_ALLOW)])


def _word(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD, 0, 0, offset)


def _jump(test: int, value: int, then: int, otherwise: int) -> bytes:
    return struct.pack("=HBBI", test, then, otherwise, value)


def _return(value: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, value)


def _refuse(error: int) -> bytes:
    return _return(_ERROR | error)
