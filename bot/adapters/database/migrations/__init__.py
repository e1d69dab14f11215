"""The schema's history, for Alembic.

A new revision is a new file in `versions/`, written by hand, and one more entry of `REVISIONS`. The test
`test_migrations_end_at_the_tables` prints the operations that are still missing.

While the replicas on one PostgreSQL are replaced, two versions of the program run side by side on the newer schema. So
a revision only adds: tables, indexes that refuse nothing, columns that may be empty or have a default on the server.
What the program no longer uses is taken away by a revision of a later release, when nobody runs the one that used it.
`test_migrations_since_the_last_release_only_add` holds that.
"""

from __future__ import annotations

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
)
"""Every revision, oldest first: known here so that a start on an up-to-date schema need not load Alembic (0.4 s)."""
