"""casebridge import: takes a folder of .eml files through the bulk door."""

from __future__ import annotations

import json
from pathlib import Path

import click

from config.problems import problem
from gateway import bulk, clock
from gateway.command import DONE, PROBLEM, say, settings_of
from gateway.stores import open_stores
from portal.receipt_number import shown


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def command(context: click.Context, folder: Path, as_json: bool) -> None:
    """Take every .eml file below FOLDER, vouching for its sender; nobody is told.

    A running `casebridge serve` carries the letters; without one they wait in the queue. Taking a
    folder twice takes each letter once.
    """
    settings = settings_of(context)
    taken = repeated = left = 0
    with open_stores(settings) as stores:
        for one in bulk.take_folder(
            folder,
            vault=stores.vault,
            accept=stores.intake().accept,
            intake=settings.intake,
            clock=clock.now,
        ):
            name = str(one.file.relative_to(folder))
            if one.accepted is None:
                left += 1
                code = one.problem or "try_again_later"
                limit = f"{settings.intake.max_message_bytes} bytes"
                said = problem(code).said(limit=limit)
                click.echo(
                    json.dumps({"file": name, "error": code}) if as_json else f"{name}: {said}"
                )
                continue
            repeated += one.accepted.repeated
            taken += not one.accepted.repeated
            row = {
                "file": name,
                "receipt": shown(one.accepted.receipt),
                "repeated": one.accepted.repeated,
            }
            click.echo(json.dumps(row) if as_json else f"{row['receipt']}  {name}")
    say(f"{taken} taken, {repeated} were there before, {left} not taken")
    context.exit(PROBLEM if left else DONE)
