"""The county's folder: the same bytes for the same seed, whole or not at all, and nobody else's files."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ingestion.registry import Registry
from simulation.county import simulate
from simulation.folder import SimulationError
from tests.simulation.raw_files import County


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Killed(BaseException):
    """What a killed run looks like from inside."""


def killed_at(words: str) -> Callable[[str], None]:
    def progress(message: str) -> None:
        if words in message:
            raise Killed

    return progress


def test_two_runs_with_the_same_seed_write_the_same_bytes(county: County, registry: Registry, tmp_path: Path) -> None:
    simulate(registry, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(county.root)


def test_another_seed_is_another_county_of_the_same_files(county: County, registry: Registry, tmp_path: Path) -> None:
    report = simulate(registry, tmp_path / "other", seed=7)
    other, same = contents(tmp_path / "other"), contents(county.root)
    assert set(other) == set(same)
    assert report.files == county.report.files
    changed = [path for path in other if other[path] != same[path]]
    unchanged = {Path(path).name.rpartition("_")[0] for path in set(other) - set(changed)}
    assert unchanged == {
        *("ABS", "DAY"),
        *("attendance_code", "attendance_conversion_items", "bell_schedule", "calendar_day"),
        *("AttendanceExcuse", "Calendar", "Day", "Period"),
        *("codes", "calendar"),
        "pubschls",
    }


def test_the_report_lists_exactly_the_files_and_counts_their_rows(county: County) -> None:
    found = {str(path.relative_to(county.root)) for path in county.root.rglob("*") if path.is_file()}
    assert found == {*county.report.files, ".simulated"}
    lines = {path: len((county.root / path).read_bytes().splitlines()) for path in county.report.files}
    headers = sum(path.endswith(".csv") or "/cde/" in path for path in county.report.files)
    assert sum(county.report.rows.values()) == sum(lines.values()) - headers


def test_a_killed_run_leaves_no_half_county(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        simulate(registry, tmp_path / "county", progress=killed_at("Birch"))
    assert not list(tmp_path.iterdir())


def test_a_killed_run_leaves_the_earlier_county_as_it_was(registry: Registry, tmp_path: Path) -> None:
    simulate(registry, tmp_path / "county", school_years=("2023-24",))
    before = contents(tmp_path / "county")
    with pytest.raises(Killed):
        simulate(registry, tmp_path / "county", seed=7, school_years=("2023-24",), progress=killed_at("Dogwood"))
    assert contents(tmp_path / "county") == before


def test_what_an_earlier_run_left_is_replaced_whole(registry: Registry, tmp_path: Path) -> None:
    simulate(registry, tmp_path / "county", school_years=("2022-23",))
    leftover = tmp_path / ".county.simulating"
    leftover.mkdir()
    (leftover / ".simulated").write_text("a run that was killed\n")
    simulate(registry, tmp_path / "county", school_years=("2023-24",))
    assert not [path for path in contents(tmp_path / "county") if "2022-23" in path]
    assert [path.name for path in tmp_path.iterdir()] == ["county"]


def test_a_folder_with_somebody_elses_files_is_refused_and_left_alone(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "STU_20240625.csv").write_text("a district's own file\n")
    with pytest.raises(SimulationError, match="was not written by the simulation"):
        simulate(registry, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["STU_20240625.csv"]


def test_an_empty_folder_is_filled(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "county").mkdir()
    simulate(registry, tmp_path / "county", school_years=("2023-24",))
    assert (tmp_path / "county" / ".simulated").is_file()


def test_the_truth_may_not_lie_among_what_districts_send(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="only what districts send"):
        simulate(registry, tmp_path / "county", truth=tmp_path / "county" / "truth.parquet")
    assert not (tmp_path / "county").exists()


def test_a_registry_without_an_invented_district_is_refused(registry: Registry, tmp_path: Path) -> None:
    fewer = registry.model_copy(update={"leas": registry.leas[1:]})
    with pytest.raises(SimulationError, match="1999001 is not in the registry"):
        simulate(fewer, tmp_path / "county")


def test_a_district_that_is_not_simulated_is_left_alone(county: County, registry: Registry, tmp_path: Path) -> None:
    own = registry.leas[0].model_copy(update={"code": "1964733", "name": "Somebody's own"})
    more = registry.model_copy(update={"leas": (own, *registry.leas)})
    assert simulate(more, tmp_path / "county").files == county.report.files


@pytest.mark.parametrize("years", [(), ("2023",), ("2023-25",), ("2023-24", "2022-23"), ("2021-22", "2023-24")])
def test_school_years_that_do_not_follow_each_other_are_refused(
    registry: Registry, tmp_path: Path, years: tuple[str, ...]
) -> None:
    with pytest.raises(SimulationError, match="cannot be simulated"):
        simulate(registry, tmp_path / "county", school_years=years)


def test_a_smaller_county_is_the_same_county_with_fewer_students_and_fewer_of_what_is_planted(
    county: County, registry: Registry, tmp_path: Path
) -> None:
    report = simulate(registry, tmp_path / "county", students=5_000)
    assert all(4_800 < count < 5_300 for count in report.students_by_year.values())
    assert report.schools == county.report.schools
    assert {case.name for case in report.planted} == {case.name for case in county.report.planted}
    moved, usually = (
        sum(case.students for case in each.planted if case.name == "mover_between_districts")
        for each in (report, county.report)
    )
    assert 0.4 < moved / usually < 0.6
    assert not [path for path in (tmp_path / "county").rglob("*.csv") if len(path.read_bytes().splitlines()) < 2]


def test_a_county_too_small_for_what_is_planted_is_refused(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="Ask for 2000 or more"):
        simulate(registry, tmp_path / "county", students=1_999)
    assert not (tmp_path / "county").exists()


def test_a_later_year_and_three_in_a_row_can_be_simulated(registry: Registry, tmp_path: Path) -> None:
    report = simulate(registry, tmp_path / "county", school_years=("2023-24", "2024-25", "2025-26"))
    assert list(report.students_by_year) == ["2023-24", "2024-25", "2025-26"]
    assert {case.where[-7:] for case in report.planted if case.name == "exactly_ten_percent"} == {"2025-26"}
