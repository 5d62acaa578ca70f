"""casebridge queue: what is in motion, and what waits for whom."""

from __future__ import annotations

import json

import click
import sqlalchemy as sa

from gateway.command import settings_of
from gateway.stores import open_stores
from gateway.verification import PLACES
from portal.receipt_number import shown
from portal.tables import letters

_LISTED = (*PLACES["in_motion"], *PLACES["held"])


@click.command("queue", short_help="List the letters in motion and those that wait.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the letters that are in motion or held, the oldest first."""
    with open_stores(settings_of(context)) as stores, stores.database.read() as connection:
        rows = connection.execute(
            sa.select(letters)
            .where(letters.c.state.in_(_LISTED))
            .order_by(letters.c.arrived_at, letters.c.id)
        )
        for row in rows:
            since = f"{row.state_since:%Y-%m-%d %H:%M} UTC"
            one = {
                "receipt": shown(row.receipt),
                "state": row.state,
                "reason": row.reason,
                "attempt": row.attempt,
                "door": row.door,
                "since": row.state_since.isoformat(),
            }
            click.echo(
                json.dumps(one)
                if as_json
                else f"{one['receipt']}  {row.state:<9} since {since}  {row.reason or ''}".rstrip()
            )
