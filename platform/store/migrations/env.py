"""Runs the migrations on the open transaction of whoever asked for them."""

from alembic import context

from jinbao.platform.store.schema import CONNECTION
from jinbao.platform.store.tables import metadata

context.configure(connection=context.config.attributes[CONNECTION], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
