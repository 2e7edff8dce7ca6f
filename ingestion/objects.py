"""JSON as interfaces hand it out: each object becomes a line of text with tabs, its fields named by dotted paths.

DuckDB parses, unfolds and writes whole files; Python only sees which fields there are.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ingestion.contract import Contract
from ingestion.errors import RefusedError
from ingestion.prepare import Prepared
from ingestion.records import path_literal, text_literal

LARGEST_OBJECT = 2_000_000_000  # bytes of one object that holds everything else
SMALLEST_BUFFER = 16_777_216
FIRST_BYTES = 4_000_000
MEMORY = "ATTENDANCE_MEMORY_LIMIT"
CONTROLS = re.compile(r"[\x00-\x1f]+")
PLACE = re.compile(r"record/value (\d+)")


def looks_like_json(start: bytes) -> bool:
    """Whether text that begins so is JSON: an array or an object."""
    return start.lstrip(b" \t\r\n\x02").startswith((b"[", b"{"))


def _way(path: Path) -> str:
    """How DuckDB is to read the file: an array, one object per line, or objects that follow each other."""
    with path.open("rb") as file:
        start = file.read(FIRST_BYTES)
    if start.lstrip().startswith(b"["):
        return "array"
    line, broken, _ = start.lstrip().partition(b"\n")
    try:
        json.loads(line)
    except ValueError:
        return "unstructured"
    return "newline_delimited" if broken else "unstructured"


def _json_path(dotted: str) -> str:
    """DuckDB's path of a dotted name; no contract names a field with a quote in it, so such a field is not found."""
    return "$" + "".join(f'."{part}"' for part in dotted.replace('"', "?").split("."))


def _leaves(structure: object, before: str = "") -> Iterator[str]:
    """The dotted names of all values in what json_group_structure answers."""
    if isinstance(structure, dict) and structure:
        for name, below in structure.items():
            yield from _leaves(below, f"{before}.{name}" if before else name)
    elif before:
        yield before


def _is_known(name: str, known: set[str]) -> bool:
    """Whether the contract names the field, or an object that it lies in."""
    parts = name.casefold().split(".")
    return any(".".join(parts[:length]) in known for length in range(1, len(parts) + 1))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> object:
    found = connection.execute(query).fetchone()
    return found[0] if found else None


@contextmanager
def _told() -> Iterator[None]:
    """Say in words what DuckDB says of JSON that it cannot read: its own message repeats the text."""
    try:
        yield
    except duckdb.InvalidInputException as error:
        place = PLACE.search(str(error))
        near = f" near object {place[1]}" if place else ""
        raise RefusedError(f"The file is not whole JSON: it was cut off or damaged{near}. Send it again.") from None
    except duckdb.OutOfMemoryException:
        raise RefusedError(
            "One object of the file is too large to be read. Send an array, or one object per line."
        ) from None


