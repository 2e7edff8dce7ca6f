"""Read the DAG folder as Airflow does, in a process of its own, and print what was found as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

# Too heavy to be loaded each time that Airflow reads the folder.
HEAVY = ("duckdb", "pandas", "numpy", "pyarrow", "dbt", "altair", "vl_convert", "sqlfluff")


def _told(task: Any) -> dict[str, Any]:
    return {
        "kind": type(task).__name__,
        "retries": task.retries,
        "has_time_out": task.execution_timeout is not None,
        "outlets": [asset.uri for asset in getattr(task, "outlets", None) or []],
        "upstream": sorted(task.upstream_task_ids),
        "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        "label": getattr(task, "map_index_template", None),
        "is_mapped_by_group": next(task.iter_mapped_task_groups(), None) is not None,
        "pool": task.pool,
        "is_teardown": task.is_teardown,
        "group": task.task_group.group_id if task.task_group else None,
    }


def _scheduled_by(dag: Any) -> list[Any]:
    """The assets of which any starts the DAG."""
    condition: Any = getattr(dag.timetable, "asset_condition", None)
    return list(condition.objects) if type(condition).__name__ == "AssetAny" else []


def main(folder: Path) -> None:
    """Print DAGs, errors, heavy modules and processor seconds."""
    began = time.process_time()
    # what is measured is how much longer than Airflow itself the folder takes
    from airflow.dag_processing.dagbag import BundleDagBag  # noqa: PLC0415
    from airflow.sdk import DAG, TaskGroup  # noqa: F401, PLC0415

    bag = BundleDagBag(folder, bundle_path=folder, bundle_name="dags", load_op_links=False, collect_dags=False)
    warm = time.process_time()
    bag.collect_dags(folder)
    done = time.process_time()
    print(
        json.dumps(
            {
                "seconds_of_airflow": warm - began,
                "seconds_of_folder": done - warm,
                "errors": bag.import_errors,
                "heavy": sorted(name for name in HEAVY if name in sys.modules),
                "dags": {
                    dag.dag_id: {
                        "tags": sorted(dag.tags),
                        "doc": dag.doc_md,
                        "catchup": dag.catchup,
                        "runs": dag.max_active_runs,
                        "has_time_out": dag.dagrun_timeout is not None,
                        "params": {name: dag.params.get_param(name).value for name in dag.params},
                        "file": Path(dag.fileloc).name,
                        "assets": sorted(asset.uri for asset in _scheduled_by(dag)),
                        "tasks": {task.task_id: _told(task) for task in dag.tasks},
                    }
                    for dag in bag.dags.values()
                },
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
