"""CDE's own file under attack: an invented one in its form, and the real one where it is on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from attendance.settings import read_settings
from publishing.audit.cde import audit_cde, plain_bounds, read_cde
from publishing.audit.public import AuditError

FILE = read_settings().public / "cde" / "chronicabsenteeism24.txt.gz"
HEADER = (
    "Academic Year\tAggregate Level\tCounty Code\tDistrict Code\tSchool Code\tCounty Name\tDistrict Name\tSchool Name\t"
    "Charter School\tDASS\tReporting Category\tChronicAbsenteeismEligibleCumulativeEnrollment\t"
    "ChronicAbsenteeismCount\tChronicAbsenteeismRate"
)


def _file(folder: Path, cells: dict[str, tuple[str, str]]) -> Path:
    lines = [
        f"2023-24\tS\t19\t99001\t9910101\tAlder\tAlder Unified\tAlder Creek\tNo\tNo\t{category}\t{n}\t{c}\t*"
        for category, (n, c) in cells.items()
    ]
    path = folder / "chronic.txt"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_single_star_of_a_family_is_pinned_and_race_not_reported_has_no_bound(tmp_path: Path) -> None:
    file = _file(
        tmp_path,
        {
            "TA": ("100", "30"),
            "GF": ("57", "20"),
            "GM": ("40", "9"),
            "GX": ("*", "*"),
            "RH": ("60", "20"),
            "RA": ("*", "*"),
            "RD": ("*", "*"),
        },
    )
    audited = audit_cde(file, "19")
    # the nonbinary are 3 and 1; of the races only sums are known: 40 and 10
    assert (audited.hidden, audited.known, audited.within_two) == (6, 2, 2)
    bounds = plain_bounds(read_cde(file, "19"))
    assert bounds["GX"] == ((3, 3), (1, 1))
    assert bounds["RA"] == ((0, 10), (0, 10))
    assert bounds["RD"] == ((30, 40), (0, 10))


def test_a_file_of_another_form_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_text("a\tb\n1\t2\n", encoding="utf-8")
    with pytest.raises(AuditError, match="is not CDE's chronic absenteeism file"):
        read_cde(path, "19")


@pytest.mark.skipif(not FILE.is_file(), reason=f"CDE's file of 2023-24 is not at {FILE}: attendance fetch")
def test_sums_alone_pin_2498_of_the_29818_hidden_counts_of_los_angeles_county() -> None:
    audited = audit_cde(FILE, "19", only_sums=True)
    assert (audited.schools, audited.hidden) == (2131, 29818)
    assert audited.known == 2498
    assert round(100 * audited.known / audited.hidden, 1) == 8.4
    assert round(100 * audited.within_two / audited.hidden, 1) == 21.1
