"""Rules · Assignment — who reviews what: everyone covered first, then value, then even loads, conflicts never.

Where no pair is worth more than another and only capacities bind, the plan comes from augmenting paths
(`even`); else HiGHS finds it, goal after goal (`valued`). Both are exact; a large plan states how far it may be
from a bound that is proven.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence

from accelerator.kernel.message import Message
from accelerator.rules.assignment.even import Board
from accelerator.rules.assignment.explain import Account
from accelerator.rules.assignment.graph import Pair, components, is_connected
from accelerator.rules.assignment.instance import Instance, instance
from accelerator.rules.assignment.lazy import too_close
from accelerator.rules.assignment.plan import (
    STEPS,
    Group,
    Limits,
    Plan,
    Reviewer,
    Shortfall,
    Step,
    Stopped,
    UnderLoad,
    Undiverse,
    Values,
    Watch,
    watched,
)
from accelerator.rules.assignment.valued import Outcome, best_plan, worth_of

__all__ = [
    "STEPS",
    "Group",
    "Limits",
    "Pair",
    "Plan",
    "Reviewer",
    "Shortfall",
    "Step",
    "Stopped",
    "UnderLoad",
    "Undiverse",
    "Values",
    "Watch",
    "account_for",
    "assign",
    "desk_order",
    "is_connected",
]


def assign(
    applications: Iterable[int],
    reviewers: Iterable[Reviewer],
    conflicts: Iterable[Pair],
    *,
    per_application: int,
    kept: Iterable[Pair] = (),
    seed: int = 0,
    values: Values | None = None,
    limits: Limits | None = None,
    read_by_all: Collection[int] = (),
    watch: Watch | None = None,
) -> Plan:
    """The plan that lacks least, then is worth most, then has the most even loads.

    In order: as many reviews as possible; as few readers of a group missing as possible; as few dossiers missing to
    minimum loads; the greatest value; the lack spread over the applications (before value where the limits say so);
    the least sum of squared loads. A connected graph comes before even loads where value can pay for it; where no
    pair is worth anything, loads stay as even as they can be and exchanges that keep them so connect the graph.

    Args:      conflicts and kept hold (application id, reviewer id); kept pairs stay and count. Applications
               `read_by_all` are handed out by another rule: what is kept of them counts in loads and in the graph,
               nothing of them lacks, and two reviewers share them whatever the limit of co-reviews.
    Raises:    Stopped when the watcher asks to.
    Invariant: the same input and seed give the same plan, in whatever order the input comes.
    """
    held = sorted(set(kept))
    one = instance(
        applications,
        reviewers,
        conflicts,
        per_application=per_application,
        kept=held,
        seed=seed,
        values=values,
        limits=limits or Limits(),
        read_by_all=read_by_all,
    )
    watched(watch, 0, Message("Reading who could review what"))
    outcome = None if one.has_values else _even_plan(one, held, seed)
    if outcome is None:
        outcome = best_plan(one, seed=seed, watch=watch)
    plan = _plan(one, outcome)
    watched(watch, STEPS, Message("Done"))
    return plan


def account_for(
    pairs: Iterable[Pair],
    applications: Iterable[int],
    reviewers: Iterable[Reviewer],
    conflicts: Iterable[Pair],
    *,
    per_application: int,
    kept: Iterable[Pair] = (),
    values: Values | None = None,
    limits: Limits | None = None,
    read_by_all: Collection[int] = (),
    bound: float = 0.0,
    price: float = 0.0,
) -> Plan:
    """The plan that these pairs are, with what lacks and why; `bound` and `price` are those found with them."""
    held = sorted(set(kept))
    one = instance(
        applications,
        reviewers,
        conflicts,
        per_application=per_application,
        kept=held,
        seed=0,
        values=values,
        limits=limits or Limits(),
        read_by_all=read_by_all,
    )
    row_of = {id_: row for row, id_ in enumerate(one.applications)}
    column_of = {person.id: column for column, person in enumerate(one.reviewers)}
    places = [(row_of[application_id], column_of[id_]) for application_id, id_ in pairs]
    value = worth_of(one, places)
    return _plan(one, Outcome(places, value, max(value, bound), price))


def desk_order(assignment_ids: Sequence[int], *, seed: int) -> list[int]:
    """The ids in the order of one reviewer's desk, shuffled so that no dossier is always read last."""
    order = sorted(assignment_ids)
    random.Random(seed).shuffle(order)
    return order


def _even_plan(one: Instance, kept: Sequence[Pair], seed: int) -> Outcome | None:
    """The plan by augmenting paths; None when it breaks a limit that paths know nothing of."""
    row_of = {id_: row for row, id_ in enumerate(one.applications)}
    column_of = {person.id: column for column, person in enumerate(one.reviewers)}
    barred = [
        (one.applications[row], one.reviewers[column].id) for row, column in zip(*(~one.allowed).nonzero(), strict=True)
    ]
    board = Board(sorted(one.applications), list(one.reviewers), barred, kept, one.per_application, seed)
    pairs = [(row_of[application_id], column_of[id_]) for application_id, id_ in board.hand_out()]
    account = Account(one, pairs)
    if account.under() or account.undiverse() or too_close(one, pairs):
        return None
    return Outcome(pairs, 0.0, 0.0)


def _plan(one: Instance, outcome: Outcome) -> Plan:
    """The outcome in ids and sentences."""
    account = Account(one, outcome.pairs)
    return Plan(
        pairs=tuple(sorted((one.applications[row], one.reviewers[column].id) for row, column in outcome.pairs)),
        shortfalls=account.shortfalls(),
        loads=dict(sorted(zip((p.id for p in one.reviewers), account.loads.tolist(), strict=True))),
        is_connected=len(components([*one.kept, *outcome.pairs])) <= 1,
        under=account.under(),
        undiverse=account.undiverse(),
        value=outcome.value,
        bound=outcome.bound,
        price_of_connection=outcome.price,
    )
