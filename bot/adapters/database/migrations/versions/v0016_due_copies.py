"""When a copy was to go out at first, whatever later tries have moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.adapters.database.columns import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what is planned already the next try is all that is known."""
    op.add_column("deliveries", sa.Column("due_at", UtcDateTime))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("deliveries", "due_at")
