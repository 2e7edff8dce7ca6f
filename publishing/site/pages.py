"""Which pages there are, where each lies, and the parameters of its SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import duckdb

from publishing import open_data
from publishing.county import Place
from publishing.definition import SCHOOL_YEAR, Choice, Dashboard, DefinitionError, Text, Values, year_before
from publishing.site.county import ShownCounty

# The dashboard that is the site's front page.
FRONT = "county"


@dataclass(frozen=True)
class Page:
    """One page: a dashboard for one place, school year and value of each other filter.

    choices: filter and value, in the order of the dashboard's filters
    path:    below the folder of a language, with slashes
    """

    dashboard: Dashboard
    place: Place
    school_year: str
    choices: tuple[tuple[str, str], ...]
    path: str

    def values(self) -> dict[str, str]:
        """The parameters that the cards' SQL may use."""
        given = dict(self.choices) | {"school_year": self.school_year, "last_year": year_before(self.school_year)}
        if self.place.level == "district":
            given["district"] = self.place.cds_code
        elif self.place.level == "school":
            given |= {"school": self.place.cds_code, "district": self.place.district}
        return given


def path_of(dashboard: Dashboard, place: Place, school_year: str, latest: str, choices: Mapping[str, str]) -> str:
    """Where a page lies.

    The latest year at the top, each earlier one in a folder of its own; values other than the default behind the name.
    """
    folder = "" if school_year == latest else f"{school_year}/"
    name = dashboard.name.replace("_", "-")
    stem = "index" if dashboard.name == FRONT else name
    if dashboard.for_each == "district":
        stem = f"{name}/{place.cds_code[:7]}"
    elif dashboard.for_each == "school":
        stem = f"{name}/{place.cds_code}"
    chosen = [f"{key}-{value}" for key, value in choices.items() if value != dashboard.filters[key].default]
    if chosen:
        stem = f"{name if stem == 'index' else stem}/{'.'.join(chosen)}"
    return f"{folder}{stem}.html"


@dataclass(frozen=True)
class Plan:
    """All pages of the site, and what is needed to lead from one to another.

    choices:   the values of each filter but the school year, by dashboard and filter
    of_places: the page of a dashboard for a CDS code and school year, with every filter at its default
    """

    county: ShownCounty
    dashboards: tuple[Dashboard, ...]
    choices: Mapping[tuple[str, str], tuple[Choice, ...]]
    pages: tuple[Page, ...]
    of_places: Mapping[tuple[str, str, str], str]

    def page_of(self, name: str, cds_code: str, school_year: str) -> str | None:
        """The path of a dashboard's page for a place: of that year, else of the latest, else none."""
        latest = self.of_places.get((name, cds_code, self.county.latest))
        return self.of_places.get((name, cds_code, school_year), latest)

    def variants(self, page: Page, name: str) -> tuple[tuple[Text, str], ...]:
        """Each value of a filter as readers see it, with the path of this page with that value."""
        county = self.county
        if name == SCHOOL_YEAR:
            return tuple(
                (Text(en=year, es=year), path_of(page.dashboard, page.place, year, county.latest, dict(page.choices)))
                for year in county.school_years
            )
        return tuple(
            (
                choice.label,
                path_of(
                    page.dashboard,
                    page.place,
                    page.school_year,
                    county.latest,
                    dict(page.choices) | {name: choice.value},
                ),
            )
            for choice in self.choices[page.dashboard.name, name]
        )


def _choices(connection: duckdb.DuckDBPyConnection, dashboard: Dashboard, name: str) -> tuple[Choice, ...]:
    """The values of a filter: of the list, or as the data have them."""
    one, at = dashboard.filters[name], f"dashboards/{dashboard.name}.yml, key filters.{name}"
    if not isinstance(one.values, Values):
        return one.values
    try:
        choices = tuple(
            Choice(value=row["value"], label=Text(en=row["label"], es=row.get("label_es") or row["label"]))
            for row in open_data.rows(connection, one.values.sql, {})
        )
    except (duckdb.Error, ValueError) as error:
        raise DefinitionError(f"{at}.values.sql: {error}. Correct the query.") from error
    if one.default not in {choice.value for choice in choices}:
        known = ", ".join(choice.value for choice in choices)
        raise DefinitionError(f"{at}.default: {one.default!r} is not among the values {known}. Choose one of them.")
    return choices


def _pages_of(
    county: ShownCounty, dashboard: Dashboard, choices: Mapping[tuple[str, str], tuple[Choice, ...]]
) -> list[Page]:
    names = [name for name in dashboard.filters if name != SCHOOL_YEAR]
    years = county.school_years if SCHOOL_YEAR in dashboard.filters else (county.latest,)
    combined = list(product(*([choice.value for choice in choices[dashboard.name, name]] for name in names)))
    return [
        Page(
            dashboard,
            place,
            year,
            chosen := tuple(zip(names, values, strict=True)),
            path_of(dashboard, place, year, county.latest, dict(chosen)),
        )
        for place in county.places(dashboard.for_each)
        for year in years
        for values in combined
    ]


def make_plan(connection: duckdb.DuckDBPyConnection, dashboards: Sequence[Dashboard], county: ShownCounty) -> Plan:
    """Every page of the site: each dashboard, for each of its places, school years and values of its filters."""
    choices = {
        (dashboard.name, name): _choices(connection, dashboard, name)
        for dashboard in dashboards
        for name in dashboard.filters
        if name != SCHOOL_YEAR
    }
    pages = tuple(page for dashboard in dashboards for page in _pages_of(county, dashboard, choices))
    of_places = {
        (page.dashboard.name, page.place.cds_code, page.school_year): page.path
        for page in pages
        if all(value == page.dashboard.filters[name].default for name, value in page.choices)
    }
    return Plan(county, tuple(dashboards), choices, pages, of_places)
