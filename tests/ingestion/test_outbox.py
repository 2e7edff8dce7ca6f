"""What goes back to each sender: a list that no spreadsheet runs, a summary without a script, only what counts."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from attendance.settings import PROJECT
from ingestion.contract import read_contracts
from ingestion.ledger import Record
from ingestion.outbox import COLUMNS, NOTHING, OTHERWISE, Outboxed, advise, count_remarks, harmless, write_outboxes
from ingestion.registry import KINDS, Registry
from ingestion.standing import standings
from ingestion.systems import read_systems
from tests.ingestion.county import (
    AERIES,
    ATT,
    ENR,
    LEA,
    STU,
    County,
    absence,
    absences,
    lenient,
    student,
)
from tests.ingestion.county import csv as as_csv


def outbox(county: County) -> Outboxed:
    """Write the LEA's outbox."""
    (written,) = write_outboxes(county.settings, county.registry, [LEA])
    return written


def listed(written: Outboxed) -> list[dict[str, str]]:
    """The list as a program reads it."""
    text = (written.folder / "rejects.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def summary(written: Outboxed) -> str:
    """The summary's source."""
    return (written.folder / "summary.html").read_text(encoding="utf-8")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") or name in {"src", "href"} for name, _ in attrs)
        self.silent += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.said.append(data)


def words(written: Outboxed) -> str:
    """What a person reads in the summary."""
    reader = _Words()
    reader.feed(summary(written))
    return " ".join(" ".join(reader.said).split())


# --- cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-1+1",
        "-",
        "@SUM(1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "   =1+1",
        " \N{NO-BREAK SPACE}=1+1",
        "'=1+1",
        '"=1+1"',
        "' \"=1+1",
        "\N{LEFT DOUBLE QUOTATION MARK}=1+1",
        "\N{ZERO WIDTH NO-BREAK SPACE}=1+1",
        "\N{FULLWIDTH EQUALS SIGN}1+1",
        "\N{FULLWIDTH PLUS SIGN}1",
        "\N{FULLWIDTH HYPHEN-MINUS}1",
        "\N{FULLWIDTH COMMERCIAL AT}SUM(1)",
        "\N{SMALL EQUALS SIGN}1+1",
        "a;=1+1",
        "a,@SUM(1)",
        "a|-1+1",
        'a";=1+1',
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(cell: str) -> None:
    safe = harmless(cell)
    # in every country's way of splitting a line, whatever stands before the first opener has an apostrophe
    for part in re.split(r"[;,|\t\r\n]", safe):
        bare = part.lstrip("".join(c for c in part if c.isspace() or c in '"`\u201c\u201d\ufeff'))
        assert not re.match(r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66]", bare), (cell, safe)
    assert "'" in safe
    assert not re.search(r"[\x00-\x1f\x7f\ufeff]", safe)


@pytest.mark.parametrize(
    "cell",
    ["-12.5", "+3", "-1,234.50", "-5 %", "0", "2023-10-05", "A=B", "me@here", "1-2", "Ash, Elm", "", "ñandú", "-.5"],
)
def test_plain_numbers_and_ordinary_text_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_ten_digits_in_a_row_may_be_a_student_and_are_not_repeated() -> None:
    assert harmless("STU_8100000001.csv") == "STU_[ten digits].csv"
    assert harmless("1999001 19990019910101") == "1999001 19990019910101"


def test_a_value_that_is_a_formula_reaches_the_list_made_harmless(county: County) -> None:
    rows = [student(number) for number in range(1, 201)]
    rows[4] |= {"SX": "=1+1"}
    rows[6] |= {"GR": "-12"}
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, rows))
    county.run()
    raw = (outbox(county).folder / "rejects.csv").read_bytes()
    assert b'"\'=1+1"' in raw
    assert b'"-12"' in raw
    assert not re.search(rb'"\s*[=+@]', raw)


# --- what the list has -----------------------------------------------------------------------------------------------


def test_each_rejected_row_stands_with_its_line_column_value_reason_and_what_to_do(county: County) -> None:
    rows = [student(number) for number in range(1, 201)]
    rows[4] |= {"GR": "x"}
    rows[6] |= {"CID": "12"}
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, rows))
    county.run()
    written = outbox(county)
    first, second = listed(written)
    assert tuple(first) == COLUMNS
    assert first["finding"] == "rejected"
    assert (first["file"], first["line"], first["column"], first["value"]) == (
        "2023-24/STU_20230901.csv",
        "6",
        "GR",
        "x",
    )
    assert first["what is wrong"] == "is not a whole number"
    assert first["what to do"]
    # an identifier of a student is never repeated, not even a wrong one
    assert (second["column"], second["value"]) == ("CID", "")
    assert (written.refused, written.rejected, written.remarks) == (0, 2, 0)
    assert "2 rows of 200 could not be loaded" in words(written)


