"""From bytes to rows: encodings, line ends, quotes, archives, and where a row began."""

from __future__ import annotations

import pytest

from ingestion.prepare import _as_lines
from tests.ingestion.county import (
    ABS,
    AERIES,
    ATT,
    STU,
    County,
    absence_code,
    absences,
    csv,
    lenient,
    student,
)

CODES = [absence_code("A"), absence_code("I") | {"TI": "Ñandú"}]


def titles(county: County) -> list[str]:
    return [row["title"] for row in county.lake("aeries/absence_codes")]


def test_column_names_may_be_written_in_small_letters(county: County) -> None:
    columns = [name.lower() for name in ABS]
    county.send(f"{AERIES}/ABS_20230801.csv", csv(columns, [{k.lower(): v for k, v in one.items()} for one in CODES]))
    (record,) = county.run()
    assert (record.outcome, record.rows_in, record.rows_loaded) == ("loaded", 2, 2)
    assert titles(county) == ["title", "Ñandú"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_line_ends_are_found_wherever_a_chunk_breaks(size: int) -> None:
    text = b"\r\na,b\r\n\r\n\nc\r\r\nd\n\n\n\ne\x00\x01\x02\r"
    chunks = (text[start : start + size] for start in range(0, len(text), size))
    expected = b"\x02\na,b\n\x02\n\x02\nc\n\x02\nd\n\x02\n\x02\n\x02\ne\x1a\x1a\x1a\n"
    assert b"".join(_as_lines(chunks)) == expected


def test_a_zero_byte_or_a_control_character_costs_no_other_row(county: County) -> None:
    county.send_codes()
    text = csv(ATT, absences(3)).replace("101,2,30", "101,2,\x003\x010\x02")
    county.send(f"{AERIES}/ATT_20231101.csv", text)
    record = county.run_one(contracts=lenient())
    assert (record.rows_in, record.rows_loaded) == (3, 2)
    assert county.reasons(record) == [(3, "DY", "is not a whole number")]


def quoted(number: int, address: str) -> str:
    """A row of STU in which every field stands in quotes."""
    row = student(number, AD=address)
    return ",".join('"' + row.get(name, "").replace('"', '""') + '"' for name in STU)


def test_quotes_commas_and_line_breaks_inside_a_field_are_part_of_it(county: County) -> None:
    rows = [
        quoted(1, "12 Main St, Apt 3"),
        quoted(2, 'the "old" mill'),
        quoted(3, "two\nlines"),
        quoted(4, "a\n\nb\r\nc, d"),
        ",".join(student(5).get(name, "") for name in STU),
        quoted(6, '"'),
        quoted(7, '\n"\n'),
        quoted(8, ""),
    ]
    county.send(f"{AERIES}/STU_20230901.csv", "\n".join([",".join(STU), *rows]))
    record = county.run_one()
    assert (record.rows_in, record.rows_loaded, record.rows_rejected) == (8, 8, 0)
    loaded = county.lake("aeries/students")
    assert [row["zip"] for row in loaded] == ["90001"] * 8
    assert len({row["student_number_key"] for row in loaded}) == 8


def test_a_quoted_value_is_kept_as_it_was_meant(county: County) -> None:
    titles_sent = ["plain", "a, b", 'the "old" one', '"', "two\nlines", ' "spaced" ', 'Ñandú, "x"']
    rows = [absence_code(letter) for letter in "ABCDEFG"]
    lines = [",".join(ABS)]
    for row, title in zip(rows, titles_sent, strict=True):
        doubled = title.replace('"', '""')
        lines.append(",".join(f'"{doubled}"' if name == "TI" else row[name] for name in ABS))
    county.send(f"{AERIES}/ABS_20230801.csv", "\n".join(lines))
    (record,) = county.run()
    assert (record.rows_in, record.rows_loaded) == (7, 7)
    assert titles(county) == [title.strip(" ") for title in titles_sent]


def test_a_quote_that_is_never_closed_costs_its_own_row_and_no_other(county: County) -> None:
    rows = [quoted(number, "12 Main St") for number in range(1, 401)]
    rows[99] = rows[99].replace('"12 Main St"', '"12 Main St')
    county.send(f"{AERIES}/STU_20230901.csv", "\n".join([",".join(STU), *rows]))
    record = county.run_one()
    assert (record.rows_in, record.rows_loaded) == (400, 399)
    assert county.reasons(record) == [(101, None, "quotes out of place")]


def test_two_open_quotes_far_apart_swallow_nothing_between_them(county: County) -> None:
    rows = [quoted(number, "12 Main St") for number in range(1, 401)]
    for place in (99, 300):
        rows[place] = rows[place].replace('"12 Main St"', '12 "Main St')
    rows[200] = quoted(201, "on\ntwo lines")
    county.send(f"{AERIES}/STU_20230901.csv", "\n".join([",".join(STU), *rows]))
    record = county.run_one()
    assert (record.rows_in, record.rows_loaded) == (400, 398)
    assert county.reasons(record) == [(101, None, "quotes out of place"), (303, None, "quotes out of place")]


def test_a_quote_inside_a_field_that_has_none_around_it_is_out_of_place(county: County) -> None:
    rows = [",".join(student(number).get(name, "") for name in STU) for number in range(1, 201)]
    rows[4] = rows[4].replace("77 Planted", '7" "Planted')
    county.send(f"{AERIES}/STU_20230901.csv", "\n".join([",".join(STU), *rows]))
    record = county.run_one()
    assert county.reasons(record) == [(6, None, "quotes out of place")]


def test_a_row_with_a_field_too_many_or_too_few_is_rejected_with_its_line(county: County) -> None:
    county.send_codes()
    lines = csv(ATT, absences(300)).splitlines()
    lines[10] += ","
    lines[20] = lines[20].rpartition(",")[0]
    lines.insert(5, "")
    county.send(f"{AERIES}/ATT_20231101.csv", "\r\n".join(lines))
    record = county.run_one()
    assert (record.rows_in, record.rows_loaded, record.rows_rejected) == (300, 298, 2)
    assert county.reasons(record) == [
        (12, None, "has 34 fields; 33 expected"),
        (22, None, "has 32 fields; 33 expected"),
    ]
    assert [row["value"] for row in county.rejects(record)] == [None, None]


def test_a_line_keeps_its_number_after_blank_lines_and_records_of_several_lines(county: County) -> None:
    rows = [quoted(1, "one\ntwo\nthree"), "", "", quoted(2, "x"), quoted(3, "x").replace('"7"', '"seventh"')]
    county.send(f"{AERIES}/STU_20230901.csv", "\n".join(["", ",".join(STU), *rows]))
    record = county.run_one(contracts=lenient())
    assert county.reasons(record) == [(9, "GR", "is not a whole number")]
