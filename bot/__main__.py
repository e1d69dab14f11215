"""`python -m bot`, and the command `scoda`."""

from __future__ import annotations

import os

# Before anything is imported that reads them: more threads than cores stall an embedding for seconds.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


def main() -> None:
    """Run the command line."""
    os.umask(0o077)  # state holds ids and questions: what is written is for this user alone, but for the knowledge
    from bot.adapters.models.tracing import report_to_nobody  # noqa: PLC0415 - as above
    from bot.adapters.system.memory import keep_memory_together  # noqa: PLC0415 - after the environment is set

    keep_memory_together()
    report_to_nobody()
    from bot.cli.main import run  # noqa: PLC0415 - as above

    run()


if __name__ == "__main__":
    main()
