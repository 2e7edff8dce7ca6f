"""Damage, 4 of 6: gz and zip, zip with several files, zip bombs, file names that climb out of the folder.

When it matters: a sender packs what it sends, or somebody wants to write where nothing is theirs. Nothing is ever
written under a name from an archive, and nothing is unpacked beyond the limits.
"""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from pathlib import Path

import pytest

from ingestion.archives import Limits, read_limits, unpack, unpacked
from ingestion.errors import IngestionError, RefusedError
from tests.ingestion.county import (
    ABS,
    AERIES,
    CALPADS,
    LEA,
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

CODES = csv(ABS, [absence_code("A"), absence_code("I")]).encode()
STUDENTS = csv(STU, [student(number) for number in range(1, 201)]).encode()


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, folders: tuple[str, ...] = ()) -> bytes:
    """A zip of those files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for folder in folders:
            archive.writestr(f"{folder}/", b"")
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return packed.getvalue()


def linked(name: str, target: str) -> bytes:
    """A zip of a symbolic link."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.create_system = 3
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, target)
    return packed.getvalue()


def locked(name: str, content: bytes) -> bytes:
    """A zip whose one file is marked as encrypted, in its own header and in the table of contents."""
    packed = bytearray(zipped((name, content)))
    packed[6] |= 1
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


# ---- what loads ----


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ABS_20230801.csv.gz", gzip.compress(CODES)),
        ("ABS_20230801.csv.zip", zipped(("ABS_20230801.csv", CODES))),
        ("ABS_20230801.csv.zip", zipped(("export.csv", CODES))),
        ("export.zip", zipped(("ABS_20230801.csv", CODES))),
        ("export.zip", zipped(("a folder/ABS_20230801.csv", CODES), folders=("a folder",))),
        ("export.zip", zipped(("__MACOSX/._ABS_20230801.csv", b"x"), (".DS_Store", b"x"), ("ABS_20230801.csv", CODES))),
        ("ABS_20230801.csv", gzip.compress(CODES)),
        ("ABS_20230801.csv.zip", zipped(("ABS.csv", CODES), method=zipfile.ZIP_STORED)),
        ("ABS_20230801.csv.zip", zipped(("ABS.csv", CODES), method=zipfile.ZIP_BZIP2)),
    ],
    ids=names("gz zip zip-other-name-inside zip-named-inside folder leftovers gz-without-suffix stored bzip2"),
)
def test_a_packed_file_loads_like_a_plain_one(county: County, name: str, content: bytes) -> None:
    county.send(f"{AERIES}/{name}", content)
    (record,) = county.run()
    assert (record.outcome, record.file, record.rows_loaded) == ("loaded", "absence_codes", 2)


def test_a_zip_with_several_files_is_one_delivery_for_each(county: County) -> None:
    together = zipped(("year/ABS_20230801.csv", CODES), ("STU_20230901.csv", STUDENTS), ("notes.csv", b"a,b\n1,2\n"))
    county.send(f"{AERIES}/export_20230901.zip", together)
    outcomes = {record.name: (record.file, record.outcome, record.rows_loaded) for record in county.run()}
    assert outcomes == {
        "2023-24/export_20230901.zip/year/ABS_20230801.csv": ("absence_codes", "loaded", 2),
        "2023-24/export_20230901.zip/STU_20230901.csv": ("students", "loaded", 200),
        "2023-24/export_20230901.zip/notes.csv": (None, "refused", 0),
    }
    assert county.run() == []


def test_the_same_files_in_a_newly_packed_zip_are_unchanged(county: County) -> None:
    first = zipped(("ABS_20230801.csv", CODES), ("STU_20230901.csv", STUDENTS))
    again = zipped(("STU_20230901.csv", STUDENTS), ("ABS_20230801.csv", CODES), method=zipfile.ZIP_STORED)
    county.send(f"{AERIES}/monday.zip", first)
    county.run()
    before = county.lake_digests()
    county.send(f"{AERIES}/tuesday.zip", again)
    assert {record.outcome for record in county.run()} == {"unchanged"}
    assert county.lake_digests() == before


def test_a_zip_of_calpads_files_is_told_by_their_first_fields(county: County) -> None:
    together = zipped(("one.txt", caret([stas(1)]).encode()), ("two.txt", caret([stas(2)]).encode()))
    county.send(f"{CALPADS}/ods.zip", together)
    assert [record.file for record in county.run("calpads")] == ["stas", "stas"]


