"""Readiness: what `casebridge check` finds wrong before anything is started. Changes nothing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pysqlite3

from config.settings import Settings, SettingsFault, is_loopback
from converters import ocr
from converters.engine import driver_installed
from converters.fault import SandboxMissing
from converters.sandbox import require_sandbox
from gateway import assembly
from gateway.assembly import office_calendar
from gateway.finding import Finding
from gateway.mail_doors import mail_doors
from gateway.proving import proving
from gateway.reader import libarchive
from gateway.scanner import ScannerAway
from gateway.storage_folder import obstacle
from portal import migrations
from portal.database import UnsafeSqlite, open_database
from portal.vocabulary import size

# The fixes of CVE-2026-1299 (header injection) and CVE-2025-8291 (zip64). Our own limits hold
# without them, so an older Python is warned of and no more.
_PYTHON_FIXED = {(3, 11): 15, (3, 12): 13, (3, 13): 12, (3, 14): 3}


_PROGRAMS = {
    "soffice": "libreoffice-writer-nogui, -calc-nogui, -impress-nogui and -draw-nogui",
    "pdftotext": "poppler-utils",
}


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at the settings, the machine and the storage folder, without touching anything."""
    yield Finding("ok", f"settings read; mail for {settings.intake.address}")
    yield _calendar(settings)
    yield from _storage(settings)
    yield from _database(settings.storage.path / "casebridge.db")
    yield from _protection(settings)
    yield from _engines()
    yield _ocr(settings)
    yield _archives()
    yield _scanner(settings)
    yield from mail_doors(settings)
    yield from proving(settings)
    yield from _way_out(settings)
    yield _python()
    if settings.trust.sample_accounts:
        yield Finding.of("warn", "sample_accounts_on")


def _calendar(settings: Settings) -> Finding:
    try:
        hours = office_calendar(settings)
    except SettingsFault as fault:
        said = "; ".join(fault.problems)
        return Finding.of("error", "calendar_unusable", fault=said, path=fault.file)
    last = max(hours.rules.holidays.on, default=None)
    known = "none on a date of its own" if last is None else f"the last one is {last}"
    return Finding("ok", f"office calendar read; of the holidays {known}")


def _storage(settings: Settings) -> Iterator[Finding]:
    folder = settings.storage.path.absolute()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    needed = settings.intake.max_message_bytes + settings.storage.minimum_free_bytes
    if why := obstacle(folder):
        yield Finding.of("error", "storage_folder_unusable", path=folder, fault=why)
    elif free < needed:
        yield Finding.of("error", "storage_small", free=size(free), most=size(needed))
    else:
        yield Finding("ok", f"storage.path, {folder}, has {size(free)} free")


def _database(file: Path) -> Iterator[Finding]:
    yield Finding("ok", f"SQLite {pysqlite3.sqlite_version}")
    if not file.exists():
        yield Finding.of("warn", "database_absent")
        return
    try:
        database = open_database(file)
    except UnsafeSqlite as fault:
        yield Finding.of("error", "sqlite_unsafe", version=fault)
        return
    try:
        migrations.require_current(database)
    except migrations.SchemaBehind as fault:
        found, needed = fault.found or "none", fault.needed
        yield Finding.of("error", "schema_behind", found=found, needed=needed)
    else:
        yield Finding("ok", "the database is at this version's schema")
    finally:
        database.close()


def _way_out(settings: Settings) -> Iterator[Finding]:
    outbound = settings.outbound
    if outbound.delivery == "folder":
        yield Finding.of("warn", "nobody_is_told")
        return
    yield Finding("ok", f"mails go to {outbound.relay.host}:{outbound.relay.port}")
    for name in ("ca_file", "password_file"):
        file = getattr(outbound.relay, name)
        if file and not os.access(file, os.R_OK):
            setting = f"outbound.relay.{name}"
            yield Finding.of("error", "relay_file_unreadable", setting=setting, path=file)
    if not outbound.is_encrypted:
        yield Finding.of("warn", "relay_unencrypted")


def _protection(settings: Settings) -> Iterator[Finding]:
    """Say what stands between strangers' files and this machine, engine by engine."""
    try:
        require_sandbox()
    except SandboxMissing as fault:
        yield Finding.of("error", "sandbox_missing", fix=fault.fix)
        return
    yield Finding(
        "ok",
        "the sandbox works: bubblewrap, no network, the system for reading alone, one folder to "
        "write in, no other process in sight, system calls filtered",
    )
    reading, making = settings.reading, settings.conversion
    engines = (
        ("messages and archives", "a process for each", reading),
        ("pages, pictures and PDFs", "a process for each", making),
        ("LibreOffice", "one firm's documents in each, one letter's where nobody is known", making),
        ("pdftotext", "started for each", making),
        *((("ocrmypdf", "started for each", making),) if making.ocr else ()),
    )
    for what, how, limits in engines:
        most = f"{size(limits.max_memory_bytes)} and {limits.max_seconds} seconds"
        yield Finding("ok", f"{what}: in the sandbox, {how}, at most {most}")


def _engines() -> Iterator[Finding]:
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            yield Finding.of("error", "engine_missing", program=program, package=package)
        else:
            yield Finding("ok", f"{program} is there")
    if driver_installed():
        yield Finding("ok", "python3-uno is there")
    else:
        yield Finding.of(
            "error", "engine_missing", program="LibreOffice's driver", package="python3-uno"
        )


def _ocr(settings: Settings) -> Finding:
    if not settings.conversion.ocr:
        there = "ocrmypdf is there" if ocr.installed() else "ocrmypdf is not installed"
        return Finding("ok", f"scans are not read; {there}")
    if not ocr.installed():
        return Finding.of("warn", "ocr_absent")
    return Finding("ok", "scans are read, by ocrmypdf")


def _scanner(settings: Settings) -> Finding:
    scanner = assembly.scanner(settings)
    is_open = not (is_loopback(settings.smtp.host) and is_loopback(settings.web.host))
    if scanner is None:
        if settings.scan.use == "off":
            return Finding("ok", "viruses: nobody looks here, as scan.use says")
        return Finding.of("error" if is_open else "warn", "scanner_absent")
    try:
        scanner.ping()
    except ScannerAway:
        return Finding.of("error", "scanner_unreached", place=scanner.place)
    if is_open and settings.scan.use == "optional":
        return Finding.of("error", "scanner_optional")
    return Finding("ok", f"viruses: clamd answers at {scanner.place}")


def _archives() -> Finding:
    try:
        libarchive.warm()
    except (OSError, AttributeError):  # not there, or of another version
        name = libarchive.LIBRARY
        return Finding.of("error", "engine_missing", program=name, package="libarchive13")
    return Finding("ok", f"{libarchive.LIBRARY} is there")


def _python() -> Finding:
    version = sys.version_info
    fixed = _PYTHON_FIXED.get((version.major, version.minor), 0)
    line = f"Python {version.major}.{version.minor}"
    text = f"{line}.{version.micro}"
    if version.micro < fixed:
        return Finding.of("warn", "python_unfixed", python=text, fixed=f"{line}.{fixed}")
    return Finding("ok", text)
