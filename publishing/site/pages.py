"""Which pages there are, and the figures of each: definitions and data together, before anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from publishing import open_data
from publishing.definition import Card, Dashboard, DotsCard, LineCard, RowCard, ScalarCard
from publishing.open_data import OpenDataError, Row

# The dashboard that is the site's front page.
FRONT = "county"


@dataclass(frozen=True)
class Place:
    """Whom a page is about: the county or one district; ``cds_code`` has 14 digits."""

    level: str
    cds_code: str
    name: str


@dataclass(frozen=True)
class Submission:
    """How much of a place has sent attendance, and through which days it is complete; days are null where none is."""

    enrolling: int
    submitted: int
    first: date | None
    last: date | None


@dataclass(frozen=True)
class Definition:
    """The published definition of chronic absence: days, percent, words, source."""

    minimum_days: int
    threshold_percent: int
    description: str
    source: str


@dataclass(frozen=True)
class County:
    """What all pages share: the county, its districts by name, the school years with figures (latest first)."""

    place: Place
    districts: tuple[Place, ...]
    school_years: tuple[str, ...]
    definition: Definition
    is_simulated: bool


@dataclass(frozen=True)
class Result:
    """What a card's SQL returned, and what it returned for the year before where the card compares with it."""

    rows: tuple[Row, ...]
    last_rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Page:
    """One page: a dashboard for one place and school year; ``path`` is below the site, with slashes."""

    dashboard: Dashboard
    place: Place
    school_year: str
    path: str
    submission: Submission | None
    results: Mapping[str, Result]


def year_before(school_year: str) -> str:
    """2023-24 gives 2022-23."""
    start = int(school_year[:4]) - 1
    return f"{start}-{(start + 1) % 100:02d}"


def path_of(dashboard: Dashboard, place: Place, school_year: str, latest: str) -> str:
    """Where a page lies: the latest year at the top, each earlier one in a folder of its own."""
    folder = "" if school_year == latest else f"{school_year}/"
    if dashboard.name == FRONT:
        return f"{folder}index.html"
    name = dashboard.name.replace("_", "-")
    return f"{folder}{name}/{place.cds_code[:7]}.html" if dashboard.for_each == "district" else f"{folder}{name}.html"


def _one(rows: Sequence[Row], what: str) -> Row:
    if not rows:
        raise OpenDataError(f"{what}. Build the warehouse again: attendance build")
    return rows[0]


def read_county(connection: duckdb.DuckDBPyConnection) -> County:
    """The county as ``open_data`` has it; OpenDataError where it has none, or no school year with figures."""
    entities = open_data.rows(
        connection,
        "select entity_level, cds_code, entity_name from open_data.entities "
        "where entity_level in ('county', 'district') order by entity_level, entity_name, cds_code",
        {},
    )
    places = [Place(row["entity_level"], row["cds_code"], row["entity_name"]) for row in entities]
    years = open_data.rows(
        connection,
        "select distinct school_year from open_data.chronic_absence where entity_level = 'county' "
        "and reporting_category = 'TA' and chronic_rate is not null order by school_year desc",
        {},
    )
    about = _one(
        open_data.rows(connection, "select is_simulated from open_data.about", {}), "open_data.about has no row"
    )
    rule = _one(
        open_data.rows(
            connection,
            "select minimum_days_expected, threshold_percent, description, source from open_data.definitions "
            "where definition = 'cde'",
            {},
        ),
        "open_data.definitions has no row for the definition cde",
    )
    counties = [place for place in places if place.level == "county"]
    if not counties:
        raise OpenDataError("open_data.entities has no county. Build the warehouse again: attendance build")
    _one(years, "open_data.chronic_absence has no school year with a rate for the county")
    return County(
        place=counties[0],
        districts=tuple(place for place in places if place.level == "district"),
        school_years=tuple(row["school_year"] for row in years),
        definition=Definition(
            rule["minimum_days_expected"], rule["threshold_percent"], rule["description"], rule["source"]
        ),
        is_simulated=bool(about["is_simulated"]),
    )


def _submission(connection: duckdb.DuckDBPyConnection, place: Place, school_year: str) -> Submission | None:
    rows = open_data.rows(
        connection,
        "select schools_enrolling, schools_submitted, complete_through, latest_complete_through "
        "from open_data.submissions where cds_code = $cds_code and school_year = $school_year",
        {"cds_code": place.cds_code, "school_year": school_year},
    )
    if not rows:
        return None
    row = rows[0]
    return Submission(
        row["schools_enrolling"], row["schools_submitted"], row["complete_through"], row["latest_complete_through"]
    )


def _result(
    connection: duckdb.DuckDBPyConnection, dashboard: Dashboard, card: Card, place: Place, school_year: str
) -> Result:
    def run(year: str) -> tuple[Row, ...]:
        values: dict[str, object] = {name: one.default for name, one in dashboard.filters.items()}
        values |= {"school_year": year, "last_year": year_before(year), "district": place.cds_code}
        try:
            return open_data.rows(connection, card.sql, values)
        except (duckdb.Error, OpenDataError) as error:
            raise OpenDataError(f"dashboards/{dashboard.name}.yml, card {card.id}, key sql: {error}") from error

    compares = isinstance(card, ScalarCard) and card.compare is not None and card.compare.to == "last_year"
    return Result(run(school_year), run(year_before(school_year)) if compares else ())


def gather(connection: duckdb.DuckDBPyConnection, dashboards: Iterable[Dashboard], county: County) -> tuple[Page, ...]:
    """Every page with its figures: each dashboard, for each of its places, for each school year with figures."""
    return tuple(
        Page(
            dashboard,
            place,
            school_year,
            path_of(dashboard, place, school_year, county.school_years[0]),
            _submission(connection, place, school_year),
            {card.id: _result(connection, dashboard, card, place, school_year) for card in dashboard.cards},
        )
        for dashboard in dashboards
        for place in (county.districts if dashboard.for_each == "district" else (county.place,))
        for school_year in county.school_years
    )


def _rate_columns(card: Card) -> list[str]:
    """The columns that a card draws along the axis of rates."""
    match card:
        case RowCard():
            drawn = [card.x]
        case DotsCard():
            drawn = [card.x, *([card.start] if card.start else [])]
        case LineCard():
            drawn = [card.y]
        case _:
            return []
    lines = [] if isinstance(card, LineCard) else [line.column for line in card.reference]
    return [column for column in drawn if card.columns[column].format == "percent"] + lines


# A scale ends on a multiple of this, and not before twice as much.
_HALF_STEP = 5


def rate_scale(pages: Iterable[Page]) -> float:
    """Where the axis of rates ends, in percent: one scale for all pages of a dashboard, so that they can be compared.

    The largest rate drawn, rounded up to the next five, at least ten.
    """
    values = [
        float(row[column])
        for page in pages
        for card in page.dashboard.cards
        for column in _rate_columns(card)
        for row in page.results[card.id].rows
        if row[column] is not None
    ]
    return float(max(math.ceil(max(values, default=0.0) / _HALF_STEP), 2) * _HALF_STEP)
