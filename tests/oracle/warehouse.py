"""The warehouse's own SQL on a lake, without dbt's seconds: compiled once, run as often as there are lakes.

What is compared with the oracle is what dbt would build: its own compiled SQL of every model that the marts stand on,
in its order, from its own seeds; only the path of the lake is another one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from attendance.dbt import WITHOUT_TESTS, dbt_environment
from attendance.settings import PROJECT, Settings
from ingestion.reference import prepare_lake, write_reference
from ingestion.registry import Registry

MARTS = ("student_attendance", "chronic_absence", "published_chronic_absence", "dim_entities")


@dataclass(frozen=True)
class Model:
    """A model: its schema, and the statement that makes it of the lake at ``Compiled.lake``."""

    schema: str
    statement: str


@dataclass(frozen=True)
class Compiled:
    """The models in an order in which each stands behind those that it reads.

    lake:      the lake's path in the statements
    warehouse: a file that dbt built, with the seeds as tables
    """

    lake: Path
    warehouse: Path
    models: tuple[Model, ...]


def compile_marts(folder: Path, registry: Registry, marts: Sequence[str] = MARTS) -> Compiled:
    """Let dbt build the marts once, of an empty lake, below a folder."""
    settings = Settings(
        home=folder / "home", config=folder / "config", extracts=folder / "extracts", public=folder / "public"
    )
    prepare_lake(settings)
    write_reference(settings, registry)
    settings.building.parent.mkdir(parents=True)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "DBT_", "ATTENDANCE_"))
    }
    select = ("--select", *(f"+{mart}" for mart in marts))
    done = subprocess.run(
        [str(Path(sys.executable).parent / "dbt"), "build", "--quiet", *select, *WITHOUT_TESTS],
        cwd=PROJECT,
        env={**kept, **dbt_environment(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"dbt could not build the marts of an empty lake:\n{done.stdout[-4000:]}")
    manifest = json.loads((settings.home / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    return Compiled(settings.lake, settings.building, tuple(_models(manifest["nodes"])))


def _models(nodes: dict[str, dict[str, Any]]) -> Iterable[Model]:
    built = {key: node for key, node in nodes.items() if node["resource_type"] == "model" and node.get("compiled_code")}
    reads = {key: [each for each in node["depends_on"]["nodes"] if each in built] for key, node in built.items()}
    for key in TopologicalSorter(reads).static_order():
        node = built[key]
        kind = node["config"]["materialized"]
        yield Model(node["schema"], f"create {kind} {node['relation_name']} as {node['compiled_code']}")


def marts_of(compiled: Compiled, lake: Path) -> duckdb.DuckDBPyConnection:
    """The marts of a lake, in memory, as ``marts.student_attendance`` and ``marts.chronic_absence``."""
    connection = duckdb.connect()
    connection.execute(f"attach ':memory:' as attendance; attach '{compiled.warehouse}' as built (read_only)")
    connection.execute("use attendance; create schema reference")
    seeds = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'reference'"
    ).fetchall()
    for (seed,) in seeds:
        connection.execute(f"create view attendance.reference.{seed} as from built.reference.{seed}")
    for schema in sorted({model.schema for model in compiled.models}):
        connection.execute(f"create schema attendance.{schema}")
    for model in compiled.models:
        connection.execute(model.statement.replace(str(compiled.lake), str(lake)))
    return connection
