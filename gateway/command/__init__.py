"""The command line: `casebridge`. stdout is data, stderr is for people.

Exit codes: 0 done, 1 problem found, 2 usage, 3 not ready, 4 refused.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from config.problems import problem
from config.settings import Settings, SettingsFault, load
from converters.fault import SandboxMissing
from gateway.intake import WallDown
from gateway.lock import AlreadyRunning
from gateway.smtp.certificate import CertificateFault
from gateway.storage_folder import FolderUnusable
from gateway.watch import start_logs
from portal.database import UnsafeSqlite
from portal.directory_report import DirectoryRejected
from portal.migrations import SchemaBehind
from portal.vault import VaultFault

DONE, PROBLEM, USAGE, NOT_READY, REFUSED = range(5)

_MODULES = {
    "check": "check",
    "convert": "convert",
    "directory": "directory",
    "explain": "explain",
    "import": "take",  # a module cannot bear the name of a statement
    "migrate": "migrate",
    "queue": "queue",
    "sent-check": "sent_check",
    "serve": "serve",
    "verify": "verify",
}


def main() -> None:
    """Run the command line and end the process with its exit code."""
    guarded(lambda: casebridge(standalone_mode=False))


def guarded(run: Callable[[], object]) -> None:
    """Run a command; where it cannot be run, say why with the fix, and end with the exit code."""
    os.umask(0o077)  # whatever is written is health data of strangers
    try:
        code = run()
        sys.exit(code if isinstance(code, int) else DONE)  # what a command gave to context.exit
    except click.ClickException as fault:
        fault.show()
        sys.exit(USAGE)
    except click.Abort:
        sys.exit(130)
    except SettingsFault as fault:
        stop(NOT_READY, "settings_unusable", *fault.problems, file=fault.file)
    except DirectoryRejected as fault:
        stop(PROBLEM, "directory_rejected", *fault.lines)
    except SandboxMissing as fault:
        stop(NOT_READY, "sandbox_missing", fix=fault.fix.rstrip("."))
    except SchemaBehind as fault:
        if fault.found is None:
            stop(NOT_READY, "database_absent")
        stop(NOT_READY, "schema_behind", found=fault.found, needed=fault.needed)
    except FolderUnusable as fault:
        stop(NOT_READY, "storage_folder_unusable", path=fault.folder, fault=fault.why)
    except UnsafeSqlite as fault:
        stop(NOT_READY, "sqlite_unsafe", version=fault)
    except (WallDown, VaultFault) as fault:
        stop(NOT_READY, "storage_unwritable", fault=type(fault).__name__)
    except CertificateFault as fault:
        stop(NOT_READY, "certificate_unusable", path=fault)
    except AlreadyRunning as fault:
        stop(REFUSED, "already_running", holder=fault.holder)


class _Commands(click.Group):
    """Commands by name; the module of one is imported when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Name them all."""
        del context
        return sorted(_MODULES)

    def get_command(self, context: click.Context, cmd_name: str) -> click.Command | None:
        """Find one."""
        del context
        if cmd_name not in _MODULES:
            return None
        command = importlib.import_module(f"gateway.command.{_MODULES[cmd_name]}").command
        assert isinstance(command, click.Command), "each module has its command"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for, or say which may be meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as fault:
            near = difflib.get_close_matches(args[0], _MODULES, 1)
            if not near:
                raise
            said = f"{fault.message} Did you mean '{near[0]}'?"
            raise click.UsageError(said, fault.ctx) from fault


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
    Examples:
      casebridge check
      casebridge serve
      casebridge explain --proven letter.eml
    """,
)
@click.version_option(package_name="casebridge", message="%(prog)s %(version)s")
@click.option(
    "--settings",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The settings file (default: CASEBRIDGE_SETTINGS, or config/casebridge.toml).",
)
@click.pass_context
def casebridge(context: click.Context, file: Path | None) -> None:
    """Turn emails into complete, filed claims-portal submissions."""
    if context.invoked_subcommand == "check":
        context.obj = file  # it reads the settings itself, to tell what is wrong with them
        return
    settings = load(file)
    start_logs(settings.logs)
    context.obj = settings


def settings_of(context: click.Context) -> Settings:
    """Return the settings that the command was started with."""
    settings = context.obj
    assert isinstance(settings, Settings), "the group sets them"
    return settings


def say(text: str) -> None:
    """Say something to the person at the terminal."""
    click.echo(text, err=True)


def stop(exit_code: int, code: str, *lines: str, **fields: object) -> NoReturn:
    """Say a problem of the catalogue to the person at the terminal, then `lines`, and end."""
    row = problem(code)
    for line in (f"{row.title.format(**fields)}.", f"{row.fix.format(**fields)}.", *lines):
        say(line)
    sys.exit(exit_code)
