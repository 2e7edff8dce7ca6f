"""Days on which a school was far emptier than usual, and the day on which a storm closed a district's schools.

Planted in the county's last year: the marts must find these days and no others.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from simulation.calendars import emergency_closure, start_year_of
from simulation.places import ALDER
from simulation.planted import DIPS
from tests.truths.checks import Asked, Check, Row, compared, counted

FOUND = "select school_code, calendar_date from marts.attendance_day where entity_level = 'school' and "


def ask(county: Asked) -> list[Row]:
    """Dips, and the storm day at the schools that it closed."""
    lived = pd.read_parquet(county.truth, columns=["school_year", "lea_code", "school_code", "school_date"])
    lived = lived.astype({"lea_code": str, "school_code": str}).drop_duplicates()
    dates = lived.groupby("school_code")["school_date"].apply(lambda days: sorted(days.dt.date))
    planted = {(school, dates[school][day]) for school, day in DIPS}
    found = {(row["school_code"], row["calendar_date"]) for row in county.rows(FOUND + "is_dip")}
    storm: date = emergency_closure(start_year_of(str(lived["school_year"].iloc[0])))
    closed = set(lived.loc[lived["lea_code"] == ALDER, "school_code"])
    told = county.rows(FOUND + f"day_kind = 'closed_alone' and calendar_date = date '{storm}'")
    return [
        compared("dip in attendance", planted, found),
        compared("school closed by a storm", closed, {row["school_code"] for row in told}),
    ]


CHECK = Check("days", ("attendance_day",), ask, counted)
