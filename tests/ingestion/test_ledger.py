"""The ledger and what dbt reads of it and of the registry."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from ingestion.contract import read_contracts
from ingestion.ledger import LedgerError, Record, find_senders, read_records, write_record
from ingestion.load import load_sender
from ingestion.reference import HELD, prepare_lake, write_held, write_reference
from ingestion.registry import Authorizer, Lea, School
from tests.ingestion.county import (
    AERIES,
    ATT,
    CALPADS,
    LEA,
    STU,
    County,
    absences,
    caret,
    csv,
    read_parquet,
    stas,
    student,
)


def types_of(path: Path) -> dict[str, str]:
    with duckdb.connect() as connection:
        found = connection.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()
    return {name: kind for name, kind, *_ in found}


def test_a_record_in_which_rows_are_missing_cannot_be_written(county: County) -> None:
    county.send_codes()
    (record,) = county.run()
    with pytest.raises(ValidationError, match=r"rows in 3 are not loaded 2 .* rejected 0"):
        Record.model_validate({**record.model_dump(), "rows_in": 3})
    write_record(county.settings, record)
    assert read_records(county.settings) == [record]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"delivery_id": "x"}'])
def test_a_damaged_record_is_an_error_that_names_the_file_and_what_to_do(county: County, damage: str) -> None:
    county.send_codes()
    county.run()
    (path,) = county.settings.ledger.rglob("*.json")
    path.write_text(damage)
    with pytest.raises(LedgerError) as error:
        county.run()
    assert str(path) in str(error.value)
    assert "remove this one file and run again" in str(error.value)
    path.unlink()
    assert [record.outcome for record in county.run()] == ["loaded"]


def test_a_record_in_another_senders_folder_is_an_error(county: County) -> None:
    county.send_codes()
    county.run()
    (path,) = county.settings.ledger.rglob("*.json")
    other = county.settings.ledger / "1999002"
    other.mkdir()
    path.rename(other / path.name)
    with pytest.raises(LedgerError, match="moved or renamed"):
        read_records(county.settings)


def test_a_delivery_that_was_never_pulled_is_an_error(county: County) -> None:
    with pytest.raises(LedgerError, match="No ledger record of delivery 0123456789abcdef"):
        find_senders(county.settings, ["0123456789abcdef"])
    with pytest.raises(LedgerError, match="1999001 has no delivery 0123456789abcdef"):
        load_sender(county.settings, county.registry, LEA, ["0123456789abcdef"])


def test_dbt_finds_the_registry_typed(county: County) -> None:
    write_reference(county.settings, county.registry)
    registry = county.settings.lake / "registry"
    assert read_parquet(registry / "leas" / "all.parquet") == [
        {
            "lea_code": LEA,
            "lea_name": "Elm Unified",
            "cds_code": f"{LEA}0000000",
            "system": "aeries",
            "leave_date_rule": "last_day",
        }
    ]
    schools = registry / "schools" / "all.parquet"
    assert types_of(schools) == {
        "lea_code": "VARCHAR",
        "district_code": "VARCHAR",
        "district_name": "VARCHAR",
        "school_code": "VARCHAR",
        "school_number": "INTEGER",
        "school_name": "VARCHAR",
        "school_level": "VARCHAR",
        "is_charter": "BOOLEAN",
        "is_dass": "BOOLEAN",
        "instructional_periods": "INTEGER",
    }
    assert [
        (row["school_number"], row["is_charter"], row["instructional_periods"]) for row in read_parquet(schools)
    ] == [
        (101, False, 6),
        (102, True, None),
        (None, False, None),
    ]
    assert read_parquet(registry / "county" / "all.parquet") == [
        {"county_code": "19", "county_name": "Invented County", "is_simulated": True}
    ]


def test_a_charter_that_reports_for_itself_stands_in_the_district_that_authorised_it(county: County) -> None:
    alone = Lea(
        code="9910102",
        name="Ash Charter",
        schools=(School(code="9910102", name="Ash Charter", level="Elementary", number=1, charter=True),),
        authorizer=Authorizer(code=LEA, name="Elm Unified"),
    )
    write_reference(county.settings, county.registry.model_copy(update={"leas": (alone,)}))
    registry = county.settings.lake / "registry"
    assert [row["cds_code"] for row in read_parquet(registry / "leas" / "all.parquet")] == [f"{LEA}9910102"]
    (school,) = read_parquet(registry / "schools" / "all.parquet")
    assert (school["lea_code"], school["district_code"], school["district_name"]) == ("9910102", LEA, "Elm Unified")


def test_an_authorizer_is_for_an_lea_that_is_its_own_school() -> None:
    school = School(code="9910102", name="Ash Charter", level="Elementary")
    with pytest.raises(ValidationError, match="whose code is also the LEA's"):
        Lea(code="9910103", name="Ash", schools=(school,), authorizer=Authorizer(code=LEA, name="Elm Unified"))


def test_dbt_finds_every_delivery_refusals_included_and_how_often_each_rule_was_broken(county: County) -> None:
    county.send_codes()
    rows = absences(300)
    rows[7] |= {"SC": "x"}
    rows[8] = rows[9]
    rows[10] = rows[11]
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, rows))
    county.send(f"{AERIES}/STU_20230901.csv", csv([*STU, "EXTRA"], [student(1)]))
    county.send(f"{CALPADS}/a.txt", caret([stas(1)]))
    county.run()
    write_reference(county.settings, county.registry)
    ledger = county.settings.lake / "ledger"
    deliveries = {row["name"]: row for row in read_parquet(ledger / "deliveries" / "all.parquet")}
    assert {name: row["outcome"] for name, row in deliveries.items()} == {
        "2023-24/ABS_20230801.csv": "loaded",
        "2023-24/ATT_20231101.csv": "loaded",
        "2023-24/STU_20230901.csv": "refused",
    }
    kinds = types_of(ledger / "deliveries" / "all.parquet")
    assert set(kinds) == set(Record.model_fields) - {"digest", "periods"} | {"standing", "first_period", "last_period"}
    assert {kinds[name] for name in ("sent_at", "received_at", "loaded_at")} == {"TIMESTAMP"}
    assert {kind for name, kind in kinds.items() if name.startswith("rows_")} == {"BIGINT"}
    assert read_parquet(ledger / "rejects" / "all.parquet") == [
        {
            "delivery_id": deliveries["2023-24/ATT_20231101.csv"]["delivery_id"],
            "reason": "is not a whole number",
            "column_name": "SC",
            "is_rejected": True,
            "rows_listed": 1,
        },
        {
            "delivery_id": deliveries["2023-24/ATT_20231101.csv"]["delivery_id"],
            "reason": "repeats the key of another line",
            "column_name": "SC, SN, DT, CD",
            "is_rejected": True,
            "rows_listed": 2,
        },
    ]


def test_before_anything_has_arrived_every_table_is_there_and_empty(county: County) -> None:
    prepare_lake(county.settings)
    write_reference(county.settings, county.registry)
    for contract in read_contracts():
        path = county.settings.lake / contract.source / contract.file / "empty.parquet"
        assert read_parquet(path) == []
        assert {name: kind.replace(" ", "") for name, kind in contract.lake_columns().items()} == types_of(path)
    for table in ("deliveries", "rejects"):
        assert read_parquet(county.settings.lake / "ledger" / table / "all.parquet") == []
    held = county.settings.lake / "suppression" / "held_cells" / "held_cells.parquet"
    assert read_parquet(held) == []
    assert list(types_of(held)) == list(HELD)


def test_what_the_last_release_hid_is_laid_beside_the_deliveries_and_stays(county: County, tmp_path: Path) -> None:
    held = county.settings.lake / "suppression" / "held_cells" / "held_cells.parquet"
    record = tmp_path / "held.parquet"
    place = {"school_year": "2023-24", "entity_level": "school", "cds_code": "19", "topic": "group", "part": "RA"}
    cell = {**place, "hides_students": True, "students_of_all": 100, "chronic_of_all": 40}
    with duckdb.connect() as connection:
        told = ", ".join(f"{value!r} as {name}" for name, value in cell.items())
        connection.execute(f"copy (select {told}) to '{record}' (format parquet)")
    write_held(county.settings, record)
    write_reference(county.settings, county.registry)
    assert read_parquet(held) == [cell]
    write_held(county.settings, None)
    assert read_parquet(held) == []


def test_a_loaded_file_has_the_columns_and_types_of_the_empty_one(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(2)))
    county.send(f"{CALPADS}/a.txt", caret([stas(1)]))
    county.run()
    county.run("calpads")
    prepare_lake(county.settings)
    loaded = list(county.settings.lake.rglob(f"{LEA}/*.parquet"))
    assert len(loaded) == 3
    for path in loaded:
        assert types_of(path) == types_of(path.parent.parent / "empty.parquet")
        assert list(types_of(path)) == list(types_of(path.parent.parent / "empty.parquet"))


def test_writing_the_reference_again_leaves_nothing_behind(county: County) -> None:
    for _ in range(2):
        prepare_lake(county.settings)
        write_reference(county.settings, county.registry)
    assert all(path.suffix == ".parquet" for path in county.settings.lake.rglob("*") if path.is_file())
