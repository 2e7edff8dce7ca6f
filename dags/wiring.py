"""How a kind of source becomes a DAG: one pull and one load for each of its senders. The DAG files only choose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import DAG, Asset, dag, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from attendance.airflow.names import INGESTION

COUNTY_TIME = "America/Los_Angeles"
# Long past: a DAG that missed its time while Airflow was not running makes up for it, once.
FIRST_DAY = pendulum.datetime(2024, 7, 1, tz=COUNTY_TIME)

# The delay before the first retry is Airflow's own setting (`[core] default_task_retry_delay`): minutes where a
# county runs by itself at night, a second where a person waits.
PATIENT: dict[str, Any] = {
    "owner": "county",
    "retries": 3,
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(hours=1),
}

# By kind, the data set that the kind's DAG brings up to date and that the warehouse waits for.
LAKE: dict[str, Asset] = {kind: Asset(f"attendance://lake/{kind}") for kind in INGESTION}

BY_SENDER = "{{ task.op_kwargs['sender']['name'] }}"


def ingestion_dag(kind: str, *, schedule: str, doc_md: str | None) -> DAG:
    """The DAG of one kind of source, a key of ``ingestion.registry.KINDS``; each sender is a mapped group by itself.

    A sender's failure stops only its own load. A refused file fails nothing: it stands in the ledger.
    """

    @dag(
        dag_id=INGESTION[kind],
        schedule=schedule,
        start_date=FIRST_DAY,
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=6),
        default_args={**PATIENT, "execution_timeout": timedelta(hours=1)},
        tags=["ingestion", kind],
        doc_md=doc_md,
    )
    def arrivals() -> None:
        @task
        def senders() -> list[dict[str, str]]:
            from attendance.settings import read_settings
            from ingestion.registry import read_registry

            registry = read_registry(read_settings().config)
            return [{"code": sender.code, "name": sender.name} for sender in registry.sending(kind)]

        @task(map_index_template=BY_SENDER)
        def pull(sender: dict[str, str]) -> list[str]:
            from attendance.settings import read_settings
            from ingestion.pull import pull_new_files
            from ingestion.registry import read_registry

            settings = read_settings()
            return pull_new_files(settings, read_registry(settings.config), sender["code"], kind)

        @task(map_index_template=BY_SENDER, outlets=[LAKE[kind]])
        def load(sender: dict[str, str], deliveries: list[str]) -> dict[str, int]:
            from collections import Counter

            from attendance.settings import read_settings
            from ingestion.load import load_landed
            from ingestion.registry import read_registry

            if not deliveries:
                # a skipped task tells nobody that the lake has changed
                raise AirflowSkipException(f"Nothing new from {sender['name']}.")
            settings = read_settings()
            outcomes = load_landed(settings, read_registry(settings.config), deliveries)
            return dict(Counter(outcome.outcome for outcome in outcomes))

        @task_group
        def lea(sender: dict[str, str]) -> None:
            load(sender=sender, deliveries=pull(sender=sender))

        lea.expand(sender=senders())

    return arrivals()
