"""Simulate the county: everything that its districts would send, written whole into one folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ingestion.registry import Lea, Registry
from simulation.calpads import write_calpads
from simulation.chks import surveyed_of, write_chks
from simulation.dashboard import write_dashboard
from simulation.directory import write_directory
from simulation.folder import SimulationError, replaced_whole
from simulation.intervention_log import write_interventions
from simulation.ladder import write_ladder
from simulation.marks import ADDED_BY_CORRECTION, REMOVED_BY_CORRECTION
from simulation.mismatches import mismatch_cases
from simulation.places import ALDER, LEA_OF_SCHOOLS, SYSTEMS, USUAL_STUDENTS, places_of, scaled
from simulation.plans import write_plans
from simulation.planted import PlantedCase, corrected_case
from simulation.sending import Sending
from simulation.systems import WRITERS, cases_of, registry_with
from simulation.text import Written
from simulation.truth import beside, write_changes, write_truth
from simulation.world import World, simulate_world

SEED = 20240614
SCHOOL_YEARS = ("2022-23", "2023-24")


@dataclass(frozen=True)
class SimulationReport:
    """What was written.

    out:      the folder
    files:    paths below it, in the order written
    students: distinct students of all years; students_by_year: distinct students of each
    schools:  schools with students
    rows:     data rows by kind of file, such as aeries/ATT or calpads/STAS (a file sent twice counts twice)
    planted:  the known dirt; printed, it names schools and counts, never students
    """

    out: Path
    files: tuple[str, ...]
    students: int
    students_by_year: Mapping[str, int]
    schools: int
    rows: Mapping[str, int]
    planted: tuple[PlantedCase, ...]


def _silent(_message: str) -> None:
    """Say nothing."""


def _check_years(school_years: tuple[str, ...]) -> None:
    def spelled(start: int) -> str:
        return f"{start}-{(start + 1) % 100:02d}"

    starts = [int(year[:4]) if year[:4].isdigit() else -1 for year in school_years]
    well_spelled = all(year == spelled(start) for year, start in zip(school_years, starts, strict=True))
    follows = all(later == earlier + 1 for earlier, later in pairwise(starts))
    if not school_years or not well_spelled or not follows:
        raise SimulationError(
            f"School years {', '.join(school_years) or '(none)'} cannot be simulated: name one or several years that "
            "follow each other, spelled 2022-23 2023-24."
        )


def _simulated_leas(registry: Registry) -> list[Lea]:
    """The registry's LEAs that are simulated; others are left alone."""
    return [lea for lea in registry.leas if lea.code in LEA_OF_SCHOOLS.values()]


def _write_all(
    root: Path, registry: Registry, world: World, seed: int, *, with_ladder: bool, progress: Callable[[str], None]
) -> list[Written]:
    written: list[Written] = []
    for lea in _simulated_leas(registry):
        for index, year in enumerate(world.years):
            progress(f"{lea.name} {year.school_year}: files")
            sending = Sending(world, lea, index, seed)
            for system in (each for each in SYSTEMS if each in lea.sends):
                written += WRITERS[system](root, sending)
            if "calpads" in lea.sends:
                written += write_calpads(root, sending)
            if with_ladder:
                written += write_ladder(root, sending, is_followed_up=True)
        if "interventions" in lea.sends:
            written += write_interventions(root, world, lea, seed)
        if "goals" in lea.sends:
            written += write_plans(root, world, lea, seed)
    if "chks" in registry.county.sends:
        surveyed = [surveyed_of(year, world.places) for year in world.years]
        written += write_chks(root, world.places, surveyed, registry.county, seed)
    if "cde" in registry.county.sends:
        progress("the state's files of the invented schools")
        leas, spring = _simulated_leas(registry), world.years[-1].start_year + 1
        written.append(write_directory(root, registry, leas, world.places, spring))
        written += write_dashboard(root, registry, leas, world, seed)
    return written


def _planted(registry: Registry, world: World, seed: int) -> tuple[PlantedCase, ...]:
    cases = [case for year in world.years for case in year.planted]
    for lea in _simulated_leas(registry):
        for index in range(len(world.years)):
            sending = Sending(world, lea, index, seed)
            cases += cases_of(sending)
            if "calpads" in lea.sends:
                cases += mismatch_cases(sending)
    if set(SYSTEMS) & set(registry.sender(ALDER).sends):
        added, removed = (scaled(count, world.places) for count in (ADDED_BY_CORRECTION, REMOVED_BY_CORRECTION))
        cases.append(corrected_case(world.years[-1].school_year, added, removed))
    return tuple(cases)


def _report(out: Path, registry: Registry, world: World, seed: int, written: list[Written]) -> SimulationReport:
    rows: Counter[str] = Counter()
    for file in written:
        rows[file.kind] += file.rows
    by_year = {year.school_year: len(np.unique(year.stints.person)) for year in world.years}
    return SimulationReport(
        out=out,
        files=tuple(file.path for file in written),
        students=len(np.unique(np.concatenate([year.stints.person for year in world.years]))),
        students_by_year=MappingProxyType(by_year),
        schools=len(world.places),
        rows=MappingProxyType(dict(rows)),
        planted=_planted(registry, world, seed),
    )


def simulate(
    registry: Registry,
    out: Path,
    *,
    seed: int = SEED,
    school_years: tuple[str, ...] = SCHOOL_YEARS,
    truth: Path | None = None,
    sis: str | None = None,
    students: int | None = None,
    with_ladder: bool = False,
    progress: Callable[[str], None] = _silent,
) -> SimulationReport:
    """Write the simulated county into ``out``, replacing an earlier simulated one whole.

    registry:     the project's own; LEAs of it that are not simulated are left alone
    seed:         the same seed and years write the same bytes
    school_years: one or several that follow each other; the edge cases are planted in the last one
    truth:        a Parquet file outside ``out`` for what truly happened on each expected day, and beside it one for
                  what interventions changed (see ``truth``)
    sis:          write every district's student information system in this one's layout (see ``registry_with``)
    students:     so many in all when a school year begins, else ten thousand; moves and what is planted scale with it
    with_ladder:  districts that send an intervention log send letters, reviews and home visits too, some reviews being
                  followed up and others not (see ``ladder``)
    progress:     told what is being done, in a few words

    Raises SimulationError where ``out`` holds files of somebody else, where ``truth`` lies inside it, where an invented
    LEA or school is missing in the registry, where the school years do not follow each other, where there is no such
    student information system, or where the students are too few.
    """
    _check_years(school_years)
    registry = registry if sis is None else registry_with(registry, sis)
    out = out.expanduser().resolve()
    if truth is not None and truth.expanduser().resolve().is_relative_to(out):
        raise SimulationError(f"{truth} lies inside {out}, where only what districts send belongs. Name another place.")
    places = places_of(registry, USUAL_STUDENTS if students is None else students)
    marker = f"Invented by the simulation: seed {seed}, school years {' '.join(school_years)}.\n"
    with replaced_whole(out, marker) as building:
        world = simulate_world(places, seed, school_years, progress)
        written = _write_all(building, registry, world, seed, with_ladder=with_ladder, progress=progress)
        if truth is not None:
            progress("the truth behind the files")
            write_truth(truth.expanduser().resolve(), world)
            write_changes(beside(truth.expanduser().resolve()), world)
    return _report(out, registry, world, seed, written)
