"""The short way from text to rows and the long one: the same lake and the same lists, to the byte, for every file."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion import load
from ingestion.ledger import Record
from tests.ingestion.county import (
    ABS,
    AERIES,
    ATT,
    DAY,
    ENR,
    SECRET,
    STU,
    County,
    Row,
    absence,
    absence_code,
    absences,
    county_at,
    csv,
    lenient,
    student,
)

Damage = Callable[[random.Random, str], str]

# values as exports have them and as they should not be
ODD = [
    *(
        "",
        " ",
        "  7",
        "7 ",
        "07",
        "+7",
        "-7",
        "7.0",
        "7.5",
        "1e3",
        "1.2E+09",
        "0x1F",
        "1_0",
        "x",
        "Y",
        "N",
        "y",
        "null",
    ),
    *(
        "2023-10-05",
        "10/5/2023",
        "2023-10-05 00:00:00",
        "2023-13-01",
        "20231005",
        "0001-01-01",
        "9999999999",
        "é",
        "\t",
    ),
    *(
        "\N{NO-BREAK SPACE}7",
        "'",
        "\\",
        "\\N",
        "NULL",
        "-",
        "\x1a",
        "\x7f",
        "\N{ZERO WIDTH NO-BREAK SPACE}5",
        "0",
        "False",
    ),
]


def shape(how: random.Random) -> tuple[str, list[str], list[Row]]:
    """A file's name, its header and rows that are good."""
    count = how.choice([1, 2, 40, 300])
    kind = how.choice(["ATT", "STU", "ENR", "ABS", "DAY"])
    if kind == "ATT":
        days = ["2023-09-05", "2023-10-05", "2023-10-31", "2023-12-01"]
        return "ATT_20240101.csv", ATT, [absence(number, how.choice(days)) for number in range(1, count + 1)]
    if kind == "STU":
        return "STU_20240101.csv", STU, [student(number) for number in range(1, count + 1)]
    if kind == "ABS":
        return (
            "ABS_20240101.csv",
            ABS,
            [absence_code(chr(60 + number)) for number in range(1, min(count, 60))] or [absence_code("A")],
        )
    if kind == "DAY":
        days = [f"2023-{month:02d}-{day:02d}" for month in range(8, 13) for day in range(1, 29)]
        return "DAY_20240101.csv", DAY, [{"SC": "101", "DY": "1", "DT": day, "MO": "1"} for day in days[:count]]
    stint = {"SC": "101", "YR": "2023", "GR": "7", "ED": "2023-08-15"}
    return "ENR_20240601.csv", ENR, [stint | {"ID": str(number), "SN": str(number)} for number in range(1, count + 1)]


def made(how: random.Random) -> tuple[str, str]:
    """A file, clean or damaged in one way or another: its name and its text."""
    name, header, rows = shape(how)
    for _ in range(how.choice([0, 0, 1, 3, 20])):
        row = how.randrange(len(rows))
        rows[row] = rows[row] | {how.choice(header): how.choice(ODD)}
    for _ in range(how.choice([0, 0, 2])):
        rows.insert(how.randrange(len(rows) + 1), dict(how.choice(rows)))
    columns = how.sample(header, len(header)) if how.random() < 0.3 else header
    lines = csv(columns, rows).splitlines()
    for _ in range(how.choice([0, 0, 0, 1, 4])):
        line = how.randrange(len(lines))
        lines[line] = how.choice(
            [
                lines[line] + ",",
                lines[line].rpartition(",")[0],
                "",
                " ",
                lines[line].replace(",", '","', 1),
                f'"{lines[line]}',
                lines[line].replace(",", ";"),
                lines[line] + "\x00",
                "," * (len(columns) - 1),
            ]
        )
    end = how.choice(["\n", "\n", "\r\n", "\r"])
    return name, end.join(lines) + how.choice([end, "", end * 2])


