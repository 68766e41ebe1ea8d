"""Rules · Forecast — what becomes of a startup's credits: the path of its spending, and the two dates it leads to."""

from accelerator.rules.forecast.cliff import (
    BILL_DAYS,
    Amounts,
    Burn,
    Outlook,
    Runway,
    left_ahead,
    next_step,
    recent_burn,
    runway,
)
from accelerator.rules.forecast.paths import Path, ahead

__all__ = [
    "BILL_DAYS",
    "Amounts",
    "Burn",
    "Outlook",
    "Path",
    "Runway",
    "ahead",
    "left_ahead",
    "next_step",
    "recent_burn",
    "runway",
]
