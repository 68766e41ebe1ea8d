"""Rules · Charts — the geometry of the house's charts: values in, coordinates out.

Pages and the printed report draw the same chart from the same values, in `components/charts.html`.
Texts in a chart are sentences (plain, Message or Bilingual); whoever draws it translates them.
Units: coordinates are SVG user units, the origin at the top left.
"""

from accelerator.rules.charts.axes import MOST_TICKS, Place, Tick, nice_days, nice_numbers
from accelerator.rules.charts.bars import BarChart, Histogram, Item, bars, histogram
from accelerator.rules.charts.intervals import Interval, IntervalChart, intervals
from accelerator.rules.charts.lines import Band, Line, LineChart, Marked, line

__all__ = [
    "MOST_TICKS",
    "Band",
    "BarChart",
    "Histogram",
    "Interval",
    "IntervalChart",
    "Item",
    "Line",
    "LineChart",
    "Marked",
    "Place",
    "Tick",
    "bars",
    "histogram",
    "intervals",
    "line",
    "nice_days",
    "nice_numbers",
]
