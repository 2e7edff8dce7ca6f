"""From a prepared text file to records in DuckDB: no line is lost, and each record knows the line it began on.

Tables that this module leaves in the connection:
    lines    line, text                one row per physical line, blank ones with an empty text
    records  line, text                one row per record, in the order of the lines; the header is not among them
"""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb

from ingestion.contract import Format
from ingestion.errors import RefusedError
from ingestion.prepare import Prepared

# RFC 4180: a field is free of quotes, or stands in quotes with every quote inside it doubled
FIELD = r'(?:"(?:[^"]|"")*"|[^"{d}]*)'
PLAIN_FIELD = r'(?:"[^"{d}]*"|[^"{d}]*)'
NOT_BLANK = "(ascii(text) > 32 or trim(text, ' \t') <> '')"  # the first character decides nearly always
LONGEST_LINE = 2_097_152
LONGEST_RECORD = 1_000  # lines; a quote that is not closed by then was never meant to open a field


def text_literal(value: str) -> str:
    """The SQL literal of a text."""
    return "'" + value.replace("'", "''") + "'"


def name_literal(name: str) -> str:
    """The SQL identifier of a name."""
    return '"' + name.replace('"', '""') + '"'


def path_literal(path: Path) -> str:
    """The SQL literal of a path, which DuckDB does not take as a glob."""
    return text_literal(str(path))


def lines_sql(prepared: Prepared) -> str:
    """SQL of a text's lines: line (from 1), text."""
    return f"""
        select row_number() over () as line, coalesce(text, '') as text
        from read_csv(
            {path_literal(prepared.path)}, columns = {{'text': 'VARCHAR'}}, auto_detect = false, header = false,
            delim = chr(1), quote = '', escape = '', comment = '', nullstr = chr(2), new_line = '\\n',
            max_line_size = {LONGEST_LINE}
        )
    """


def read_lines(connection: duckdb.DuckDBPyConnection, prepared: Prepared) -> None:
    """Make table ``lines``. Raises RefusedError for a line too long to be a row of any extract."""
    try:
        connection.execute(f"create temp table lines as {lines_sql(prepared)}")
    except duckdb.InvalidInputException as error:
        # the reader's own message repeats the line, and with it whoever stands in it
        raise RefusedError(
            f"The file holds a line of more than {LONGEST_LINE:,} bytes: its line ends were lost. Export it again."
        ) from error


def _pattern(template: str, delimiter: str) -> str:
    return template.replace("{d}", "\\^" if delimiter == "^" else delimiter)


def _whole(field: str, delimiter: str) -> str:
    """The pattern of a whole record made of such fields."""
    escaped = "\\^" if delimiter == "^" else delimiter
    one = _pattern(field, delimiter)
    return f"{one}(?:{escaped}{one})*"


def fields_sql(file_format: Format, has_quotes: bool) -> str:
    """SQL of the list of a record's fields; null where its quotes are out of place.

    Records without quotes, and those whose quoted fields hold neither quote nor delimiter, are only split: that is
    nearly all of them. The regular expression that splits the others costs ten times as much.
    """
    delimiter = text_literal(file_format.delimiter)
    split = f"string_split(text, {delimiter})"
    if not (file_format.quotes and has_quotes):
        return split
    pieces = text_literal(f"{file_format.delimiter}({_pattern(FIELD, file_format.delimiter)})")
    return f"""case
        when not contains(text, '"') then {split}
        when regexp_full_match(text, {text_literal(_whole(PLAIN_FIELD, file_format.delimiter))})
            then string_split(replace(text, '"', ''), {delimiter})
        when regexp_full_match(text, {text_literal(_whole(FIELD, file_format.delimiter))})
            then list_transform(
                regexp_extract_all({delimiter} || text, {pieces}, 1),
                lambda field: case when starts_with(field, '"') then replace(field[2:-2], '""', '"') else field end
            )
    end"""


