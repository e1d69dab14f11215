"""Every metric: its name, what it says, its labels, and from what of `bot.observing` it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.observing import Condition, Happening, Work

_SHORT_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Seconds of a step and of a statement: an embedding takes some 30 ms, most of the rest one."""
_WAITING_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0)
"""Seconds that a person waits; 3 is what is promised, so it is a border of its own."""
_LONG_S = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)
"""Seconds of work on the knowledge: a file takes one, all of it with another embedding half an hour."""
_LATE_S = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
"""Seconds after the due time; 300 is when an announcement counts as late, a million copies take ten hours."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One metric. With `buckets` it is a histogram, with a name that ends in `_total` a counter, else a gauge.

    `counts` is what a counter counts: `times`, a fact that is a count, or empty for the value that comes along.
    """

    name: str
    about: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    counts: str = ""


def _knowledge(work: Work) -> tuple[Instrument, ...]:
    about = {Work.SYNC: "Synchronising the folder", Work.BUILD: "Building a version", Work.PUBLISH: "Publishing one"}
    return (Instrument(f"scoda_knowledge_{work}_seconds", f"{about[work]}.", ("result",), _LONG_S),)


WORKS: Mapping[Work, tuple[Instrument, ...]] = {
    Work.UPDATE: (
        Instrument("scoda_updates_handled_total", "Attempts to handle an update.", ("kind", "result"), counts="times"),
        Instrument("scoda_update_seconds", "One attempt to handle an update.", ("kind",), _WAITING_S),
    ),
    Work.QUESTION: (
        Instrument("scoda_questions_total", "Questions by what came of them.", ("outcome", "language"), counts="times"),
        Instrument(
            "scoda_questions_lost_total",
            "Lost ones, by the step that lost them.",
            ("lost_by", "language"),
            counts="times",
        ),
        Instrument("scoda_answer_seconds", "Making an answer.", ("composed",), _WAITING_S),
    ),
    Work.STEP: (Instrument("scoda_answer_step_seconds", "One step of an answer.", ("step",), _SHORT_S),),
    Work.CALL: (
        Instrument("scoda_telegram_calls_total", "Calls of the Bot API.", ("method", "result"), counts="times"),
        Instrument("scoda_telegram_call_seconds", "One call of the Bot API, without its turn.", (), _WAITING_S),
    ),
    Work.PLANNING: (Instrument("scoda_copies_planned_total", "Copies that were planned.", counts="copies"),),
    Work.BATCH: (
        Instrument("scoda_copies_claimed_total", "Copies that were claimed to be sent.", counts="copies"),
        Instrument("scoda_announcement_claim_seconds", "Claiming a batch of copies.", (), _SHORT_S),
    ),
    Work.SYNC: _knowledge(Work.SYNC),
    Work.BUILD: _knowledge(Work.BUILD),
    Work.PUBLISH: _knowledge(Work.PUBLISH),
}

HAPPENINGS: Mapping[Happening, tuple[Instrument, ...]] = {
    Happening.UPDATES_RECEIVED: (
        Instrument("scoda_updates_received_total", "Updates that were stored and confirmed.", ("kind",)),
    ),
    Happening.UPDATE_GIVEN_UP: (
        Instrument("scoda_updates_given_up_total", "Confirmed updates that failed for good: lost.", ("kind",)),
    ),
    Happening.UPDATES_DROPPED: (
        Instrument("scoda_updates_dropped_total", "Updates of a flood, closed without a word."),
    ),
    Happening.FIRST_REPLY: (
        Instrument("scoda_reply_seconds", "From the receipt of an update to the first reply.", ("kind",), _WAITING_S),
    ),
    Happening.COPY: (Instrument("scoda_copies_total", "Tries to send a copy, by what they proved.", ("result",)),),
    Happening.COPY_ARRIVED: (
        Instrument("scoda_copy_lateness_seconds", "From when a copy was due at first to its being sent.", (), _LATE_S),
    ),
    Happening.COPIES_IN_DOUBT: (
        Instrument("scoda_copies_in_doubt_total", "Copies of which nobody will know whether they arrived."),
    ),
    Happening.STATEMENT: (Instrument("scoda_database_statement_seconds", "One statement.", (), _SHORT_S),),
    Happening.LEASE_LOST: (Instrument("scoda_lease_lost_total", "Times that the sender lost its lease."),),
}

