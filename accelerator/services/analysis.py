"""Services · Analysis — a committee's spreadsheet analysed as a batch would be; nothing is stored, no database needed."""

from __future__ import annotations

from dataclasses import dataclass

from accelerator.rules import analysis
from accelerator.rules.next_review import NextReview, next_reviews
from accelerator.rules.review_sheets import ReviewSheet, read_sheet
from accelerator.rules.scoring import METHOD_WORDS, Direction
from accelerator.rules.tables import read_table

ADVISED = 10
"""How many next reviews are advised."""


@dataclass(frozen=True)
class SheetAnalysis:
    """What a file holds and what follows from it."""

    sheet: ReviewSheet
    analysis: analysis.Analysis
    next_reviews: tuple[NextReview, ...]

    @property
    def method_sentence(self) -> str:
        """What was done to the scores."""
        return METHOD_WORDS[self.analysis.result.method]


def read_reviews(content: bytes, *, weights: str = "", scale: tuple[float, float] | None = None) -> ReviewSheet:
    """The reviews in a file, or the lines that cannot be used.

    Args:   weights and scale as `review_sheets.read_sheet` takes them.
    Raises: RuleViolation when the file as a whole cannot be read.
    """
    return read_sheet(read_table(content), weights=weights, scale=scale)


def analyse_reviews(sheet: ReviewSheet, *, places: int, direction: str = Direction.HIGH) -> SheetAnalysis:
    """The ranking of a spreadsheet of reviews, how sure it is, and where more reviews would help most."""
    found = analysis.analyse(sheet.reviews, places=places, direction=Direction(direction))
    advised = next_reviews(
        found.result,
        found.lines,
        places=places,
        reviews=ADVISED,
        direction=found.direction,
        reviewers=len(sheet.reviewers),
    )
    return SheetAnalysis(sheet, found, tuple(advised))
