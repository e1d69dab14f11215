"""Alembic runs this for every command, over the connection that `bot.adapters.database.schema` hands over."""

from __future__ import annotations

from alembic import context

from bot.adapters.database.tables import whole_schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=whole_schema(),
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