def loaded(folder: Path, name: str, text: str) -> tuple[County, Record]:
    """A county at ``folder`` after it has loaded that file."""
    county = county_at(folder)
    if not name.startswith("ABS"):
        county.send_codes()
    county.send(f"{AERIES}/{name}", text)
    return county, next(one for one in county.run(contracts=lenient()) if name in one.name)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which way each file went, as they go."""
    monkeypatch.setenv("ATTENDANCE_SECRET", SECRET)
    went: list[str] = []
    straight = load.read_straight

    def seen(*args: object) -> int | None:
        rows = straight(*args)  # type: ignore[arg-type]
        went.append("long" if rows is None else "short")
        return rows

    monkeypatch.setattr(load, "read_straight", seen)
    return went


@pytest.mark.parametrize("seed", range(6))
def test_both_ways_make_the_same_lake_and_the_same_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ways: list[str], seed: int
) -> None:
    how = random.Random(seed)
    short = 0
    for number in range(10):
        name, text = made(how)
        ways.clear()
        chosen, record = loaded(tmp_path / f"{number}chosen", name, text)
        short += ways[-1:] == ["short"]
        with monkeypatch.context() as patch:
            patch.setattr(load, "goes_straight", lambda *_: False)
            exact, told = loaded(tmp_path / f"{number}exact", name, text)
        times = {"received_at", "loaded_at"}
        assert record.model_dump(exclude=times) == told.model_dump(exclude=times), f"file {number} of seed {seed}"
        assert chosen.lake_digests() == exact.lake_digests(), f"file {number} of seed {seed}"
    assert short >= 3


def test_a_clean_file_and_one_with_bad_values_go_the_short_way(tmp_path: Path, ways: list[str]) -> None:
    rows = absences(300)
    loaded(tmp_path / "clean", "ATT_20240101.csv", csv(ATT, rows))
    rows[7] |= {"SC": "x"}
    county, record = loaded(tmp_path / "bad", "ATT_20240101.csv", csv(ATT, rows))
    assert ways[1::2] == ["short", "short"]
    assert county.reasons(record) == [(9, "SC", "is not a whole number")]


@pytest.mark.parametrize("blank", [" ", "\N{NO-BREAK SPACE}"], ids=["space", "no-break space"])
def test_spaces_around_a_value_are_taken_away_on_the_short_way_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ways: list[str], blank: str
) -> None:
    rows = absences(300)
    rows[7] |= {"AL": f"{blank}A{blank}", "DY": f"{blank}30"}
    text = csv(ATT, rows)
    county, record = loaded(tmp_path / "short", "ATT_20240101.csv", text)
    assert ways[-1] == "short"
    monkeypatch.setattr(load, "goes_straight", lambda *_: False)
    exact, told = loaded(tmp_path / "long", "ATT_20240101.csv", text)
    assert (record.rows_loaded, record.rows_unmapped) == (told.rows_loaded, told.rows_unmapped)
    assert county.lake_digests() == exact.lake_digests()


def test_a_row_of_another_width_takes_the_long_way_and_costs_no_other(tmp_path: Path, ways: list[str]) -> None:
    lines = csv(ATT, absences(300)).splitlines()
    lines[10] += ","
    county, record = loaded(tmp_path, "ATT_20240101.csv", "\n".join(lines))
    assert ways[-1] == "long"
    assert county.reasons(record) == [(11, None, "has 34 fields; 33 expected")]


def test_lines_keep_their_numbers_after_a_blank_one(tmp_path: Path, ways: list[str]) -> None:
    rows = absences(300)
    rows[7] |= {"SC": "x"}
    lines = csv(ATT, rows).splitlines()
    lines.insert(4, "")
    county, record = loaded(tmp_path, "ATT_20240101.csv", "\n".join(lines))
    assert (record.rows_in, ways[-1]) == (300, "long")
    assert county.reasons(record) == [(10, "SC", "is not a whole number")]


def test_many_rows_of_several_months_keep_their_lines_and_make_the_same_bytes_each_time(
    tmp_path: Path, ways: list[str]
) -> None:
    columns = ["SC", "SN", "DY", "CD", "AL", *(f"A{period}" for period in range(10)), "DT", "DEL"]
    days = ["2023-09-05", "2023-10-05", "2023-11-06"]
    lines = [f"101,{number},1,,A,,,,,,,,,,,{day},0" for number in range(1, 100_001) for day in days]
    for place in range(777, len(lines), 1000):
        lines[place] = lines[place].replace("101,", "x,", 1)
    text = "\n".join([",".join(columns), *lines]) + "\n"
    county, record = loaded(tmp_path / "one", "ATT_20240101.csv", text)
    again, _ = loaded(tmp_path / "two", "ATT_20240101.csv", text)
    assert ways[-1] == "short"
    assert [line for line, _, _ in county.reasons(record)] == [place + 2 for place in range(777, len(lines), 1000)]
    assert county.lake_digests() == again.lake_digests()


def test_a_long_file_makes_the_same_bytes_in_one_thread_and_in_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTENDANCE_SECRET", SECRET)
    made = []
    for name, large in (("one", 2**40), ("several", 0)):
        monkeypatch.setattr(load, "LARGE", large)
        county = county_at(tmp_path / name)
        county.send(f"{AERIES}/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
        # threads cut a table at the edges of what each has read, some megabytes at a time
        county.send(f"{AERIES}/ATT_20231103.csv", csv(ATT, absences(400_000)))
        assert [record.rows_loaded for record in county.run()] == [1, 400_000]
        made.append(county.lake_digests())
    assert made[0] == made[1]
