"""Damage, 1 of 6: a missing, renamed or extra column, a wrong delimiter. The list goes on in test_damage_2 to _6.

When it matters: an update of a district's system has changed its export. Both sides are named: what came, what was
expected. To resolve: the sender exports as before, or a person describes the new columns in the contract.
"""

from __future__ import annotations

import pytest

from tests.ingestion.county import AERIES, ATT, CALPADS, STU, County, absences, caret, csv, stas, student
from tests.ingestion.damaged import refused, said, serving


def test_a_missing_column_refuses_the_file_and_names_both_sides(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    without = [name for name in STU if name != "GR"]
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv", csv(without, [student(1)]))
    assert "missing: GR; expected: ID, SC, SN, CID, SX, GR" in said(record)
    assert "ingestion/contracts/aeries/students.yml" in said(record)
    assert record.rows_in == 1


def test_a_renamed_column_refuses_the_file_and_asks_for_the_nearest_name(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    renamed = ["DATE" if name == "DT" else name for name in ATT]
    rows = [row | {"DATE": row["DT"]} for row in absences(200)]
    record = refused(county, caplog, f"{AERIES}/ATT_20231102.csv", csv(renamed, rows))
    assert "missing: DT; unexpected: DATE; expected: SC, SN, DY" in said(record)
    assert "Is DT now called DATE?" in said(record)
    assert (record.file, record.rows_in) == ("attendance", 200)


def test_an_extra_column_refuses_the_file_and_says_where_to_describe_it(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv", csv([*STU, "HOMEROOM"], [student(1)]))
    assert "unexpected: HOMEROOM" in said(record)
    assert "describe the new ones in ingestion/contracts/aeries/students.yml" in said(record)


@pytest.mark.parametrize(("columns", "told"), [([*STU, "SC"], "twice: SC"), ([*STU, ""], "unexpected: (blank)")])
def test_a_column_that_stands_twice_or_has_no_name_refuses_the_file(
    county: County, caplog: pytest.LogCaptureFixture, columns: list[str], told: str
) -> None:
    serving(county)
    assert told in said(refused(county, caplog, f"{AERIES}/STU_20230902.csv", csv(columns, [student(1)])))


def test_a_file_without_its_header_is_refused_without_repeating_its_first_row(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    content = csv(STU, [student(1), student(2)]).partition("\n")[2]
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv", content)
    assert "The first row is not the header of aeries/students; expected: ID, SC, SN" in said(record)


def test_a_number_of_a_student_in_the_place_of_a_columns_name_is_not_repeated(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    columns = ["8100000001" if name == "CID" else name for name in STU]
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv", csv(columns, [student(1)]))
    assert "missing: CID; unexpected: (a long number); expected" in said(record)


@pytest.mark.parametrize(("mark", "told"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars"), ("^", "carets")])
def test_a_wrong_delimiter_refuses_the_file_and_says_which_was_found(
    county: County, caplog: pytest.LogCaptureFixture, mark: str, told: str
) -> None:
    serving(county)
    content = csv(ATT, absences(200)).replace(",", mark)
    record = refused(county, caplog, f"{AERIES}/ATT_20231102.csv", content)
    assert f"The fields are separated by {told}; expected are commas. Export it again so." in said(record)


def test_a_wrong_delimiter_in_a_file_without_header_is_told_alike(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    county.send(f"{CALPADS}/own_20240701.txt", caret([stas(1)]))
    county.run("calpads")
    content = caret([stas(1), stas(2)]).replace("^", ";")
    record = refused(county, caplog, f"{CALPADS}/own_20240702.txt", content, kind="calpads")
    assert "The fields are separated by semicolons; expected are carets" in said(record)
