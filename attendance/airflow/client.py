"""Airflow's public interface (``/api/v2``), as far as running everything needs it, by the standard library alone."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from attendance.errors import MendableError


class AirflowRefusalError(MendableError):
    """Airflow answered, and said no; the message has its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"Airflow refused: {message}")
        self.status = status

    @property
    def is_passing(self) -> bool:
        """Whether the reason lies with Airflow and may be gone in a moment."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def call(address: str, method: str, path: str, body: object = None, token: str = "") -> Any:  # noqa: ANN401 - JSON
    """One request; returns the decoded answer, None for an empty one.

    Raises AirflowRefusalError for an answer of 400 and above, OSError where nobody answers.
    """
    request = urllib.request.Request(  # noqa: S310 - always http on loopback
        address + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {}),
    )
    try:
        # no proxy between this machine and itself
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            content = answer.read()
    except urllib.error.HTTPError as error:
        words = error.read().decode(errors="replace")[:500]
        raise AirflowRefusalError(error.code, f"{method} {path}: {error.code} {words}") from error
    return json.loads(content) if content else None


@dataclass(frozen=True)
class Run:
    """One run of a DAG."""

    dag_id: str
    run_id: str
    state: str

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state in {"success", "failed"}


@dataclass(frozen=True)
class Task:
    """One task of a run, as it ended or waits to be tried again. ``label`` is what tells mapped tasks apart."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    label: str
    state: str
    attempt: int
    ended_at: str

    @property
    def name(self) -> str:
        """Its name without that of its group."""
        return self.task_id.rpartition(".")[2]

    @property
    def group(self) -> str:
        """The group that it stands in, empty where it stands in none."""
        return self.task_id.rpartition(".")[0]

    @property
    def stands_for_nobody(self) -> bool:
        """Whether it belongs to a group that is mapped over senders, and there was none."""
        return bool(self.group) and self.map_index < 0 and self.state == "skipped"

    @property
    def key(self) -> tuple[str, str, str, int, int, str]:
        """What makes it different from every other ending of a task."""
        return (self.dag_id, self.run_id, self.task_id, self.map_index, self.attempt, self.state)


def _label(task: Mapping[str, Any]) -> str:
    label = task["rendered_map_index"] or ""
    # where the label could not be made Airflow gives the number
    return "" if label == str(task["map_index"]) else label


@dataclass(frozen=True)
class Client:
    """Airflow at an address, with a token."""

    address: str
    token: str

    def _call(self, method: str, path: str, body: object = None, **query: str | Iterable[str]) -> Any:  # noqa: ANN401
        asked = urllib.parse.urlencode(query, doseq=True)
        where = f"/api/v2{path}{'?' if asked else ''}{asked}"
        for seconds in (1, 2, 4) if method == "GET" else ():
            try:
                return call(self.address, method, where, body, self.token)
            except OSError:
                time.sleep(seconds)
            except AirflowRefusalError as refusal:
                if not refusal.is_passing:
                    raise
                time.sleep(seconds)
        return call(self.address, method, where, body, self.token)

    def parsed(self) -> Mapping[str, str]:
        """When each DAG was last read, by its id (ISO 8601, UTC)."""
        return {dag["dag_id"]: dag["last_parsed_time"] or "" for dag in self._call("GET", "/dags", limit="100")["dags"]}

    def paused(self) -> set[str]:
        """The DAGs that are paused."""
        return {dag["dag_id"] for dag in self._call("GET", "/dags", limit="100")["dags"] if dag["is_paused"]}

    def pause(self, dag_id: str, *, is_paused: bool) -> None:
        """Pause a DAG, or end its pause."""
        self._call("PATCH", f"/dags/{dag_id}", {"is_paused": is_paused}, update_mask="is_paused")

    def import_errors(self, since: str) -> list[str]:
        """Why files of the DAG folder could not be read at that time or later."""
        errors = self._call("GET", "/importErrors", limit="100")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in errors if error["timestamp"] >= since]

    def trigger(self, dag_id: str) -> Run:
        """Start a run now."""
        run = self._call("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None})
        return Run(dag_id, run["dag_run_id"], run["state"])

    def runs(self, since: str) -> list[Run]:
        """All DAGs' runs that were to start at that time or later, the oldest first."""
        found = self._call("GET", "/dags/~/dagRuns", run_after_gte=since, order_by="run_after", limit="100")["dag_runs"]
        return [Run(run["dag_id"], run["dag_run_id"], run["state"]) for run in found]

    def ended(self, since: str) -> list[Task]:
        """All DAGs' tasks that ended, or wait for their next try, at that time or later, in the order of their ends."""
        found: list[Task] = []
        asked = 0
        while True:
            page = self._call(
                "GET",
                "/dags/~/dagRuns/~/taskInstances",
                end_date_gte=since,
                state=("success", "skipped", "failed", "upstream_failed", "up_for_retry"),
                order_by="end_date",
                limit="100",
                offset=str(asked),
            )["task_instances"]
            found += [
                Task(
                    dag_id=task["dag_id"],
                    run_id=task["dag_run_id"],
                    task_id=task["task_id"],
                    map_index=task["map_index"],
                    label=_label(task),
                    state=task["state"] or "",
                    attempt=task["try_number"],
                    ended_at=task["end_date"],
                )
                for task in page
                if task["end_date"]
            ]
            asked += len(page)
            if len(page) < 100:
                return found

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:  # noqa: ANN401 - JSON
        """What a task that is not mapped returned."""
        path = f"/dags/{dag_id}/dagRuns/{urllib.parse.quote(run_id)}/taskInstances/{task_id}/xcomEntries/return_value"
        return self._call("GET", path, deserialize="false", stringify="false")["value"]

    def has_queued_events(self, dag_id: str) -> bool:
        """Whether a changed asset waits for a run of the DAG."""
        try:
            return bool(self._call("GET", f"/dags/{dag_id}/assets/queuedEvents")["queued_events"])
        except AirflowRefusalError as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND:
                return False
            raise

    def forget_queued_events(self, dag_id: str) -> None:
        """Let no changed asset wait for a run of the DAG."""
        try:
            self._call("DELETE", f"/dags/{dag_id}/assets/queuedEvents")
        except AirflowRefusalError as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise


def log_in(address: str, user: str, password: str) -> Client:
    """A client for that user; raises OSError while nobody answers."""
    answer = call(address, "POST", "/auth/token", {"username": user, "password": password})
    return Client(address, answer["access_token"])
