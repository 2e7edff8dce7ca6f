"""Who a student is never leaves the landing."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from ingestion.errors import IngestionError
from ingestion.pseudonym import hand_over_key, hmac_sql
from ingestion.reference import prepare_lake, write_reference
from ingestion.secret import SecretError, read_secret
from tests.ingestion.county import (
    AERIES,
    ATT,
    CALPADS,
    LEA,
    SECRET,
    STU,
    County,
    absences,
    caret,
    csv,
    read_parquet,
    senr,
    stas,
    student,
)


def pseudonym(scope: str, value: str, key: str = SECRET) -> str:
    """The pseudonym as Python's own hmac makes it."""
    return hmac.new(key.encode(), f"{scope}|{value}".encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("key", ["a key of sixteen", "k" * 64, "k" * 65, "ñ" * 100, "'); drop table typed; --"])
def test_a_pseudonym_equals_pythons_hmac(county: County, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("ATTENDANCE_SECRET", key)
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(17), student(18, CID="", SN=" 0018 ")]))
    county.run()
    one, other = county.lake("aeries/students")
    assert one["ssid_key"] == pseudonym("state", "8100000017", key)
    assert one["local_student_key"] == pseudonym(LEA, "50017", key)
    assert one["student_number_key"] == pseudonym(LEA, "17", key)
    assert other["ssid_key"] is None
    assert other["student_number_key"] == pseudonym(LEA, "18", key)


def test_hmac_in_sql_is_the_one_of_the_standard() -> None:
    with duckdb.connect() as connection:
        hand_over_key(connection, b"Jefe")  # RFC 4231, test case 2
        (found,) = (
            connection.execute(f"select {hmac_sql('?')} from pads", ["what do ya want for nothing?"]).fetchone() or ()
        )
    assert found == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_a_student_has_one_key_in_every_file(county: County) -> None:
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(17)]))
    county.send(f"{CALPADS}/a.txt", caret([stas(17)]))
    county.send(f"{CALPADS}/b.txt", caret([senr(17)]))
    county.run()
    county.run("calpads")
    tables = ("aeries/students", "calpads/stas", "calpads/senr")
    assert len({county.lake(table)[0]["ssid_key"] for table in tables}) == 1
    assert len({county.lake(table)[0]["local_student_key"] for table in tables}) == 1


def test_a_zip_code_is_cut_to_its_five_digits(county: County) -> None:
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(1), student(2, ZC="90002"), student(3, ZC="")]))
    county.run()
    assert [row["zip"] for row in county.lake("aeries/students")] == ["90001", "90002", None]


def everything_under(home: Path, but: Path) -> dict[Path, str]:
    """What can be read in each file below ``home``: its bytes, and of a Parquet file its values."""
    found = {}
    for path in home.rglob("*"):
        if not path.is_file() or path.is_relative_to(but):
            continue
        text = path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            text += "\n".join(str(row) for row in read_parquet(path))
        found[path] = text
    return found


def test_no_name_and_no_identifier_is_anywhere_but_in_the_landing(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    students = [student(number) for number in range(1, 201)]
    students[5] |= {"LN": 'Planted"last'}
    students[6] |= {"GR": "Plantedlast, 8100000007"}
    students[7] |= {"CID": "Plantedfirst"}
    shifted = ",".join(student(300).get(name, "") for name in ["SN", *STU[:-1]])
    county.send_codes()
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, students) + shifted)
    county.send(f"{AERIES}/STU_20230902.csv", csv(STU, students).partition("\n")[2])
    county.send(f"{AERIES}/STU_20230903.csv", csv(STU, [student(1)]).replace(",", ";"))
    county.send(f"{AERIES}/STU_20230904.csv", csv(STU, [student(number, GR="x") for number in range(1, 9)]))
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(99)))
    rows = [stas(number) for number in range(1, 301)]
    rows[3] = rows[3][:8] + rows[3][9:]
    rows[4] = rows[4][:20]
    county.send(f"{CALPADS}/a.txt", caret(rows))
    county.send(f"{CALPADS}/b.txt", caret([row[6:] for row in rows]))
    county.send(f"{CALPADS}/c.txt", caret([senr(number) for number in range(1, 9)]))
    with caplog.at_level(logging.DEBUG):
        outcomes = county.run() + county.run("calpads")
        prepare_lake(county.settings)
        write_reference(county.settings, county.registry)
    assert [one.outcome for one in outcomes].count("loaded") >= 4
    assert [one.outcome for one in outcomes].count("refused") >= 3
    planted = ["Planted", "81000000", "5550001111", "2011-02-03", "20110203"]
    read = everything_under(county.settings.home, county.settings.landing)
    assert len(read) > 20
    for path, text in [*read.items(), (Path("the log"), caplog.text)]:
        assert not [one for one in planted if one in text], path
    assert list((county.settings.landing / ".work" / LEA).iterdir()) == []


def test_the_key_is_made_once_and_is_its_owners_alone(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATTENDANCE_SECRET")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(read_secret, [county.settings] * 16))
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert stat.S_IMODE(county.settings.secret_file.stat().st_mode) == 0o600
    assert [path.name for path in county.settings.home.iterdir()] == ["secret"]


def test_the_key_of_the_environment_goes_before_the_file(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATTENDANCE_SECRET")
    made = read_secret(county.settings)
    monkeypatch.setenv("ATTENDANCE_SECRET", "another invented key")
    assert read_secret(county.settings) == b"another invented key" != made


def test_a_key_that_can_be_guessed_is_an_error_that_does_not_repeat_it(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTENDANCE_SECRET", "hunter2")
    with pytest.raises(SecretError) as error:
        read_secret(county.settings)
    assert "openssl rand -hex 32" in str(error.value)
    assert "hunter2" not in str(error.value)
    assert isinstance(error.value, IngestionError)


def test_the_lists_of_rejects_are_their_owners_alone(county: County) -> None:
    rows = [student(number) for number in range(1, 201)]
    rows[0] |= {"GR": "x"}
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, rows))
    county.run()
    assert stat.S_IMODE(county.settings.rejects.stat().st_mode) == 0o700


def test_what_is_written_down_during_a_load_is_as_private_as_the_landing(county: County) -> None:
    seen: list[int] = []
    replace = os.replace

    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(1)]))

    def look(self: Path, target: Path) -> None:
        work = county.settings.landing / ".work"
        seen.extend(stat.S_IMODE(path.stat().st_mode) for path in work.rglob("*") if path.exists())
        replace(self, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", look)
        county.run()
    assert seen
    assert set(seen) <= {0o600, 0o700}
