"""Rules · Assignment · Candidates — the pairs of a large assignment worth making columns of, at the reviewers' prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from accelerator.rules.assignment.instance import Instance
from accelerator.rules.assignment.plan import Flags, Integers, Numbers

ROUNDS: Final = 60
MORE_THAN_NEEDED: Final = 5
MORE_FROM_A_GROUP: Final = 3
SAMPLE: Final = 1_500
"""Applications whose own best plan, with capacities in proportion, tells what the reviewers' time is worth."""

Pricer = Callable[[Instance, Flags], Numbers]


def candidates(one: Instance, *, exact_prices: Pricer) -> Flags:
    """By row and column: the pairs with the highest worth left after the price of the reviewer's time.

    They only choose where to begin: what else would help is priced in later. A plan within all capacities is among
    them where a greedy one exists.

    Args: exact_prices solves a small instance from the pairs given and answers with what it finds, by column.
    """
    price = _balanced_prices(one)
    if len(one.applications) > 2 * SAMPLE:
        sample = _sample(one)
        price = exact_prices(sample, _best_at(sample, _balanced_prices(sample)))
    return _best_at(one, price)


def _best_at(one: Instance, price: Numbers) -> Flags:
    """The best pairs of each application at these prices, ties broken by chance, with a greedy plan among them."""
    scale = float(np.abs(one.worth).max(initial=0.0)) or 1.0
    chance = np.random.default_rng(0).random(one.worth.shape) * scale * 1e-7
    net = np.where(one.allowed, one.worth - price[None, :] + chance, -np.inf)
    wanted = min(net.shape[1], int(one.need.max(initial=0)) + MORE_THAN_NEEDED)
    chosen = np.zeros(one.allowed.shape, dtype=np.bool_)
    best = np.argpartition(net, -wanted, axis=1)[:, -wanted:]
    chosen[np.arange(len(net))[:, None], best] = True
    for is_member in one.is_member:
        some = min(MORE_FROM_A_GROUP, int(is_member.sum()))
        if some:
            best = np.argpartition(np.where(is_member[None, :], net, -np.inf), -some, axis=1)[:, -some:]
            chosen[np.arange(len(net))[:, None], best] = True
    room = one.room.copy()
    for row, need in enumerate(one.need.tolist()):
        if need:
            free = np.nonzero(one.allowed[row] & (room > 0))[0]
            taken = free[np.argsort(-net[row, free], kind="stable")[:need]]
            room[taken] -= 1
            chosen[row, taken] = True
    return chosen & one.allowed


def _sample(one: Instance) -> Instance:
    """Some of the applications, with the reviewers' room and minimum in proportion."""
    rows: Integers = np.random.default_rng(0).choice(len(one.applications), SAMPLE, replace=False)
    share = float(one.need[rows].sum()) / max(1.0, float(one.need.sum()))
    people = [
        replace(person, capacity=round(int(room) * share), minimum=int(int(floor) * share))
        for person, room, floor in zip(one.reviewers, one.room, one.floor, strict=True)
    ]
    place_of = {row: place for place, row in enumerate(rows.tolist())}
    return replace(
        one,
        applications=[one.applications[row] for row in rows.tolist()],
        reviewers=people,
        allowed=one.allowed[rows],
        unlisted=one.unlisted[rows],
        worth=one.worth[rows],
        kept=[(place_of[row], column) for row, column in one.kept if row in place_of],
        need=one.need[rows],
        is_for_all=one.is_for_all[rows],
        load=np.zeros_like(one.load),
    )


def _balanced_prices(one: Instance) -> Numbers:
    """By column: what one place on the reviewer's desk is about worth.

    The prices balance what the applications ask for with what the reviewers can take (a subgradient of the
    Lagrangian of the capacities).
    """
    people = one.worth.shape[1]
    price = np.zeros(people)
    per = min(int(one.need.max(initial=0)), people)
    spread = float(one.worth.max(initial=0.0) - one.worth.min(initial=0.0))
    if not per or not spread:
        return price
    allowed = np.where(one.allowed & (one.need > 0)[:, None], one.worth, -np.inf)
    each = max(1.0, float(one.need.sum()) / people)
    for round_ in range(1, ROUNDS + 1):
        best = np.argpartition(allowed - price[None, :], -per, axis=1)[:, -per:]
        demand = np.bincount(best.ravel(), minlength=people).astype(float)
        step = spread / (2.0 * np.sqrt(round_)) / each
        price = np.maximum(0.0, price + step * np.clip(demand - one.room, -each, each))
    return price
