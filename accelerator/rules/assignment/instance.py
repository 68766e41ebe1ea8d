"""Rules · Assignment · Instance — an assignment as arrays: rows are applications, columns are reviewers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from accelerator.rules.assignment.graph import Pair
from accelerator.rules.assignment.plan import Flags, Integers, Limits, Numbers, Reviewer, Values


@dataclass(frozen=True, eq=False)
class Instance:
    """Everything an assignment rests on. The order of rows and columns is shuffled by the seed: it decides ties."""

    applications: Sequence[int]
    reviewers: Sequence[Reviewer]
    limits: Limits
    per_application: int
    allowed: Flags  # by row and column: free of conflict, not held already, listed where it must be
    unlisted: Integers  # by row: reviewers free of conflict who are not listed where they must be
    worth: Numbers
    kept: Sequence[Pair]  # rows and columns; both known
    need: Integers  # by row: reviews still to be given
    load: Integers  # by column: dossiers held before, of this list or not
    shared: Integers  # by two columns: applications that both hold already
    is_member: Flags  # by group and column
    is_for_all: Flags  # by row: everybody reads it by another rule, so that nothing of it lacks here

    @cached_property
    def room(self) -> Integers:
        """By column: how many more each reviewer may take."""
        return np.asarray(np.maximum(np.array([one.capacity for one in self.reviewers]) - self.load, 0), dtype=np.int64)

    @cached_property
    def floor(self) -> Integers:
        """By column: how many more each reviewer was promised at least."""
        return np.asarray(np.maximum(np.array([one.minimum for one in self.reviewers]) - self.load, 0), dtype=np.int64)

    @cached_property
    def lacking(self) -> Integers:
        """By row and group: readers of the group still wanted."""
        lacking = np.zeros((len(self.applications), len(self.limits.groups)), dtype=np.int64)
        for place, group in enumerate(self.limits.groups):
            lacking[:, place] = group.minimum
        for row, column in self.kept:
            lacking[row] -= self.is_member[:, column]
        lacking[self.is_for_all] = 0
        return np.maximum(lacking, 0)

    @property
    def has_values(self) -> bool:
        """Whether any pair that may be used is worth more or less than nothing."""
        return bool(self.worth.any())

    @property
    def is_plain(self) -> bool:
        """Whether coverage, capacity and minimum are all there is: a flow, whose linear optimum is whole."""
        return not self.limits.groups and self.limits.co_reviews is None


def instance(
    applications: Iterable[int],
    reviewers: Iterable[Reviewer],
    conflicts: Iterable[Pair],
    *,
    per_application: int,
    kept: Iterable[Pair],
    seed: int,
    values: Values | None,
    limits: Limits,
    read_by_all: Collection[int] = (),
) -> Instance:
    """The arrays of one assignment; names that nobody knows are passed over."""
    rows = sorted(set(applications))
    people = sorted({one.id: one for one in reviewers}.values(), key=lambda one: one.id)
    order = np.random.default_rng(seed)
    rows = [rows[place] for place in order.permutation(len(rows))]
    people = [people[place] for place in order.permutation(len(people))]
    row_of = {id_: row for row, id_ in enumerate(rows)}
    column_of = {one.id: column for column, one in enumerate(people)}
    allowed = np.ones((len(rows), len(people)), dtype=np.bool_)
    for application_id, reviewer_id in conflicts:
        if application_id in row_of and reviewer_id in column_of:
            allowed[row_of[application_id], column_of[reviewer_id]] = False
    held = sorted(set(kept))
    covered, load, inside = _held(held, row_of, column_of)
    for known_row, known_column in inside:
        allowed[known_row, known_column] = False
    is_for_all = np.array([id_ in read_by_all for id_ in rows], dtype=np.bool_)
    allowed[is_for_all] = False
    worth, listed = _worth(values, rows, people)
    unlisted = (allowed & ~listed).sum(axis=1) if listed is not None else np.zeros(len(rows), dtype=np.int64)
    if listed is not None:
        allowed &= listed
    worth[~allowed] = 0.0
    return Instance(
        applications=rows,
        reviewers=people,
        limits=limits,
        per_application=per_application,
        allowed=allowed,
        unlisted=unlisted,
        worth=worth,
        kept=inside,
        need=np.where(is_for_all, 0, np.maximum(per_application - covered, 0)),
        load=load,
        shared=_shared([pair for pair in held if pair[0] not in read_by_all], column_of),
        is_member=_members(limits, people),
        is_for_all=is_for_all,
    )


def _members(limits: Limits, people: Sequence[Reviewer]) -> Flags:
    """By group and column: who is in it."""
    flags = [[one.id in group.members for one in people] for group in limits.groups]
    return np.array(flags, dtype=np.bool_).reshape(len(limits.groups), len(people))


def _held(
    held: Sequence[Pair], row_of: Mapping[int, int], column_of: Mapping[int, int]
) -> tuple[Integers, Integers, list[Pair]]:
    """By row: reviews held; by column: dossiers held; and the pairs of which both are known."""
    covered, load = np.zeros(len(row_of), dtype=np.int64), np.zeros(len(column_of), dtype=np.int64)
    inside: list[Pair] = []
    for application_id, reviewer_id in held:
        row, column = row_of.get(application_id), column_of.get(reviewer_id)
        if row is not None:
            covered[row] += 1
        if column is not None:
            load[column] += 1
        if row is not None and column is not None:
            inside.append((row, column))
    return covered, load, inside


def _worth(values: Values | None, rows: Sequence[int], people: Sequence[Reviewer]) -> tuple[Numbers, Flags | None]:
    """The worth of every pair, and which are listed (None where it does not matter)."""
    worth = np.zeros((len(rows), len(people)))
    if values is None:
        return worth, None
    listed = np.zeros(worth.shape, dtype=np.bool_)
    row, row_known = _places(values.applications, np.array(rows, dtype=np.int64))
    column, column_known = _places(values.reviewers, np.array([one.id for one in people], dtype=np.int64))
    known = row_known & column_known
    worth[row[known], column[known]] = values.worth[known]
    listed[row[known], column[known]] = True
    return worth, listed if values.only_listed else None


def _places(ids: Integers, order: Integers) -> tuple[Integers, Flags]:
    """Where each id stands in the order, and whether it stands there at all."""
    if not len(order):
        return np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=np.bool_)
    by_id = np.argsort(order)
    place = by_id[np.minimum(np.searchsorted(order[by_id], ids), len(order) - 1)]
    return place, order[place] == ids


def _shared(held: Sequence[Pair], column_of: dict[int, int]) -> Integers:
    """By two columns: how many applications both hold."""
    shared = np.zeros((len(column_of), len(column_of)), dtype=np.int64)
    readers: dict[int, list[int]] = {}
    for application_id, reviewer_id in held:
        if (column := column_of.get(reviewer_id)) is not None:
            for other in readers.setdefault(application_id, []):
                shared[column, other] += 1
                shared[other, column] += 1
            readers[application_id].append(column)
    return shared
