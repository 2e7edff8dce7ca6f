"""A part of the county: some districts whole, and a share of the schools of those that are too large for that."""

from __future__ import annotations

from dataclasses import replace

from simulation.arrays import stream
from simulation.folder import SimulationError
from simulation.like.fill import COLUMN
from simulation.like.published import TOTAL, Published

# A district that takes more than this share of the students wanted is not taken whole.
LARGEST_SHARE = 0.25


def _sizes(published: Published) -> dict[str, int]:
    sizes = dict.fromkeys(published.districts, 0)
    for school, eligible in zip(published.schools, published.eligible[:, COLUMN[TOTAL]].tolist(), strict=True):
        sizes[school.district] += max(eligible, 1)
    return sizes


def choose_schools(published: Published, scale: float, seed: int) -> tuple[frozenset[str], frozenset[str]]:
    """CDS codes of the schools to simulate, and the districts that are whole; all of them at scale 1.

    scale: the share of the county's students, above 0 and up to 1
    """
    if not 0 < scale <= 1:
        raise SimulationError(f"--scale {scale:g} is no share: name one above 0 and up to 1.")
    if scale == 1:
        return frozenset(school.cds_code for school in published.schools), frozenset(published.districts)
    rng = stream(seed, "sample")
    sizes = _sizes(published)
    wanted = scale * sum(sizes.values())
    large = {code for code, size in sizes.items() if size > LARGEST_SHARE * wanted}
    # of the large districts, and with them of their charters, a share of the schools
    schools = [school.cds_code for school in published.schools if school.district in large]
    order = rng.permutation(len(schools))[: round(scale * len(schools))]
    chosen = {schools[place] for place in order.tolist()}
    left = wanted - scale * sum(sizes[code] for code in large)
    whole: set[str] = set()
    small = sorted(code for code in set(sizes) - large if sizes[code])
    for code in (small[place] for place in rng.permutation(len(small)).tolist()):
        if sizes[code] <= left:
            whole.add(code)
            left -= sizes[code]
    chosen |= {school.cds_code for school in published.schools if school.district in whole}
    if not chosen:
        raise SimulationError(f"--scale {scale:g} leaves no school of {len(published.schools)}. Name a larger one.")
    return frozenset(chosen), frozenset(whole)


def part_of(published: Published, chosen: frozenset[str]) -> Published:
    """The same year with the chosen schools and their districts only."""
    kept = [row for row, school in enumerate(published.schools) if school.cds_code in chosen]
    if len(kept) == len(published.schools):
        return published
    schools = tuple(published.schools[row] for row in kept)
    here = {school.district for school in schools}
    return replace(
        published,
        schools=schools,
        eligible=published.eligible[kept],
        chronic=published.chronic[kept],
        districts={code: told for code, told in published.districts.items() if code in here},
    )
