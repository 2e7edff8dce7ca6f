"""Tasks that only wait, and so run in Airflow's triggerer: no process of their own, hundreds cost nothing.

``WaitForArrivals`` stands before the build, ``DbtNode`` shows one seed or model of the build that another task runs.
Both start in the triggerer and end there (``start_from_trigger``); a worker never sees them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator
from airflow.triggers.base import (
    BaseTaskEndEvent,
    BaseTrigger,
    StartTriggerArgs,
    TaskFailedEvent,
    TaskSkippedEvent,
    TaskSuccessEvent,
    TriggerEvent,
)
from asgiref.sync import sync_to_async

from attendance.airflow.dbt import OVER, Told, outcome
from attendance.airflow.stamp import changed_since_build
from attendance.settings import read_settings

PROGRESS = "progress"
SECONDS_BETWEEN = 1.0

EVENTS: dict[str, type[BaseTaskEndEvent]] = {
    "success": TaskSuccessEvent,
    "failed": TaskFailedEvent,
    "skipped": TaskSkippedEvent,
}


class _TriggerTask(BaseOperator):
    """A task that its trigger runs from beginning to end."""

    start_from_trigger = True

    def __init__(self, *, trigger: BaseTrigger, **arguments: Any) -> None:  # noqa: ANN401 - Airflow's own arguments
        super().__init__(**arguments)
        classpath, kwargs = trigger.serialize()
        self.start_trigger_args = StartTriggerArgs(trigger_cls=classpath, trigger_kwargs=kwargs, next_method="execute")

    def execute(self, context: Any) -> None:  # noqa: ANN401, ARG002 - Airflow's signature
        """Reached only if the trigger gave an event that does not end the task, which none here does."""
        raise RuntimeError(f"{self.task_id} runs in the triggerer; is one running?")


@dataclass
class _Reading:
    """What the building task has told, read once in a while for all the tasks that wait for it."""

    state: str | None = None
    told: Told | None = None
    read_at: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_readings: dict[tuple[str, str, str], _Reading] = {}


def _ask(dag_id: str, run_id: str, task_id: str) -> tuple[str | None, Told | None]:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance  # noqa: PLC0415 - only there while running
    from airflow.sdk.execution_time.xcom import XCom  # noqa: PLC0415

    states = RuntimeTaskInstance.get_task_states(dag_id=dag_id, task_ids=[task_id], run_ids=[run_id])
    state = states.get(run_id, {}).get(task_id)
    if state is None or not (state == "running" or state in OVER):
        return state, None
    return str(state), XCom.get_one(key=PROGRESS, dag_id=dag_id, task_id=task_id, run_id=run_id)


async def _read(dag_id: str, run_id: str, task_id: str) -> _Reading:
    key = (dag_id, run_id, task_id)
    if key not in _readings:
        # a triggerer lives for months: of the builds that are long over nothing is kept
        for old in list(_readings)[:-4]:
            del _readings[old]
        _readings[key] = _Reading()
    reading = _readings[key]
    async with reading.lock:
        if time.monotonic() - reading.read_at >= SECONDS_BETWEEN:
            reading.state, reading.told = await sync_to_async(_ask)(*key)
            reading.read_at = time.monotonic()
    return reading


class DbtNodeTrigger(BaseTrigger):
    """Ends its task as dbt ended the node of that name in the task ``build`` of the same run."""

    def __init__(self, name: str, build: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.name = name
        self.build = build

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Where the class is found, and its arguments."""
        return f"{__name__}.{type(self).__name__}", {"name": self.name, "build": self.build}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait for the node's end."""
        task = self.task_instance
        if task is None:
            raise RuntimeError("A trigger of a task was started without its task.")
        while True:
            reading = await _read(task.dag_id, task.run_id, self.build)
            if found := outcome(reading.state, reading.told, self.name):
                state, lines = found
                for line in lines:
                    (self.log.error if state == "failed" else self.log.info)("%s", line)
                yield EVENTS[state]()
                return
            await asyncio.sleep(SECONDS_BETWEEN)


class DbtNode(_TriggerTask):
    """Shows what became of one seed or model, its tests included, while the task ``build`` runs dbt for all of them."""

    ui_color = "#dce6f2"

    def __init__(self, *, name: str, build: str, **arguments: Any) -> None:  # noqa: ANN401
        super().__init__(
            task_id=name,
            trigger=DbtNodeTrigger(name, build),
            # it waits for dbt from the start, whatever its upstream tasks do: the arrows show what reads what, and
            # dbt keeps to them
            trigger_rule="always",
            # it only mirrors: there is nothing to try again, and it waits for all that stands before dbt
            retries=0,
            execution_timeout=timedelta(hours=8),
            **arguments,
        )


class WaitForArrivalsTrigger(BaseTrigger):
    """Ends its task when none of ``dags`` runs any more, or after ``patience`` seconds."""

    def __init__(self, dags: Sequence[str], patience: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.dags = list(dags)
        self.patience = patience

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Where the class is found, and its arguments."""
        return f"{__name__}.{type(self).__name__}", {"dags": self.dags, "patience": self.patience}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait; then go on, or skip the build if it would build what was built already."""
        task = self.task_instance
        if task is None:
            raise RuntimeError("A trigger of a task was started without its task.")
        started = time.monotonic()
        while busy := await sync_to_async(_busy)(self.dags):
            if time.monotonic() - started > self.patience:
                self.log.warning("Still arriving: %s. The build goes ahead with what is there.", ", ".join(busy))
                break
            await asyncio.sleep(SECONDS_BETWEEN)
        if task.run_id.startswith("asset_triggered") and not await sync_to_async(changed_since_build)(read_settings()):
            self.log.info("An earlier build has everything already.")
            yield TaskSkippedEvent()
        else:
            yield TaskSuccessEvent()


def _busy(dags: Sequence[str]) -> list[str]:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance  # noqa: PLC0415

    return [dag for dag in dags if RuntimeTaskInstance.get_dr_count(dag_id=dag, states=["running", "queued"])]


class WaitForArrivals(_TriggerTask):
    """Lets what is arriving arrive, so that files that come together are built together, once."""

    ui_color = "#f2ecdc"

    def __init__(self, *, dags: Sequence[str], patience: timedelta, **arguments: Any) -> None:  # noqa: ANN401
        super().__init__(
            trigger=WaitForArrivalsTrigger(dags, patience.total_seconds()),
            **arguments,
        )
