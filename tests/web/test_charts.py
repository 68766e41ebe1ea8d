"""The macros that draw charts, rendered alone."""

from __future__ import annotations

from datetime import date

from flask import render_template_string
from justhtml import JustHTML
from lxml import html

from accelerator.kernel.bilingual import Bilingual
from accelerator.rules import charts

PAGE = """{% from "components/charts.html" import bar_chart, histogram_chart, line_chart %}
{{ line_chart(lines, "Credits <used>", "To date", unit="€") }}
{{ bar_chart(bars, "By region") }}
{{ histogram_chart(columns, "Scores") }}
{{ line_chart(nothing, "Nothing") }}"""


def _drawn(app, language: str):
    points = [(date(2026, month, 1), 1000.5 * month) for month in range(1, 7)]
    with app.test_request_context(f"/?lang={language}"):
        text = render_template_string(
            PAGE,
            lines=charts.line(
                [charts.Line(Bilingual("Utilisés", "Used"), points), charts.Line("B<", points[:2])],
                marked=charts.Marked(date(2026, 4, 1), Bilingual("Fin", "End")),
                band=charts.Band("Range", [(point[0], 0.0, point[1]) for point in points]),
                decimals=2,
            ),
            bars=charts.bars([charts.Item("Corse <i>", 3), charts.Item("Bretagne", 0)]),
            columns=charts.histogram([1, 2, 2.5], low=1, high=5, bins=4),
            nothing=charts.line([]),
        )
    return text, html.document_fromstring(text)


def test_charts_are_images_with_words_and_a_table_behind(app):
    text, tree = _drawn(app, "en")

    assert [svg.get("aria-label") for svg in tree.xpath("//svg[@role='img']")] == [
        "Credits <used>",
        "By region",
        "Scores",
    ]
    rows = [[cell.text_content() for cell in row] for row in tree.xpath("//table")[0].xpath("./tbody/tr")]
    assert rows[0] == ["1 Jan 2026", "1,000.50\xa0€", "1,000.50\xa0€", "0.00\xa0€", "1,000.50\xa0€"]
    assert rows[5][2] == "–"
    assert "There is nothing to draw yet." in text
    assert not tree.xpath("//*[@style]|//i")
    errors = JustHTML(f"<!doctype html><title>x</title>{text}", collect_errors=True).errors
    assert errors == []


def test_charts_read_in_french(app):
    text, _tree = _drawn(app, "fr")

    assert "Utilisés" in text
    assert "1 janv. 2026" in text
    assert "Les chiffres en tableau" in text
