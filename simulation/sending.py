"""One district's extracts of one school year: what the writers of all systems need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingestion.registry import Lea
from simulation.arrays import Flags, Texts
from simulation.places import ALDER, BIRCH, Place, texts_of
from simulation.stints import COMPLETED, LAST_DAY, YEAR_END, Stints
from simulation.world import World, Year


@dataclass(frozen=True)
class Sending:
    """The district and the position of the year among the world's years.

    programs_overlap: whether every membership in a programme reaches into each of the student's stays of the year, so
                      that all schools count the student in the group
    """

    world: World
    lea: Lea
    index: int
    seed: int
    programs_overlap: bool = False

    @property
    def year(self) -> Year:
        """The school year as it was lived."""
        return self.world.years[self.index]

    @property
    def stints(self) -> Stints:
        """The stints of the whole county in that year."""
        return self.year.stints

    @property
    def places(self) -> tuple[Place, ...]:
        """All schools of the county."""
        return self.world.places

    @property
    def here(self) -> Flags:
        """Which stints are at the district's schools."""
        return np.asarray(texts_of(self.places, lambda place: place.lea)[self.stints.place] == self.lea.code)

    @property
    def local_id(self) -> Texts:
        """For each stint the district's permanent id of the student."""
        return self.world.identity.local_id[self.index]

    @property
    def student_number(self) -> Texts:
        """For each stint the student's number at the school."""
        return self.world.identity.student_number[self.index]

    @property
    def school_number(self) -> Texts:
        """For each school its number in the district's student information system, blank where there is none."""
        return texts_of(self.places, lambda place: str(place.number or ""))

    @property
    def is_left_open(self) -> Flags:
        """Birch closes its records only when the next year begins: at the end of the last year they are still open."""
        at_the_end = (self.stints.last == LAST_DAY) & np.isin(self.stints.reason.astype(str), [YEAR_END, COMPLETED])
        return np.asarray(at_the_end & (self.year.is_last and self.lea.code == BIRCH))

    @property
    def corrects_a_month(self) -> bool:
        """Alder sends one month of the last year twice."""
        return self.year.is_last and self.lea.code == ALDER
