"""The registry: which sender sends what, and from where. Read from ``config/``, checked strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from attendance.errors import MendableError

Code = Annotated[str, Field(pattern=r"^\d+$")]
Connection = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
MailAddress = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]

# The ways in which files are reached. An Outbox takes those that can also be written to.
TRANSPORTS = ("folder", "sftp", "https", "s3", "aeries_api")
# A key of such a name anywhere in config/ is taken for a secret.
SECRET = re.compile(
    r"pass|secret|token|cert(?!ain)|credential|private_?key|api_?key|access_?key|key_?file|authorization|^key$",
    re.IGNORECASE,
)
SECRET_IN_ADDRESS = re.compile(r"://[^/?#\s]*@|[?&][^=&]*(cert|sig|token|key|secret|password)[^=&]*=", re.IGNORECASE)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _safe_address(address: str) -> str:
    parts = urlsplit(address)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise ValueError("is not an https address")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("is not encrypted: an address begins with https://")
    return address


Address = Annotated[str, AfterValidator(_safe_address)]


def _not_climbing(path: str) -> str:
    if ".." in path.split("/"):
        raise ValueError(f"{path!r} must not climb with ..")
    return path


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


class Sftp(_Strict):
    """A folder on an SFTP server.

    path:       from the server's root or from the login's own folder; ``{school_year}`` stands for a folder per year
    host_key:   the server's public key as ``ssh-keyscan`` prints it, without the host; where it is left out, the file
                ``known_hosts`` beside ``county.yml`` must have it
    connection: the name of the Airflow connection with login and password or key
    """

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    path: Annotated[str, Field(min_length=1)]
    host_key: Annotated[str, Field(pattern=r"^(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ \S+")] | None = None
    connection: Connection

    @field_validator("path")
    @classmethod
    def _climbs_nowhere(cls, path: str) -> str:
        return _not_climbing(path)


class Https(_Strict):
    """Files of a web server.

    addresses:  of each file; a folder named like 2023-24 in an address tells the file's school year
    index:      address of a JSON list of files, each a name or ``{name, url, size, modified, etag}``, relative to it
    connection: the name of the Airflow connection with login and password, or with a token in its extra
    """

    addresses: tuple[Address, ...] = ()
    index: Address | None = None
    connection: Connection | None = None

    @model_validator(mode="after")
    def _says_what(self) -> Https:
        if not self.addresses and self.index is None:
            raise ValueError("needs addresses, or the address of an index")
        return self


class S3(_Strict):
    """A bucket, or a part of one, in any store that speaks S3.

    prefix:     what the keys begin with; ``{school_year}`` stands for a folder per school year
    endpoint:   address of a store that is not Amazon's
    connection: the name of the Airflow connection: the key's id as login, the key as password
    """

    bucket: Annotated[str, Field(min_length=1)]
    prefix: str = ""
    endpoint: Address | None = None
    region: str | None = None
    connection: Connection

    @field_validator("prefix")
    @classmethod
    def _climbs_nowhere(cls, prefix: str) -> str:
        return _not_climbing(prefix)


class AeriesApi(_Strict):
    """The Aeries API, version 5.

    url:        of the district's Aeries, up to where ``/api/v5`` follows
    connection: the name of the Airflow connection with the certificate as its password
    days:       how far back attendance is asked for each night, whole months at least
    """

    url: Address
    connection: Connection
    days: Annotated[int, Field(ge=1, le=400)] = 30


class _Place(_Strict):
    """Where files lie: exactly one way of reaching them.

    folder: a local or mounted folder; ``{school_year}`` stands for a folder per school year, spelled 2023-24. Empty
            where they are reached in another way
    """

    folder: str = ""
    sftp: Sftp | None = None
    s3: S3 | None = None

    @field_validator("folder")
    @classmethod
    def _stays_inside(cls, folder: str) -> str:
        if folder.startswith("/") or ".." in Path(folder).parts:
            raise ValueError(f"folder {folder!r} must be relative to its root and stay inside it")
        return folder

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in TRANSPORTS if name in type(self).model_fields]
        if len([name for name in ways if getattr(self, name)]) != 1:
            raise ValueError(f"needs exactly one of {', '.join(ways)}")
        return self


class Delivery(_Place):
    """Where the files of one source arrive.

    root:   what ``folder`` lies below: ``extracts`` (what senders deliver) or ``public`` (what the state publishes)
    fetch:  addresses of the originals, for a source that anyone may download
    accept_smaller: load also what holds less than half the rows of what it replaces, which is refused otherwise
    slow:   the sender's line or server is slow: it waits in a queue of its own and holds up nobody
    """

    https: Https | None = None
    aeries_api: AeriesApi | None = None
    root: Literal["extracts", "public"] = "extracts"
    fetch: tuple[str, ...] = ()
    accept_smaller: bool = False
    slow: bool = False


class Outbox(_Place):
    """Where an LEA finds its rejected rows and their summary. ``folder`` lies below the extracts."""


class Smtp(_Strict):
    """The mail server that takes a notice.

    sender:     the address that the notice comes from
    starttls:   whether the line is encrypted before anything is said; only a server on this machine may do without
    connection: the name of the Airflow connection with login and password, where the server wants them
    """

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: MailAddress
    starttls: bool = True
    connection: Connection | None = None

    @model_validator(mode="after")
    def _is_encrypted(self) -> Smtp:
        if not self.starttls and self.host not in LOOPBACK:
            raise ValueError("starttls: false is for a mail server on this machine")
        return self


class Notify(_Strict):
    """Who is told when a sender's files could not be had or loaded, or the warehouse could not be built.

    webhook: the name of the Airflow connection whose host is the address to call (an address is itself a secret)
    email:   who gets a mail, by the server ``smtp``
    """

    webhook: Connection | None = None
    email: tuple[MailAddress, ...] = ()
    smtp: Smtp | None = None

    @model_validator(mode="after")
    def _mail_has_a_server(self) -> Notify:
        if bool(self.email) != (self.smtp is not None):
            raise ValueError("email and smtp belong together: who gets a mail, and which server takes it")
        return self


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
        if other := sorted(source for source, one in sends.items() if one.aeries_api and source != "aeries"):
            raise ValueError(f"{', '.join(other)} does not come from an aeries_api; that is for aeries")
        return sends


class Authorizer(_Strict):
    """The district that authorised a charter school: its county and district code in seven digits, and its name."""

    code: Annotated[str, Field(pattern=r"^\d{7}$")]
    name: str


class Lea(Sender):
    """A local educational agency that sends extracts.

    code:       seven digits: county and district; of a charter that reports for itself, its school code
    authorizer: of a charter that reports for itself, the district in whose CDS code it stands, as in the state's files
    leave_date: whether the leave date in its SIS is the last day expected or the day after it
    outbox:     where its rejected rows and their summary are also sent
    """

    code: Annotated[str, Field(pattern=r"^\d{7}$")]
    schools: tuple[School, ...]
    authorizer: Authorizer | None = None
    leave_date: Literal["last_day", "day_after"] = "last_day"
    outbox: Outbox | None = None

    @property
    def district(self) -> Authorizer:
        """The district that its schools count for: the one that authorised it, else itself."""
        return self.authorizer or Authorizer(code=self.code, name=self.name)

    @model_validator(mode="after")
    def _a_charter_is_its_own_school(self) -> Lea:
        if self.authorizer and [school.code for school in self.schools] != [self.code]:
            raise ValueError(
                "an LEA with an authorizer is a charter that reports for itself: it has one school, "
                "whose code is also the LEA's"
            )
        return self

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
    """The county office: its code, its own deliveries, whether its senders are simulated, who is told of failures."""

    code: Annotated[str, Field(pattern=r"^\d{2}$")]
    simulated: bool = False
    notify: Notify = Notify()


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


def _secrets(value: object, where: str = "") -> Iterator[str]:
    """The keys below a piece of YAML that hold a secret, each with the keys above it; never a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            here = f"{where}.{key}".lstrip(".")
            if isinstance(key, str) and SECRET.search(key):
                yield here
            else:
                yield from _secrets(inner, here)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _secrets(inner, f"{where}.{place}")
    elif isinstance(value, str) and ("PRIVATE KEY" in value or SECRET_IN_ADDRESS.search(value)):
        yield where


def _read(path: Path) -> object:
    """The file's content; raises RegistryError where it cannot be read or holds what looks like a secret."""
    content = _parse(path)
    if found := list(_secrets(content)):
        raise RegistryError(
            f"{path}: {', '.join(found)}: a password, key, token or certificate may not stand in config/. Put it into "
            "an Airflow connection (or the environment variable AIRFLOW_CONN_<NAME>) and name that here, such as "
            "connection: alder_sftp; docs/connecting-a-district.md shows each. Whoever could read this file has seen "
            "it: have it changed."
        )
    return content


def _parse(path: Path) -> object:
    try:
        # the loader in C: a county's hundreds of files are read at the beginning of each task
        return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except FileNotFoundError as missing:
        raise RegistryError(f"{path} is missing. ATTENDANCE_CONFIG names the registry's folder.") from missing
    except yaml.YAMLError as error:
        # its own words repeat the line, in which a password may stand
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        what = getattr(error, "problem", None) or "it cannot be read"
        raise RegistryError(f"{path} is not valid YAML{where}: {what}") from None


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
