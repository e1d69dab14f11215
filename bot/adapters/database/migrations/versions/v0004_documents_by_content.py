"""Each knowledge document once, however many generations hold it; generations that are not read to the end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the bodies into a table of their own; what was published until now is whole."""
    op.add_column("manifest_generations", sa.Column("pending", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "knowledge_documents",
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("content_hash", name="pk_knowledge_documents"),
    )
    op.execute(
        "INSERT INTO knowledge_documents (content_hash, body) "
        "SELECT content_hash, MAX(body) FROM manifest_documents GROUP BY content_hash"
    )
    with op.batch_alter_table("manifest_documents") as documents:
        documents.drop_column("body")
        documents.create_index("ix_manifest_documents_content_hash", ["content_hash"])


def downgrade() -> None:
    """Put the bodies back into each generation."""
    with op.batch_alter_table("manifest_documents") as documents:
        documents.drop_index("ix_manifest_documents_content_hash")
        documents.add_column(sa.Column("body", sa.Text, nullable=False, server_default=""))
    op.execute(
        "UPDATE manifest_documents SET body = (SELECT body FROM knowledge_documents "
        "WHERE knowledge_documents.content_hash = manifest_documents.content_hash)"
    )
    op.drop_table("knowledge_documents")
    # Not made anew as a table: SQLite would delete the documents of all generations with the old one.
    with op.batch_alter_table("manifest_generations", recreate="never") as generations:
        generations.drop_column("pending")
