"""From the senders' files to marks, stays and records in whole numbers, by DuckDB: both ways in SQL start from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import duckdb

from benchmarks.contenders.codes import CALPADS_WIDTHS
from benchmarks.contenders.senders import Place, Sent, county_code, files_by_source, places_of, read_senders


def counted_by(script: Path, config: Path, extracts: Path, school_years: Sequence[str], target: Path) -> None:
    """Read what the senders sent and run the script over it, which writes the table to ``target``."""
    senders = read_senders(config)
    sent = files_by_source(extracts, senders, school_years)
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set memory_limit = '60%'")
        # what does not fit the memory goes beside the result, not into the folder in which this was called
        connection.execute(f"set temp_directory = '{target.parent / '.spill'}'")
        _tell(connection, places_of(senders, sent), sent)
        connection.execute("set variable county = $1", [county_code(config)])
        connection.execute("set variable target = $1", [str(target)])
        here = Path(__file__).parent
        for part in (*(here / f"{name}.sql" for name in ("begin", *sent, "stints")), script, here / "figures.sql"):
            connection.execute(part.read_text(encoding="utf-8"))


def _tell(
    connection: duckdb.DuckDBPyConnection,
    places: Sequence[Place],
    sent: dict[str, list[Sent]],
) -> None:
    """Put places and files where begin.sql expects them."""
    connection.execute(
        """
        create temp table place as
        select
            unnest($1::integer[]) as place, unnest($2::integer[]) as year, unnest($3::integer[]) as sender,
            unnest($4::varchar[]) as district, unnest($5::varchar[]) as code, unnest($6::integer[]) as number,
            unnest($7::tinyint[]) as periods, unnest($8::smallint[]) as leaves_on
        """,
        [list(column) for column in zip(*map(astuple, places), strict=True)],
    )
    rows: list[tuple[str, int, Sent]] = []
    for source, files in sent.items():
        tables = {table: [one for one in files if one.table == table] for table in {one.table for one in files}}
        for table, listed in tables.items():
            connection.execute(f"set variable {source}_{table} = $1", [[one.path for one in listed]])
            rows += [(f"{source}_{table}", index, one) for index, one in enumerate(listed)]
    connection.execute(
        """
        create temp table sent as
        select
            unnest($1::varchar[]) as source, unnest($2::ubigint[]) as file_index, unnest($3::integer[]) as sender,
            unnest($4::integer[]) as year
        """,
        [
            [source for source, _, _ in rows],
            [index for _, index, _ in rows],
            [one.sender for _, _, one in rows],
            [int(one.school_year[:4]) if one.school_year else None for _, _, one in rows],
        ],
    )
    for record, width in CALPADS_WIDTHS.items():
        fields = {f"f{number:02}": "varchar" for number in range(1, width + 1)}
        connection.execute(f"set variable calpads_{record}_columns = $1", [fields])
