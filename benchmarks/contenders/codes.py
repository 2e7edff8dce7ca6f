"""What the systems' codes mean (docs/rules.md A and C), for the ways that are written in Python."""

from __future__ import annotations

# what is said of a day or a part of one, the gravest last
ATTENDED, UNMAPPED, ABSENT = 0, 1, 2

AERIES_TYPES = {"1": ABSENT, "2": ABSENT, "3": ABSENT} | dict.fromkeys("5689", ATTENDED)
AERIES_IN_SESSION = ("%", "+")
POWERSCHOOL_CATEGORIES = dict.fromkeys(
    ("excused", "unexcused", "unverified", "out-of-school suspension", "non-ada-generating independent study"), ABSENT
) | dict.fromkeys(("in-school suspension", "ada-generating independent study", "tardy", "present"), ATTENDED)
CAMPUS_STATE_CODES = {"100": ABSENT, "110": ATTENDED, "120": ATTENDED, "130": ABSENT}
CAMPUS_STATUSES = {
    **{f"A{excuse}": ABSENT for excuse in "EUK"},
    "AX": ATTENDED,
    **{f"{status}{excuse}": ATTENDED for status in "TE" for excuse in "EUXK"},
}
SYNERGY_TYPES = dict.fromkeys(("UNE", "EXC", "UNV", "SUS", "ISI"), ABSENT) | dict.fromkeys(
    ("ISS", "ISC", "TDY", "TDE", "TDU", "ACT"), ATTENDED
)

NOT_COUNTED = 99  # preschool, infants, adults
GRADES = (
    {"TK": -1, "-1": -1, "K": 0, "KG": 0, "KN": 0, "0": 0}
    | {f"{grade}": grade for grade in range(1, 13)}
    | {f"{grade:02}": grade for grade in range(1, 10)}
    | dict.fromkeys(("IN", "PS", "PK", "AD", "-2"), NOT_COUNTED)
)
GRADE_CATEGORIES = {
    "GRTKKN": range(-1, 1),
    "GR13": range(1, 4),
    "GR46": range(4, 7),
    "GR78": range(7, 9),
    "GR912": range(9, 13),
    "GRTK8": range(-1, 9),
}
STATUSES = {"10": 1, "30": 2}
NEVER_ATTENDED = ("N420", "N470")

GENDERS = {"F": "GF", "M": "GM", "X": "GX"}
RACES = {"1": "RI", "2": "RA", "3": "RP", "4": "RF", "6": "RB", "7": "RW"}
WITHOUT_DIPLOMA = "14"
PROGRAMS = {
    "135": ("SM", "SS"),
    "144": ("SD",),
    "181": ("SS",),
    "182": ("SS",),
    "190": ("SF", "SS"),
    "191": ("SH", "SS"),
    "193": ("SF", "SS"),
}

# Field numbers of the CALPADS records: 2.09 is the ninth.
CALPADS_FIELDS = {
    "SENR": {"deleted": 2, "school": 5, "academic_year": 7, "ssid": 8, "first": 22, "status": 23, "grade": 24}
    | {"last": 25, "reason": 26},
    "SINF": {"deleted": 2, "first": 4, "school": 7, "academic_year": 8, "ssid": 9, "gender": 19, "hispanic": 23}
    | {f"race_{number}": 24 + number for number in range(1, 6)}
    | {"parents": 38},
    "SPRG": {"deleted": 2, "school": 5, "academic_year": 6, "ssid": 7, "program": 13, "first": 15, "last": 16},
    "SELA": {"deleted": 2, "school": 5, "academic_year": 6, "ssid": 7, "status": 13, "first": 14},
    "STAS": {"deleted": 2, "school": 5, "academic_year": 6, "ssid": 7, "exempt": 13, "expected": 15, "oss": 17}
    | {"excused": 19, "unexcused": 20, "non_ada_is": 21},
}
# How many fields the widest record of each type has: an extract's two more among them (docs/rules.md A.1).
CALPADS_WIDTHS = {"SENR": 41, "SINF": 52, "SPRG": 28, "SELA": 18, "STAS": 26}
