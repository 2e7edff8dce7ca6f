"""Charts as vector graphics: shapes by Vega-Lite through vl-convert, words beside them; the same bytes each time.

A chart knows nothing of dashboards or databases. It takes marks that already have their words, and gives an ``<svg>``
that stands in a page: colours that the style sheet maps to its own (light, dark, print), a title, a description and no
font of its own. Widths are pixels; one pixel of the drawing is one pixel of the page.

Words are written by ourselves, at places that we reckon with anyway: Vega takes most of its time to measure text, and
the shapes are the same in every language.
"""

from publishing.site.charts.bars import rows
from publishing.site.charts.calendar import Day, calendar
from publishing.site.charts.dots import dots
from publishing.site.charts.frame import NARROW, Line, Mark, Plot
from publishing.site.charts.lines import Point, Series, apart, lines
from publishing.site.charts.points import Axes, Spot, geography, scatter
from publishing.site.charts.scale import Scale, scale_of, step_of
from publishing.site.charts.shapes import ACCENT, COLOURS, INK, MARK, RAMP

__all__ = [
    "ACCENT",
    "COLOURS",
    "INK",
    "MARK",
    "NARROW",
    "RAMP",
    "Axes",
    "Day",
    "Line",
    "Mark",
    "Plot",
    "Point",
    "Scale",
    "Series",
    "Spot",
    "apart",
    "calendar",
    "dots",
    "geography",
    "lines",
    "rows",
    "scale_of",
    "scatter",
    "step_of",
]