# ---- what is refused ----


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (zipped(("STU.csv", STUDENTS))[:-40], "The archive is not whole: it was cut off or damaged. Send it again."),
        (zipped(("STU.csv", STUDENTS))[:900], "The archive is not whole"),
        (
            zipped(("STU.csv", STUDENTS))[:300] + b"x" * 9 + zipped(("STU.csv", STUDENTS))[309:],
            "The archive is not whole",
        ),
        (b"PK\x03\x04rest", "The archive is not whole"),
        (zipped(), "The archive holds no file"),
        (zipped(folders=("empty",)), "The archive holds no file"),
        (locked("STU.csv", STUDENTS), "STU.csv in the archive is protected by a password. Send it without."),
        (zipped(("more.zip", zipped(("STU.csv", STUDENTS)))), "holds another archive, more.zip"),
        (zipped(("../STU.csv", STUDENTS)), "holds ../STU.csv, a name that leads out of the folder"),
        (zipped(("a/../../STU.csv", STUDENTS)), "a name that leads out of the folder"),
        (zipped(("/etc/STU.csv", STUDENTS)), "holds /etc/STU.csv, a name that leads out"),
        (zipped(("..\\..\\STU.csv", STUDENTS)), "a name that leads out of the folder"),
        (zipped(("C:\\STU.csv", STUDENTS)), "a name that leads out of the folder"),
        (zipped(("STU.csv", STUDENTS), ("../../x.csv", b"x")), "a name that leads out of the folder"),
        (linked("STU.csv", "/etc/passwd"), "a name that leads out of the folder or a link"),
    ],
    ids=names(
        "cut-at-end cut-in-the-middle damaged no-zip no-file folder-only password nested climbs climbs-inside absolute "
        "backslashes drive second-climbs link"
    ),
)
def test_an_archive_that_is_damaged_or_dangerous_is_refused_in_words_and_writes_nothing_outside(
    county: County, caplog: pytest.LogCaptureFixture, content: bytes, told: str
) -> None:
    serving(county)
    outside = sorted(path for path in county.settings.home.parent.rglob("*") if "home" not in path.parts)
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv.zip", content)
    assert told in said(record)
    there = sorted(path for path in county.settings.home.parent.rglob("*") if "home" not in path.parts)
    assert [path.name for path in there if path not in outside] == ["STU_20230902.csv.zip"]
    assert list((county.settings.landing / ".work" / LEA).iterdir()) == []


def test_a_damaged_byte_inside_a_zip_is_found_by_its_checksum(county: County, caplog: pytest.LogCaptureFixture) -> None:
    serving(county)
    packed = zipped(("STU.csv", STUDENTS), method=zipfile.ZIP_STORED)
    content = packed.replace(b"Plantedtown", b"Plantedtowm", 1)
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv.zip", content)
    assert "The archive is not whole" in said(record)


@pytest.mark.parametrize("pack", ["zip", "gz", "two in a zip"])
def test_a_bomb_is_refused_before_it_fills_the_disk(
    county: County, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, pack: str
) -> None:
    monkeypatch.setenv("ATTENDANCE_UNPACKED_LIMIT", "0.001")  # a megabyte
    serving(county)
    bomb = b"0" * 8_000_000
    content = {
        "zip": zipped(("STU.csv", bomb)),
        "gz": gzip.compress(bomb),
        "two in a zip": zipped(("STU.csv", bomb[:700_000]), ("ABS.csv", bomb[:700_000])),
    }[pack]
    suffix = "gz" if pack == "gz" else "zip"
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv.{suffix}", content)
    assert "The archive unpacks to more than 0.001 GB" in said(record)
    assert "ATTENDANCE_UNPACKED_LIMIT" in said(record)
    assert sum(path.stat().st_size for path in county.settings.home.rglob("*") if path.is_file()) < 1_000_000


@pytest.mark.parametrize("suffix", ["gz", "zip"])
def test_what_unpacks_to_hundreds_of_times_its_size_is_refused(tmp_path: Path, suffix: str) -> None:
    bomb = b"0" * 2_000_000
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(bomb) if suffix == "gz" else zipped(("a", bomb)))
    with pytest.raises(RefusedError, match="more than 200 times its size"):
        list(unpacked(path, Limits(small=1_000_000)))
    assert len(b"".join(unpacked(path, Limits()))) == len(bomb)  # small enough to do no harm


def test_a_zip_that_lies_about_its_size_is_not_read_beyond_what_it_says(tmp_path: Path) -> None:
    honest = zipped(("a", b"0" * 5_000_000))
    lying = honest.replace((5_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    path = tmp_path / "lying"
    path.write_bytes(lying)
    seen: list[int] = []
    with pytest.raises(RefusedError, match="not whole"):
        seen.extend(len(chunk) for chunk in unpacked(path))
    assert sum(seen) <= 1_000


def test_an_archive_with_sizes_of_64_bits_is_read(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive, archive.open("ABS.csv", "w", force_zip64=True) as file:
        file.write(CODES)
    path = tmp_path / "large.zip"
    path.write_bytes(packed.getvalue())
    assert b"".join(unpacked(path)) == CODES


def test_parts_lie_under_numbers_and_never_under_names_of_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "several.zip"
    path.write_bytes(zipped(("a/b.csv", b"1"), ("c d.csv", b"2")))
    parts = unpack(path, tmp_path / "parts")
    assert [(part.name, part.path.name, part.path.read_bytes()) for part in parts] == [
        ("a/b.csv", "1", b"1"),
        ("c d.csv", "2", b"2"),
    ]
    assert sorted(one.name for one in (tmp_path / "parts").iterdir()) == ["1", "2"]


@pytest.mark.parametrize("content", [b"plain", zipped(("../a", b"1"), ("b", b"2")), zipped(("a", b"1"))[:-9]])
def test_what_is_no_archive_or_a_bad_one_is_received_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    assert unpack(path, tmp_path / "parts") == ()


@pytest.mark.parametrize("value", ["much", "0", "-1", "1e9"])
def test_a_limit_that_is_no_number_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ATTENDANCE_UNPACKED_LIMIT", value)
    with pytest.raises(IngestionError, match="ATTENDANCE_UNPACKED_LIMIT is"):
        read_limits()
