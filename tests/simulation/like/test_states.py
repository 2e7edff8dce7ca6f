"""What a sender's days have to show, whatever happened on them."""

from __future__ import annotations

import numpy as np

from ingestion.registry import School
from simulation.calendars import Plan, build_calendar
from simulation.codes import State
from simulation.like.published import School as Published
from simulation.like.senders import _habits, _place
from simulation.like.states import live
from simulation.stints import Stints


def test_a_school_where_nobody_is_ever_away_is_known_to_have_taken_attendance_on_its_last_day() -> None:
    told = Published("9900101", "1999101", "Quartz", False, False, -1, 5, "99991", False)
    registered = School(code=told.code, name=told.name, level="Elementary", number=1)
    plans = {"calendar 01": Plan(0, thanksgiving_week=True, winter_weeks=2, staff_days=(53,))}
    place = _place(told, registered, (3,), _habits("1999101", plans, 1, "aeries"), 1)
    rows, none = 2, np.zeros(2, dtype=np.int64)
    stints = Stints(
        person=np.arange(rows),
        place=none,
        grade=np.full(rows, 3),
        first=none,
        last=np.array([179, 120]),
        status=np.array(["10", "10"], dtype=object),
        reason=np.array(["E155", "T160"], dtype=object),
        superseded=np.full(rows, 180),
        is_no_show=np.zeros(rows, dtype=np.bool_),
        is_exempt=np.zeros(rows, dtype=np.bool_),
        planted=np.full(rows, -1),
    )
    for seed in range(20):
        lived = live(
            np.random.default_rng(seed),
            stints,
            none,
            (place,),
            family=np.full(rows, -1),
            reach=np.zeros(1),
            days=build_calendar(plans["calendar 01"], 2023).days[None],
            start_year=2023,
            salt=1,
        )
        assert lived.states[0, 179] not in {State.PRESENT, State.NOT_EXPECTED}
