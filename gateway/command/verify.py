"""casebridge verify: whether the record is sound."""

from __future__ import annotations

import json

import click

from gateway.command import DONE, PROBLEM, say, settings_of
from gateway.stores import open_stores
from gateway.verification import conservation, damages, disagreements, orphans


@click.command("verify", short_help="Check the record against itself and every blob.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Hold the record against itself and every blob against its SHA-256. Changes nothing."""
    with open_stores(settings_of(context)) as stores:
        with stores.database.read() as connection:
            count = conservation(connection)
        problems = [
            *disagreements(stores.database),
            *damages(stores.database, stores.vault),
        ]
        unnamed = sum(1 for _ in orphans(stores.database, stores.vault))
    if as_json:
        found = {
            "accepted": count.accepted,
            **count.places,
            "unreferenced_blobs": unnamed,
            "problems": problems,
        }
        click.echo(json.dumps(found))
    else:
        places = " + ".join(f"{n} {place.replace('_', ' ')}" for place, n in count.places.items())
        click.echo(f"{count.accepted} accepted = {places}")
        click.echo(f"{unnamed} blobs that no record names")
        for problem in problems:
            click.echo(f"problem: {problem}")
    say(f"Problems found: {len(problems)}" if problems else "The record is sound.")
    context.exit(PROBLEM if problems else DONE)
