"""No small cell can be worked out from what is published."""

from __future__ import annotations

import itertools
import random

import pytest

from accelerator.rules.disclosure import Hidden, PublicCell, published


def test_large_cells_are_published_as_they_are():
    assert published({"11": 40, "84": 5}) == {"11": PublicCell(40), "84": PublicCell(5)}


def test_one_small_cell_takes_the_next_smallest_with_it():
    cells = published({"11": 40, "84": 12, "94": 2})

    assert cells == {
        "11": PublicCell(40),
        "84": PublicCell(None, Hidden.PROTECTS),
        "94": PublicCell(None, Hidden.SMALL),
    }


def test_small_cells_protect_each_other():
    cells = published({"11": 40, "01": 2, "02": 3, "03": 2})

    assert cells["11"] == PublicCell(40)
    assert {cells[code].hidden for code in ("01", "02", "03")} == {Hidden.SMALL}


def test_two_small_cells_at_their_ceiling_need_a_third():
    assert published({"11": 40, "84": 30, "01": 4, "02": 4})["84"].hidden is Hidden.PROTECTS


def test_nothing_counted_hides_everything():
    assert {cell.count for cell in published(dict.fromkeys("abc", 0)).values()} == {None}


def test_an_empty_table_is_published_empty():
    assert published({}) == {}


def _possible_values(counts: dict[str, int], key: str) -> set[int]:
    """Every value of one cell that the total, the published cells and the labels allow, by trying them all."""
    cells = published(counts)
    hidden = [name for name, cell in cells.items() if cell.count is None]
    rest = sum(counts[name] for name in hidden)
    ceiling = min((cell.count for cell in cells.values() if cell.count is not None), default=sum(counts.values()))
    ranges = [range(5) if cells[name].hidden is Hidden.SMALL else range(5, ceiling + 1) for name in hidden]
    position = hidden.index(key)
    return {values[position] for values in itertools.product(*ranges) if sum(values) == rest}


@pytest.mark.parametrize("seed", range(60))
def test_an_attacker_who_tries_everything_is_left_in_doubt(seed):
    chance = random.Random(seed)
    counts = {str(index): chance.choice([0, 1, 2, 3, 4, 6, 8, 11]) for index in range(5)}
    cells = published(counts)

    if all(cell.count is None for cell in cells.values()):
        return
    for key, cell in cells.items():
        if cell.count is None and counts[key]:
            assert len(_possible_values(counts, key)) >= 3, (counts, key)
