"""The golden questions: odd numbers are for calibration, even numbers check it."""

from datetime import date
from pathlib import Path

GOLDEN = Path(__file__).parent
TODAY = date(2026, 11, 25)
