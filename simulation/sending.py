"""One district's extracts of one school year: what the writers of Aeries and CALPADS files both need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingestion.registry import Lea
from simulation.arrays import Flags, Texts
from simulation.places import Place, texts_of
from simulation.stints import Stints
from simulation.world import World, Year


@dataclass(frozen=True)
class Sending:
    """The district and the position of the year among the world's years."""

    world: World
    lea: Lea
    index: int
    seed: int

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
