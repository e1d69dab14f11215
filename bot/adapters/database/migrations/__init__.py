"""The schema's history, for Alembic.

A new revision is a new file in `versions/`, written by hand, and one more entry of `REVISIONS`. The test
`test_migrations_end_at_the_tables` prints the operations that are still missing.
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
)
"""Every revision, oldest first: known here so that a start on an up-to-date schema need not load Alembic (0.4 s)."""
