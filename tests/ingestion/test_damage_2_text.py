"""Damage, 2 of 6: byte order marks, UTF-16, Windows-1252; line ends; quotes in caret files; line breaks in quotes.

When it matters: somebody opened the export in Excel, or the district's server is not ours. None of this is an error:
the rows are the same however the file is written. What cannot be told apart is refused in words.
"""

from __future__ import annotations

import codecs
import gzip

import pytest

from tests.ingestion.county import (
    ABS,
    AERIES,
    CALPADS,
    STU,
    County,
    absence_code,
    caret,
    csv,
    names,
    stas,
    student,
)
from tests.ingestion.damaged import refused, said, serving

CODES = [absence_code("A"), absence_code("I") | {"TI": "Ñandú"}]


@pytest.mark.parametrize(
    "content",
    [
        csv(ABS, CODES).encode(),
        codecs.BOM_UTF8 + csv(ABS, CODES, "\r\n").encode(),
        codecs.BOM_UTF16_LE + csv(ABS, CODES, "\r\n").encode("utf-16-le"),
        codecs.BOM_UTF16_BE + csv(ABS, CODES, "\r\n").encode("utf-16-be"),
        csv(ABS, CODES).encode("windows-1252"),
        csv(ABS, CODES, "\r\n").encode(),
        csv(ABS, CODES, "\r").encode(),
        csv(ABS, CODES).rstrip("\n").encode(),
        csv(ABS, CODES, "\r\n").rstrip().encode(),
        csv(ABS, CODES, "\r\n\r\n").encode(),
        ("\n \n" + csv(ABS, CODES) + "\n\t\n\n").encode(),
        gzip.compress(codecs.BOM_UTF8 + csv(ABS, CODES).encode()),
        gzip.compress(csv(ABS, CODES, "\r\n").encode("utf-16")),
    ],
    ids=names(
        "utf-8 utf-8-with-bom utf-16-le utf-16-be windows-1252 crlf cr no-last-lf no-last-crlf blank-lines "
        "blank-around gz-with-bom gz-utf-16"
    ),
)
def test_however_a_file_is_written_the_lake_has_the_same_bytes(county: County, content: bytes) -> None:
    county.send(f"{AERIES}/ABS_20230801.csv", content)
    (record,) = county.run()
    assert (record.outcome, record.rows_in, record.rows_loaded) == ("loaded", 2, 2)
    rows = county.lake("aeries/absence_codes")
    assert [(row["code"], row["title"]) for row in rows] == [("A", "title"), ("I", "Ñandú")]


def test_bytes_of_no_known_encoding_refuse_the_file(county: County, caplog: pytest.LogCaptureFixture) -> None:
    serving(county)
    content = csv(ABS, CODES).encode().replace(b"title", b"\x81\x8d")
    record = refused_codes(county, caplog, content)
    assert "none of utf-8, windows-1252. Export it again as UTF-8" in record


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_refuses_the_file_and_says_what_it_is(
    county: County, caplog: pytest.LogCaptureFixture, encoding: str
) -> None:
    serving(county)
    assert "UTF-16 without its byte order mark" in refused_codes(county, caplog, csv(ABS, CODES).encode(encoding))


def test_utf_16_that_was_cut_inside_a_character_refuses_the_file(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    assert "UTF-16 and was cut off" in refused_codes(county, caplog, csv(ABS, CODES).encode("utf-16")[:-1])


def refused_codes(county: County, caplog: pytest.LogCaptureFixture, content: bytes) -> str:
    """What is said of a damaged file of absence codes, sent as students' so that it is the only one that waits."""
    return said(refused(county, caplog, f"{AERIES}/STU_20230902.csv", content))


def test_a_quote_in_a_caret_file_is_a_character_like_another(county: County) -> None:
    rows = [stas(1, other={9: 'Pat "Plantedfirst'}), stas(2), stas(3, other={10: '"Plantedlast"'})]
    county.send(f"{CALPADS}/any.txt", caret(rows))
    record = county.run_one("calpads")
    assert (record.rows_in, record.rows_loaded, record.rows_rejected) == (3, 3, 0)


def test_a_line_break_inside_quotes_is_part_of_its_field(county: County) -> None:
    rows = [student(1), student(2) | {"AD": "77 Plantedstreet\nApt 3"}, student(3) | {"AD": "a\r\n\r\nb, c"}]
    lines = [",".join(STU), *(",".join(f'"{row[name]}"' for name in STU) for row in rows)]
    county.send(f"{AERIES}/STU_20230901.csv", "\n".join(lines))
    record = county.run_one()
    assert (record.rows_in, record.rows_loaded, record.rows_rejected) == (3, 3, 0)
