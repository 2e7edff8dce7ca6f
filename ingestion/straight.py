"""The short way from text to rows: where each line is a row, DuckDB's own reader splits the columns, all cores at once.

The rules are those of the long way (records.py, which takes the lines one by one), so the same rows are good. What is
wrong with the others is said by the long way itself, which then reads those few lines and no more.
"""

from __future__ import annotations

import duckdb
import numpy as np

from ingestion.contract import Contract
from ingestion.layout import Layout
from ingestion.prepare import Prepared
from ingestion.records import LONGEST_LINE, NOT_BLANK, fields_sql, lines_sql, path_literal, text_literal
from ingestion.rows import count, judge, list_faults
from ingestion.rules import Delivered, typing_of

CHUNK = 8 * 1024 * 1024
HEADER = 1  # lines above the first row


def goes_straight(contract: Contract, prepared: Prepared, header: list[str]) -> bool:
    """Whether the text may be one whose lines are rows: no quotes that mean anything, several columns, a header."""
    means_quotes = contract.format.quotes and prepared.has_quotes
    # a row that is blank from end to end is no row, and without a required column nothing would tell it
    tells_blanks = any(column.required for column in contract.kept().values())
    return len(header) > 1 and not means_quotes and tells_blanks


def _scan(prepared: Prepared, delimiter: str) -> tuple[bool, int]:
    """Whether the text is bare, and how many delimiters it holds.

    Bare is a text without one space, so that no field needs to be trimmed; other spaces are beyond ASCII.
    """
    is_bare, delimiters = True, 0
    with prepared.path.open("rb") as file:
        while chunk := file.read(CHUNK):
            is_bare = is_bare and b" " not in chunk and chunk.isascii()
            delimiters += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord(delimiter)))
    return is_bare, delimiters


def read_straight(
    connection: duckdb.DuckDBPyConnection, contract: Contract, prepared: Prepared, layout: Layout, delivery: Delivered
) -> int | None:
    """Make ``typed`` and ``faults`` of a text whose first line is the header; returns how many rows came in.

    None where a line is not a row of the header's width: nothing is made then, and the long way must be taken.
    """
    width = layout.at_most
    columns = ", ".join(f"'f{place}': 'VARCHAR'" for place in range(1, width + 1))
    split = f"""read_csv(
        {path_literal(prepared.path)}, columns = {{{columns}}}, auto_detect = false, header = true,
        delim = {text_literal(contract.format.delimiter)}, quote = '', escape = '', comment = '', new_line = '\\n',
        max_line_size = {LONGEST_LINE}
    )"""
    is_bare, delimiters = _scan(prepared, contract.format.delimiter)
    typing = typing_of(contract, layout, None, delivery, is_bare)
    try:
        # rows keep the order of their lines, so a row's place in the table is that of its line
        judge(connection, contract, typing, split, f"rowid + {HEADER + 1}")
    except duckdb.InvalidInputException:
        return None
    rows = count(connection, "select count(*) from judged")
    if delimiters != (width - 1) * (rows + HEADER):
        return None  # the reader refuses a row with a field too few, and takes one with a blank field too many
    if count(connection, "select count(*) from judged where not _good"):
        connection.execute(f"""
            create temp table lines as
            select line, text from ({lines_sql(prepared)}) where line in (select _line from typed where not _good)
        """)
        if count(connection, f"select count(*) from lines where not {NOT_BLANK}"):
            connection.execute("drop table lines")
            return None
        list_faults(connection, typing_of(contract, layout, fields_sql(contract.format, False), delivery), "lines")
    return rows
