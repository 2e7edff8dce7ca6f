"""Airflow's own database: made or brought up to date, with our pools, freed of what a stopped Airflow left unfinished.

``python -m attendance.airflow.database``, run before Airflow's processes, never beside them.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from attendance.airflow.names import POOLS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def close_leftovers(session: Session, *, forget_changes: bool) -> None:
    """Mark the runs that were under way as failed, and what they did not come to as skipped.

    forget_changes: forget too which assets changed since the last run of the DAG that waits for them

    Airflow would find them by itself after minutes without a sign of life, and start them again meanwhile.
    """
    from airflow.models.asset import AssetDagRunQueue  # noqa: PLC0415
    from airflow.models.dagrun import DagRun  # noqa: PLC0415
    from airflow.models.db_callback_request import DbCallbackRequest  # noqa: PLC0415
    from airflow.models.taskinstance import TaskInstance  # noqa: PLC0415
    from airflow.models.trigger import Trigger  # noqa: PLC0415
    from airflow.utils.state import DagRunState, TaskInstanceState  # noqa: PLC0415
    from sqlalchemy import case, delete, or_, select, update  # noqa: PLC0415

    now = datetime.now(tz=UTC)
    under_way = (DagRunState.RUNNING, DagRunState.QUEUED)
    runs = session.execute(select(DagRun.dag_id, DagRun.run_id).where(DagRun.state.in_(under_way))).all()
    at_work = (
        TaskInstanceState.RUNNING,
        TaskInstanceState.QUEUED,
        TaskInstanceState.RESTARTING,
        TaskInstanceState.UP_FOR_RETRY,
    )
    waiting = (TaskInstanceState.SCHEDULED, TaskInstanceState.DEFERRED, TaskInstanceState.UP_FOR_RESCHEDULE)
    not_over = or_(TaskInstance.state.is_(None), TaskInstance.state.in_((*at_work, *waiting)))
    for dag_id, run_id in runs:
        session.execute(
            update(TaskInstance)
            .where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id, not_over)
            .values(
                state=case(
                    (TaskInstance.state.in_(at_work), TaskInstanceState.FAILED.value),
                    else_=TaskInstanceState.SKIPPED.value,
                ),
                end_date=now,
                trigger_id=None,
                next_method=None,
                next_kwargs=None,
            )
            .execution_options(synchronize_session=False)
        )
    session.execute(
        update(DagRun)
        .where(DagRun.state.in_(under_way))
        .values(state=DagRunState.FAILED, end_date=now)
        .execution_options(synchronize_session=False)
    )
    for forgotten in (Trigger, DbCallbackRequest, *((AssetDagRunQueue,) if forget_changes else ())):
        session.execute(delete(forgotten).execution_options(synchronize_session=False))
    for dag_id, run_id in runs:
        print(f"{dag_id} {run_id}: was under way when Airflow was stopped; marked as failed")


def make_pools(session: Session) -> None:
    """Make the pools that the DAGs name; the slots of one that is there already are left as somebody set them."""
    from airflow.models.pool import Pool  # noqa: PLC0415
    from sqlalchemy import select  # noqa: PLC0415

    there = set(session.scalars(select(Pool.pool)).all())
    for name, (slots, description) in POOLS.items():
        if name not in there:
            session.add(Pool(pool=name, slots=slots, description=description, include_deferred=False))


def main() -> None:
    """Bring the database into the state in which Airflow may start."""
    from airflow.utils.db import upgradedb  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    upgradedb()
    with create_session() as session:
        make_pools(session)
        close_leftovers(session, forget_changes="--forget-changes" in sys.argv)


if __name__ == "__main__":
    main()
