"""Rules · Assignment · Repair — a large plan made to hold what is too much to solve exactly, by the cheapest exchanges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from accelerator.rules.assignment.graph import Pair, components
from accelerator.rules.assignment.instance import Instance
from accelerator.rules.assignment.lazy import too_close
from accelerator.rules.assignment.plan import Flags

_MOST_JOINS_TRIED: Final = 200


class _Hand:
    """The plan while it is changed: who reads what, loads, what each two reviewers share."""

    def __init__(self, one: Instance, pairs: Sequence[Pair]) -> None:
        self.one = one
        self.held = np.zeros(one.allowed.shape, dtype=np.bool_)
        self.reads = np.zeros(one.allowed.shape, dtype=np.bool_)
        for row, column in pairs:
            self.held[row, column] = self.reads[row, column] = True
        for row, column in one.kept:
            self.reads[row, column] = True
        self.load = one.load + self.held.sum(axis=0)
        reads = self.reads.astype(np.float32)
        kept = (self.reads & ~self.held).astype(np.float32)
        self.shared = np.rint(reads.T @ reads - kept.T @ kept).astype(np.int64) + one.shared
        np.fill_diagonal(self.shared, 0)
        most = one.limits.co_reviews
        self.most = np.maximum(one.shared, most) if most is not None else np.full(one.shared.shape, 1 << 40)

    def put(self, row: int, column: int) -> None:
        others = np.nonzero(self.reads[row])[0]
        self.shared[column, others] += 1
        self.shared[others, column] += 1
        self.held[row, column] = self.reads[row, column] = True
        self.load[column] += 1

    def take(self, row: int, column: int) -> None:
        self.held[row, column] = self.reads[row, column] = False
        others = np.nonzero(self.reads[row])[0]
        self.shared[column, others] -= 1
        self.shared[others, column] -= 1
        self.load[column] -= 1

    def takers(self, row: int) -> Flags:
        """By column: who could read the application besides those who do, whatever the load."""
        others = np.nonzero(self.reads[row])[0]
        is_near = (self.shared[:, others] >= self.most[:, others]).any(axis=1)
        return np.asarray(self.one.allowed[row] & ~self.reads[row] & ~is_near)

    def is_diverse(self, row: int, out: int, into: int) -> bool:
        """Whether the groups that the application lacks nobody of stay so."""
        return all(
            not is_member[out]
            or is_member[into]
            or (self.reads[row] & is_member).sum() > self.one.limits.groups[place].minimum
            for place, is_member in enumerate(self.one.is_member)
        )

    def may_lose(self, column: int) -> bool:
        """Whether the reviewer is above the minimum agreed."""
        return bool(self.load[column] > self.one.reviewers[column].minimum)

    def pairs(self) -> list[Pair]:
        return [(row, column) for row, column in np.argwhere(self.held).tolist()]


def part(one: Instance, pairs: Sequence[Pair]) -> list[Pair]:
    """The plan with no two reviewers sharing more than they may; what cannot be moved is left out."""
    hand = _Hand(one, pairs)
    for first, second in too_close(one, pairs):
        for row in np.nonzero(hand.reads[:, first] & hand.reads[:, second])[0].tolist():
            if hand.shared[first, second] <= hand.most[first, second]:
                break
            _part_row(hand, row, [column for column in (first, second) if hand.held[row, column]])
    for row in np.nonzero(hand.held.sum(axis=1) < one.need)[0].tolist():
        while hand.held[row].sum() < one.need[row] and _refill(hand, row):
            pass
    return hand.pairs()


def _refill(hand: _Hand, row: int) -> bool:
    """One more reader for the application, if need be in the place of another dossier that a third reviewer takes."""
    one = hand.one
    capacity = np.array([person.capacity for person in one.reviewers], dtype=np.int64)
    best: tuple[float, int, int, int] | None = None  # loss, taker, the dossier moved on or -1, the third reviewer
    for taker in np.nonzero(hand.takers(row))[0].tolist():
        gain = float(one.worth[row, taker])
        if hand.load[taker] < capacity[taker]:
            best = min(best, (-gain, taker, -1, -1)) if best else (-gain, taker, -1, -1)
            continue
        for other in np.nonzero(hand.held[:, taker])[0].tolist():
            hand.take(other, taker)
            could = hand.takers(other) & (hand.load < capacity)
            could[taker] = False
            fit = [third for third in np.nonzero(could)[0].tolist() if hand.is_diverse(other, taker, third)]
            hand.put(other, taker)
            if fit:
                third = max(fit, key=lambda column: (one.worth[other, column], -column))
                move = (float(one.worth[other, taker] - one.worth[other, third]) - gain, taker, other, third)
                best = min(best, move) if best else move
    if best is None:
        return False
    _, taker, other, third = best
    if other >= 0:
        hand.take(other, taker)
        hand.put(other, third)
        if not hand.takers(row)[taker]:
            hand.take(other, third)
            hand.put(other, taker)
            return False
    hand.put(row, taker)
    return True


def _part_row(hand: _Hand, row: int, columns: Sequence[int]) -> None:
    """Give one of the two another dossier instead of this one, at the least loss."""
    worth = hand.one.worth
    best: tuple[float, int, int, int] | None = None  # loss, giver, taker, the taker's dossier in exchange or -1
    for giver in columns:
        hand.take(row, giver)
        for taker in np.nonzero(hand.takers(row))[0].tolist():
            if taker in columns or not hand.is_diverse(row, giver, taker):
                continue
            loss = float(worth[row, giver] - worth[row, taker])
            if (
                hand.load[taker] < hand.one.reviewers[taker].capacity
                and hand.load[giver] >= hand.one.reviewers[giver].minimum
            ):
                best = min(best, (loss, giver, taker, -1)) if best else (loss, giver, taker, -1)
            elif (swap := _best_swap(hand, giver, taker)) is not None:
                loss += swap[0]
                best = min(best, (loss, giver, taker, swap[1])) if best else (loss, giver, taker, swap[1])
        hand.put(row, giver)
    if best is None:
        if columns:
            hand.take(row, columns[0])
        return
    _, giver, taker, other = best
    hand.take(row, giver)
    if other >= 0:
        hand.take(other, taker)
        hand.put(other, giver)
    hand.put(row, taker)


def _best_swap(hand: _Hand, giver: int, taker: int) -> tuple[float, int] | None:
    """The dossier that `taker` hands to `giver` in exchange at the least loss; a few of the cheapest are tried."""
    worth = hand.one.worth
    rows = np.nonzero(hand.held[:, taker] & hand.one.allowed[:, giver] & ~hand.reads[:, giver])[0]
    losses = worth[rows, taker] - worth[rows, giver]
    for place in np.argsort(losses, kind="stable")[:8].tolist():
        other = int(rows[place])
        if not hand.is_diverse(other, taker, giver):
            continue
        hand.take(other, taker)
        is_fit = bool(hand.takers(other)[giver])
        hand.put(other, taker)
        if is_fit:
            return float(losses[place]), other
    return None


def join(one: Instance, pairs: Sequence[Pair]) -> list[Pair]:
    """The plan with its parts joined where an exchange does it; coverage and loads stay."""
    found = list(pairs)
    parts = components([*one.kept, *found])
    for _ in range(len(parts)):
        if len(parts) <= 1:
            break
        for changed in _joins(one, found, parts):
            if len(components([*one.kept, *changed])) < len(parts):
                found = changed
                break
        else:
            break
        parts = components([*one.kept, *found])
    return found


def _joins(one: Instance, pairs: list[Pair], parts: Sequence[set[Pair]]) -> Iterator[list[Pair]]:
    """The plan after each exchange between the smallest part and the others, the cheapest first."""
    smallest = min(parts, key=lambda part: (len(part), min(part)))
    inside = [pair for pair in pairs if (1, pair[1]) in smallest]
    outside = [pair for pair in pairs if (1, pair[1]) not in smallest]
    if not inside or not outside:
        return
    rows, columns = np.array(inside).T
    other_rows, other_columns = np.array(outside).T
    worth, allowed = one.worth, one.allowed
    loss = worth[rows, columns][:, None] + worth[other_rows, other_columns][None, :]
    loss = loss - worth[rows[:, None], other_columns[None, :]] - worth[other_rows[None, :], columns[:, None]]
    fit = allowed[rows[:, None], other_columns[None, :]] & allowed[other_rows[None, :], columns[:, None]]
    loss = np.where(fit, loss, np.inf)
    for place in np.argsort(loss, axis=None, kind="stable")[:_MOST_JOINS_TRIED].tolist():
        here, there = divmod(place, loss.shape[1])
        if not np.isfinite(loss[here, there]):
            return
        (row, column), (other_row, other) = inside[here], outside[there]
        hand = _Hand(one, pairs)
        if hand.is_diverse(row, column, other) and hand.is_diverse(other_row, other, column):
            changed = set(pairs) - {(row, column), (other_row, other)} | {(row, other), (other_row, column)}
            if not too_close(one, sorted(changed)):
                yield sorted(changed)
