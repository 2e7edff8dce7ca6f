"""The dbt project as its own files tell it: tables, columns, tests and worked examples, without dbt and a warehouse."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from attendance.errors import MendableError

LAYERS = ("staging", "intermediate", "marts", "open_data")
SEEDS = "reference"
# the schemas that people read
READ = ("marts", "open_data", SEEDS)

BLOCK = re.compile(r"{% docs (\w+) %}\n(.*?){% enddocs %}", re.DOTALL)
DOC = re.compile(r"""{{\s*doc\(\s*['"](\w+)['"]\s*\)\s*}}""")
REF = re.compile(r"""\bref\(\s*['"](\w+)['"]\s*\)""")
SOURCE = re.compile(r"""\bsource\(\s*['"](\w+)['"]\s*,\s*['"](\w+)['"]\s*\)""")
# the macros of macros/sis.sql, which read the staging model of that name of every student information system
OF_EACH_SYSTEM = re.compile(r"""\b(?:union_of|counted)_sis\(\s*['"](\w+)['"]""")
ALIAS = re.compile(r"""\balias\s*=\s*['"](\w+)['"]""")


class ProjectFileError(MendableError):
    """A file of the dbt project cannot be read; the message says which and what to do."""


@dataclass(frozen=True)
class Column:
    """A documented column; ``type`` is None where no contract says it."""

    name: str
    type: str | None
    description: str


@dataclass(frozen=True)
class Check:
    """A test of a table: its kind, what it is given, the column that it stands at, and a name where it has its own."""

    kind: str
    arguments: Mapping[str, Any]
    column: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Table:
    """A model or a seed.

    name: as dbt knows it; schema, table: as a query names it; grain, source: as its meta says; meta: all of it
    parents: the models, seeds and sources (``<source>.<file>``) that its SQL reads
    """

    name: str
    schema: str
    table: str
    file: Path
    description: str
    grain: str
    source: str
    columns: tuple[Column, ...]
    checks: tuple[Check, ...]
    parents: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def label(self) -> str:
        """As a query names it."""
        return f"{self.schema}.{self.table}"

    @property
    def first_sentence(self) -> str:
        """What it is, in one sentence."""
        return re.split(r"(?<=[.!?])\s+(?=[A-Z])", self.description, maxsplit=1)[0]


@dataclass(frozen=True)
class SingularTest:
    """A test that is a query of its own; ``says`` is what its first lines say that it tests."""

    name: str
    says: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """What a worked example reads, or expects.

    input: a model or seed, or ``<source>.<file>``; empty where it is what is expected
    rows: None where the seed is read as it is; sql: where the rows are told by a query
    """

    input: str
    rows: tuple[Mapping[str, Any], ...] | None
    sql: str | None = None


@dataclass(frozen=True)
class WorkedExample:
    """A unit test of a model: its name is a sentence."""

    name: str
    model: str
    description: str
    given: tuple[Given, ...]
    expected: Given
    settings: Mapping[str, str]


@dataclass(frozen=True)
class DbtProject:
    """Everything that the documents say, by name."""

    folder: Path
    tables: Mapping[str, Table]
    singular_tests: tuple[SingularTest, ...]
    worked_examples: tuple[WorkedExample, ...]

    def of(self, schema: str) -> tuple[Table, ...]:
        """The tables of a schema, by name."""
        return tuple(sorted((one for one in self.tables.values() if one.schema == schema), key=lambda one: one.table))

    @cached_property
    def by_label(self) -> dict[str, Table]:
        """The tables as a query names them."""
        return {table.label: table for table in self.tables.values()}

    def parents_of(self, name: str) -> tuple[Table, ...]:
        """The models and seeds that a model reads itself."""
        return tuple(self.tables[parent] for parent in self.tables[name].parents if parent in self.tables)

    def children_of(self, name: str) -> tuple[Table, ...]:
        """The models that read this one themselves."""
        return tuple(sorted((one for one in self.tables.values() if name in one.parents), key=lambda one: one.label))

    def sources_of(self, name: str) -> tuple[str, ...]:
        """The source systems behind a model, through all that it is built from."""
        found: set[str] = set()
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            if "." in one:
                found.add(one.partition(".")[0])
            elif one in self.tables:
                waiting += self.tables[one].parents
        return tuple(sorted(found))


# ---- reading ----


def read_blocks(folder: Path) -> dict[str, str]:
    """The shared descriptions, by name."""
    return {
        name: _plain(text)
        for path in sorted((folder / "models").rglob("*.md"))
        for name, text in BLOCK.findall(path.read_text(encoding="utf-8"))
    }


def _plain(text: str) -> str:
    return " ".join(text.split())


def _described(text: str, blocks: Mapping[str, str], where: str) -> str:
    """A description with its shared parts in place."""

    def block(found: re.Match[str]) -> str:
        if found[1] not in blocks:
            raise ProjectFileError(
                f"{where} is described by doc('{found[1]}'), and no block is called so. Write it in models/columns.md."
            )
        return blocks[found[1]]

    return _plain(DOC.sub(block, text))


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        told = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ProjectFileError(f"{path} is not YAML: {error}") from error
    return told or {}


def _checks(tests: Iterable[Any], column: str | None = None) -> tuple[Check, ...]:
    found = []
    for test in tests:
        if isinstance(test, str):
            found.append(Check(test, {}, column))
            continue
        ((kind, told),) = test.items()
        # dbt takes arguments beside the name of the test, too
        told = told or {}
        arguments = told.get("arguments", {key: told[key] for key in told if key not in {"name", "config"}})
        found.append(Check(kind, arguments, column, told.get("name")))
    return tuple(found)


def _table(told: Mapping[str, Any], schema: str, file: Path, blocks: Mapping[str, str]) -> Table:
    name = told["name"]
    config = told.get("config") or {}
    meta = config.get("meta") or {}
    types = config.get("column_types") or {}
    columns = tuple(
        Column(
            column["name"],
            column.get("data_type") or types.get(column["name"]),
            _described(column.get("description") or "", blocks, f"{name}.{column['name']}"),
        )
        for column in told.get("columns") or ()
    )
    checks = _checks(told.get("data_tests") or ())
    for column in told.get("columns") or ():
        checks += _checks(column.get("data_tests") or (), column["name"])
    return Table(
        name=name,
        schema=schema,
        table=name,
        file=file,
        description=_described(told.get("description") or "", blocks, name),
        grain=_plain(str(meta.get("grain") or "")),
        source=_plain(str(meta.get("source") or "")),
        columns=columns,
        checks=checks,
        types=types,
        meta=meta,
    )


def _with_sql(table: Table, sql: str, staging: Iterable[str]) -> Table:
    """The table with what its SQL reads, and the name that it gives itself."""
    each = [
        name for file in OF_EACH_SYSTEM.findall(sql) for name in staging if re.fullmatch(rf"stg_[a-z_]+__{file}", name)
    ]
    sources = [f"{source}.{file}" for source, file in SOURCE.findall(sql)]
    alias = ALIAS.search(sql)
    parents = tuple(dict.fromkeys([*REF.findall(sql), *each, *sources]))
    return replace(table, parents=parents, table=alias[1] if alias else table.table)


def _with_rows(table: Table, path: Path) -> Table:
    """The seed with its rows; its grain is what its tests say is unique."""
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    unique = [check.column for check in table.checks if check.kind == "unique" and check.column]
    combined = [check.arguments["columns"] for check in table.checks if check.kind == "unique_combination"]
    grain = unique[0] if unique else ", ".join(combined[0]) if combined else ""
    return replace(table, header=tuple(header), rows=tuple(map(tuple, rows)), grain=table.grain or grain)


def _given(name: str, told: Mapping[str, Any]) -> Given:
    rows = told.get("rows")
    if not isinstance(rows, str):
        return Given(name, None if rows is None else tuple(rows))
    if told.get("format") == "csv":
        return Given(name, tuple(csv.DictReader(io.StringIO(rows))))
    return Given(name, (), rows)


def _worked_example(told: Mapping[str, Any]) -> WorkedExample:
    given = []
    for one in told.get("given") or ():
        source = SOURCE.search(one["input"])
        ref = REF.search(one["input"])
        name = f"{source[1]}.{source[2]}" if source else ref[1] if ref else one["input"]
        given.append(_given(name, one))
    overrides = told.get("overrides") or {}
    return WorkedExample(
        name=told["name"],
        model=told["model"],
        description=_plain(told.get("description") or ""),
        given=tuple(given),
        expected=_given("", told.get("expect") or {}),
        settings={name: str(value) for name, value in (overrides.get("env_vars") or {}).items()},
    )


def _singular_test(path: Path) -> SingularTest:
    sql = path.read_text(encoding="utf-8")
    comment = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        comment.append(line.lstrip("- "))
    said = re.search(r"Tests: (.*?)(?= Matters when:| To resolve:|$)", " ".join(comment))
    return SingularTest(path.stem, said[1] if said else "", tuple(dict.fromkeys(REF.findall(sql))))


def read_project(folder: Path) -> DbtProject:
    """The dbt project in ``folder``.

    Raises ProjectFileError where a file is not YAML, a shared description does not exist, or a seed has no CSV.
    """
    blocks = read_blocks(folder)
    tables: dict[str, Table] = {}
    examples: list[WorkedExample] = []
    for layer in LAYERS:
        for path in sorted((folder / "models" / layer).rglob("*.yml")):
            told = _read_yaml(path)
            examples += [_worked_example(one) for one in told.get("unit_tests") or ()]
            for model in told.get("models") or ():
                tables[model["name"]] = _table(model, layer, path, blocks)
    staging = [name for name, table in tables.items() if table.schema == "staging"]
    for name, table in tables.items():
        sql = table.file.with_name(f"{name}.sql")
        if not sql.exists():
            raise ProjectFileError(f"{table.file} describes {name}, but {sql.name} is not beside it.")
        tables[name] = _with_sql(table, sql.read_text(encoding="utf-8"), staging)
    for path in sorted((folder / "seeds").glob("*.yml")):
        for seed in _read_yaml(path).get("seeds") or ():
            rows = path.with_name(f"{seed['name']}.csv")
            if not rows.exists():
                raise ProjectFileError(f"{path} describes {seed['name']}, but {rows.name} is not beside it.")
            tables[seed["name"]] = _with_rows(_table(seed, SEEDS, path, blocks), rows)
    singular = tuple(_singular_test(path) for path in sorted((folder / "tests").glob("*.sql")))
    return DbtProject(folder, tables, singular, tuple(examples))
