"""What Alembic runs around the steps. The connection and its transaction are the caller's (store.migrate)."""

from __future__ import annotations

from alembic import context

from meetingsvc.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    transactional_ddl=True,
)
context.run_migrations()
