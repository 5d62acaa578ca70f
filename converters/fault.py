"""The faults of this room. Those with a `code` have a row in config/problems.toml."""

from __future__ import annotations


class ConversionFault(Exception):
    """A file could not be dealt with, for a reason that a person is told by its `code`.

    `detail` is for the log: it never quotes the file, its name or its words.
    """

    code = "file_convert_failed"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or type(self).__name__)
        self.detail = detail


class EngineFailed(ConversionFault):
    """The engine made no PDF, was stopped at a limit, or made something that is not one."""


class NotTheType(ConversionFault):
    """The bytes are not what the engine was told: garbage would become a PDF of noise."""


class Shortened(ConversionFault):
    """Words of the source are missing from the PDF, although the engine reported success."""


class Unreadable(ConversionFault):
    """No installed font has the characters that the file is written in."""


class TooLarge(ConversionFault):
    """The file is beyond what an engine takes: pixels, frames or characters."""


class Damaged(ConversionFault):
    """The file cannot be opened."""

    code = "file_damaged"


class PasswordNeeded(ConversionFault):
    """The file opens with a password only."""

    code = "file_password"


class SandboxMissing(Exception):
    """Nothing can be opened safely on this machine. `fix` says what mends it, in one sentence."""

    def __init__(self, detail: str, fix: str) -> None:
        super().__init__(f"{detail}. {fix}")
        self.detail = detail
        self.fix = fix


class JobFault(Exception):
    """A job in a sandboxed process did not give an answer."""


class JobUncertain(JobFault):
    """The job did not end, and the file or this machine may be why: only a second try can tell."""


class JobTimedOut(JobUncertain):
    """The job was stopped at its limit of seconds; a loaded or stopped machine is slow as well."""


class JobLost(JobUncertain):
    """The sandbox ended, or its process was killed: by the kernel, it may be, short of memory."""


class JobStopped(JobFault):
    """The pool is closing: the same job may be given to the next one."""


class JobDied(JobFault):
    """The job's process ended without an answer.

    `reason` is for the log: "memory", "processes", "signal 11", or the class of an
    exception and the lines of code it passed, never its text.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class JobRefused(JobFault):
    """The handler ended with a ConversionFault: its `code`, its class's name, its detail."""

    def __init__(self, code: str, fault: str, detail: str) -> None:
        super().__init__(f"{fault} ({code}) {detail}".rstrip())
        self.code = code
        self.fault = fault
        self.detail = detail


class BadOutput(JobFault):
    """The job left something in its folder, or answered something, that is not taken over."""
