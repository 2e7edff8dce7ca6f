"""The registry: which sender sends what, and from where. Read from ``config/``, checked strictly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from attendance.errors import MendableError

Code = Annotated[str, Field(pattern=r"^\d+$")]

# What a DAG pulls together: the sources of one kind share a schedule.
KINDS: dict[str, tuple[str, ...]] = {
    "sis": ("aeries", "powerschool", "infinite_campus", "synergy", "edfi", "oneroster"),
    "calpads": ("calpads",),
    "survey": ("chks",),
    "interventions": ("interventions", "panorama", "goals", "eps"),
    "state": ("cde",),
}


class RegistryError(MendableError):
    """A file of the registry is not as it should be; the message names the file, the key and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Delivery(_Strict):
    """Where the files of one source arrive.

    folder: below the root; ``{school_year}`` stands for a folder per school year, spelled 2023-24
    root:   ``extracts`` (what senders deliver) or ``public`` (what the state publishes)
    fetch:  addresses of the originals, for a source that anyone may download
    accept_smaller: load also what holds less than half the rows of what it replaces, which is refused otherwise
    """

    folder: str
    root: Literal["extracts", "public"] = "extracts"
    fetch: tuple[str, ...] = ()
    accept_smaller: bool = False

    @field_validator("folder")
    @classmethod
    def _stays_inside(cls, folder: str) -> str:
        if folder.startswith("/") or ".." in Path(folder).parts:
            raise ValueError(f"folder {folder!r} must be relative to its root and stay inside it")
        return folder


class School(_Strict):
    """One school of an LEA.

    code:    the school's seven digits of its CDS code
    number:  the school's number in the LEA's own student information system
    periods: instructional periods of a school day where attendance is taken by period, none where it is taken daily
    """

    code: Annotated[str, Field(pattern=r"^\d{7}$")]
    name: str
    level: Literal["Elementary", "Middle", "High", "K-12", "Alternative"]
    number: int | None = None
    charter: bool = False
    dass: bool = False
    periods: Annotated[int, Field(ge=1, le=10)] | None = None


class Sender(_Strict):
    """Anyone whose files arrive: an LEA (7 digits), the county office (2 digits), the state (00)."""

    code: Code
    name: str
    sends: dict[str, Delivery] = Field(default_factory=dict)

    @field_validator("sends")
    @classmethod
    def _known_sources(cls, sends: dict[str, Delivery]) -> dict[str, Delivery]:
        known = {source for sources in KINDS.values() for source in sources}
        if unknown := sorted(set(sends) - known):
            raise ValueError(f"unknown source {', '.join(unknown)}; known are {', '.join(sorted(known))}")
        return sends


class Lea(Sender):
    """A local educational agency that sends extracts.

    leave_date: whether the leave date in its SIS is the last day expected or the day after it
    """

    code: Annotated[str, Field(pattern=r"^\d{7}$")]
    schools: tuple[School, ...]
    leave_date: Literal["last_day", "day_after"] = "last_day"

    @model_validator(mode="after")
    def _schools_are_distinct(self) -> Lea:
        for what, values in (
            ("code", [school.code for school in self.schools]),
            ("number", [str(school.number) for school in self.schools if school.number is not None]),
        ):
            if repeated := sorted({value for value in values if values.count(value) > 1}):
                raise ValueError(f"school {what} {', '.join(repeated)} stands more than once")
        return self


class County(Sender):
    """The county office: its code, its own deliveries, and whether its senders are simulated."""

    code: Annotated[str, Field(pattern=r"^\d{2}$")]
    simulated: bool = False


class Registry(_Strict):
    """Everything in ``config/``."""

    county: County
    state: Sender
    leas: tuple[Lea, ...]

    @model_validator(mode="after")
    def _codes_are_distinct(self) -> Registry:
        codes = [lea.code for lea in self.leas]
        if repeated := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"LEA {', '.join(repeated)} stands in more than one file")
        return self

    def senders(self) -> tuple[Sender, ...]:
        """All senders: the state, the county office, then the LEAs by code."""
        return (self.state, self.county, *self.leas)

    def sending(self, kind: str) -> tuple[Sender, ...]:
        """The senders that send at least one source of the kind (a key of ``KINDS``)."""
        return tuple(sender for sender in self.senders() if set(KINDS[kind]) & set(sender.sends))

    def sender(self, code: str) -> Sender:
        """The sender of that code; a RegistryError names the known ones."""
        for sender in self.senders():
            if sender.code == code:
                return sender
        known = ", ".join(f"{sender.code} ({sender.name})" for sender in self.senders())
        raise RegistryError(f"No sender {code} in the registry. Known: {known}. Add it under config/leas/.")


class _CountyFile(_Strict):
    county: County
    state: Sender


def _read(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise RegistryError(f"{path} is missing. ATTENDANCE_CONFIG names the registry's folder.") from missing
    except yaml.YAMLError as error:
        raise RegistryError(f"{path} is not valid YAML: {re.sub(chr(10) + ' *', ' ', str(error))}") from error


def _explained(path: Path, error: ValidationError) -> RegistryError:
    problems = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
    return RegistryError(f"{path}: {problems}")


def read_registry(config: Path) -> Registry:
    """Read ``county.yml`` and ``leas/*.yml`` below ``config``; raises RegistryError naming file and key."""
    county_file = config / "county.yml"
    try:
        top = _CountyFile.model_validate(_read(county_file))
    except ValidationError as error:
        raise _explained(county_file, error) from error
    leas = []
    for path in sorted((config / "leas").glob("*.yml")):
        try:
            leas.append(Lea.model_validate(_read(path)))
        except ValidationError as error:
            raise _explained(path, error) from error
    try:
        return Registry(county=top.county, state=top.state, leas=tuple(sorted(leas, key=lambda lea: lea.code)))
    except ValidationError as error:
        raise _explained(config / "leas", error) from error