def first_text(connection: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    """Line number and text of the first line that is not blank; raises RefusedError where there is none."""
    found = connection.execute(f"select line, text from lines where {NOT_BLANK} order by line limit 1").fetchone()
    if found is None:
        raise RefusedError("The file holds only blank lines. Send it again.")
    return found[0], found[1]


def header_names(text: str, file_format: Format) -> list[str]:
    """The names in a header row."""
    if not file_format.quotes:
        return [name.strip() for name in text.split(file_format.delimiter)]
    return [name.strip() for name in next(csv.reader([text], delimiter=file_format.delimiter))]


def make_records(
    connection: duckdb.DuckDBPyConnection, file_format: Format, has_quotes: bool, after: int, fields: int
) -> int:
    """Make table ``records`` of the lines after line ``after``; returns how many records there are.

    fields: how many fields a record has by the header; used to tell a field that holds a line break from a quote that
    was left open. A line whose quotes are out of place stays a record by itself, so it costs no other line.
    """
    if file_format.quotes and has_quotes and _find_odd_lines(connection, after):
        _join_odd_lines(connection, file_format, fields)
        connection.execute(f"""
            create temp table records as
            select line, text from lines
            where line > {after} and {NOT_BLANK} and line not in (select line from joined_lines)
            union all
            select line, text from joined
            order by line
        """)
    else:
        connection.execute(f"""
            create temp view records as
            select line, text from lines where line > {after} and {NOT_BLANK}
        """)
    found = connection.execute("select count(*) from records").fetchone()
    return int(found[0]) if found else 0


def _find_odd_lines(connection: duckdb.DuckDBPyConnection, after: int) -> bool:
    """Make ``odd``, the lines with an odd number of quotes: each opens or closes a field that spans lines."""
    connection.execute(f"""
        create temp table odd as
        select line from lines where line > {after} and (length(text) - length(replace(text, '"', ''))) % 2 = 1
    """)
    return connection.execute("select 1 from odd limit 1").fetchone() is not None


def _join_odd_lines(connection: duckdb.DuckDBPyConnection, file_format: Format, fields: int) -> None:
    """Make ``joined`` (records that span lines) and ``joined_lines`` (the lines that they are made of).

    Each line of ``odd`` and the next one are tried together: what is between them is a record if it splits cleanly
    into the right number of fields, and if at most one of its lines could be a whole row by itself. Two stray quotes
    would otherwise turn all rows between them into one long field. Of two records that would share a line, the
    earlier one counts.
    """
    delimiter = text_literal(file_format.delimiter)
    pieces = text_literal(f"{file_format.delimiter}({_pattern(FIELD, file_format.delimiter)})")
    connection.execute(f"""
        create temp table joined as
        with spans as (
            select line as first_line, lead(line) over (order by line) as last_line,
                   row_number() over (order by line) as place
            from odd
        ),
        parts as (
            select first_line, place, unnest(range(first_line, last_line + 1)) as line
            from spans
            where last_line - first_line < {LONGEST_RECORD}
        ),
        tried as (
            select first_line, place, string_agg(lines.text, chr(10) order by parts.line) as text,
                   count_if(length(lines.text) - length(replace(lines.text, {delimiter}, '')) >= {fields - 1})
                       as whole_rows
            from parts join lines on lines.line = parts.line
            group by first_line, place
        ),
        whole as (
            select first_line, place, text, place - row_number() over (order by place) as run
            from tried
            where whole_rows <= 1
              and regexp_full_match(text, {text_literal(_whole(FIELD, file_format.delimiter))})
              and len(regexp_extract_all({delimiter} || text, {pieces})) = {fields}
        )
        select first_line as line, text
        from whole
        qualify row_number() over (partition by run order by place) % 2 = 1
    """)
    connection.execute("""
        create temp table joined_lines as
        select unnest(range(line, line + 1 + length(text) - length(replace(text, chr(10), '')))) as line from joined
    """)
