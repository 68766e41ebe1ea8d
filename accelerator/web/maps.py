"""Web · Maps — the map of the regions and its table, drawn once for the same figures and language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from flask import current_app
from flask_babel import gettext as _
from markupsafe import Markup

from accelerator.queries.counter import RegionSheet, region_sheet
from accelerator.web import filters, locale


@dataclass(frozen=True)
class DrawnRegions:
    """The map and the table as HTML, and the sheet they were drawn from."""

    sheet: RegionSheet
    map: Markup
    table: Markup


def drawn_regions(counts: tuple[tuple[str, int], ...]) -> DrawnRegions:
    """Map and table of the published counts in the reader's language."""
    return _drawn(counts, locale.current())


@lru_cache(maxsize=32)
def _drawn(counts: tuple[tuple[str, int], ...], _language: str) -> DrawnRegions:
    sheet = region_sheet(dict(counts))
    macros = current_app.jinja_env.get_template("components/map.html").module
    title = _("Map of France: startups counted in each region")
    caption = _("Startups counted, by region of the head office: %(total)s", total=filters.shown_number(sheet.total))
    return DrawnRegions(
        sheet,
        Markup(macros.region_map(sheet, title)),  # type: ignore[attr-defined]
        Markup(macros.region_table(sheet, caption)),  # type: ignore[attr-defined]
    )
