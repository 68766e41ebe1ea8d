"""Rules · Scoring — criterion scores to one overall score; overall scores to quality, freed of reviewers' severity."""

from __future__ import annotations

from accelerator.rules.scoring.criteria import Criterion, Direction, Scale, overall_of_known, overall_score
from accelerator.rules.scoring.posterior import draws
from accelerator.rules.scoring.severity import METHOD_WORDS, Adjusted, Method, Quality, Review, Severity, adjusted

__all__ = [
    "METHOD_WORDS",
    "Adjusted",
    "Criterion",
    "Direction",
    "Method",
    "Quality",
    "Review",
    "Scale",
    "Severity",
    "adjusted",
    "draws",
    "overall_of_known",
    "overall_score",
]
