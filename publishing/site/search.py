"""How readers find a place: the list behind the search, and the page of all places by letter."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from itertools import groupby

from publishing.county import Place
from publishing.site.addresses import PLACES, relative
from publishing.site.layout import Edition, Link, surroundings
from publishing.site.pages import FRONT, Plan


@dataclass(frozen=True)
class _District:
    text: str
    href: str
    schools: tuple[Link, ...]


def page_of_place(plan: Plan, place: Place) -> str | None:
    """The page of a place in the latest year: its own, or of a school the one of its district."""
    names = [dashboard.name for dashboard in plan.dashboards if dashboard.for_each == place.level]
    if place.level == "county":
        names = [FRONT]
    # Of several dashboards for each district, the one that is called so.
    for name in sorted(names, key=lambda name: (name != place.level, name)):
        if path := plan.page_of(name, place.cds_code, plan.county.latest):
            return path
    if place.level == "school":
        return next((page_of_place(plan, one) for one in plan.county.districts if one.cds_code == place.district), None)
    return None


def search_file(plan: Plan) -> str:
    """The script that holds every place with a page: its name, its path in a language, and the district of a school."""
    county = plan.county
    districts = {district.cds_code: district.name for district in county.districts}
    of_districts = {district.cds_code: page_of_place(plan, district) for district in county.districts}
    has_schools = any(dashboard.for_each == "school" for dashboard in plan.dashboards)
    places: list[list[str]] = []
    for place in (county.place, *county.districts, *county.schools):
        is_school = place.level == "school"
        path = of_districts.get(place.district) if is_school and not has_schools else page_of_place(plan, place)
        if path:
            more = districts.get(place.district, "") if is_school else ""
            places.append([place.name, path, more] if more else [place.name, path])
    listed = ",\n".join(json.dumps(place, ensure_ascii=False, separators=(",", ":")) for place in places)
    return f'attendance.give("places", [\n{listed}\n]);\n'


def _letter(name: str) -> str:
    first = unicodedata.normalize("NFD", name)[:1].upper()
    return first if first.isalpha() else "0"


def places_page(edition: Edition) -> str:
    """The page of all districts and schools."""
    plan, here = edition.plan, edition.path(PLACES)
    county = plan.county

    def link(place: Place) -> Link:
        path = page_of_place(plan, place)
        return Link(place.name, relative(edition.path(path), here) if path else "")

    has_schools = any(dashboard.for_each == "school" for dashboard in plan.dashboards)
    schools: dict[str, list[Link]] = {}
    for school in county.schools:
        schools.setdefault(school.district, []).append(link(school) if has_schools else Link(school.name, ""))
    ordered = sorted(county.districts, key=lambda district: (_letter(district.name), district.name))
    letters = [
        (
            letter,
            [
                _District(district.name, link(district).href, tuple(schools.get(district.cds_code, [])))
                for district in districts
            ],
        )
        for letter, districts in groupby(ordered, key=lambda district: _letter(district.name))
    ]
    return edition.templates.get_template("places.html.j2").render(
        letters=letters, **surroundings(edition, here, PLACES, county.latest)
    )
