"""casebridge queue: what is in motion, and what waits for whom."""

from __future__ import annotations

import json

import click
import sqlalchemy as sa

from gateway.command import settings_of
from gateway.stores import open_stores
from portal.receipt_number import shown
from portal.tables import letters

_RESTING = ("filed", "filed_in_part", "copy", "not_filed")


@click.command("queue")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the letters that are in motion or held, the oldest first."""
    with open_stores(settings_of(context)) as stores, stores.database.read() as connection:
        rows = connection.execute(
            sa.select(letters)
            .where(letters.c.state.not_in(_RESTING))
            .order_by(letters.c.arrived_at, letters.c.id)
        )
        for row in rows:
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
                else f"{one['receipt']}  {one['state']:<10} {one['since']}  {one['reason'] or ''}"
            )
