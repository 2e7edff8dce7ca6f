"""A question run as Metabase runs it, and a card's SQL as the site runs it: are these the same rows?

``python -m tests.metabase.running HOME`` does that for every dashboard with what is published in a home, on its server.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.string import StrDumperVarchar

from attendance.settings import PROJECT, Settings, read_settings
from publishing.definition import Card, read_dashboards, year_before
from publishing.metabase.figures import Figures, open_figures
from publishing.metabase.publish import read_wanted
from publishing.metabase.queries import narrowing
from publishing.metabase.things import Thing
from publishing.serving.server import open_server

_VARIABLE = re.compile(r"{{([a-z0-9_]+)}}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


def statement(query: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """SQL and values as Metabase hands them to PostgreSQL: each place where a variable stands is a value of its own."""
    kept = _OPTIONAL.sub(lambda one: one[1] if set(_VARIABLE.findall(one[1])) <= set(values) else "", query)
    given: list[str] = []

    def placed(found: re.Match[str]) -> str:
        given.append(values[found[1]])
        return f"${len(given)}"

    return _VARIABLE.sub(placed, kept), given


def served_rows(connection: psycopg.Connection, role: str, sql: str, given: Sequence[str]) -> list[dict[str, Any]]:
    """The rows that PostgreSQL gives to a role. A value is a text to it, as it comes from JDBC."""
    connection.execute(f"set session authorization {role}")
    try:
        with psycopg.RawCursor(connection) as cursor:
            cursor.adapters.register_dumper(str, StrDumperVarchar)
            cursor.execute(sql.encode(), given)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    finally:
        connection.execute("reset session authorization")


def alike(value: Any) -> Any:
    """A value as both engines have it: a number is a number, whatever its type."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return round(Decimal(str(value)), 9).normalize() + 0


@dataclass(frozen=True)
class Place:
    """Where a question is looked at: its card, the folder's role and audience, the values that are chosen."""

    thing: Thing
    card: Card
    role: str
    audience: str
    values: Mapping[str, str]


def places(settings: Settings, audiences: Sequence[str] | None = None) -> Iterator[Place]:
    """Every question of every folder, with its defaults, with another year, and with another place."""
    everything, _ = read_wanted(settings)
    cards = {f"{board.name}/{card.id}": card for board in read_dashboards(settings.dashboards) for card in board.cards}
    roles = {connection.key: connection.role.name for connection in everything.connections}
    offered = {
        board.key: {
            one["slug"]: [value for value, _ in one["values_source_config"]["values"]]
            for one in board.fields["parameters"]
        }
        for board in everything.of("dashboard")
    }
    for thing in everything.of("card"):
        audience, _, name = thing.key.partition("/")
        if audiences is not None and audience not in audiences:
            continue
        tags = thing.fields["dataset_query"]["native"]["template-tags"]
        needed = {name: tag["default"] for name, tag in tags.items() if tag["required"]}
        chosen = [needed]
        for variable, values in offered[thing.key.rpartition("/")[0]].items():
            if variable in tags and values:
                chosen += [{**needed, variable: value} for value in dict.fromkeys((values[0], values[-1]))]
        for values in {tuple(sorted(one.items())): one for one in chosen}.values():
            yield Place(thing, cards[name], roles[audience], audience, values)


def difference(place: Place, connection: psycopg.Connection, figures: Figures) -> str | None:
    """How the rows of Metabase differ from those of the site; None where they are the same, in the same order."""
    query = place.thing.fields["dataset_query"]["native"]["query"]
    try:
        there = served_rows(connection, place.role, *statement(query, place.values))
    except psycopg.Error as error:
        return f"{place.role}: {' '.join(str(error).split())}"
    narrowed = {
        name.removeprefix(narrowing("")): v for name, v in place.values.items() if name.startswith(narrowing(""))
    }
    here = figures.rows(place.audience, place.card.sql, bound(place, figures))
    here = [row for row in here if all(row[column] == value for column, value in narrowed.items())]
    if place.thing.fields["display"] == "smartscalar":
        # the last row is this year's
        there = [{name: value for name, value in there[-1].items() if name != "school_year_begins"}] if there else []
    shown = set(there[0]) if there else set(here[0] if here else ())
    ours = [{name: alike(row[name]) for name in shown} for row in here]
    theirs = [{name: alike(row[name]) for name in shown} for row in there]
    if ours == theirs:
        return None
    if sorted(map(repr, map(sorted, map(dict.items, ours)))) == sorted(map(repr, map(sorted, map(dict.items, theirs)))):
        return "the same rows in another order: make the order total, and say where nulls stand"
    first = next((pair for pair in itertools.zip_longest(ours, theirs) if pair[0] != pair[1]), None)
    return f"{len(ours)} rows on the site, {len(theirs)} in Metabase; the first that differs: {first}"


def bound(place: Place, figures: Figures) -> dict[str, object]:
    """The values of the parameters of a card's own SQL."""
    values: dict[str, object] = dict(place.values)
    if "school_year" in place.values:
        values["last_year"] = year_before(place.values["school_year"])
    if "school" in values and "district" not in values:
        sql = "select district_cds_code from open_data.entities where cds_code = $school"
        values["district"] = figures.rows("public", sql, values)[0]["district_cds_code"]
    return values


def differences(settings: Settings, audiences: Sequence[str] | None = None) -> list[str]:
    """Every question that is not the same, with where and how."""
    found = []
    with open_server(settings).connect() as connection, open_figures(settings) as figures:
        for place in places(settings, audiences):
            if told := difference(place, connection, figures):
                chosen = ", ".join(f"{name} {value}" for name, value in place.values.items())
                found.append(f"{place.thing.key} ({chosen}): {told}")
    return found


def main(arguments: Sequence[str]) -> int:
    """Look at all that is published in a home."""
    settings = replace(read_settings(), home=Path(arguments[0]).resolve(), postgres="", project=PROJECT)
    found = differences(settings)
    print("\n".join(found) or "Every card has the same rows on the site and in Metabase.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
