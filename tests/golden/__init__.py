"""The golden questions: odd numbers are for calibration, even numbers check it.

The unseen ones are there to be counted only: nothing is fitted to them, and no miss of theirs is looked at while
something is changed. Whoever does look moves the set to the golden questions and has a new one written by somebody who
knows the files but neither the stored questions nor what the search finds.
"""

from datetime import date
from pathlib import Path

GOLDEN = Path(__file__).parent
UNSEEN = GOLDEN / "unseen"
KNOWLEDGE = GOLDEN.parents[1] / "knowledge"
TODAY = date(2026, 11, 25)