def _find_objects(connection: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Make view ``objects`` (value), one row per object, in the order of the file, which is read anew each time."""
    largest = min(max(source.stat().st_size + 1, SMALLEST_BUFFER), LARGEST_OBJECT)
    way = _way(source)
    buffer = SMALLEST_BUFFER if way != "unstructured" else largest
    connection.execute(f"""
        create temp view objects as
        select value
        from read_json(
            {path_literal(source)}, format = '{way}', records = 'false', columns = {{'value': 'JSON'}},
            maximum_object_size = {buffer}, compression = 'none'
        )
    """)


def _elements(of: str, dotted: str) -> str:
    """SQL of the elements of a list inside a JSON value, one row each."""
    return f"unnest(from_json(json_extract({of}, {text_literal(_json_path(dotted))}), '[\"JSON\"]'))"


def _around(connection: duckdb.DuckDBPyConnection, explode: str | None) -> str | None:
    """The name of the array, where the file is one object around it; None where the objects are the rows."""
    if _one(connection, "select count(*) from (select 1 from objects limit 2)") != 1:
        return None
    kinds = json.loads(str(_one(connection, "select json_structure(value) from objects")))
    if not isinstance(kinds, dict):
        return None
    arrays = [name for name, kind in kinds.items() if isinstance(kind, list)]
    inner = (explode or "").partition(".")[0]
    if len(arrays) != 1 or arrays[0] == inner or any(isinstance(kind, dict) for kind in kinds.values()):
        return None
    return str(arrays[0])


def _fields(contract: Contract, found: list[str]) -> list[str]:
    """The header of the text: what is there, and what the contract keeps and may be absent from every object."""
    known: set[str] = set()
    for name, column in contract.everything().items():
        known |= {name.casefold(), *(way.casefold() for way in column.called)}
    known |= {name.casefold() for name in contract.ignored}
    ways = {name.casefold(): name for name in found}
    header: list[str] = []
    for name, column in contract.layout(None).items():
        there = next((way for way in (name, *column.called) if _there(way, ways)), None)
        # a field that no object has is null in JSON, so only one that each row needs is missing
        if there is not None or (column.is_ is not None and not column.required and not column.optional):
            header.append(ways.get((there or name).casefold(), there or name))
    return header + [name for name in found if not _is_known(name, known)]


def _there(name: str, ways: dict[str, str]) -> bool:
    lowered = name.casefold()
    return any(way == lowered or way.startswith(lowered + ".") for way in ways)


def read_objects(source: Path, target: Path, contract: Contract) -> Prepared:
    """Write the objects of a JSON file (UTF-8) as text with tabs, under a header of dotted names.

    Line 2 is the first object; with ``explode`` the first element of the first object's list. Raises RefusedError for
    what is not whole JSON, and where there is no object in it.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": str(target.parent / "spill"),
    }
    if limit := os.environ.get(MEMORY, "").strip():
        config["memory_limit"] = limit
    with _told(), duckdb.connect(config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        _find_objects(connection, source)
        _write_objects(connection, target, contract)
    with target.open("rb") as file:
        has_quotes = any(b'"' in chunk for chunk in iter(lambda: file.read(FIRST_BYTES), b""))
    return Prepared(target, "json", has_quotes)


def _write_objects(connection: duckdb.DuckDBPyConnection, target: Path, contract: Contract) -> None:
    explode, relation = contract.format.explode, "objects"
    if around := _around(connection, explode):
        connection.execute(f"create temp view unwrapped as select {_elements('value', around)} as value from objects")
        relation = "unwrapped"
    if _one(connection, f"select count(*) from (select 1 from {relation} limit 1)") == 0:
        raise RefusedError("The file holds no object. Send it again with its rows.", file=contract.file)
    kinds, outer = "count_if(json_type(value) <> 'OBJECT')", "json_group_structure(value)"
    strange, structure = connection.execute(f"select {kinds}, {outer} from {relation}").fetchall()[0]
    if strange:
        raise RefusedError(
            "The file is JSON, but not of objects: each row is expected as an object with named fields.",
            file=contract.file,
        )
    rows, found = f"select value, null::json as element from {relation}", list(_leaves(json.loads(structure)))
    if explode:
        rows = f"select value, {_elements('value', explode)} as element from {relation}"
        inner = _one(connection, f"select json_group_structure(element) from ({rows})")
        found = [name for name in found if not _is_inner(name, explode)]
        found += list(_leaves(json.loads(str(inner)), explode)) if inner is not None else []
    _write(connection, _fields(contract, found), rows, explode, target)


def _write(
    connection: duckdb.DuckDBPyConnection, header: list[str], rows: str, explode: str | None, target: Path
) -> None:
    """Write one line per row; a tab, a line break and any other control character inside a value become a space."""
    outer = [name for name in header if not _is_inner(name, explode)]
    inner = [name for name in header if _is_inner(name, explode)]

    def strings(of: str, paths: list[str]) -> str:
        listed = ", ".join(text_literal(path) for path in paths)
        return f"json_extract_string({of}, [{listed}]::varchar[])" if paths else "[]::varchar[]"

    within = [_json_path(name[len(explode or "") + 1 :]) if name != explode else "$" for name in inner]
    values = f"list_concat({strings('value', [_json_path(name) for name in outer])}, {strings('element', within)})"
    cleaned = f"list_transform({values}, lambda text: regexp_replace(coalesce(text, ''), '[\\x00-\\x1f]+', ' ', 'g'))"
    names = text_literal("\t".join(CONTROLS.sub(" ", name) for name in (*outer, *inner)))
    connection.execute(f"""
        copy (
            select {names} as line
            union all by name
            select array_to_string({cleaned}, chr(9)) as line from ({rows})
        ) to {path_literal(target)} (format csv, header false, delimiter '\\x01', quote '', escape '')
    """)


def _is_inner(name: str, explode: str | None) -> bool:
    return explode is not None and (name == explode or name.startswith(f"{explode}."))
