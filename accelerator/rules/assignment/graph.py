"""Rules · Assignment · Graph — which applications and reviewers hang together."""

from __future__ import annotations

from collections.abc import Iterable

Pair = tuple[int, int]


def is_connected(pairs: Iterable[Pair]) -> bool:
    """True when all applications and reviewers named by the pairs hang together; true of none."""
    return len(components(pairs)) <= 1


def components(pairs: Iterable[Pair]) -> list[set[Pair]]:
    """The connected parts of the graph; nodes are (0, application) and (1, reviewer)."""
    above: dict[Pair, Pair] = {}

    def top(node: Pair) -> Pair:
        above.setdefault(node, node)
        while above[node] != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    for application, reviewer in pairs:
        above[top((0, application))] = top((1, reviewer))
    parts: dict[Pair, set[Pair]] = {}
    for node in list(above):
        parts.setdefault(top(node), set()).add(node)
    return [parts[key] for key in sorted(parts, key=lambda key: min(parts[key]))]
