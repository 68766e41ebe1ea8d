"""Web · Public · Counter — the figure, how it is counted, its map and history; the same as open data."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accelerator.kernel import clock
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.queries import counter
from accelerator.rules.programmes import PROGRAMME_ZONE
from accelerator.web.binding import page
from accelerator.web.maps import drawn_regions
from accelerator.web.security import EMBEDDABLE_POLICY, public

bp = Blueprint("counter", __name__)

OPEN_DATA_SECONDS = 300
LICENCE = "Licence Ouverte 2.0 (Etalab)"
CSV_COLUMNS = ("measure", "code", "name", "month", "added", "counted", "hidden")


def _counter() -> counter.PublicCounter:
    found = counter.find_public_counter(today=clock.today_in(PROGRAMME_ZONE))
    if found is None:
        raise NotFound(Message("The counter is being set up. Come back soon."))
    return found


@bp.get("/counter")
@public
def index() -> ResponseReturnValue:
    """The figure, its definition, its regions, its history, its corrections."""
    found = _counter()
    chart = counter.history_chart(
        found.months,
        found.projection,
        today=clock.today_in(PROGRAMME_ZONE),
        counted=_("Startups counted"),
        required=_("Pace required"),
        forecast=_("Forecast, with 80% probability"),
        target=_("Target"),
    )
    return page(
        "public/counter/index.html", counter=found, chart=chart, regions=drawn_regions(found.counts), licence=LICENCE
    )


@bp.get("/counter.json")
@public
def figures() -> ResponseReturnValue:
    """The public counter as JSON, for anyone's page."""
    return _open_data(jsonify(_document(_counter())))


@bp.get("/counter.csv")
@public
def table() -> ResponseReturnValue:
    """The public counter as one tidy table."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    writer.writerows(_rows(_counter()))
    response = make_response("\ufeff" + text.getvalue())
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'inline; filename="counter.csv"'
    return _open_data(response)


@bp.get("/counter/widget")
@public
def widget() -> ResponseReturnValue:
    """The figure alone, for a frame on somebody else's page."""
    response = make_response(
        render_template(
            "public/counter/widget.html",
            goal=(found := _counter()).goal,
            total=found.regions.total,
            address=url_for("public.counter.index", _external=True),
        )
    )
    response.headers["Content-Security-Policy"] = EMBEDDABLE_POLICY
    return _cacheable(response)


def _hidden_word(line: counter.RegionLine) -> str | None:
    if line.count is not None:
        return None
    return "fewer_than_5" if line.is_small else "protects_another"


def _document(found: counter.PublicCounter) -> dict[str, object]:
    definition = found.definition
    return {
        "programme": found.goal.name,
        "as_of": clock.today_in(PROGRAMME_ZONE).isoformat(),
        "counted": found.regions.total,
        "target": found.goal.target,
        "target_on": found.goal.target_on.isoformat(),
        "definition": definition
        and {
            "version": definition.version,
            "valid_from": definition.valid_from.isoformat(),
            "fr": definition.text.text_in("fr"),
            "en": definition.text.text_in("en"),
        },
        "regions": [
            {
                "code": line.code,
                "name": counter.region_name(line.code),
                "counted": line.count,
                "hidden": _hidden_word(line),
            }
            for line in sorted(found.regions.lines, key=lambda line: line.code)
        ],
        "months": [
            {"month": month.first.strftime("%Y-%m"), "added": month.added, "counted": month.total}
            for month in found.months
        ],
        "corrections": [
            {"corrected_at": line.corrected_at.isoformat(), "change": line.change, "reason": line.reason}
            for line in found.corrections
        ],
        "licence": LICENCE,
        "documentation": url_for("public.counter.index", _anchor="open-data", _external=True),
    }


def _rows(found: counter.PublicCounter) -> list[tuple[object, ...]]:
    """The table behind `/counter.csv`; no cell holds what somebody typed."""
    rows: list[tuple[object, ...]] = [("total", "", "", "", "", found.regions.total, "")]
    rows += [
        ("region", line.code, counter.region_name(line.code), "", "", _cell(line.count), _hidden_word(line) or "")
        for line in sorted(found.regions.lines, key=lambda line: line.code)
    ]
    rows += [("month", "", "", month.first.strftime("%Y-%m"), month.added, month.total, "") for month in found.months]
    return rows


def _cell(count: int | None) -> object:
    return "" if count is None else count


def _open_data(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    return _cacheable(response)


def _cacheable(response: Response) -> Response:
    """Kept for a few minutes; by shared caches too, unless the answer carries somebody's cookie."""
    shared = "private" if request.cookies else "public"
    response.headers["Cache-Control"] = f"{shared}, max-age={OPEN_DATA_SECONDS}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    return response.make_conditional(request)
