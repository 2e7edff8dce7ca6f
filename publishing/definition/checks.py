"""Reads definitions and says what is wrong with them: the file, the card, the key, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import yaml
from pydantic import BaseModel, ValidationError

from publishing import open_data
from publishing.definition.cards import KINDS, WithTable
from publishing.definition.dashboard import LATEST, RESERVED, SCHOOL_YEAR, Dashboard, Values
from publishing.definition.parts import texts
from publishing.errors import PublishingError
from publishing.strict_yaml import StrictLoader


class DefinitionError(PublishingError):
    """A dashboard is not as it should be; the message names the file, the card, the key and what to do."""


def _place(path: Path, content: dict[str, Any], where: Sequence[str | int]) -> tuple[str, list[str]]:
    """The file and card in words, and the key below them as a path."""
    keys = [str(part) for part in where]
    if len(where) >= 2 and where[0] == "cards" and isinstance(where[1], int):
        cards = content.get("cards")
        card = cards[where[1]] if isinstance(cards, list) else None
        name = card.get("id") if isinstance(card, dict) else None
        keys = keys[2:]
        if keys and keys[0] in KINDS:
            keys = keys[1:]
        return f"{path}, card {name or f'number {where[1] + 1}'}", keys
    return str(path), keys


def _known_keys(where: Sequence[str | int]) -> str:
    """The keys allowed beside an unknown one, where that is the top of the file or of a card; else nothing."""
    model: type[BaseModel] | None = None
    if len(where) == 1:
        model = Dashboard
    elif len(where) == 4 and where[0] == "cards":
        model = KINDS.get(str(where[2]))
    if model is None:
        return ""
    return f"; known keys are {', '.join(name for name in model.model_fields if name != 'name')}"


def _explained(path: Path, content: dict[str, Any], error: ValidationError) -> str:
    problems = []
    for item in error.errors():
        place, keys = _place(path, content, item["loc"])
        key = ".".join(keys)
        at = f"{place}, key {key}" if key else place
        match item["type"]:
            case "extra_forbidden":
                what = f"unknown key. Correct its spelling or remove it{_known_keys(item['loc'])}"
            case "missing":
                what = "is missing. Add it"
            case "union_tag_not_found":
                what = f"kind is missing. Add it: one of {', '.join(KINDS)}"
            case "union_tag_invalid":
                what = f"unknown kind. Use one of {', '.join(KINDS)}"
            case "value_error":
                what = str(item["ctx"]["error"])
            case _:
                what = f"{item['msg']}, but it is {item['input']!r}. Correct it"
        problems.append(f"{at}: {what}.")
    return "\n".join(problems)


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _check_grid(path: Path, dashboard: Dashboard) -> list[str]:
    """What is wrong between the cards: ids, tabs, places on the grid."""
    tabs = [tab.id for tab in dashboard.tabs]
    problems = [
        f"{path}, card {card_id}, key id: stands more than once. Give each card its own id."
        for card_id in _twice([card.id for card in dashboard.cards])
    ]
    problems += [f"{path}, tab {tab}, key id: stands more than once. Give each tab its own id." for tab in _twice(tabs)]
    for card in dashboard.cards:
        if card.tab is None and tabs:
            problems.append(f"{path}, card {card.id}, key tab: is missing. Name one of {', '.join(tabs)}.")
        elif card.tab is not None and card.tab not in tabs:
            known = (
                f"name one of {', '.join(tabs)}" if tabs else "the dashboard has no tabs. Add tabs, or remove the key"
            )
            problems.append(f"{path}, card {card.id}, key tab: there is no tab {card.tab!r}; {known}.")
    named = {card.tab for card in dashboard.cards}
    problems += [
        f"{path}, tab {tab}: no card names it. Remove it, or move a card there." for tab in tabs if tab not in named
    ]
    problems += [
        f"{path}, card {second.id}, key at: overlaps card {first.id}. Move one of them, or make it smaller."
        for first, second in combinations(dashboard.cards, 2)
        if first.tab == second.tab and first.at.overlaps(second.at)
    ]
    return problems


def _check_sql(path: Path, dashboard: Dashboard) -> list[str]:
    """What is wrong with the SQL, as far as it can be told without a database."""
    problems: list[str] = []
    used: set[str] = set()
    queries = [(f"card {card.id}, key sql", card.sql, dashboard.parameters()) for card in dashboard.cards]
    queries += [
        (f"key filters.{name}.values.sql", one.values.sql, frozenset[str]())
        for name, one in dashboard.filters.items()
        if isinstance(one.values, Values)
    ]
    for where, sql, given in queries:
        at = f"{path}, {where}"
        try:
            parsed = open_data.parse(sql)
        except open_data.OpenDataError as error:
            problems.append(f"{at}: {error}.")
            continue
        used |= parsed.parameters
        strange = open_data.outside(parsed)
        if dashboard.audience == "public" and strange:
            problems.append(
                f"{at}: reads {', '.join(strange)}, but a public card may read the schema {open_data.SCHEMA} only. "
                f"Read one of its tables ({', '.join(open_data.TABLES)}), or make the dashboard's audience county."
            )
        if unknown := sorted(parsed.parameters - given):
            problems.append(
                f"{at}: uses ${', $'.join(unknown)}, which nothing gives it. Add a filter of that name, or use one of "
                f"{', '.join('$' + name for name in sorted(given)) or 'none'}."
            )
    problems += [
        f"{path}, key filters.{name}: no card's SQL uses ${name}. Use it in a card or remove the filter."
        for name in sorted(set(dashboard.filters) - used)
    ]
    return problems


def _check_filters(path: Path, dashboard: Dashboard) -> list[str]:
    """What is wrong with the filters by themselves."""
    problems = []
    for name, one in dashboard.filters.items():
        at = f"{path}, key filters.{name}"
        if name in RESERVED:
            problems.append(f"{at}: the page itself gives ${name}. Give the filter another name.")
        elif name != SCHOOL_YEAR and not one.values:
            problems.append(f"{at}: has no values. Add them, or the SQL that returns them.")
        elif name == SCHOOL_YEAR and (one.values or one.default != LATEST):
            problems.append(f"{at}: the data have its values. Write default: {LATEST} and no values.")
        elif name == SCHOOL_YEAR and dashboard.for_each == "school":
            problems.append(
                f"{at}: a page for each school is of the latest year only. Remove the filter; SQL may use $school_year "
                "all the same."
            )
    return problems


def missing_spanish(path: Path, dashboard: Dashboard) -> list[str]:
    """Each text of a public dashboard that holds English words and no Spanish ones."""
    if dashboard.audience != "public":
        return []
    remedy = "has no Spanish. Write {en: ..., es: ...}"
    problems = []
    for key, text in texts(dashboard):
        if not text.lacks_spanish:
            continue
        where = f"key {key}"
        if key.startswith("cards."):
            _, number, inner = key.split(".", 2)
            where = f"card {dashboard.cards[int(number)].id}, key {inner}"
        problems.append(f"{path}, {where}: {remedy}.")
    return problems


# Each takes a file's path and its dashboard, and gives the problems that it finds.
CHECKS: tuple[Callable[[Path, Dashboard], list[str]], ...] = (_check_grid, _check_filters, _check_sql, missing_spanish)


def read_dashboard(path: Path) -> Dashboard:
    """Read one definition; DefinitionError names the file, the card, the key and what to do, one line per problem."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError as missing:
        raise DefinitionError(f"{path} is missing.") from missing
    except yaml.YAMLError as error:
        raise DefinitionError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict):
        raise DefinitionError(f"{path} holds no dashboard. Begin with the keys title, question, audience, cards.")
    if "name" in content:
        raise DefinitionError(f"{path}, key name: a dashboard is named by its file. Remove the key.")
    try:
        dashboard = Dashboard.model_validate({"name": path.stem, **content})
    except ValidationError as error:
        raise DefinitionError(_explained(path, content, error)) from error
    if problems := [problem for check in CHECKS for problem in check(path, dashboard)]:
        raise DefinitionError("\n".join(problems))
    return dashboard


