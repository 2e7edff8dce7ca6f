"""A year of days: exactly as many missed as given, on the days on which students are away."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from simulation.arrays import Dates, Flags
from simulation.attendance import inside_of
from simulation.calendars import Plan, build_calendar
from simulation.interventions import KINDS
from simulation.like.days import day_weights, days_away
from simulation.like.treatments import act, plan

ROWS = 6_000
NYC = Path(__file__).parents[4] / "shared" / "data" / "other" / "nyc_daily_attendance_pct.parquet"
START_YEAR = 2023


def _dates() -> Dates:
    plan_of_the_year = Plan(0, thanksgiving_week=True, winter_weeks=2, staff_days=(53,))
    return np.repeat(build_calendar(plan_of_the_year, START_YEAR).days[None], ROWS, axis=0)


def _away(wanted: np.ndarray, first: np.ndarray, last: np.ndarray, family: np.ndarray | None = None) -> Flags:
    dates = _dates()
    return days_away(
        np.random.default_rng(1),
        inside_of(first, last),
        wanted,
        weights=day_weights(dates, START_YEAR),
        number=dates.astype("datetime64[D]").astype(np.int64),
        family=np.full(ROWS, -1) if family is None else family,
        salt=7,
    )


def _whole_year() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(ROWS, dtype=np.int64), np.full(ROWS, 179)


def test_exactly_the_wanted_days_are_missed_and_none_outside_the_stay() -> None:
    rng = np.random.default_rng(2)
    first = rng.integers(0, 100, ROWS)
    last = first + rng.integers(0, 80, ROWS)
    wanted = np.floor(rng.random(ROWS) * (last - first + 2)).astype(np.int64)
    away = _away(wanted, first, last)
    assert (away.sum(axis=1) == wanted).all()
    assert not (away & ~inside_of(first, last)).any()


def test_absences_come_in_runs() -> None:
    away = _away(np.full(ROWS, 9), *_whole_year())
    followed = (away[:, 1:] & away[:, :-1]).sum() / away[:, :-1].sum()
    # by chance alone one in twenty is followed by another
    assert followed > 0.2


def test_more_is_missed_on_mondays_and_fridays_before_breaks_and_in_the_wave_of_influenza() -> None:
    dates = _dates()[0]
    missed = _away(np.full(ROWS, 9), *_whole_year()).mean(axis=0)
    weekday = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7
    assert missed[np.isin(weekday, [0, 4])].mean() > 1.05 * missed[np.isin(weekday, [1, 2, 3])].mean()
    gap = np.diff(dates.astype(np.int64), append=dates[-1:].astype(np.int64) + 60)
    assert missed[:-1][gap[:-1] > 4].mean() > 1.1 * missed.mean()
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    assert missed[np.isin(month, [1, 2])].mean() > 1.1 * missed[np.isin(month, [9, 10])].mean()


@pytest.mark.skipif(not NYC.exists(), reason=f"the real days of {NYC.name} are not here")
def test_weekdays_and_seasons_are_missed_as_in_real_schools() -> None:
    real = duckdb.sql(f"""
        with days as (
            select date::date as day, avg(100 - ATTN_PCT) as missed
            from read_parquet('{NYC}') where ATTN_PCT between 30 and 100 group by 1 having count(*) > 800
        )
        select day, missed / avg(missed) over (partition by year(day - interval 7 month)) as share from days
        where year(day - interval 7 month) between 2012 and 2016
    """).df()
    real["weekday"], real["month"] = real["day"].dt.day_of_week, real["day"].dt.month
    dates = _dates()[0]
    missed = _away(np.full(ROWS, 9), *_whole_year()).mean(axis=0)
    missed = missed / missed.mean()
    weekday = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    for name, ours, groups in (("weekday", weekday, range(5)), ("month", month, (9, 10, 11, 1, 2, 3, 4, 5))):
        # real days have storms: the middle day of a group is what is usual on it
        usual = real.groupby(name)["share"].median()
        theirs = np.array([usual[group] for group in groups])
        mine = np.array([np.median(missed[ours == group]) for group in groups])
        assert np.corrcoef(theirs, mine)[0, 1] > 0.5, name


def test_brothers_and_sisters_share_days_out_more_than_chance_has_it() -> None:
    family = np.repeat(np.arange(ROWS // 2), 2)
    away = _away(np.full(ROWS, 9), *_whole_year(), family=family)
    together = (away[::2] & away[1::2]).sum(axis=1).mean()
    strangers = (away[:-2:2] & away[3::2]).sum(axis=1).mean()
    assert together > 2 * strangers


def test_help_changes_what_is_missed_afterwards_as_planted_and_leaves_the_wanted_days() -> None:
    first, last = _whole_year()
    wanted = np.full(ROWS, 24)
    plans = plan(np.random.default_rng(3), first, last, wanted, np.ones(ROWS))
    away, inside = _away(wanted + plans.more, first, last), inside_of(first, last)
    left, offers, told = act(np.random.default_rng(4), away, inside, plans, 0)
    assert (left.sum(axis=1) == wanted).all()
    assert len(offers.stint) > 500
    for kind, (offered, without, with_it) in zip(KINDS, told.tolist(), strict=True):
        if offered > 200:
            assert with_it / without == pytest.approx(kind.effect, abs=0.07), kind.code


def test_who_is_helped_has_missed_more_before_than_a_look_afterwards_would_expect() -> None:
    """Regression to the mean: even without any effect, less is missed after a bad stretch than in it."""
    first, last = _whole_year()
    wanted = np.full(ROWS, 16)
    plans = plan(np.random.default_rng(3), first, last, wanted, np.ones(ROWS))
    away, inside = _away(wanted + plans.more, first, last), inside_of(first, last)
    _, offers, _ = act(np.random.default_rng(4), away, inside, plans, 0)
    before = np.arange(180) < offers.start[:, None]
    rate_before = away[offers.stint][before].mean()
    rate_after = away[offers.stint][~before].mean()
    assert rate_before > 1.1 * rate_after
