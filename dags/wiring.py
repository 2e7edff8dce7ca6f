"""How a kind of source becomes a DAG: one pull and one load for each of its senders. The DAG files only choose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import DAG, Asset, Param, TriggerRule, dag, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from attendance.airflow.names import INGESTION, SENDERS_OF, SLOW_SENDERS

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
# By group of tasks, the pool in which its pulls run.
POOLS = {"lea": "default_pool", "slow_lea": SLOW_SENDERS}

# What `attendance backfill` asks for, and anyone who presses Trigger in Airflow's interface. All blank: what is new.
BACKFILL = {
    "source": Param(None, type=["null", "string"], title="Source", description="such as aeries; blank: what is new"),
    "lea": Param(None, type=["null", "string"], title="LEA", description="its code; blank: every sender"),
    "from": Param(None, type=["null", "string"], format="date", title="From", description="first school day"),
    "to": Param(None, type=["null", "string"], format="date", title="To", description="last school day"),
}


def ingestion_dag(kind: str, *, schedule: str, doc_md: str | None) -> DAG:
    """The DAG of one kind of source, a key of ``ingestion.registry.KINDS``; each sender is a mapped group by itself.

    A sender's failure stops only its own load. A refused file fails nothing: it stands in the ledger. Senders that the
    registry calls slow are a group of their own, whose pulls share a pool with few slots.
    """

    @dag(
        dag_id=INGESTION[kind],
        schedule=schedule,
        start_date=FIRST_DAY,
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=6),
        default_args={**PATIENT, "execution_timeout": timedelta(hours=1)},
        params=BACKFILL,
        tags=["ingestion", kind],
        doc_md=doc_md,
    )
    def arrivals() -> None:
        @task
        def list_senders(*, slow: bool) -> list[dict[str, str]]:
            from attendance.airflow.arrivals import list_senders as listed

            return listed(kind, get_current_context()["params"], slow=slow)

        @task(map_index_template=BY_SENDER)
        def pull(sender: dict[str, str]) -> list[str]:
            from attendance.airflow.arrivals import pull as pulled

            return pulled(kind, sender, get_current_context()["params"])

        @task(map_index_template=BY_SENDER, outlets=[LAKE[kind]])
        def load(sender: dict[str, str], deliveries: list[str]) -> dict[str, int]:
            from attendance.airflow.arrivals import load as loaded

            if not deliveries:
                # a skipped task tells nobody that the lake has changed
                raise AirflowSkipException(f"Nothing new from {sender['name']}.")
            return loaded(deliveries, get_current_context()["params"])

        @task(trigger_rule=TriggerRule.ALL_DONE)
        def tell() -> None:
            from attendance.airflow.telling import tell_of_arrivals

            context = get_current_context()
            tell_of_arrivals(kind, context["ti"], context["dag_run"].start_date)

        groups = []
        for name, listing in SENDERS_OF.items():

            @task_group(group_id=name)
            def lea(sender: dict[str, str], pool: str = POOLS[name]) -> None:
                load(sender=sender, deliveries=pull.override(pool=pool)(sender=sender))

            senders = list_senders.override(task_id=listing)(slow=POOLS[name] == SLOW_SENDERS)
            groups.append(lea.expand(sender=senders))
        # a teardown: whether it could tell does not decide whether the run was good
        groups >> tell().as_teardown()

    return arrivals()
