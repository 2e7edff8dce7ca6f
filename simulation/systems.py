"""The student information systems that the county can be written in, and a registry of all districts in one of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingestion.registry import Delivery, Lea, Registry
from simulation.aeries import write_aeries
from simulation.folder import SimulationError
from simulation.infinite_campus import infinite_campus_cases, write_infinite_campus
from simulation.places import SYSTEMS
from simulation.planted import PlantedCase
from simulation.powerschool import powerschool_cases, write_powerschool
from simulation.sending import Sending
from simulation.synergy import synergy_cases, write_synergy
from simulation.text import Written

WRITERS: dict[str, Callable[[Path, Sending], list[Written]]] = {
    "aeries": write_aeries,
    "powerschool": write_powerschool,
    "infinite_campus": write_infinite_campus,
    "synergy": write_synergy,
}
CASES: dict[str, Callable[[Sending], list[PlantedCase]]] = {
    "powerschool": powerschool_cases,
    "infinite_campus": infinite_campus_cases,
    "synergy": synergy_cases,
}


def cases_of(sending: Sending) -> list[PlantedCase]:
    """The dirt of its systems' own kind in a district's year."""
    return [case for system in CASES if system in sending.lea.sends for case in CASES[system](sending)]


def _lea_with(lea: Lea, sis: str) -> Lea:
    """The same district on another system, in the folder that it names for it or else one of the usual shape."""
    if not set(SYSTEMS) & set(lea.sends):
        return lea
    own = lea.sends.get(sis, Delivery(folder=f"{lea.code}/{sis}/{{school_year}}"))
    others = {source: delivery for source, delivery in lea.sends.items() if source not in SYSTEMS}
    return lea.model_copy(update={"sends": {sis: own, **others}})


def registry_with(registry: Registry, sis: str) -> Registry:
    """The registry of the same county with every district's student information system replaced by one and the same.

    Districts without one stay as they are. Raises SimulationError for a system that cannot be written.
    """
    if sis not in SYSTEMS:
        raise SimulationError(f"The county cannot be written in {sis!r}. Known are {', '.join(SYSTEMS)}.")
    return registry.model_copy(update={"leas": tuple(_lea_with(lea, sis) for lea in registry.leas)})