def _check_links(folder: Path, dashboards: Sequence[Dashboard]) -> list[str]:
    """Links that lead to no dashboard with a page for each place."""
    known = {dashboard.name: dashboard for dashboard in dashboards}
    problems = []
    for dashboard in dashboards:
        for card in dashboard.cards:
            for key, link in card.links().items() if isinstance(card, WithTable) else ():
                at = f"{folder / dashboard.name}.yml, card {card.id}, key {key}.page"
                target = known.get(link.page)
                if target is None or target.for_each == "none":
                    problems.append(
                        f"{at}: no dashboard {link.page!r} is made for each district or school. Name one that is."
                    )
    return problems


def read_dashboards(folder: Path) -> tuple[Dashboard, ...]:
    """Read every ``*.yml`` of the folder, by name; DefinitionError lists the problems of all files."""
    dashboards, problems = [], []
    for path in sorted(folder.glob("*.yml")):
        try:
            dashboards.append(read_dashboard(path))
        except DefinitionError as error:
            problems.append(str(error))
    if not dashboards and not problems:
        raise DefinitionError(f"{folder} holds no dashboard (*.yml). ATTENDANCE's project folder has them.")
    if not problems:
        problems = _check_links(folder, dashboards)
    if problems:
        raise DefinitionError("\n".join(problems))
    return tuple(dashboards)


def check_columns(folder: Path, dashboards: Sequence[Dashboard], connection: duckdb.DuckDBPyConnection) -> None:
    """Check against a database that all SQL runs and returns every column that the card or the filter names.

    DefinitionError names the file, the card, the key, the column and what the SQL does return.
    """
    problems = []
    for dashboard in dashboards:
        wanted = [(f", card {card.id}", "sql", card.sql, card.needs()) for card in dashboard.cards]
        wanted += [
            ("", f"filters.{name}.values.sql", one.values.sql, {"value": "value", "label": "label"})
            for name, one in dashboard.filters.items()
            if isinstance(one.values, Values)
        ]
        for where, sql_key, sql, needs in wanted:
            at = f"{folder / dashboard.name}.yml{where}"
            try:
                returned = open_data.columns(connection, sql)
            except duckdb.Error as error:
                problems.append(f"{at}, key {sql_key}: {' '.join(str(error).split())}. Correct the query.")
                continue
            problems += [
                f"{at}, key {sql_key if not where else key}: the SQL returns no column {column!r}; it returns "
                f"{', '.join(returned)}. Select it, or correct the name."
                for column, key in needs.items()
                if column not in returned
            ]
    if problems:
        raise DefinitionError("\n".join(problems))
