"""What somebody is told about the end of a fact."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.ingestion.validity import Expiry


class Phase(StrEnum):
    """On which side of the end a reminder comes."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Reminder:
    """One line of what a person is told."""

    expiry: Expiry
    phase: Phase
