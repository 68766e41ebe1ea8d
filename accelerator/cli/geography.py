"""CLI · Geography — the maintainer's door to the map of the regions that ships with the programme."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from accelerator.kernel.regions import REGIONS
from accelerator.rules import geography

OUTPUT = Path(__file__).resolve().parents[1] / "programme" / "regions_map.json"
SOURCE = (
    "IGN, Admin Express, and INSEE, as simplified outlines of the regions by gregoiredavid/france-geojson; "
    "Licence Ouverte 2.0"
)

commands = AppGroup("geography", help="The map of the regions (maintainers only: the drawn map is in the repository).")


@commands.command("draw")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), default=OUTPUT, show_default=False)
def draw(files: tuple[Path, ...], output: Path) -> None:
    """Draw the map from GeoJSON FILES whose features carry an INSEE `code`; the first that has a region wins."""
    rings: dict[str, list[list[tuple[float, float]]]] = {}
    for file in files:
        for feature in json.loads(file.read_text())["features"]:
            code = str(feature["properties"]["code"])
            if code in REGIONS and code not in rings:
                rings[code] = _rings(feature["geometry"])
    if missing := sorted(set(REGIONS) - set(rings)):
        raise click.ClickException(f"no outline of the regions {', '.join(missing)} in these files")
    drawn = geography.drawn_map(rings)
    document = {
        "source": SOURCE,
        "width": drawn.width,
        "height": drawn.height,
        "insets": {code: [box.x, box.y, box.width, box.height] for code, box in drawn.insets.items()},
        "paths": drawn.paths,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    click.echo(f"{len(drawn.paths)} regions, {output.stat().st_size} bytes: {output}")


def _rings(geometry: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """The outer rings of a Polygon or MultiPolygon."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[(point[0], point[1]) for point in polygon[0]] for polygon in polygons]
