"""Queries · Geography — the drawn map of the regions, read once a process from the data that ships."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from accelerator.rules.geography import Box, Map

FILE: Final = Path(__file__).resolve().parents[1] / "programme" / "regions_map.json"


@cache
def region_map() -> Map:
    """The map of the 18 regions. Source: see the file's own "source"."""
    document = json.loads(FILE.read_text())
    return Map(
        width=document["width"],
        height=document["height"],
        paths=document["paths"],
        insets={code: Box(*edges) for code, edges in document["insets"].items()},
    )
