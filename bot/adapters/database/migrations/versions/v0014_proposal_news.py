"""Whether who has proposed a change is still to be told what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nobody is told of what was decided before."""
    op.add_column("proposals", sa.Column("news", sa.String(16)))


def downgrade() -> None:
    """Forget who is still to be told."""
    op.drop_column("proposals", "news")
