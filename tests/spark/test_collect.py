"""From Spark's tables to the file that is published: what does not work is said, and leaves no file."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from attendance.settings import SPARK, Settings
from attendance.spark import collect as collecting
from attendance.spark.collect import CollectError, as_read_here, collect


@pytest.mark.parametrize(
    ("location", "read"),
    [
        ("file:/srv/warehouse/marts.db", "/srv/warehouse/marts.db"),
        ("file:///srv/warehouse/marts.db", "/srv/warehouse/marts.db"),
        ("/srv/warehouse/marts.db", "/srv/warehouse/marts.db"),
        ("s3a://bucket/marts.db", "s3://bucket/marts.db"),
    ],
)
def test_sparks_addresses_become_duckdbs(location: str, read: str) -> None:
    assert as_read_here(location) == read


def test_an_address_that_duckdb_cannot_read_is_named_with_the_setting_to_change() -> None:
    with pytest.raises(CollectError, match=r"hdfs://node/warehouse.*spark\.sql\.warehouse\.dir"):
        as_read_here("hdfs://node/warehouse")


class Tables:
    """What a Thrift server says of three schemas whose tables are the folders of one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer: list[tuple[str, ...]] = []

    def execute(self, statement: str) -> None:
        schema = statement.rsplit(maxsplit=1)[-1]
        folder = self.folder / f"{schema}.db"
        if statement.startswith("describe"):
            self.answer = [("Location", f"file:{folder}")]
        else:
            self.answer = [(schema, path.name, "false") for path in sorted(folder.glob("*"))]

    def fetchall(self) -> list[tuple[str, ...]]:
        return self.answer


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    @contextmanager
    def cursor(_server: object) -> Any:
        yield Tables(tmp_path)

    monkeypatch.setattr(collecting, "cursor", cursor)
    for schema in collecting.SCHEMAS:
        table = tmp_path / f"{schema}.db" / "table_of_it"
        table.mkdir(parents=True)
        # as Spark writes: parts, and a mark that it is done
        (table / "_SUCCESS").touch()
        duckdb.sql(f"copy (select range as n, '1' as code from range(3)) to '{table}/part-0.parquet'")
        duckdb.sql(f"copy (select range as n, '2' as code from range(4)) to '{table}/part-1.parquet'")
    return Settings(
        home=tmp_path / "home", config=tmp_path, extracts=tmp_path, public=tmp_path, target=SPARK, spark="host:1"
    )


def test_every_part_of_every_table_is_in_the_file_that_older_duckdbs_read_too(settings: Settings) -> None:
    assert collect(settings) == len(collecting.SCHEMAS)
    with duckdb.connect(str(settings.building), read_only=True) as connection:
        for schema in collecting.SCHEMAS:
            assert connection.execute(f"select count(*), sum(n) from {schema}.table_of_it").fetchall() == [(7, 9)]
        tags = connection.execute("select tags from duckdb_databases() where not internal").fetchall()
    assert "v1.4.0" in str(tags)


def test_a_table_that_cannot_be_read_leaves_no_file_to_publish(settings: Settings, tmp_path: Path) -> None:
    for part in (tmp_path / "marts.db" / "table_of_it").glob("*.parquet"):
        part.write_bytes(b"cut off")
    with pytest.raises(CollectError, match=r"marts\.table_of_it cannot be read"):
        collect(settings)
    assert not settings.building.exists()


def test_a_warehouse_without_tables_is_no_warehouse(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "SCHEMAS", ("elsewhere",))
    with pytest.raises(CollectError, match="attendance build --target spark"):
        collect(settings)
