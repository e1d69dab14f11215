"""Benches: figures and ratios against a baseline of the same run. They assert nothing and need no network."""

import os

# Before anything is imported that reads them.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("PTB_TIMEDELTA", "true")
os.environ["ANONYMIZED_TELEMETRY"] = "False"
os.environ["LANGSMITH_TRACING"] = "false"
