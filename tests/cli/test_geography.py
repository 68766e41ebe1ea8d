"""The maintainer's command that draws the map."""

from __future__ import annotations

import json

from accelerator.cli.geography import OUTPUT
from accelerator.kernel.regions import REGIONS
from accelerator.queries.geography import region_map


def test_draw_gives_the_map_that_ships(app, shared, tmp_path):
    result = app.test_cli_runner().invoke(
        args=[
            "geography",
            "draw",
            str(shared / "geo" / "regions-version-simplifiee.geojson"),
            str(shared / "geo" / "regions-avec-outre-mer.geojson"),
            "--output",
            str(tmp_path / "map.json"),
        ]
    )

    assert result.exit_code == 0, result.output
    assert (tmp_path / "map.json").read_text() == OUTPUT.read_text()


def test_draw_refuses_a_file_that_lacks_regions(app, tmp_path):
    outline = {"type": "Polygon", "coordinates": [[[0, 45], [1, 45], [1, 46], [0, 45]]]}
    (tmp_path / "few.geojson").write_text(
        json.dumps({"features": [{"properties": {"code": "84"}, "geometry": outline}]})
    )

    result = app.test_cli_runner().invoke(
        args=["geography", "draw", str(tmp_path / "few.geojson"), "--output", str(tmp_path / "map.json")]
    )

    assert result.exit_code == 1
    assert "no outline of the regions 01" in result.output
    assert not (tmp_path / "map.json").exists()


def test_the_map_that_ships_has_every_region_and_is_small():
    assert set(region_map().paths) == set(REGIONS)
    assert OUTPUT.stat().st_size <= 40_000
