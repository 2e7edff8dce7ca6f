"""Absence summaries that differ from the days as lived: found student by student, with the cause, and no others.

The summaries are read as they were sent, and set beside the days as lived, by code that shares nothing with the models.
Nobody is hashed here: what is compared is how many students differ at which school, why, and by how many days.
"""

from __future__ import annotations

from collections import Counter

import pandas as pd

from simulation.codes import ABSENT_STATES
from tests.truths.checks import Asked, Check, Row, compared, counted

# Fields of STAS, from 0: school, SSID, exempt, days expected; absent is the sum of four (docs/rules.md A.2).
SCHOOL, SSID, EXEMPT, EXPECTED, ABSENT = 4, 6, 12, 14, (16, 18, 19, 20)
ABSENCES = [state.name.lower() for state in ABSENT_STATES]
TOLERANCE = 1.0


def _summaries(county: Asked) -> pd.DataFrame:
    paths = sorted(county.extracts.glob("*/calpads/*_STAS_*.txt"))
    read = [pd.read_csv(path, sep="^", header=None, dtype=str, keep_default_na=False, quoting=3) for path in paths]
    rows = pd.concat(read, ignore_index=True)
    rows = rows[rows[EXEMPT] != "Y"]
    absent = sum(pd.to_numeric(rows[field]).fillna(0.0) for field in ABSENT)
    return pd.DataFrame(
        {"school_code": rows[SCHOOL], "ssid": rows[SSID], "expected": pd.to_numeric(rows[EXPECTED]), "absent": absent}
    )


def _lived(county: Asked) -> pd.DataFrame:
    days = pd.read_parquet(county.truth)
    days = days[~days["is_exempt"]].astype({"school_code": str, "ssid": str, "state": str})
    days["absent"] = days["state"].isin(ABSENCES)
    days["partial"] = days["state"] == "partial"
    days["unmapped"] = days["state"] == "unmapped"
    days["expected"] = ~days["unmapped"]
    return days.groupby(["school_code", "ssid"], as_index=False)[["expected", "absent", "partial", "unmapped"]].sum()


def planted(county: Asked) -> Counter[tuple[str, str, float]]:
    """How many students of each school differ for each cause, and by how many days absent."""
    silent = {
        str(row["school_code"])
        for row in county.rows("select school_code from marts.school_submissions where attendance_source is null")
    }
    pairs = _lived(county).merge(_summaries(county), on=["school_code", "ssid"], how="outer", suffixes=("", "_sent"))
    pairs = pairs[~pairs["school_code"].isin(silent)]
    found: Counter[tuple[str, str, float]] = Counter()
    for row in pairs.to_dict("records"):
        school, more = str(row["school_code"]), row["absent_sent"] - row["absent"]
        if pd.isna(row["absent"]) or pd.isna(row["absent_sent"]):
            found[school, "missing_student", 0.0] += 1
        elif max(abs(more), abs(row["expected_sent"] - row["expected"])) > TOLERANCE:
            if row["unmapped"] and abs(more) <= row["unmapped"] + TOLERANCE:
                cause = "unmapped_codes"
            else:
                cause = "partial_days" if 0 < more <= row["partial"] + TOLERANCE else "unexplained"
            found[school, cause, float(more)] += 1
    return found


def ask(county: Asked) -> list[Row]:
    """Summaries that differ, by cause: which schools, by how many days, how many students."""
    told = Counter(
        {
            (str(row["school_code"]), str(row["cause"]), float(row["more"] or 0)): int(row["students"])
            for row in county.rows(
                "select school_code, cause, their_days_absent - our_days_absent as more, count(*) as students"
                " from marts.reconciliation_differences where record_source = 'stas' group by all"
            )
        }
    )
    mine = planted(county)
    causes = sorted({cause for _, cause, _ in (*told, *mine)})
    return [
        compared(
            f"absence summary differs: {cause}",
            {(*key, number) for key in mine if key[1] == cause for number in range(mine[key])},
            {(*key, number) for key in told if key[1] == cause for number in range(told[key])},
        )
        for cause in causes
    ]


CHECK = Check("certified", ("reconciliation_differences", "school_submissions"), ask, counted)
