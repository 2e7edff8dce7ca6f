"""The rows of a card for many pages at once: one query beside the list of pages, instead of one for each.

A card's SQL is written for one page, with parameters. Here each parameter becomes a column of the list of pages, and
the query is joined laterally to it: DuckDB then reads each table once for a thousand schools. Where a query cannot be
asked that way (a limit, an order that the parser does not explain), it is asked page by page. Either way the rows of a
page are those of its own query, in its order; of two pages this is looked at each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from publishing import open_data
from publishing.open_data import OpenDataError, Row

Values = Mapping[str, str]

_PAGE = "page__"
# The last of several orders is that of all columns, so that the same data give the same rows.
_ORDER = "order__"


@dataclass(frozen=True)
class _Joined:
    """A query as it is joined to the list of pages: its text, and the order of its rows."""

    sql: str
    order: tuple[str, ...]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _tree(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    answer = connection.execute("select json_serialize_sql(?::varchar)", [sql]).fetchone()
    tree: dict[str, Any] = json.loads(answer[0]) if answer else {}
    return tree


def _text(connection: duckdb.DuckDBPyConnection, tree: dict[str, Any]) -> str:
    answer = connection.execute("select json_deserialize_sql(?::json)", [json.dumps(tree)]).fetchone()
    return str(answer[0]) if answer else ""


def _bind(node: object) -> object:
    """The tree with each parameter as a column of the list of pages."""
    if isinstance(node, list):
        return [_bind(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("class") == "PARAMETER":
        return {
            "class": "COLUMN_REF",
            "type": "COLUMN_REF",
            "alias": node.get("alias", ""),
            "query_location": node.get("query_location", 0),
            "column_names": [_PAGE, node["identifier"]],
        }
    return {key: _bind(value) for key, value in node.items()}


def _direction(order: Mapping[str, Any]) -> str:
    ways = {"ORDER_DEFAULT": "", "ASCENDING": " asc", "DESCENDING": " desc"}
    nulls = {"ORDER_DEFAULT": "", "NULLS FIRST": " nulls first", "NULLS LAST": " nulls last"}
    return ways[order["type"]] + nulls[order["null_order"]]


def _joined(connection: duckdb.DuckDBPyConnection, sql: str, columns: Sequence[str]) -> _Joined | None:
    """The query as it can be joined, or nothing where it has to be asked page by page."""
    tree = _tree(connection, sql)
    node = tree["statements"][0]["node"]
    modifiers = node.get("modifiers", [])
    if any(one["type"] != "ORDER_MODIFIER" for one in modifiers) or len(modifiers) > 1:
        return None
    order = []
    for place, one in enumerate(modifiers[0]["orders"] if modifiers else []):
        expression = one["expression"]
        kind = expression["class"]
        names = expression.get("column_names", [])
        if kind == "COLUMN_REF" and len(names) == 1 and names[0] in columns:
            by = _quoted(names[0])
        elif kind == "CONSTANT":
            by = _quoted(columns[int(expression["literal"]["text"]) - 1])
        elif node["type"] == "SELECT_NODE":
            by = f"{_ORDER}{place}"
            node["select_list"].append({**expression, "alias": by})
        else:
            return None
        order.append(f"q__.{by}{_direction(one)}")
    node["modifiers"] = []
    order += [f"q__.{_quoted(name)}" for name in columns]
    return _Joined(
        _text(connection, {**tree, "statements": [{**tree["statements"][0], "node": _bind(node)}]}), tuple(order)
    )


def _list_of(pages: Sequence[Values], names: Iterable[str]) -> str:
    """The list of pages as a relation: their number, and the parameters of those names."""
    columns = ["page", *names]
    rows = ", ".join(
        f"({place}, {', '.join(_literal(values[name]) for name in columns[1:])})" if columns[1:] else f"({place})"
        for place, values in enumerate(pages)
    )
    return f"(values {rows}) as {_PAGE} ({', '.join(_quoted(name) for name in columns)})"


def _checked(sql: str) -> open_data.Parsed:
    parsed = open_data.parse(sql)
    if strange := open_data.outside(parsed):
        raise OpenDataError(f"reads {', '.join(strange)}; pages read {open_data.SCHEMA} only")
    return parsed


def rows_of_pages(
    connection: duckdb.DuckDBPyConnection, sql: str, pages: Sequence[Values]
) -> tuple[tuple[Row, ...], ...]:
    """The rows of a query for each page, in the query's own order; OpenDataError where it reads what pages may not."""
    names = sorted(_checked(sql).parameters)
    distinct = list(dict.fromkeys(tuple(values[name] for name in names) for values in pages))
    needed = [dict(zip(names, given, strict=True)) for given in distinct]
    found = _all_at_once(connection, sql, needed, names) if len(needed) > 2 else None
    if found is None:
        found = [open_data.rows(connection, sql, values) for values in needed]
    place = {given: number for number, given in enumerate(distinct)}
    return tuple(found[place[tuple(values[name] for name in names)]] for values in pages)


def _all_at_once(
    connection: duckdb.DuckDBPyConnection, sql: str, pages: Sequence[Values], names: Sequence[str]
) -> list[tuple[Row, ...]] | None:
    columns = open_data.columns(connection, sql)
    try:
        joined = _joined(connection, sql, columns)
        if joined is None:
            return None
        shown = ", ".join(f"q__.{_quoted(name)}" for name in columns)
        fetched = connection.execute(
            f"select {_PAGE}.page, {shown} from {_list_of(pages, names)}, lateral ({joined.sql}) as q__ "
            f"order by {_PAGE}.page, {', '.join(joined.order)}"
        ).fetchall()
    except duckdb.Error:
        return None
    found: list[list[Row]] = [[] for _ in pages]
    for number, *values in fetched:
        found[number].append(dict(zip(columns, values, strict=True)))
    for number in {0, len(pages) - 1}:
        if list(open_data.rows(connection, sql, pages[number])) != found[number]:
            return None
    return [tuple(rows) for rows in found]


def largest(connection: duckdb.DuckDBPyConnection, sql: str, pages: Sequence[Values], columns: Sequence[str]) -> float:
    """The largest value of the columns on any of the pages; zero where there is none."""
    names = sorted(_checked(sql).parameters)
    needed = [dict(given) for given in dict.fromkeys(tuple((name, values[name]) for name in names) for values in pages)]
    try:
        joined = _joined(connection, sql, open_data.columns(connection, sql))
        if joined is not None:
            most = ", ".join(f"max(q__.{_quoted(name)})" for name in columns)
            answer = connection.execute(
                f"select {most} from {_list_of(needed, names)}, lateral ({joined.sql}) as q__"
            ).fetchone()
            return max((float(value) for value in answer or () if value is not None), default=0.0)
    except duckdb.Error:
        pass
    return max(
        (
            float(row[name])
            for values in needed
            for row in open_data.rows(connection, sql, values)
            for name in columns
            if row[name] is not None
        ),
        default=0.0,
    )
