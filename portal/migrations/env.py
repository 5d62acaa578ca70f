"""What Alembic runs for each migration: on the connection that `migrate` hands it."""

from __future__ import annotations

from alembic import context

from portal.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
