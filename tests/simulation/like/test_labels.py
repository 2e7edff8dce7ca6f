"""What the state shows of a county is met by the labels dealt, before a day is lived."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulation.folder import SimulationError
from simulation.like.fill import COLUMN, contradictions, fill
from simulation.like.links import link
from simulation.like.published import HIDDEN, Published, offered_grades, read_published
from simulation.like.sample import choose_schools, part_of
from simulation.like.slots import cells, deal, with_unlisted
from tests.simulation.like.invented import COUNTY_FEWER, DISTRICTS, SCHOOLS, write_directory, write_published

YEAR = "2023-24"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The invented county's year."""
    folder = tmp_path_factory.mktemp("published")
    return read_published(write_published(folder, YEAR), write_directory(folder), YEAR, "19")


def test_the_file_hides_cells_of_ten_and_fewer(published: Published) -> None:
    assert (published.eligible == HIDDEN).sum() > 20
    assert not ((published.eligible > 0) & (published.eligible <= 10)).any()


def test_every_shown_cell_stays_and_no_cell_stays_hidden(published: Published) -> None:
    filled = fill(np.random.default_rng(1), published)
    for shown, counts in ((published.eligible, filled.eligible), (published.chronic, filled.chronic)):
        assert (counts[shown != HIDDEN] == shown[shown != HIDDEN]).all()
        assert (counts >= 0).all()
    assert contradictions(published, filled) == []


def test_hidden_cells_get_ten_students_at_most_but_for_those_without_a_race(published: Published) -> None:
    filled = fill(np.random.default_rng(1), published)
    hidden = published.eligible == HIDDEN
    hidden[:, COLUMN["RD"]] = False
    assert filled.eligible[hidden].max() <= 10


def test_a_file_that_contradicts_itself_is_told(published: Published) -> None:
    filled = fill(np.random.default_rng(1), published)
    filled.chronic[0, COLUMN["RH"]] += 1
    assert "do not sum to all students" in contradictions(published, filled)[0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_labels_dealt_count_up_to_every_cell(published: Published, seed: int) -> None:
    rng = np.random.default_rng(seed)
    filled = fill(rng, published)
    counted = cells(deal(rng, published.schools, filled), len(published.schools))
    assert (counted.eligible == filled.eligible).all()
    assert (counted.chronic == filled.chronic).all()


def test_districts_and_county_count_whom_several_schools_count_once(published: Published) -> None:
    rng = np.random.default_rng(1)
    whole = frozenset(published.districts)
    schools, slots = with_unlisted(rng, published, deal(rng, published.schools, fill(rng, published)), whole)
    persons = link(rng, published, schools, slots, whole)
    district = np.array([school.district for school in schools])[slots.school]
    for code in DISTRICTS:
        here = district == "19" + code
        counted = len(np.unique(persons.person[here])), len(np.unique(persons.person[here & slots.is_chronic]))
        _, *told = published.districts["19" + code]
        # Crystal Elementary has a school whose students are hidden altogether
        assert counted == (pytest.approx(told[0], abs=5), pytest.approx(told[1], abs=5)), code
        assert code == "99102" or list(counted) == told
    everybody = len(np.unique(persons.person)), len(np.unique(persons.person[slots.is_chronic]))
    assert published.county[1:] == everybody
    assert everybody[0] == sum(told[1] for told in published.districts.values()) - sum(COUNTY_FEWER)


def test_two_stays_of_one_student_have_the_same_labels_at_different_schools(published: Published) -> None:
    rng = np.random.default_rng(1)
    whole = frozenset(published.districts)
    schools, slots = with_unlisted(rng, published, deal(rng, published.schools, fill(rng, published)), whole)
    persons = link(rng, published, schools, slots, whole)
    order = np.argsort(persons.person, kind="stable")
    again = np.flatnonzero(persons.person[order][1:] == persons.person[order][:-1])
    assert len(again) > 5
    one, other = order[again], order[again + 1]
    assert (slots.school[one] != slots.school[other]).all()
    for name in ("is_chronic", "race", "gender", "grade", "learner", "disadvantaged", "foster"):
        assert (getattr(slots, name)[one] == getattr(slots, name)[other]).all(), name


def test_students_of_a_district_who_are_at_no_listed_school_get_one(published: Published) -> None:
    rng = np.random.default_rng(1)
    schools, _ = with_unlisted(
        rng, published, deal(rng, published.schools, fill(rng, published)), frozenset(published.districts)
    )
    (unlisted,) = schools[len(published.schools) :]
    assert unlisted.cds_code == "1999103" * 2


def test_a_part_of_the_county_has_its_share_of_students_and_whole_districts(published: Published) -> None:
    chosen, whole = choose_schools(published, 0.4, seed=1)
    part = part_of(published, chosen)
    assert 0 < len(part.schools) < len(SCHOOLS)
    for code in whole:
        assert {school.code for school in part.schools if school.district == code} == {
            school.code for school in published.schools if school.district == code
        }


@pytest.mark.parametrize("scale", [0.0, -1.0, 1.5])
def test_a_scale_that_is_no_share_is_refused(published: Published, scale: float) -> None:
    with pytest.raises(SimulationError, match="is no share"):
        choose_schools(published, scale, seed=1)


def test_a_year_that_the_file_does_not_have_is_told_with_those_that_it_has(tmp_path: Path) -> None:
    path = write_published(tmp_path, YEAR)
    with pytest.raises(SimulationError, match="no schools of county 19 in 2019-20; it has 2023-24"):
        read_published(path, write_directory(tmp_path), "2019-20", "19")


def test_a_cell_that_is_no_count_is_told_by_line_and_column(tmp_path: Path) -> None:
    path = write_published(tmp_path, YEAR)
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace("\t210\t", "\ttwo hundred\t")
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(SimulationError, match="line 2, column ChronicAbsenteeismEligibleCumulativeEnrollment"):
        read_published(path, write_directory(tmp_path), YEAR, "19")


@pytest.mark.parametrize(
    ("text", "grades"),
    [("K-5", (-1, 5)), ("PK\u20138", (-1, 8)), ("9-12", (9, 12)), ("K", (-1, 0)), ("", None), ("Ungraded", None)],
)
def test_grades_are_read_as_directories_spell_them(text: str, grades: tuple[int, int] | None) -> None:
    assert offered_grades(text) == grades
