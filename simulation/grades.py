"""How the systems spell a grade. Before 2023-24 transitional kindergarten was not one (docs/rules.md A.8)."""

from __future__ import annotations

import numpy as np

from simulation.arrays import Ints, Texts, numbers_as_text, texts
from simulation.places import KINDERGARTEN, TK

FIRST_YEAR_OF_TK = 2023
DIGITS = tuple(f"{grade:02d}" for grade in range(1, 13))
CALPADS_GRADES = ("TK", "KN", *DIGITS)
CAMPUS_GRADES = ("TK", "KG", *DIGITS)
SYNERGY_GRADES = ("TK", "K", *DIGITS)


def _as_recorded(grades: Ints, start_year: int) -> Ints:
    return np.asarray(np.where((grades == TK) & (start_year < FIRST_YEAR_OF_TK), KINDERGARTEN, grades))


def aeries_grades(grades: Ints, start_year: int) -> Texts:
    """Aeries and PowerSchool: -1 TK, 0 kindergarten, 1 to 12."""
    return numbers_as_text(_as_recorded(grades, start_year))


def calpads_grades(grades: Ints, start_year: int) -> Texts:
    """TK, KN, 01 to 12."""
    return texts(CALPADS_GRADES)[_as_recorded(grades, start_year) - TK]


def campus_grades(grades: Ints, start_year: int) -> Texts:
    """TK, KG, 01 to 12."""
    return texts(CAMPUS_GRADES)[_as_recorded(grades, start_year) - TK]


def synergy_grades(grades: Ints, start_year: int) -> Texts:
    """TK, K, 01 to 12."""
    return texts(SYNERGY_GRADES)[_as_recorded(grades, start_year) - TK]
