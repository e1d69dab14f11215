"""The golden questions: they check what was fitted to the sets of `tests/sets/calibration` and `tests/sets/training`.

The unseen ones are there to be counted only: nothing is fitted to them, and no miss of theirs is looked at while
something is changed. Whoever does look moves the set to the golden questions and has a new one written by somebody who
knows the files but neither the stored questions nor what the search finds.
"""

from datetime import date
from pathlib import Path

GOLDEN = Path(__file__).parent
SETS = GOLDEN.parent / "sets"
UNSEEN = SETS / "unseen" / "first"
UNSEEN_SECOND = SETS / "unseen" / "second"
UNSEEN_MESSAGES = SETS / "unseen" / "messages"
UNSEEN_PLAIN = SETS / "unseen" / "plain"
"""Files without front matter, and questions on them."""
KNOWLEDGE = GOLDEN.parents[1] / "knowledge"
TODAY = date(2026, 11, 25)
