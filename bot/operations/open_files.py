"""How many files and connections the process may have open at once."""

from __future__ import annotations

import resource

ENOUGH = 4096
"""Some 150 to Telegram, 256 each at the webhook and the health routes, and the index."""


def allow_many_open_files() -> None:
    """Raise the soft limit, often 256 or 1,024, as far as is needed and the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
