"""casebridge directory import: loads firms, cases, consultants and rights from CSV files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gateway.case_number import CaseShape
from gateway.command import DONE, PROBLEM, say, settings_of
from gateway.stores import open_stores
from portal.directory_import import import_directory


@click.group("directory")
def command() -> None:
    """Keep the directory of firms, cases, consultants and rights."""


@command.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def load(context: click.Context, folder: Path, as_json: bool) -> None:
    """Load consultants.csv, firms.csv, cases.csv and rights.csv from FOLDER.

    All of it or nothing: where a line is rejected nothing is loaded, and each such line is named
    with its fix. Loading the same folder again changes nothing.
    """
    with open_stores(settings_of(context)) as stores:
        report = import_directory(
            stores.database, folder, CaseShape.of(settings_of(context).cases).normal
        )
    if as_json:
        click.echo(json.dumps(report.as_dict()))
    else:
        for rejected in report.rejected:
            click.echo(f"{rejected.file}:{rejected.line}: {rejected.fix}")
    say(report.summary)
    context.exit(PROBLEM if report.rejected else DONE)
