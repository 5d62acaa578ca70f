"""casebridge directory import: loads firms, cases, consultants and rights from CSV files."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from gateway import clock
from gateway.command import DONE, PROBLEM, say, settings_of
from gateway.numbers.case_number import CaseShape
from gateway.stores import open_stores
from portal import directory_rejected, directory_runs
from portal.directory_import import Terms
from portal.directory_report import Progress, Rejected, Report


@click.group("directory")
def command() -> None:
    """Keep the directory of firms, cases, consultants and rights."""


@command.command("import", short_help="Load the four CSV files of a folder, all or nothing.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Do it all, say what it does, and take it back.")
@click.option(
    "--report",
    "file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write every rejected line with its fix to a file: CSV by its name, else JSON lines.",
)
@click.option(
    "--allow-removals",
    is_flag=True,
    help="Load it even where it takes away more than directory.max_removed_percent.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def load(
    context: click.Context,
    folder: Path,
    dry_run: bool,
    file: Path | None,
    allow_removals: bool,
    as_json: bool,
) -> None:
    """Load consultants.csv, firms.csv, cases.csv and rights.csv from FOLDER.

    All of it or nothing: where a line is rejected nothing is loaded, and each such line is named
    with its fix. Loading the same folder again changes nothing.
    """
    settings = settings_of(context)
    with contextlib.ExitStack() as stack:
        stores = stack.enter_context(open_stores(settings))
        told = _report_to(file, stack)
        with _moving_line() as progress:
            report = directory_runs.run(
                stores.database,
                folder,
                CaseShape.of(settings.cases).normal,
                source="command",
                clock=clock.now,
                terms=Terms(
                    most_removed_percent=(
                        None if allow_removals else settings.directory.max_removed_percent
                    ),
                    dry_run=dry_run,
                    told=told,
                    progress=progress,
                ),
            )
    if as_json:
        click.echo(json.dumps(report.as_dict()))
    else:
        _print(report, file)
    say(report.summary)
    context.exit(PROBLEM if report.rejections else DONE)


def _report_to(file: Path | None, stack: contextlib.ExitStack) -> Callable[[Rejected], None]:
    if file is None:
        return lambda _: None
    try:
        return stack.enter_context(directory_rejected.written_to(file))
    except OSError as fault:
        raise click.FileError(str(file), fault.strerror) from fault


def _print(report: Report, file: Path | None) -> None:
    for rejected in report.rejected:
        click.echo(f"{rejected.file}:{rejected.line}: {rejected.fix}")
    more = report.rejections - len(report.rejected)
    if more:
        where = f"{file} has them all" if file else "--report FILE writes them all to a file"
        say(f"{more:,} more lines are rejected: {where}.")


@contextlib.contextmanager
def _moving_line() -> Iterator[Callable[[Progress], None]]:
    """Show how far it is in one line that moves, and take it away at the end; else be quiet."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return

    def show(progress: Progress) -> None:
        share = progress.octets / progress.total if progress.total else 1.0
        said = f"{progress.file}: {progress.lines:,} lines, {share:.0%}"
        click.echo(f"\r{said:<60}", err=True, nl=False)

    try:
        yield show
    finally:
        click.echo(f"\r{'':<60}\r", err=True, nl=False)
