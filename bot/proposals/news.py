"""Tells proposers what became of their proposals: intent, call, result, so that no death in between tells it twice."""

from __future__ import annotations

import structlog

from bot.proposals.ports import ProposalNews, TellProposer

_log = structlog.get_logger(__name__)

_AT_ONCE = 20
"""Proposers who are told in a turn; the others wait for the next. Chosen by reasoning."""


async def begin_telling(news: ProposalNews) -> None:
    """Once a start, before anybody is told."""
    if doubtful := await news.doubt_interrupted():
        _log.warning("proposers_in_doubt", proposals=doubtful, then="they are not told again")


async def tell_owed(news: ProposalNews, tell: TellProposer) -> None:
    """Tell whoever is to be told. What surely was not sent waits for the next turn; what failed otherwise does not."""
    for proposal in await news.owed(limit=_AT_ONCE):
        if not await news.claim(proposal.proposal_id):
            continue
        try:
            is_settled = await tell(proposal)
        except Exception:
            await news.settle(proposal.proposal_id, is_owed=False)
            raise
        await news.settle(proposal.proposal_id, is_owed=not is_settled)
