"""Libraries that would report what they do to their makers: off, whatever the environment says."""

from __future__ import annotations

import os
import sys

_SWITCHES = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
"""LangSmith goes by any of them, one before the other; it would get prompts and answers whole."""


def report_to_nobody() -> None:
    """Switch LangSmith's tracing and Chroma's telemetry off, in this process and its children."""
    os.environ.update(dict.fromkeys(_SWITCHES, "false"), ANONYMIZED_TELEMETRY="False")
    if "langsmith" in sys.modules:  # it remembers what it once read
        import langsmith  # noqa: PLC0415 - takes a tenth of a second to import

        langsmith.configure(enabled=False)
