"""Damage, 3 of 6: empty, header only, cut off in the middle, much smaller than yesterday's.

When it matters: the export failed, the disk of the sender was full, the transfer broke off. Nothing of such a file is
used. To resolve: the sender exports once more; a file that is small and right is let through by the registry.
"""

from __future__ import annotations

import codecs
import gzip

import pytest

from tests.ingestion.county import (
    AERIES,
    ATT,
    CALPADS,
    STU,
    County,
    absence,
    absences,
    caret,
    csv,
    names,
    stas,
    student,
)
from tests.ingestion.damaged import refused, said, serving


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The file is empty. Send it again."),
        (codecs.BOM_UTF8, "The file is empty. Send it again."),
        (codecs.BOM_UTF16_LE, "The file is empty. Send it again."),
        (gzip.compress(b""), "The file is empty. Send it again."),
        (b"\n\n \n", "The file holds only blank lines. Send it again."),
        (",".join(STU).encode(), "The file has a header and no rows. Send it again with its rows."),
        (",".join(STU).encode() + b"\r\n\r\n", "The file has a header and no rows. Send it again with its rows."),
    ],
    ids=names("empty bom bom-16 gz blank header header-and-blank"),
)
def test_a_file_that_is_empty_or_has_a_header_only_is_refused(
    county: County, caplog: pytest.LogCaptureFixture, content: bytes, told: str
) -> None:
    serving(county)
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv", content)
    assert told in said(record)
    assert record.rows_in == 0


def test_a_file_that_was_cut_off_in_the_middle_is_refused_because_most_of_its_rows_are_gone(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    whole = csv(ATT, absences(400))
    county.send(f"{AERIES}/ATT_20231102.csv", whole)
    county.run()
    record = refused(county, caplog, f"{AERIES}/ATT_20231103.csv", whole[: int(len(whole) * 0.45)])
    assert "rows of 2023-10, where the last delivery had 400: was it cut off" in said(record)
    assert "accept_smaller: true for aeries" in said(record)


def test_of_a_file_that_was_cut_off_near_its_end_only_the_torn_row_is_rejected_with_its_line(county: County) -> None:
    serving(county)
    whole = csv(ATT, absences(200))
    county.send(f"{AERIES}/ATT_20231102.csv", whole[: len(whole) - 25])
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_loaded, record.rows_rejected) == ("loaded", 200, 199, 1)
    ((line, column, reason),) = county.reasons(record)
    assert (line, column) == (201, None)
    assert reason.endswith("fields; 33 expected")
    assert "first on line 201" in said(record)


def test_a_packed_file_that_was_cut_off_is_refused_whole(county: County, caplog: pytest.LogCaptureFixture) -> None:
    serving(county)
    rows = [student(number) | {"AD": f"{number * 7919} Plantedstreet"} for number in range(1, 2000)]
    packed = gzip.compress(csv(STU, rows).encode())
    for place, cut in enumerate((packed[: len(packed) // 2], packed[:-4], packed[:5])):
        record = refused(county, caplog, f"{AERIES}/STU_2023090{place + 2}.csv.gz", cut)
        assert "The archive is not whole: it was cut off or damaged. Send it again." in said(record)


def test_a_line_that_never_ends_is_refused(county: County, caplog: pytest.LogCaptureFixture) -> None:
    serving(county)
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv", b"x" * 3_000_000)
    assert "its line ends were lost. Export it again" in said(record)


def test_a_file_much_smaller_than_yesterdays_is_refused_and_yesterdays_stays(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    record = refused(county, caplog, f"{AERIES}/ATT_20231102.csv", csv(ATT, absences(99)))
    assert "It has 99 rows of 2023-10, where the last delivery had 200" in said(record)
    assert record.rows_in == 99


def test_a_smaller_students_file_and_a_smaller_calpads_file_are_refused_too(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    county.send(f"{CALPADS}/own_20240701.txt", caret([stas(number) for number in range(1, 201)]))
    county.run("calpads")
    few = csv(STU, [student(number) for number in range(1, 100)])
    assert "where the last delivery had 200" in said(refused(county, caplog, f"{AERIES}/STU_20230902.csv", few))
    short = caret([stas(number) for number in range(1, 100)])
    record = refused(county, caplog, f"{CALPADS}/own_20240702.txt", short, kind="calpads")
    assert "It has 99 rows of 2023-24, where the last delivery had 200" in said(record)


def test_one_wrong_date_does_not_empty_the_months_that_it_reaches_over(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    rows = [absence(1, "2023-09-06"), *absences(200, "2023-11-06")]
    record = refused(county, caplog, f"{AERIES}/ATT_20231201.csv", csv(ATT, rows))
    assert "It has 0 rows of 2023-10" in said(record)
