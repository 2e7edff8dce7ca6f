"""Asks the Aeries API, and knows nothing of what the answers are for. Answers hold names: they are never logged.

Source: Aeries' documentation of the API's end points (domain.md C.1, AER-API). An answer holds every row asked for:
the API has no pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Self, TypeAlias

import httpx

from ingestion.registry import AeriesApi
from ingestion.transports.credentials import Credentials
from ingestion.transports.https import AGENT, check, refuse_unencrypted, told_in_words
from ingestion.transports.remote import Patience, TransportError
from ingestion.transports.retry import retrying

Json: TypeAlias = dict[str, Any]

# Areas of StudentDataChanges; one that a district's Aeries does not know counts as changed.
AREAS = ("student", "enrollment", "attendance")
LARGEST = 1_000_000_000


class AeriesClient:
    """One district's API."""

    def __init__(self, api: AeriesApi, credentials: Credentials, patience: Patience) -> None:
        if credentials.password is None:
            raise TransportError(
                f"The connection {api.connection} needs the API's certificate (32 characters) as its password."
            )
        self.api = api
        self.patience = patience
        self._client = httpx.Client(
            base_url=f"{api.url.rstrip('/')}/api/v5",
            headers={
                "AERIES-CERT": credentials.password.get_secret_value(),
                "Accept": "application/json",
                "User-Agent": AGENT,
            },
            timeout=patience.timeout,
            # a header of our own would follow a redirect to any host
            follow_redirects=False,
            event_hooks={"request": [refuse_unencrypted]},
        )

    def __enter__(self) -> Self:
        """Nothing is asked yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._client.close()

    def schools(self) -> list[Json]:
        """The district's schools."""
        return self._list("/schools")

    def calendar(self, school: int, database: int | None) -> list[Json]:
        """The school's days, with HolidayCode on those that differ."""
        return self._list(f"/schools/{school}/calendar", _year(database))

    def absence_codes(self, school: int, database: int | None) -> list[Json]:
        """The codes that the school's attendance is taken with."""
        return self._list(f"/schools/{school}/AbsenceCodes", _year(database))

    def students(self, school: int, database: int | None) -> list[Json]:
        """The school's students, with those who left."""
        return self._list(f"/schools/{school}/students", _year(database))

    def enrollment(self, school: int, start_year: int) -> list[Json]:
        """Every student's stints at the school in the school year that starts in that year."""
        return self._list(f"/schools/{school}/enrollment/0/year/{start_year}")

    def attendance(self, school: int, first: date, last: date, database: int | None) -> list[Json]:
        """Per student, the days between the dates, both included, that carry a code."""
        dates = {"StartDate": f"{first:%Y%m%d}", "EndDate": f"{last:%Y%m%d}"}
        return self._list(f"/schools/{school}/attendance", dates | _year(database))

    def summaries(self, school: int, start_year: int) -> list[Json]:
        """Attendance history of the year, by student now at the school; years at other schools may be among them."""
        return self._list(f"/schools/{school}/AttendanceHistory/summary/year/{start_year}-{start_year + 1}")

    def has_changed_since(self, moment: datetime) -> bool:
        """Whether anything about a student changed since then, in the server's own time."""
        return any(self._has_changed(area, moment) for area in AREAS)

    def _has_changed(self, area: str, moment: datetime) -> bool:
        try:
            return bool(self._list(f"/StudentDataChanges/{area}/{moment:%Y/%m/%d/%H/%M}"))
        except TransportError as error:
            if error.is_permanent:
                return True
            raise

    def _list(self, path: str, params: dict[str, str] | None = None) -> list[Json]:
        answer: object = None
        for attempt in retrying(self.patience):
            with attempt:
                answer = self._ask(path, params or {})
        if not isinstance(answer, Sequence) or isinstance(answer, str):
            raise TransportError(f"{self._client.base_url}{path}: a list was expected. Is this the address of Aeries?")
        return list(answer)

    def _ask(self, path: str, params: dict[str, str]) -> object:
        where = f"{str(self._client.base_url).rstrip('/')}{path}"
        with told_in_words(where), self._client.stream("GET", path, params=params) as response:
            if response.status_code in {401, 403}:
                raise TransportError(
                    f"{where}: Aeries refuses the certificate of the connection {self.api.connection} "
                    f"({response.status_code}). Is it still valid, and has it the permission to read this (in Aeries: "
                    "Security, API)?"
                )
            check(response, where)
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > LARGEST:
                    raise TransportError(f"{where}: the answer has more than {LARGEST:,} bytes.")
        try:
            return httpx.Response(200, content=bytes(content)).json()
        except ValueError:
            # the parser's words would repeat a piece of the answer
            raise TransportError(f"{where}: the answer is no JSON. Is this the address of Aeries?") from None


def _year(database: int | None) -> dict[str, str]:
    """The parameter that asks for an earlier year's database."""
    return {} if database is None else {"DatabaseYear": str(database)}