def test_a_row_that_was_loaded_with_a_remark_is_marked_as_such(county: County) -> None:
    rows = [
        {
            "ID": str(number),
            "SC": "101",
            "SN": str(number),
            "YR": "2023",
            "GR": "7",
            "ED": "2023-08-15",
            "LD": "2024-06-07",
        }
        for number in range(1, 151)
    ]
    rows.append(rows[9] | {"ED": "2024-01-10"})
    county.send(f"{AERIES}/ENR_20230901.csv", as_csv(ENR, rows))
    (record,) = county.run()
    assert (record.rows_loaded, record.rows_rejected) == (151, 0)
    written = outbox(county)
    (line,) = listed(written)
    assert (line["finding"], line["line"]) == ("remark", "152")
    assert (written.rejected, written.remarks) == (0, 1)
    assert "1 row loaded, with a remark" in words(written)
    assert "All 151 rows of the files in use were loaded" in words(written)
    assert count_remarks(county.settings) == {record.delivery_id: 1}


def test_a_refused_file_stands_first_until_it_is_sent_again(county: County) -> None:
    good = as_csv(STU, [student(number) for number in range(1, 201)])
    county.send(f"{AERIES}/STU_20230901.csv", good)
    county.send(f"{AERIES}/STU_20230908.csv", good.replace("CID", "STATEID", 1))
    county.run()
    written = outbox(county)
    assert [(line["finding"], line["file"]) for line in listed(written)] == [
        ("file refused", "2023-24/STU_20230908.csv")
    ]
    assert "CID" in listed(written)[0]["what is wrong"]
    assert "1 file could not be used and waits for you to send it again" in words(written)
    assert "STU_20230908.csv was not used." in words(written)
    county.send(f"{AERIES}/STU_20230909.csv", good.replace("Plantedfirst", "Plantedother"))
    county.run()
    mended = outbox(county)
    assert listed(mended) == []
    assert mended.refused == 0
    assert "What to mend first Nothing." in words(mended)


def test_the_lines_of_a_file_refused_for_too_many_rejects_are_listed_too(county: County) -> None:
    rows = [student(number) for number in range(1, 51)]
    for row in rows[:10]:
        row |= {"GR": "x"}
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, rows))
    county.run()
    lines = listed(outbox(county))
    assert [line["finding"] for line in lines] == ["file refused"] + ["rejected, file refused"] * 10


def test_only_the_latest_delivery_of_a_period_is_spoken_of(county: County) -> None:
    bad = [student(number) for number in range(1, 201)]
    bad[4] |= {"GR": "x"}
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, bad))
    county.run()
    assert len(listed(outbox(county))) == 1
    bad[4] |= {"GR": "7"}
    bad[5] |= {"GR": "y"}
    county.send(f"{AERIES}/STU_20230908.csv", as_csv(STU, bad))
    county.run()
    (line,) = listed(outbox(county))
    assert (line["file"], line["value"]) == ("2023-24/STU_20230908.csv", "y")


def test_a_list_from_before_there_were_remarks_holds_rejected_rows(county: County) -> None:
    rows = [student(number) for number in range(1, 201)]
    rows[4] |= {"GR": "x"}
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, rows))
    (record,) = county.run()
    path = county.settings.rejects / LEA / f"{record.delivery_id}.parquet"
    duckdb.sql(f"copy (select * exclude (is_rejected) from '{path}') to '{path}.old' (format parquet)")
    Path(f"{path}.old").replace(path)
    (line,) = listed(outbox(county))
    assert line["finding"] == "rejected"
    assert count_remarks(county.settings) == {}


def test_a_list_is_no_longer_than_a_spreadsheet_opens_and_says_what_is_beyond(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [student(number) for number in range(1, 501)]
    for row in rows[:5]:
        row |= {"GR": "x"}
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, rows))
    county.run()
    monkeypatch.setattr("ingestion.outbox.MOST_LINES", 3)
    written = outbox(county)
    assert [line["line"] for line in listed(written)] == ["2", "3", "4"]
    assert "The list ends after 3 lines" in words(written)
    assert "2 lines more are kept at the county office" in words(written)
    assert "5 rows of 500 could not be loaded" in words(written)


