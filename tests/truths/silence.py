"""The school of which no attendance arrives: it is silent, has no rate and no trust, and no other is so."""

from __future__ import annotations

from simulation.places import WILLOW
from tests.truths.checks import Asked, Check, Row, compared, counted


def ask(county: Asked) -> list[Row]:
    """The silent school in each mart that should say so."""

    def schools(sql: str) -> set[str]:
        return {str(row["school_code"]) for row in county.rows(sql)}

    return [
        compared(
            "silent school",
            {WILLOW},
            schools("select school_code from marts.school_submissions where is_silent and has_roster"),
        ),
        compared(
            "school without a rate",
            {WILLOW},
            schools(
                # the registry knows districts that no simulated county has: no roster comes from their schools either
                "select absence.school_code from marts.chronic_absence as absence "
                "inner join marts.school_submissions as sent using (school_year, cds_code) "
                "where absence.submission_status = 'not_submitted' and sent.has_roster"
            ),
        ),
        compared(
            "school none of whose days was submitted",
            {WILLOW},
            schools("select school_code from marts.data_quality_year where days_not_submitted = school_days_so_far"),
        ),
    ]


CHECK = Check("silence", ("school_submissions", "chronic_absence", "data_quality_year"), ask, counted)
