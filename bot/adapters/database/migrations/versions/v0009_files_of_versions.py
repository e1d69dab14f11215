"""The files of which each version was made, what caused it and what it changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; of versions from before the files are not known."""
    op.add_column("manifest_generations", sa.Column("cause", sa.Text, nullable=False, server_default=""))
    op.add_column("manifest_generations", sa.Column("summary", sa.Text, nullable=False, server_default=""))
    op.add_column("manifest_generations", sa.Column("sections", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "knowledge_files",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_knowledge_files"),
    )
    op.create_table(
        "manifest_files",
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation"],
            ["manifest_generations.number"],
            name="fk_manifest_files_generation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("generation", "name", name="pk_manifest_files"),
    )
    op.create_index("ix_manifest_files_digest", "manifest_files", ["digest"])


def downgrade() -> None:
    """Forget them. A version that was only kept is forgotten as well: the code from before knows no such state."""
    op.drop_table("manifest_files")
    op.drop_table("knowledge_files")
    op.execute(
        "DELETE FROM manifest_documents "
        "WHERE generation IN (SELECT number FROM manifest_generations WHERE state = 'kept')"
    )
    op.execute("DELETE FROM manifest_generations WHERE state = 'kept'")
    # Not made anew as a table: SQLite would delete the documents of all generations with the old one.
    with op.batch_alter_table("manifest_generations", recreate="never") as generations:
        generations.drop_column("sections")
        generations.drop_column("summary")
        generations.drop_column("cause")
