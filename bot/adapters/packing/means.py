"""The means of a version as bytes, for a file and for the state database."""

from __future__ import annotations

import io
from zipfile import BadZipFile

import numpy as np

from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import Means

UNREADABLE = (OSError, ValueError, KeyError, EOFError, BadZipFile)
"""What reading damaged arrays may raise."""


def means_to_bytes(means: Means) -> bytes:
    """Write means so that `means_from_bytes` reads the same ones."""
    file = io.BytesIO()
    passages = {f"passages-{locale}": vector for locale, vector in means.passages.items()}
    queries = {f"queries-{locale}": vector for locale, vector in means.queries.items()}
    counts = np.array([means.fitted_on, means.drift])
    np.savez(file, allow_pickle=False, metric=means.metric, counts=counts, **passages, **queries)
    return file.getvalue()


def means_from_bytes(stored: bytes) -> Means:
    """Read what `means_to_bytes` wrote.

    Raises:
        KnowledgeError: these are no means.
    """
    try:
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            named = {name: arrays[name] for name in arrays.files}
            metric = named.pop("metric")
            fitted_on, drift = named.pop("counts", np.zeros(2, dtype=np.int64)).tolist()  # older ones have none
    except UNREADABLE as error:
        raise KnowledgeError(f"the means of the version are damaged ({error}); run: scoda knowledge sync") from error
    return Means(
        passages=_side(named, "passages-"),
        queries=_side(named, "queries-"),
        metric=metric,
        fitted_on=fitted_on,
        drift=drift,
    )


def _side(named: dict[str, np.ndarray], prefix: str) -> dict[Locale, np.ndarray]:
    return {Locale(name.removeprefix(prefix)): vector for name, vector in named.items() if name.startswith(prefix)}
