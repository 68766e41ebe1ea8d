"""CLI · Selection — analyse a spreadsheet of reviews; prove that a frozen result is what it was when it was confirmed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
from flask.cli import AppGroup

from accelerator.cli import analysis
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.services import selection
from accelerator.services.analysis import analyse_reviews, read_reviews

commands = AppGroup("selection", help="Analyse reviews in a spreadsheet; verify the frozen result of a batch.")

UNREADABLE = 2


class ScaleType(click.ParamType):
    """The lowest and the highest score, as "1-5"."""

    name = "LOW-HIGH"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float] | None:
        """Both ends as numbers."""
        if value is None or isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(-?\d+(?:[.,]\d+)?)\s*(?:-|–|:|\.\.)\s*(-?\d+(?:[.,]\d+)?)", str(value).strip())
        ends = [float(end.replace(",", ".")) for end in found.groups()] if found else [0.0, 0.0]
        if ends[0] >= ends[1]:
            self.fail(f"“{value}” is not a scale such as 1-5.", param, ctx)
        return ends[0], ends[1]


@commands.command("analyse")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--places", type=click.IntRange(min=1), default=15, show_default=True, help="How many are chosen.")
@click.option(
    "--direction",
    type=click.Choice(["high", "low"]),
    default="high",
    show_default=True,
    help="Which end of the scale is good. With “low”, 1 is best; figures stay in the file’s own points.",
)
@click.option(
    "--weights",
    default="",
    metavar="FILE|TEXT",
    help="“team=3,market=1”, or numbers in the order of the columns, or a file (criterion,weight a line; JSON). "
    "A criterion that is not named weighs 1, one that weighs 0 is not read.",
)
@click.option(
    "--scale",
    type=ScaleType(),
    default=None,
    help="Lowest and highest score, such as 1-5: others are refused. Without it, whole points that almost all lie on "
    "a usual scale (1-5, 0-10, 0-20, 0-100) are taken to be on it.",
)
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
def analyse(
    file: Path, places: int, direction: str, weights: str, scale: tuple[float, float] | None, shape: str
) -> None:
    """Rank the reviews in FILE, and say how sure the ranking is. Nothing is stored.

    FILE is a CSV (comma, semicolon or tab; UTF-8 or Windows) with the columns application, reviewer and one a criterion. A
    review's overall score is the weighted mean of the criteria it scores; empty cells are left out.

    adjusted is the score freed of the reviewers' severities, se its standard error; rank_low to rank_high hold the
    rank in nine cases of ten; chance is that of being among the places; survives of variants: under how many ways of
    counting (adjusted, mean, median, trimmed mean, z-scores, and without each reviewer in turn) it is among them.
    Equals are ranked by mean, then median, then smaller spread, then more reviews, then name.

    severity is positive for a reviewer who gives more points than the others would for equal quality, with
    --direction low too: there, such a reviewer is the stricter one.

    Exit code 2: the file, or a line of it, cannot be used.
    """
    try:
        sheet = read_reviews(file.read_bytes(), weights=_weights(weights), scale=scale)
    except OSError as error:
        click.echo(f"{file}: {error.strerror}.", err=True)
        raise SystemExit(UNREADABLE) from error
    except RuleViolation as violation:
        click.echo(f"{weights if violation.field == 'weights' else file.name}: {violation.reason}", err=True)
        raise SystemExit(UNREADABLE) from violation
    if sheet.problems:
        for line in analysis.refusal(file.name, sheet.problems):
            click.echo(line, err=True)
        raise SystemExit(UNREADABLE)
    found = analyse_reviews(sheet, places=places, direction=direction)
    if shape == "json":
        click.echo(json.dumps(analysis.document(found), ensure_ascii=False, indent=2))
        for note in analysis.notes(found):
            click.echo(note, err=True)
    else:
        click.echo(analysis.table(found))


def _weights(text: str) -> str:
    """The text of a file of that name, where there is one; else the text itself."""
    try:
        return Path(text).read_text(encoding="utf-8-sig") if text and Path(text).is_file() else text
    except UnicodeDecodeError as error:
        raise RuleViolation(Message("This file is not text in UTF-8."), field="weights") from error
    except OSError:  # no file can have such a name
        return text


@commands.command("verify")
@click.argument("batch_code")
def verify(batch_code: str) -> None:
    """Recompute the SHA-256 and the ranking of BATCH_CODE's frozen result. Exit 1 when anything differs."""
    try:
        findings = selection.verify(code=batch_code)
    except NotFound as error:
        raise click.ClickException(error.reason) from error
    for finding in findings:
        click.echo(finding)
    if findings:
        raise SystemExit(1)
    click.echo("the frozen result holds: its hash, its ranking, its scores and its decisions")
