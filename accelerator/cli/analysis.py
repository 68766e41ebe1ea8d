"""CLI · Analysis — the analysis of a spreadsheet as JSON for programs and as tables for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from accelerator.rules.review_sheets import Problem
from accelerator.rules.robustness import WAY_WORDS, Variant, Way
from accelerator.services.analysis import SheetAnalysis

NAMED = 12
SHOWN = 20
NUMBERS = (
    "rank", "rank_low", "rank_high", "chance", "survives", "variants", "adjusted", "se", "n", "mean", "median", "spread"
)  # fmt: skip


def document(found: SheetAnalysis) -> dict[str, object]:
    """Applications best first, reviewers by name, the variances and the method, in plain JSON values."""
    result = found.analysis.result
    return {
        "applications": _applications(found),
        "reviewers": _reviewers(found),
        "variance": {
            "quality": _figure(result.quality_variance),
            "severity": _figure(result.severity_variance),
            "noise": _figure(result.noise_variance),
        },
        "method": f"{result.method}: {found.method_sentence}",
    }


def _applications(found: SheetAnalysis) -> list[dict[str, object]]:
    analysis = found.analysis
    return [
        {
            "application": found.sheet.applications[line.application_id],
            "n": line.reviews,
            "mean": _figure(line.mean),
            "median": _figure(line.median),
            "spread": _figure(line.spread),
            "adjusted": _figure(line.adjusted),
            "se": _figure(line.standard_error),
            "rank": line.rank,
            "rank_low": sure.rank_low,
            "rank_high": sure.rank_high,
            "chance": sure.chance,
            "survives": robust.survives,
            "variants": robust.variants,
        }
        for line, sure, robust in zip(analysis.lines, analysis.certainties, analysis.robust, strict=True)
    ]


def _reviewers(found: SheetAnalysis) -> list[dict[str, object]]:
    """Every reviewer; where no severity is measurable, all are 0."""
    counts = Counter(review.reviewer_id for review in found.sheet.reviews)
    known = {line.reviewer_id: (line.severity, line.standard_error) for line in found.analysis.result.severities}
    lines = []
    for reviewer_id, name in enumerate(found.sheet.reviewers):
        severity, error = known.get(reviewer_id, (0.0, 0.0))
        lines.append({"reviewer": name, "n": counts[reviewer_id], "severity": _figure(severity), "se": _figure(error)})
    return lines


def _figure(value: float) -> float:
    """Six decimals, as they are stored; never a negative zero."""
    return round(float(value), 6) + 0.0


def notes(found: SheetAnalysis) -> Iterator[str]:
    """What a reader must know beside the figures."""
    result, names = found.analysis.result, found.sheet.applications
    yield f"{found.method_sentence}"
    if result.islands:
        apart = [names[application_id] for island in result.islands for application_id in island]
        yield (
            f"{len(apart)} applications in {len(result.islands)} groups share no reviewer, even through others, with the "
            f"rest; their scores compare only as far as the groups are equally good: {_listed(apart)}."
        )
    if result.single_review_reviewers:
        singles = [found.sheet.reviewers[reviewer_id] for reviewer_id in result.single_review_reviewers]
        yield f"{len(singles)} reviewers with a single review, whose severity is hardly known: {_listed(singles)}."
    if found.sheet.unscored:
        lines = [str(line) for line in found.sheet.unscored]
        yield f"{len(lines)} lines without any score were left out: line {_listed(lines)}."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def refusal(file_name: str, problems: Sequence[Problem]) -> Iterator[str]:
    """Which lines cannot be used, and why."""
    for problem in problems[:SHOWN]:
        yield f"{file_name}: line {problem.line}: {problem.reason}."
    if len(problems) > SHOWN:
        yield f"{file_name}: {len(problems) - SHOWN} more lines cannot be used."
    if any("outside the scale" in problem.reason for problem in problems):
        yield "If these scores are right, name the scale, for example --scale 0-10."


def table(found: SheetAnalysis) -> str:
    """The same as JSON, with what is too close to call, which variants decide otherwise, and the next best reviews."""
    analysis, names = found.analysis, found.sheet.applications
    close = set(analysis.too_close)
    lines = []
    for row, ranked, robust in zip(_applications(found), analysis.lines, analysis.robust, strict=True):
        shown = [_cell(name, row[name]) for name in NUMBERS]
        verdict = "too close to call" if ranked.application_id in close else ""
        lines.append([str(row["application"]), *shown, verdict, _otherwise(found, robust.otherwise)])
    parts = [
        *notes(found),
        f"Standard deviations in points: quality {analysis.result.quality_variance**0.5:.3f}, "
        f"severity {analysis.result.severity_variance**0.5:.3f}, noise {analysis.result.noise_variance**0.5:.3f}. "
        f"Method {analysis.result.method}; {analysis.draws} draws, seed {analysis.seed}.",
        "",
        *_aligned(("application", *NUMBERS, "", "decided otherwise by"), lines),
        "",
        *_aligned(
            ("reviewer", "n", "severity", "se"),
            [[_cell(name, value) for name, value in row.items()] for row in _reviewers(found)],
        ),
    ]
    if found.next_reviews:
        advised = [[names[review.application_id], f"{review.gain:.4f}"] for review in found.next_reviews]
        parts += ["", "Where one more review would help most, in this order:"]
        parts += _aligned(("application", "gain"), advised)
    return "\n".join(parts)


def _cell(name: str, value: object) -> str:
    if name == "chance":
        return f"{value:.0%}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _otherwise(found: SheetAnalysis, variants: Sequence[Variant]) -> str:
    named = [
        f"without {found.sheet.reviewers[variant.reviewer_id or 0]}"
        if variant.way is Way.WITHOUT
        else WAY_WORDS[variant.way]
        for variant in variants
    ]
    return _listed(named)


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in (header, *rows)) for place in range(len(header))]
    return [
        "  ".join(
            cell.rjust(width) if place and place < len(NUMBERS) + 1 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (header, *rows)
    ]
