"""On which days a student was away: exactly as many as given, on the days on which students are away.

Each stay has a chance for each day, drawn anew: the lowest draws are the days missed. A draw is low on days of the week
and the year on which more is missed, on the days behind another missed day (illness lasts), and on days on which a
brother or a sister was away.
"""

from __future__ import annotations

import numpy as np

from simulation.arrays import Dates, Flags, Floats, Ints
from simulation.like.draws import mixed

# Shapes measured on New York City's daily attendance of 2012 to 2017 (1.1 million school days): what is missed on a day
# beside the year's mean. Mondays and Fridays, June, days before a long weekend and before a break.
BY_WEEKDAY = (1.09, 0.95, 0.93, 0.96, 1.06)
BY_MONTH = {8: 0.88, 9: 0.92, 10: 0.86, 11: 0.92, 12: 1.0, 1: 1.06, 2: 1.1, 3: 0.98, 4: 0.92, 5: 1.0, 6: 1.22}
BEFORE_LONG_WEEKEND, BEFORE_BREAK, AFTER_BREAK = 1.19, 1.36, 1.1
# A wave of influenza: a third more is missed at its top; it comes in another week each winter.
WAVE_HEIGHT, WAVE_WIDTH = 0.33, 14.0
# Chances that an absence lasts two days at least, three, four, five; and of a family's days beside one's own.
LASTS = (0.42, 0.2, 0.09, 0.05)
FAMILY_SHARE = 0.35
CHUNK = 40_000


def wave_top(start_year: int) -> np.datetime64:
    """The day on which the year's influenza wave is highest: between mid-December and mid-February."""
    return np.datetime64(f"{start_year}-12-15", "D") + np.timedelta64((start_year * 37) % 62, "D")


def day_weights(days: Dates, start_year: int) -> Floats:
    """How much is missed on a day beside the year's mean: schools by days."""
    number = days.astype("datetime64[D]").astype(np.int64)
    weekday = (number + 3) % 7
    month = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    by_month = np.array([BY_MONTH.get(each, 1.0) for each in range(13)])
    after = np.diff(number, axis=1, append=number[:, -1:] + 60)
    before = np.diff(number, axis=1, prepend=number[:, :1] - 1)
    wave = np.exp(-0.5 * ((number - wave_top(start_year).astype(np.int64)) / WAVE_WIDTH) ** 2)
    weights = np.array([*BY_WEEKDAY, 1.0, 1.0])[weekday] * by_month[month] * (1 + WAVE_HEIGHT * wave)
    long_weekend = ((after > 1) & (weekday != 4)) | (after == 4)
    weights *= np.where(after > 4, BEFORE_BREAK, np.where(long_weekend, BEFORE_LONG_WEEKEND, 1.0))
    return np.asarray(weights * np.where(before > 4, AFTER_BREAK, 1.0))


def _family_draws(family: Ints, number: Ints, salt: int) -> Floats:
    """Draws that brothers and sisters share, by family and date: rows by days, exponential."""
    with np.errstate(over="ignore"):
        key = family.astype(np.uint64)[:, None] * np.uint64(100_003) + number.astype(np.uint64) + np.uint64(salt)
    uniform = (mixed(key) >> np.uint64(40)).astype(np.float32) / np.float32(2**24)
    return np.asarray(-np.log(uniform + np.float32(1e-7)), dtype=np.float32)


def _lowest(draws: Floats, wanted: Ints) -> Flags:
    """The wanted number of lowest draws of each row."""
    ordered = np.sort(draws, axis=1)
    rows = np.arange(len(wanted))
    limit = np.where(wanted > 0, ordered[rows, np.maximum(wanted, 1) - 1], -np.inf)
    found = draws <= limit[:, None]
    # two draws may be alike to the last bit
    for row in np.flatnonzero(found.sum(axis=1) != wanted).tolist():
        found[row] = False
        found[row, np.argsort(draws[row], kind="stable")[: wanted[row]]] = True
    return np.asarray(found)


def days_away(
    rng: np.random.Generator, inside: Flags, wanted: Ints, *, weights: Floats, number: Ints, family: Ints, salt: int
) -> Flags:
    """Which days were missed: stays by days, as many in each row as wanted, all of them inside.

    inside:  which days are expected
    weights: of each day of each row (``day_weights``); number: the days as numbers since 1970
    family:  the student's family, -1 for who has no brother or sister
    """
    drawn = rng.standard_exponential(inside.shape, dtype=np.float32)
    draws: Floats = np.divide(drawn, weights, dtype=np.float32, casting="same_kind")
    related = np.flatnonzero(family >= 0)
    shared = _family_draws(family[related], number[related], salt) / np.float32(FAMILY_SHARE)
    draws[related] = np.minimum(draws[related], shared / weights[related].astype(np.float32))
    draws[~inside] = np.inf
    lengths = rng.integers(0, 256, size=inside.shape, dtype=np.uint8)
    spread = draws.copy()
    for lag, chance in enumerate(LASTS, start=1):
        lasting = np.where(lengths[:, :-lag] < chance * 256, draws[:, :-lag] * np.float32(1 + 1e-4 * lag), np.inf)
        spread[:, lag:] = np.minimum(spread[:, lag:], lasting)
    spread[~inside] = np.inf
    return _lowest(spread, wanted)


def chunks(rows: int) -> list[slice]:
    """Rows in pieces whose matrices of days fit into memory with room to spare."""
    return [slice(start, min(start + CHUNK, rows)) for start in range(0, rows, CHUNK)]
