"""Rules · Disclosure — which figures of a table may be published so that no small one can be worked out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

SMALLEST_SHOWN: Final = 5
"""Cells below this are not published. Source: the programme's publication rule (product sheet, counter)."""

WIDTH_OWED: Final = 2
"""A reader who adds and subtracts must be left with at least this many other values for a hidden cell."""


class Hidden(Enum):
    """Why a cell is not published."""

    SMALL = "small"  # it is below the smallest figure shown
    PROTECTS = "protects"  # with it, a small one could be worked out


@dataclass(frozen=True)
class PublicCell:
    """One published cell: its count, or why there is none."""

    count: int | None
    hidden: Hidden | None = None


def published(counts: Mapping[str, int]) -> dict[str, PublicCell]:
    """The cells of a table whose total is public.

    Invariant: given the total, every published cell and this rule, a hidden cell that is not zero can still take
    at least three values, unless everything is hidden.
    """
    small = {key for key, count in counts.items() if count < SMALLEST_SHOWN}
    protecting: set[str] = set()
    others = sorted((count, key) for key, count in counts.items() if key not in small)
    while others and not _is_safe(counts, small, protecting):
        protecting.add(others.pop(0)[1])
    return {
        key: PublicCell(None, Hidden.SMALL)
        if key in small
        else PublicCell(None, Hidden.PROTECTS)
        if key in protecting
        else PublicCell(count)
        for key, count in counts.items()
    }


def _is_safe(counts: Mapping[str, int], small: set[str], protecting: set[str]) -> bool:
    hidden = small | protecting
    shown = [count for key, count in counts.items() if key not in hidden]
    ceiling = min(shown, default=sum(counts.values()))
    bounds = {key: (0, SMALLEST_SHOWN - 1) if key in small else (SMALLEST_SHOWN, ceiling) for key in hidden}
    rest = sum(counts[key] for key in hidden)
    lows = sum(low for low, _ in bounds.values())
    highs = sum(high for _, high in bounds.values())
    for key, (low, high) in bounds.items():
        least = max(low, rest - (highs - high))
        most = min(high, rest - (lows - low))
        if counts[key] and most - least < WIDTH_OWED:
            return False
    return True
