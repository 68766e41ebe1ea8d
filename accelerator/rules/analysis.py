"""Rules · Analysis — everything that is worked out from a set of reviews, at once and always from the same seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from accelerator.rules import next_review, robustness
from accelerator.rules.ranking import CERTAIN, SEED, Certainty, Ranked, certainty, draws_for, is_too_close, rank
from accelerator.rules.robustness import Robust
from accelerator.rules.scoring import Adjusted, Direction, Review, adjusted

CERTAINTY_METHOD: Final = "joint-posterior-1"
"""Name and version of the intervals and chances."""


@dataclass(frozen=True)
class Standing(Ranked):
    """A ranked application with how sure its rank is and how it fares; `otherwise` are the codes of variants."""

    rank_low: int
    rank_high: int
    chance: float
    survives: int
    otherwise: str


@dataclass(frozen=True)
class Analysis:
    """The ranking with all that is known of it; `certainties` and `robust` stand in the order of `lines`."""

    places: int
    direction: Direction
    seed: int
    draws: int
    result: Adjusted
    lines: list[Ranked]
    certainties: list[Certainty]
    robust: list[Robust]

    @property
    def methods(self) -> Mapping[str, object]:
        """What it was computed with: printed, stored and frozen with the result."""
        return {
            "quality": str(self.result.method),
            "certainty": CERTAINTY_METHOD,
            "robustness": robustness.METHOD,
            "next_review": next_review.METHOD,
            "interval": CERTAIN,
            "seed": self.seed,
            "draws": self.draws,
        }

    @property
    def variants(self) -> int:
        """How many ways of counting are on the robustness sheet."""
        return self.robust[0].variants if self.robust else 0

    @property
    def standings(self) -> list[Standing]:
        """Each application's figures in one row, best first."""
        return [
            Standing(
                **vars(line),
                rank_low=sure.rank_low,
                rank_high=sure.rank_high,
                chance=sure.chance,
                survives=robust.survives,
                otherwise=",".join(variant.code for variant in robust.otherwise),
            )
            for line, sure, robust in zip(self.lines, self.certainties, self.robust, strict=True)
        ]

    @property
    def too_close(self) -> list[int]:
        """The applications for which the scores do not settle on which side of the line they lie, best first."""
        return [
            line.application_id
            for line, sure in zip(self.lines, self.certainties, strict=True)
            if is_too_close(line.rank, sure.chance, self.places)
        ]


def analyse(
    reviews: Sequence[Review], *, places: int, direction: Direction = Direction.HIGH, seed: int = SEED
) -> Analysis:
    """Adjusted scores, the order, how sure it is, and what stands under every way of counting.

    Invariant: the order of the reviews changes nothing; the same reviews always give the same result.
    """
    result = adjusted(reviews)
    scores: dict[int, list[float]] = defaultdict(list)
    for review in reviews:
        scores[review.application_id].append(review.overall)
    lines = rank(result.qualities, scores, direction)
    count = draws_for(len(lines))
    return Analysis(
        places=places,
        direction=direction,
        seed=seed,
        draws=count,
        result=result,
        lines=lines,
        certainties=certainty(reviews, result, lines, places=places, direction=direction, seed=seed, count=count),
        robust=robustness.sheet_of(reviews, result, lines, places=places, direction=direction),
    )