def test_every_reason_of_the_rules_has_advice_of_its_own(county: County) -> None:
    said = [
        "a later delivery of 2023-24 is already loaded",
        "has 7 digits where 10 belong: leading zeros lost? Format the column as text and export it again",
        "was rewritten by a spreadsheet, like 1.23E+09: format the column as text and export it again",
        "is blank but required",
        "is not a whole number",
        "is not a number of at most 2 decimals",
        "is not a date like 2023-10-05",
        "is not Y or N",
        "is not one of A, B",
        r"does not look like \d{10}",
        "is below 10",
        "is above 20",
        "is another LEA's: the sender is 1999001",
        "is outside 2023-24, the year of its folder",
        "lies in the future: the file was sent on 2023-09-01",
        "is before ED",
        "is not a row of type STAS",
        "is not a school year like 2023-2024",
        "quotes out of place",
        "has 19 fields; 20 expected",
        "repeats the key of line 4",
        "is not a school of this LEA in the registry",
        "is outside the calendar that was sent for its school",
        "overlaps the dates of line 4",
    ]
    assert all(advise(one) != OTHERWISE for one in said), [one for one in said if advise(one) == OTHERWISE]
    assert [one for one in said if advise(one) is NOTHING] == said[:1]
    # and what the rules say today is said above
    rows = [absence(number) for number in range(1, 101)]
    rows[0] |= {"DT": "soon"}
    rows[1] |= {"SN": ""}
    rows[2] |= {"SC": "999"}
    rows[3] |= {"DT": "2031-01-01"}
    rows[4] |= {"DEL": "maybe"}
    rows.append(rows[9])
    county.send_codes()
    county.send(f"{AERIES}/ATT_202310_20231103.csv", as_csv(ATT, rows))
    record = county.run_one(contracts=lenient())
    reasons = {reason for _, _, reason in county.reasons(record)}
    assert len(reasons) >= 5
    assert all(advise(reason) != OTHERWISE for reason in reasons), reasons


# --- the files -------------------------------------------------------------------------------------------------------


def test_both_files_are_their_owners_alone(county: County) -> None:
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, [student(1)]))
    county.run()
    written = outbox(county)
    for folder in (written.folder, written.folder.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in written.folder.iterdir()} == {
        "rejects.csv": 0o600,
        "summary.html": 0o600,
    }


def test_the_same_state_gives_the_same_bytes_and_leaves_the_files_alone(county: County) -> None:
    rows = [student(number) for number in range(1, 201)]
    rows[4] |= {"GR": "x"}
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, rows))
    county.run()
    first = outbox(county)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in first.folder.iterdir()}
    second = outbox(county)
    assert (first.changed, second.changed) == (True, False)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in second.folder.iterdir()} == before
    assert str(datetime.now(tz=UTC).year) not in words(second)


def test_a_file_that_cannot_be_finished_leaves_the_old_one_whole(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, [student(1)]))
    county.run()
    written = outbox(county)
    before = {path.name: path.read_bytes() for path in written.folder.iterdir()}
    county.send(f"{AERIES}/STU_20230902.csv", as_csv(STU, [student(1)]).replace("CID", "STATEID"))
    county.run()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        outbox(county)
    assert {path.name: path.read_bytes() for path in written.folder.iterdir()} == before


def test_no_name_and_no_identifier_goes_back(county: County) -> None:
    rows = [student(number) for number in range(1, 201)]
    rows[3] |= {"GR": "Plantedlast", "SX": "Plantedfirst"}
    rows[5] |= {"SC": "8100000005"}
    rows[7] |= {"LF": "8100000007"}
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, rows))
    county.send(f"{AERIES}/STU_8100000009_20230902.csv", as_csv(STU, rows).replace("CID", "STATEID"))
    county.run(contracts=lenient())
    written = outbox(county)
    assert len(listed(written)) >= 3
    for path in written.folder.iterdir():
        text = path.read_text(encoding="utf-8-sig")
        assert "Planted" not in text
        assert "81000000" not in text


