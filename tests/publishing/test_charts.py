"""Drawings: what they show, what they say, and that they are the same each time."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import altair as alt
import pytest

from publishing.site import charts, figures
from publishing.site.charts import Axes, Day, Line, Mark, Plot, Point, Scale, Series, Spot, scale_of, shapes, step_of

PROJECT = Path(__file__).resolve().parents[2]
COUNTY = Line(22.0, "County 22.0 %")
MARKS = [
    Mark("Cedar Unified", 28.0, "28.0 %", "2,741"),
    Mark("A district of which the name is far too long for a single line", 22.0, "22.0 %", "1,450"),
    Mark("Alder Unified", 14.0, "14.0 %", "3,764"),
    Mark("Birch Elementary", None, "hidden: 10 or fewer"),
]
YEARS = [
    Series("County", (Point("2022-23", 26.8, "26.8 %"), Point("2023-24", 22.0, "22.0 %")), is_subject=True),
    Series(
        "Cedar", (Point("2022-23", None, "hidden: 10 or fewer"), Point("2023-24", 28.0, "28.0 %")), is_subject=False
    ),
]


DAYS = [Day(date(2023, 8, 14 + place), None if place == 3 else place % 5, mark=place == 2) for place in range(5)]
DAYS += [Day(date(2024, month, 8), 4) for month in range(1, 7)]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
SPOTS = [
    Spot(-118.4, 34.0, 9.0, 4, name="Alder High"),
    Spot(-118.2, 34.1, 4.0, 1, name="Birch Middle"),
    Spot(-118.0, 33.8, 4.0, 1),
]


FORTY = Scale(0.0, 40.0)


def plot(width: int = 634, scale: Scale = FORTY) -> Plot:
    return Plot(width, scale, "card", "Districts", "One of four lies above the county.", "Students")


RANGES = [
    Mark("Visit", -1.6, "-1.6 (-3.1 to -0.2)", "120", lower=-3.1, upper=-0.2),
    Mark("Letter", None, "hidden: 10 or fewer"),
]
AXES = Axes("West", "North", Scale(33.0, 35.0), None, Line(34.05, "Half"))


def drawings(width: int) -> dict[str, str]:
    """One drawing of each kind."""
    steps = [Mark("Letter", 12.6, "13.9 % to 12.6 %", "198", start=13.9), Mark("Visit", None, "hidden: 10 or fewer")]
    return {
        "rows": charts.rows(plot(width), MARKS, [COUNTY]),
        "dots": charts.dots(plot(width), MARKS, [COUNTY, Line(18.0, "District 18.0 %")]),
        "steps": charts.dots(plot(width), steps, []),
        "lines": charts.lines(plot(width), YEARS),
        "ranges": charts.dots(plot(width, Scale(-4.0, 2.0)), RANGES, []),
        "calendar": charts.calendar(plot(width), DAYS, MONTHS, WEEKDAYS),
        "geography": charts.geography(plot(width), SPOTS),
        "scatter": charts.scatter(
            plot(width, Scale(-118.5, -117.9)),
            SPOTS,
            Axes("West", "North", Scale(33.0, 35.0), None, Line(34.05, "Half")),
        ),
    }


@pytest.fixture(scope="module", params=[634, 335], ids=["desk", "phone"])
def drawn(request: pytest.FixtureRequest) -> dict[str, str]:
    return drawings(request.param)


def bars(svg: str, colour: str) -> list[float]:
    """The lengths of the bars in a colour, in pixels."""
    root = ET.fromstring(svg)
    paths = [node.get("d", "") for node in root.iter("path") if node.get("fill") == colour]
    return [float(path.split("h", 1)[1].split("v", 1)[0]) for path in paths]


def test_bars_begin_at_zero_and_are_as_long_as_their_values(drawn: dict[str, str]) -> None:
    root = ET.fromstring(drawn["rows"])
    for colour in (charts.ACCENT, charts.MARK):
        for node in root.iter("path"):
            if node.get("fill") == colour:
                assert node.get("d", "").startswith("M0,")
    (longest,) = bars(drawn["rows"], charts.ACCENT)
    others = bars(drawn["rows"], charts.MARK)
    assert [length / longest for length in others] == pytest.approx([22 / 28, 14 / 28], abs=0.001)


def test_only_what_lies_above_the_reference_is_in_colour(drawn: dict[str, str]) -> None:
    assert len(bars(drawn["rows"], charts.ACCENT)) == 1
    assert len(bars(drawn["rows"], charts.MARK)) == 2


def test_a_hidden_value_is_a_hatched_lane_with_words_never_a_bar(drawn: dict[str, str]) -> None:
    for kind in ("rows", "dots", "steps", "lines", "ranges", "calendar"):
        root = ET.fromstring(drawn[kind])
        assert root.find(".//pattern[@id='card-hatch']") is not None, kind
        hatched = [node for node in root.iter() if "url(#card-hatch)" in node.attrib.values()]
        assert len(hatched) == 1, kind
        said = " ".join(" ".join(node.itertext()) for node in root.iter("text"))
        # a day has no room for words: its table has them
        assert "hidden: 10 or fewer" in said or kind == "calendar", kind
    assert len(bars(drawn["rows"], "url(#card-hatch)")) == 1


def test_a_line_is_not_drawn_through_a_hidden_year(drawn: dict[str, str]) -> None:
    root = ET.fromstring(drawn["lines"])
    grey = [node.get("d", "") for node in root.iter("path") if node.get("stroke") == charts.MARK]
    assert all("L" not in path for path in grey)


def test_an_interval_is_a_thin_line_with_its_dot_upon_it(drawn: dict[str, str]) -> None:
    root = ET.fromstring(drawn["ranges"])
    (line,) = [node for node in root.iter("path") if node.get("fill") == charts.INK]
    begin, length = re.match(r"M([\d.-]+),[\d.]+h([\d.]+)v1\.5", line.get("d", "")).groups()  # type: ignore[union-attr]
    (dot,) = [node for node in root.iter("path") if node.get("fill") == charts.ACCENT]
    at = float(re.match(r"translate\(([\d.]+)", dot.get("transform", "")).group(1))  # type: ignore[union-attr]
    # from -3.1 to -0.2, with the value at -1.6
    assert (at - float(begin)) / float(length) == pytest.approx(1.5 / 2.9, abs=0.01)


def test_a_calendar_has_a_cell_for_each_day_and_none_for_others(drawn: dict[str, str]) -> None:
    root = ET.fromstring(drawn["calendar"])
    colours = {*charts.RAMP, "url(#card-hatch)"}
    cells = [node for node in root.iter("path") if node.get("fill") in colours]
    assert len(cells) == len(DAYS)
    assert len([node for node in root.iter("path") if node.get("stroke") == charts.INK]) == 1
    said = [node.text for node in root.iter("text")]
    assert [text for text in said if text in MONTHS] == ["Aug", "Jan", "Feb", "Mar", "Apr", "May", "Jun"]


def test_a_map_lies_north_up_and_as_wide_as_it_is(drawn: dict[str, str]) -> None:
    root = ET.fromstring(drawn["geography"])
    found = [re.findall(r"M([\d.]+) ([\d.]+)h0", node.get("d", "")) for node in root.iter("path")]
    places = sorted((float(x), float(y)) for each in found for x, y in each)
    assert len(places) == 3
    alder, birch, south = places
    assert south[1] > alder[1] > birch[1]
    # a tenth of a degree north is as long as a tenth divided by the cosine of the latitude west
    wide, tall = birch[0] - alder[0], alder[1] - birch[1]
    assert wide / tall == pytest.approx(2 * math.cos(math.radians(33.97)), abs=0.03)


def test_names_of_points_never_lie_upon_each_other() -> None:
    close = [Spot(-118.0 + place / 1000, 34.0, name=f"School number {place}") for place in range(5)]
    close.append(Spot(-117.0, 33.0))
    said = [node.text for node in ET.fromstring(charts.geography(plot(), close)).iter("text")]
    assert [text for text in said if text and text.startswith("School")] == ["School number 0"]


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([3.0, 7.9], 0, 8), ([-1.6, 0.4], -2, 0.5), ([0.0], 0, 1), ([], 0, 1), ([950.0, 12_000.0], 0, 12_000)],
)
def test_a_scale_has_round_ends_around_its_values_and_zero(values: list[float], low: float, high: float) -> None:
    assert scale_of(values) == Scale(low, high)


def test_shades_have_round_steps_around_most_of_the_values() -> None:
    steps = figures._steps_of([4.7, *[5.0 + place / 10 for place in range(40)], 30.0, None])
    assert (steps.low, steps.size) == (5.0, 1.0)
    assert [steps.of(value) for value in (None, 4.7, 5.0, 6.0, 8.9, 9.0, 30.0)] == [None, 0, 0, 1, 3, 4, 4]


def test_steps_are_round_and_few() -> None:
    assert [step_of(size) for size in (10, 22, 60, 1, 0.3)] == pytest.approx([2, 5, 20, 0.2, 0.1])


def test_one_structure_is_compiled_once_for_many_drawings() -> None:
    shapes._compiled.cache_clear()
    for value in (10.0, 20.0, 30.0):
        charts.rows(plot(), [Mark("A", value, f"{value}")], [])
    assert shapes._compiled.cache_info().misses == 1


def test_a_drawing_has_a_title_and_says_what_it_finds(drawn: dict[str, str]) -> None:
    for svg in drawn.values():
        root = ET.fromstring(svg)
        assert root.get("role") == "img"
        assert (root.get("aria-labelledby"), root.get("aria-describedby")) == ("card-title", "card-desc")
        assert root.findtext("title[@id='card-title']") == "Districts"
        assert root.findtext("desc[@id='card-desc']") == "One of four lies above the county."


def test_a_drawing_uses_only_colours_that_the_style_sheet_maps(drawn: dict[str, str]) -> None:
    style = (PROJECT / "publishing" / "site" / "style.css").read_text(encoding="utf-8")
    for svg in drawn.values():
        for node in ET.fromstring(svg).iter():
            for name in ("fill", "stroke"):
                value = node.get(name, "none")
                if value not in {"none", "transparent"} and not value.startswith("url("):
                    assert value in charts.COLOURS
                    assert f'[{name}="{value}"]' in style, f"{name} {value}"
            if node.tag == "text":
                assert node.get("class") in {"name", "note", "line", "value", "halo", "subject"}


def test_a_drawing_keeps_to_its_width_and_brings_no_font(drawn: dict[str, str]) -> None:
    for svg in drawn.values():
        root = ET.fromstring(svg)
        assert root.get("width") in {"634", "335"}
        assert "font-family" not in svg


def test_names_that_are_too_long_take_two_lines_and_no_more() -> None:
    svg = charts.rows(plot(), MARKS, [])
    said = [list(node.itertext()) for node in ET.fromstring(svg).iter("text")]
    (long,) = [lines for lines in said if "".join(lines).startswith("A district")]
    assert len(long) == 2
    assert long[1].endswith("…")


def test_the_shortest_of_names_can_be_drawn() -> None:
    for name in ("A", ""):
        assert "10.0 %" in charts.rows(plot(), [Mark(name, 10.0, "10.0 %")], [COUNTY])
        assert "10.0 %" in charts.dots(plot(), [Mark(name, 10.0, "10.0 %")], [])
        assert "10.0 %" in charts.lines(plot(), [Series(name, (Point("2023-24", 10.0, "10.0 %"),), is_subject=True)])


def test_markup_in_a_name_stays_text() -> None:
    svg = charts.rows(plot(), [Mark("<script>alert(1)</script> & Sons", 10.0, "10.0 %")], [])
    assert "<script" not in svg
    assert "alert(1)" in svg


def test_of_many_lines_only_the_subject_the_highest_and_the_lowest_are_named() -> None:
    many = [
        Series(f"District {place}", (Point("2023-24", float(place), f"{place}.0 %"),), is_subject=place == 7)
        for place in range(1, 20)
    ]
    said = [node.text or "" for node in ET.fromstring(charts.lines(plot(), many)).iter("text")]
    assert sorted(text for text in said if text.startswith("District")) == [
        "District 1 1.0 %",
        "District 19 19.0 %",
        "District 7 7.0 %",
    ]


@pytest.mark.parametrize(
    "values", [[10.0, 10.0, 10.0], [0.0, 0.1, 39.9, 40.0], [5.0], [], [30.0, 1.0, 30.5, 2.0, 29.0], [40.0] * 8]
)
def test_labels_never_touch_and_stay_within_the_drawing(values: list[float]) -> None:
    placed = charts.apart(values, [3.0] * len(values), 0.0, 40.0)
    assert all(after - before >= 3.0 - 1e-9 for before, after in pairwise(sorted(placed)))
    assert all(0.0 <= place <= 40.0 for place in placed)
    assert [place for _, place in sorted(zip(values, placed, strict=True))] == sorted(placed)


def test_labels_that_have_room_stand_at_their_values() -> None:
    assert charts.apart([30.0, 10.0, 20.0], [3.0, 3.0, 3.0], 0.0, 40.0) == [30.0, 10.0, 20.0]
    assert charts.apart([20.0, 20.0], [4.0, 2.0], 0.0, 40.0) == [18.5, 21.5]


def test_specifications_are_valid_vega_lite(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    original = shapes.specification

    def kept(*given: Any) -> dict[str, Any]:
        made.append(original(*given))
        return made[-1]

    monkeypatch.setattr(shapes, "specification", kept)
    drawings(634)
    drawings(335)
    assert len(made) == 16
    for specification in made:
        alt.LayerChart.from_dict(specification, validate=True)


def test_the_same_data_give_the_same_drawing_in_another_process() -> None:
    program = (
        "from publishing.site import charts as c; import hashlib; "
        "p = c.Plot(634, c.Scale(0, 40), 'card', 'Districts', 'Says.', 'Students'); "
        "print(hashlib.sha256(c.rows(p, [c.Mark('A', 28.0, '28.0 %')], [c.Line(22.0, 'County')]).encode()).hexdigest())"
    )
    digests = {
        subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    }
    assert len(digests) == 1
