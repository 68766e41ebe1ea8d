"""Rules · Geography — from degrees on the globe to the small map of the regions, and to its colours.

The mainland and Corsica share one plane projection (longitudes shortened by the cosine of the middle latitude);
each overseas region has its own scale in a box below. Points are moved onto a grid of whole units, so that
neighbours keep their common border and the paths stay short.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]
"""Degrees: longitude, latitude (WGS 84), as GeoJSON orders them."""

WIDTH: Final = 560
MAINLAND_HEIGHT: Final = 540
INSET_HEIGHT: Final = 92
INSET_GAP: Final = 12
HEIGHT: Final = MAINLAND_HEIGHT + INSET_GAP + INSET_HEIGHT
OVERSEAS: Final = ("01", "02", "03", "04", "06")
SMALLEST_AREA: Final = 3.0
"""Islands of fewer square units than this are left out, unless they are all a region has."""

CLASSES: Final = 5


@dataclass(frozen=True)
class Box:
    """A rectangle of the drawing."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Map:
    """The drawing: a path a region, and the frames of the overseas boxes."""

    width: int
    height: int
    paths: Mapping[str, str]
    insets: Mapping[str, Box]


def drawn_map(rings_of: Mapping[str, Sequence[Sequence[Point]]]) -> Map:
    """The regions as SVG paths, INSEE code by INSEE code.

    Raises: ValueError when a region has no ring.
    """
    if empty := sorted(code for code, rings in rings_of.items() if not rings):
        raise ValueError(f"no outline for {', '.join(empty)}")
    mainland = {code: rings for code, rings in rings_of.items() if code not in OVERSEAS}
    paths = _projected(mainland, Box(4, 4, WIDTH - 8, MAINLAND_HEIGHT - 8))
    insets = {}
    overseas = [code for code in OVERSEAS if code in rings_of]
    step = (WIDTH + INSET_GAP) / max(1, len(overseas))
    for index, code in enumerate(overseas):
        frame = Box(round(index * step, 1), MAINLAND_HEIGHT + INSET_GAP, round(step - INSET_GAP, 1), INSET_HEIGHT)
        inner = Box(frame.x + 8, frame.y + 8, frame.width - 16, frame.height - 16)
        paths |= _projected({code: rings_of[code]}, inner)
        insets[code] = frame
    return Map(WIDTH, HEIGHT, {code: paths[code] for code in sorted(paths)}, insets)


def _projected(rings_of: Mapping[str, Sequence[Sequence[Point]]], into: Box) -> dict[str, str]:
    points = [point for rings in rings_of.values() for ring in rings for point in ring]
    if not points:
        return {}
    west, east = min(point[0] for point in points), max(point[0] for point in points)
    south, north = min(point[1] for point in points), max(point[1] for point in points)
    shortening = math.cos(math.radians((south + north) / 2))
    scale = min(into.width / ((east - west) * shortening), into.height / (north - south))
    left = into.x + (into.width - (east - west) * shortening * scale) / 2
    top = into.y + (into.height - (north - south) * scale) / 2

    def on_grid(point: Point) -> tuple[int, int]:
        return (
            round(left + (point[0] - west) * shortening * scale),
            round(top + (north - point[1]) * scale),
        )

    return {
        code: "".join(_path(ring) for ring in _worth_drawing([[on_grid(point) for point in ring] for ring in rings]))
        for code, rings in rings_of.items()
    }


def _worth_drawing(rings: Sequence[Sequence[tuple[int, int]]]) -> list[Sequence[tuple[int, int]]]:
    largest = max(rings, key=_area)
    return [ring for ring in rings if ring is largest or _area(ring) >= SMALLEST_AREA]


def _area(ring: Sequence[tuple[int, int]]) -> float:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def _path(ring: Sequence[tuple[int, int]]) -> str:
    """The closed ring in relative steps; straight runs are one step."""
    corners = [point for index, point in enumerate(ring) if index == 0 or point != ring[index - 1]]
    if len(corners) > 1 and corners[-1] == corners[0]:
        corners.pop()
    kept = [
        corner
        for index, corner in enumerate(corners)
        if len(corners) < 4 or not _is_straight(corners[index - 1], corner, corners[(index + 1) % len(corners)])
    ]
    x, y = kept[0]
    parts = [f"M{x} {y}l"]
    for next_x, next_y in kept[1:]:
        step_x, step_y = next_x - x, next_y - y
        separator = "" if parts[-1][-1] == "l" or step_x < 0 else " "
        parts.append(f"{separator}{step_x}{'' if step_y < 0 else ' '}{step_y}")
        x, y = next_x, next_y
    return "".join(parts) + "z"


def _is_straight(before: tuple[int, int], corner: tuple[int, int], after: tuple[int, int]) -> bool:
    return (corner[0] - before[0]) * (after[1] - corner[1]) == (corner[1] - before[1]) * (after[0] - corner[0])


def class_bounds(counts: Sequence[int], *, first: int) -> list[int]:
    """The least count of classes 1, 2, … of a map with five colours: quarters of the values, rounded.

    Args: first is the least count worth a colour of its own; everything below it is class 0.
    """
    values = sorted(count for count in counts if count >= first)
    bounds: list[int] = []
    for quarter in range(CLASSES - 1):
        if not values:
            break
        bound = first if quarter == 0 else _rounded(values[len(values) * quarter // (CLASSES - 1)])
        if not bounds or bound > bounds[-1]:
            bounds.append(bound)
    return bounds


def _rounded(value: int) -> int:
    """The value with one digit and a half that stand: 5, 12, 19, 40, 45, 100, 350."""
    step = 1 if value < 20 else 5 * 10 ** max(0, len(str(value)) - 2)
    return value // step * step


def class_of(count: int, bounds: Sequence[int]) -> int:
    """Which colour a count takes: 0 below the first bound."""
    return sum(count >= bound for bound in bounds)