def test_a_name_that_looks_like_markup_is_only_a_name(county: County) -> None:
    text = as_csv(STU, [student(1)])
    county.send(f"{AERIES}/STU_<script>alert(1)<.csv", text.replace("CID", "<img src=x onerror=alert(2)>"))
    county.run()
    written = outbox(county)
    reader = _Words()
    reader.feed(summary(written))
    assert not {"script", "img", "iframe", "object", "link"} & set(reader.tags)
    assert "<script>alert(1)<" in words(written)
    assert "default-src 'none'" in summary(written)


def test_every_sender_that_sends_has_an_outbox_from_its_first_day(county: County) -> None:
    written = write_outboxes(county.settings, county.registry)
    assert [one.sender for one in written] == ["00", "19", LEA]
    assert "Nothing has arrived yet." in words(written[-1])


# --- silence ---------------------------------------------------------------------------------------------------------


def publish_submissions(county: County, rows: str) -> None:
    county.settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    county.settings.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(county.settings.warehouse)) as connection:
        connection.execute(f"""
            create schema marts;
            create table marts.dim_entities as
                from (values ('19990019910101', 'Elm Middle'), ('19990019910102', 'Ash Charter'))
                t(cds_code, entity_name);
            create table marts.school_submissions as
                select '1999001' as lea_code, * from (values {rows})
                t(school_year, cds_code, attendance_source, complete_through, days_without_a_row, silent_since,
                  is_silent)
        """)


def test_a_silent_school_is_named_and_never_taken_for_one_without_absences(county: County) -> None:
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, [student(1)]))
    county.run()
    assert "Not known yet" in words(outbox(county))
    publish_submissions(
        county,
        """
        ('2023-24', '19990019910101', 'daily', date '2024-03-08', 2, date '2024-03-11', true),
        ('2023-24', '19990019910102', 'daily', date '2024-03-15', 0, null, false),
        ('2022-23', '19990019910101', 'daily', date '2023-06-05', 0, date '2023-06-06', true)
        """,
    )
    said = words(outbox(county))
    assert "1 of 2 schools is silent" in said
    assert "1 school is silent: Elm Middle, since March 11, 2024." in said
    assert "Elm Middle March 8, 2024 2 no row since March 11, 2024" in said
    assert "Ash Charter March 15, 2024 0" in said
    assert "never taken for one where nobody was absent" in said
    assert "2022-23" not in said


def test_a_warehouse_of_an_earlier_version_stops_nothing(county: County) -> None:
    county.settings.warehouse.parent.mkdir(parents=True)
    duckdb.connect(str(county.settings.warehouse)).close()
    assert "Not known yet" in words(outbox(county))


# --- sending ---------------------------------------------------------------------------------------------------------


def with_outbox(registry: Registry, place: dict[str, object]) -> Registry:
    """The registry with an outbox for its LEA."""
    told = registry.model_dump(mode="json", exclude_defaults=True)
    told["leas"][0]["outbox"] = place
    return Registry.model_validate(told)


def test_the_files_are_sent_where_the_registry_says_so_and_only_when_they_changed(county: County) -> None:
    county = replace(county, registry=with_outbox(county.registry, {"folder": f"{LEA}/outbox"}))
    there = county.settings.extracts / LEA / "outbox"
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, [student(1)]))
    county.run()
    first = outbox(county)
    assert first.sent is True
    assert {path.name: path.read_bytes() for path in there.iterdir()} == {
        path.name: path.read_bytes() for path in first.folder.iterdir()
    }
    (there / "rejects.csv").unlink()
    assert outbox(county).sent is False
    assert not (there / "rejects.csv").exists()
    county.send(f"{AERIES}/STU_20230902.csv", as_csv(STU, [student(1)]).replace("CID", "STATEID"))
    county.run()
    assert outbox(county).sent is True
    assert (there / "rejects.csv").exists()


def test_what_cannot_be_sent_is_told_and_stops_nobody(county: County, caplog: pytest.LogCaptureFixture) -> None:
    county = replace(county, registry=with_outbox(county.registry, {"folder": f"{LEA}/outbox"}))
    county.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, [student(1)]))
    county.run()
    (county.settings.extracts / LEA / "outbox").write_text("a file where a folder belongs")
    outboxes = {one.sender: one for one in write_outboxes(county.settings, county.registry)}
    assert set(outboxes) == {"00", "19", LEA}
    assert outboxes[LEA].sent is False
    assert outboxes[LEA].failure
    assert "could not be sent" in caplog.text
    assert (outboxes[LEA].folder / "summary.html").exists()
    (county.settings.extracts / LEA / "outbox").unlink()
    assert outbox(county).sent is True


