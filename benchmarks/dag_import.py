"""``python -m benchmarks.dag_import FILE``: seconds of the processor to read a DAG file, beyond importing Airflow."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(path: Path) -> None:
    """Print ``{"airflow": seconds, "file": seconds}``; raises where the file cannot be read."""
    began = time.process_time()
    # imported here, so that it is measured
    from airflow.dag_processing.dagbag import BundleDagBag  # noqa: PLC0415
    from airflow.sdk import DAG, TaskGroup  # noqa: F401, PLC0415

    bag = BundleDagBag(path, bundle_path=path.parent, bundle_name="dags", load_op_links=False, collect_dags=False)
    warm = time.process_time()
    bag.collect_dags(path)
    done = time.process_time()
    if bag.import_errors:
        raise ImportError(str(bag.import_errors))
    print(json.dumps({"airflow": warm - began, "file": done - warm}))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