CONDITIONS: Mapping[Condition, Instrument] = {
    Condition.LEASE_EPOCH: Instrument("scoda_lease_epoch", "The last epoch that this process had."),
    Condition.LEASE_HELD: Instrument("scoda_lease_held", "1 while this process holds the sender's lease."),
    Condition.LEASE_EXPIRES: Instrument("scoda_lease_expires_timestamp_seconds", "When the lease ends unless renewed."),
    Condition.BACKUP_MADE: Instrument("scoda_backup_timestamp_seconds", "When the last backup was made; 0 if unknown."),
    Condition.READY: Instrument("scoda_ready", "1 while updates can be taken (/readyz says 200)."),
    Condition.COMPONENT_OK: Instrument("scoda_component_ok", "1 while the part says `ok` at /readyz.", ("component",)),
    Condition.UPDATES_WAITING: Instrument("scoda_updates_waiting", "Updates in the inbox that wait for this process."),
    Condition.UPDATES_OLDEST: Instrument("scoda_updates_oldest_seconds", "How long the oldest of all waits; 0: none."),
    Condition.DELIVERIES: Instrument("scoda_deliveries", "Copies of announcements that are not over.", ("state",)),
    Condition.OVERDUE: Instrument("scoda_delivery_overdue_seconds", "How late the latest copy is that waits."),
    Condition.PACE_TAKEN: Instrument("scoda_pace_messages", "Messages that count in the present second."),
    Condition.PACE_LIMIT: Instrument("scoda_pace_limit_messages", "Messages that may count in a second."),
    Condition.PACE_WAITING: Instrument("scoda_pace_waiting", "Messages that wait for their turn.", ("priority",)),
    Condition.PACE_PAUSE: Instrument("scoda_pace_pause_seconds", "What is left of a pause that Telegram asked for."),
    Condition.INDEX_GENERATION: Instrument("scoda_index_generation", "The version that answers come from."),
    Condition.INDEX_PUBLISHED: Instrument("scoda_index_published_timestamp_seconds", "When it was published."),
    Condition.INDEX_SECTIONS: Instrument("scoda_index_sections", "Sections in it."),
    Condition.INDEX_CHUNKS: Instrument("scoda_index_chunks", "Chunks in it."),
    Condition.INDEX_PENDING: Instrument("scoda_index_pending_chunks", "Chunks of it that are not embedded yet."),
    Condition.INDEX_BY_STORE: Instrument("scoda_index_uses_vector_store", "1: a vector store names; 0: exact search."),
    Condition.MODEL_TOKENS_TODAY: Instrument("scoda_model_tokens_today", "Tokens the model told.", ("direction",)),
    Condition.MODEL_TOKENS_SPENT: Instrument("scoda_model_budget_spent_tokens", "Today, with what is reserved."),
    Condition.MODEL_TOKENS_ALLOWED: Instrument("scoda_model_budget_tokens", "Tokens that a day allows."),
    Condition.MODEL_COST_TODAY: Instrument("scoda_model_cost_today", "In the currency of [model] currency."),
    Condition.DATABASE_ANSWER: Instrument("scoda_database_ping_seconds", "What the shortest question to it took."),
    Condition.RESTORE_PENDING: Instrument("scoda_restore_pending", "1: restored, and nothing goes out before a word."),
    Condition.DISK_FREE: Instrument("scoda_disk_free_bytes", "Free on the disk of the data folder."),
    Condition.DISK_SIZE: Instrument("scoda_disk_size_bytes", "Size of the disk of the data folder."),
}