# --- standing --------------------------------------------------------------------------------------------------------


def record(
    name: str, outcome: str, periods: tuple[str, ...] = (), digest: str = "", file: str = "attendance"
) -> Record:
    """A delivery sent on the day at the end of its name."""
    day = date.fromisoformat(re.search(r"\d{8}(?=\.)", name)[0])  # type: ignore[index]
    sent = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Record.model_validate(
        {
            "delivery_id": f"{name} {outcome}",
            "sender": LEA,
            "source": "aeries",
            "file": file,
            "name": f"2023-24/{name}",
            "digest": digest or name,
            "size_bytes": 1,
            "school_year_hint": "2023-24",
            "sent_at": sent,
            "received_at": sent,
            "outcome": outcome,
            "periods": periods,
        }
    )


def standing(*records: Record) -> list[str]:
    found = standings(records)
    return [found[one.delivery_id] for one in records]


def test_a_refused_month_is_not_replaced_by_the_next_month() -> None:
    refused = record("ATT_202310_20231103.csv", "refused")
    november = record("ATT_202311_20231203.csv", "loaded", ("2023-11",))
    assert standing(refused, november) == ["refused", "in_use"]
    again = record("ATT_202310_20231205.csv", "loaded", ("2023-10",))
    assert standing(refused, november, again) == ["replaced", "in_use", "in_use"]


def test_a_refused_month_is_replaced_by_any_file_that_covers_it() -> None:
    refused = record("ATT_202310_20231103.csv", "refused")
    for name, periods in (
        ("attendance_mended_20231105.csv", ("2023-09", "2023-10")),
        ("all_20231105.csv", ("2023-24",)),
    ):
        assert standing(refused, record(name, "loaded", periods)) == ["replaced", "in_use"]
    other = record("codes_20231105.csv", "loaded", ("2023-24",), file="absence_codes")
    assert standing(refused, other) == ["refused", "in_use"]


def test_a_file_refused_after_it_was_loaded_stays_refused() -> None:
    loaded = record("STU_20230901.csv", "loaded", ("2023-24",))
    refused = record("STU_20230908.csv", "refused")
    assert standing(loaded, refused) == ["in_use", "refused"]
    twice = record("STU_20230909.csv", "refused")
    assert standing(loaded, refused, twice) == ["in_use", "replaced", "refused"]


def test_a_delivery_is_in_use_while_it_holds_one_period() -> None:
    both = record("ATT_1_20231103.csv", "loaded", ("2023-09", "2023-10"))
    one = record("ATT_2_20231104.csv", "loaded", ("2023-10",))
    assert standing(both, one) == ["in_use", "in_use"]
    other = record("ATT_3_20231105.csv", "loaded", ("2023-09",))
    assert standing(both, one, other) == ["replaced", "in_use", "in_use"]


def test_a_repetition_leaves_the_first_in_use() -> None:
    first = record("STU_20230901.csv", "loaded", ("2023-24",), digest="same")
    again = record("STU_20230908.csv", "unchanged", ("2023-24",), digest="same")
    assert standing(first, again) == ["in_use", "repeats"]
    assert standing(first, again, record("STU_20230909.csv", "received")) == ["in_use", "repeats", "waiting"]


# --- systems ---------------------------------------------------------------------------------------------------------


def test_every_source_of_the_registry_has_a_name_and_an_expectation(county: County) -> None:
    systems = read_systems(replace(county.settings, project=PROJECT))
    assert {source: system.kind for source, system in systems.items()} == {
        source: kind for kind, sources in KINDS.items() for source in sources
    }
    assert {contract.source for contract in read_contracts()} <= set(systems)
    nightly = systems["aeries"]
    assert nightly.days_stale(date(2024, 3, 1), date(2024, 3, 4)) is None
    assert nightly.days_stale(date(2024, 3, 1), date(2024, 3, 5)) == 4
    assert systems["calpads"].days_stale(date(2024, 3, 1), date(2024, 3, 11)) is None


def test_names_of_students_are_in_no_path_of_an_outbox(county: County) -> None:
    county.send(f"{AERIES}/ATT_202310_20231103.csv", as_csv(ATT, absences(3)))
    county.run()
    assert sorted(path.name for path in Path(outbox(county).folder).iterdir()) == ["rejects.csv", "summary.html"]
