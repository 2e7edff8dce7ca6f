"""The example county on a real server: each role sees its rows of each relation, of movers too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.access.county import with_row_ids
from tests.access.matrix import OF_STUDENTS, differences, differing_predicates
from tests.access.server import Served, serving
from tests.end_to_end.conftest import County

# a day on which a row of these tells where the student was: it must lie in the student's time at the district
DAYS = {
    "early_warning": ("as_of_date",),
    "team_list": ("as_of_date",),
    "student_group_spans": ("first_date", "last_date"),
    "transitions": ("first_date",),
}


@pytest.fixture(scope="module")
def warehouse(county: County) -> Path:
    """The county's warehouse; never write to it."""
    return county.settings.warehouse


@pytest.fixture(scope="module")
def served(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The county on a server."""
    with serving(with_row_ids(warehouse, tmp_path_factory.mktemp("access") / "county.duckdb")) as server:
        yield server


def test_every_role_of_the_example_county_sees_its_rows_and_no_others(served: Served) -> None:
    schools = [role for role in served.roles if role.kind == "school"]
    # every district, two schools: the others are told in the same way
    roles = [role for role in served.roles if role.kind != "school"] + [schools[0], schools[-1]]
    wrong, asked = differences(served, roles)
    wrong += differing_predicates(served, roles)
    assert not wrong, "\n".join(wrong)
    assert asked == len(roles) * len(served.relations)


def test_a_mover_is_told_of_to_each_district_for_the_time_there_alone(served: Served, warehouse: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as file:
        spans: dict[tuple[str, str, str], list[tuple[date, date]]] = {}
        for year, student, district, first, last in file.execute(
            "select school_year, student_key, substr(district_cds_code, 3, 5), first_date, last_date "
            "from intermediate.int_district_spans"
        ).fetchall():
            spans.setdefault((year, student, district), []).append((first, last))
    movers = {(year, student) for year, student, _ in spans}
    assert len(movers) > 50
    seen: dict[str, set[tuple[str, str, str]]] = {}
    for role in served.roles:
        if role.kind != "district":
            continue
        for mart in OF_STUDENTS:
            days = ", ".join(DAYS.get(mart, ())) or "null"
            for year, student, district, *told in served.ask(
                f"select school_year, student_key, district_code, {days} from marts.{mart}", role.name
            ):
                assert district == role.district, f"{role.name} {mart}"
                if (year, student) in movers:
                    seen.setdefault(mart, set()).add((year, student, district))
                    if mart in DAYS:
                        _in_time(f"{mart} of {role.name}", told, spans.get((year, student, district), []))
    assert seen["student_attendance"] <= spans.keys()
    # both districts are told of the mover, each of its part; where a school submits nothing there is nothing to tell
    both = [mover for mover in movers if len({key for key in seen["student_attendance"] if key[:2] == mover}) == 2]
    assert len(both) > 0.8 * len(movers)


def _in_time(label: str, told: list[Any], spans: list[tuple[date, date]]) -> None:
    assert any(first <= min(told) and max(told) <= last for first, last in spans), f"{label}: {told}, there {spans}"


def test_a_district_is_told_of_a_mover_s_days_at_no_other(served: Served, warehouse: Path) -> None:
    """Days of the year in any mart are at most those at the district: docs/access.md."""
    with duckdb.connect(str(warehouse), read_only=True) as file:
        most = {
            (year, student, district): (expected, absent)
            for year, student, district, expected, absent in file.execute(
                "select school_year, student_key, district_code, days_expected, days_absent "
                "from marts.student_attendance where entity_level = 'district'"
            ).fetchall()
        }
        moved = {
            (year, student, district)
            for year, student, district in file.execute(
                "select distinct school_year, student_key, substr(district_cds_code, 3, 5) "
                "from intermediate.int_district_spans"
            ).fetchall()
        }
    asked = {
        "early_warning": ("days_expected", "days_absent"),
        "team_list": ("days_expected", "days_absent"),
        "interventions": ("days_expected_so_far", "days_absent_so_far"),
    }
    for role in served.roles:
        if role.kind == "district":
            for mart, (expected, absent) in asked.items():
                for *key, days, missed in served.ask(
                    f"select school_year, student_key, district_code, {expected}, {absent} from marts.{mart} "
                    f"where {expected} is not null",
                    role.name,
                ):
                    if tuple(key) in moved:
                        limit = most[key[0], key[1], key[2]]
                        assert days <= limit[0], f"{role.name} {mart}"
                        assert missed <= limit[1], f"{role.name} {mart}"
