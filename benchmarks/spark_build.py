"""One build on a cluster of this machine, by Spark's own figures: ``python -m benchmarks.spark_build WORKERS MEMORY``.

The last line that it prints is JSON: the build's seconds, and what the executors did meanwhile.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace

from attendance.dbt import build
from attendance.settings import SPARK, read_settings
from attendance.spark.cluster import Shape, run_cluster
from attendance.steps import prepare


def main() -> None:
    """Build, and tell."""
    workers, memory = int(sys.argv[1]), sys.argv[2]
    settings = read_settings()
    prepare(settings)
    with run_cluster(settings, Shape(workers=workers, memory=memory)) as cluster:
        there = replace(settings, target=SPARK, spark=f"{cluster.server.host}:{cluster.server.port}")
        report = build(there, lambda line: print(line, flush=True))
        told = {"seconds": report.seconds, "models": report.models, "tests": report.tests, **asdict(cluster.work())}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
