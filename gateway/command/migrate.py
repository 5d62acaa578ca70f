"""casebridge migrate: brings the database to this version's schema."""

from __future__ import annotations

import click

from gateway.command import say, settings_of
from gateway.stores import open_stores


@click.command("migrate", short_help="Bring the database to this version's schema.")
@click.pass_context
def command(context: click.Context) -> None:
    """Bring the database, the record's tables and the queue's, to this version's schema."""
    with open_stores(settings_of(context), migrating=True):
        say("The database is at this version's schema.")
