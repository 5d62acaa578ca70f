"""Readiness: what `casebridge check` finds wrong before anything is started. Changes nothing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pysqlite3

from config.settings import Settings, SettingsFault
from converters.fault import SandboxMissing
from converters.sandbox import require_sandbox
from gateway.assembly import office_calendar
from portal import migrations
from portal.database import UnsafeSqlite, open_database

# The fixes of CVE-2026-1299 (header injection) and CVE-2025-8291 (zip64). Our own limits hold
# without them, so an older Python is warned of and no more.
_PYTHON_FIXED = {(3, 11): 15, (3, 12): 13, (3, 13): 12, (3, 14): 3}


_PROGRAMS = {
    "soffice": "libreoffice-writer-nogui, -calc-nogui, -impress-nogui and -draw-nogui",
    "pdftotext": "poppler-utils",
}


@dataclass(frozen=True)
class Finding:
    """One line of the report; `fix` is empty where nothing is to be done."""

    weight: Literal["ok", "warn", "error"]
    text: str
    fix: str = ""


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at the settings, the machine and the storage folder, without touching anything."""
    yield Finding("ok", f"settings read; mail for {settings.intake.address}")
    yield _calendar(settings)
    yield from _storage(settings)
    yield from _database(settings.storage.path / "casebridge.db")
    yield _sandbox()
    yield from _engines()
    yield from _way_out(settings)
    yield _python()
    if settings.trust.sample_accounts:
        yield Finding(
            "warn",
            "trust.sample_accounts is on: whoever reads the console can sign in",
            "set it to false when staff have accounts of their own",
        )


def _calendar(settings: Settings) -> Finding:
    try:
        hours = office_calendar(settings)
    except SettingsFault as fault:
        return Finding("error", "; ".join(fault.problems), f"edit {fault.file}")
    last = max(hours.rules.holidays.on, default=None)
    known = "none on a date of its own" if last is None else f"the last one is {last}"
    return Finding("ok", f"office calendar read; of the holidays {known}")


def _storage(settings: Settings) -> Iterator[Finding]:
    folder = settings.storage.path.absolute()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    needed = settings.intake.max_message_bytes + settings.storage.minimum_free_bytes
    if free < needed:
        yield Finding(
            "error",
            f"storage.path has {free} bytes free, and one message may need {needed}",
            "free some space, lower intake.max_message_bytes, or move storage.path",
        )
    else:
        yield Finding("ok", f"storage.path has {free // 1_000_000_000} GB free")


def _database(file: Path) -> Iterator[Finding]:
    yield Finding("ok", f"SQLite {pysqlite3.sqlite_version}")
    if not file.exists():
        yield Finding("warn", "there is no database yet", "run: casebridge migrate")
        return
    try:
        database = open_database(file)
    except UnsafeSqlite as fault:
        yield Finding(
            "error", f"SQLite {fault} can corrupt the record", "install the locked packages"
        )
        return
    try:
        migrations.require_current(database)
    except migrations.SchemaBehind as fault:
        yield Finding(
            "error",
            f"the database is at schema {fault.found or 'none'}, this version needs {fault.needed}",
            "keep a copy of it, then run: casebridge migrate",
        )
    else:
        yield Finding("ok", "the database is at this version's schema")
    finally:
        database.close()


def _way_out(settings: Settings) -> Iterator[Finding]:
    outbound = settings.outbound
    if outbound.delivery == "folder":
        yield Finding(
            "warn",
            "outbound.delivery is folder: receipts and notices are written, and reach nobody",
            "set it to relay, and name your mail server in outbound.relay",
        )
        return
    yield Finding("ok", f"mails go to {outbound.relay.host}:{outbound.relay.port}")
    for name in ("ca_file", "password_file"):
        file = getattr(outbound.relay, name)
        if file and not os.access(file, os.R_OK):
            yield Finding(
                "error",
                f"outbound.relay.{name} cannot be read: {file}",
                "correct its path, or let the gateway's user read it",
            )
    if not outbound.is_encrypted:
        yield Finding(
            "warn",
            "outbound.relay.security is none: receipts hold counts, no names",
            "set it to starttls or tls",
        )


def _sandbox() -> Finding:
    try:
        require_sandbox()
    except SandboxMissing as fault:
        return Finding("error", "strangers' files have no sandbox to be opened in", fault.fix)
    return Finding("ok", "the sandbox works")


def _engines() -> Iterator[Finding]:
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            yield Finding("error", f"{program} is missing", f"install {package}")
        else:
            yield Finding("ok", f"{program} is there")


def _python() -> Finding:
    version = sys.version_info
    fixed = _PYTHON_FIXED.get((version.major, version.minor), 0)
    text = f"Python {version.major}.{version.minor}.{version.micro}"
    if version.micro < fixed:
        return Finding(
            "warn",
            f"{text} lacks the fixes of CVE-2026-1299 and CVE-2025-8291; our own limits hold",
            f"use {version.major}.{version.minor}.{fixed} or later where you can",
        )
    return Finding("ok", text)
