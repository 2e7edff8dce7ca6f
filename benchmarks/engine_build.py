"""One build by one engine: ``python -m benchmarks.engine_build duckdb`` or ``... spark WORKERS MEMORY``.

Models and seeds, without their tests: a test takes Spark a second or two whatever the county's size, and hundreds of
them hide how the rest grows (``--with-tests`` runs them too). The last line that it prints is JSON: the build's seconds
and, on Spark, what the executors did meanwhile, by Spark's own figures.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace

from attendance.dbt import WITHOUT_TESTS, build
from attendance.settings import DUCKDB, SPARK, Settings, read_settings
from attendance.spark.cluster import Shape, run_cluster
from attendance.steps import prepare


def _say(line: str) -> None:
    print(line, flush=True)


def measure_duckdb(settings: Settings, arguments: tuple[str, ...]) -> dict[str, float]:
    """Build on DuckDB; its seconds."""
    return {"seconds": build(replace(settings, target=DUCKDB), _say, arguments=arguments).seconds}


def measure_spark(settings: Settings, arguments: tuple[str, ...], shape: Shape) -> dict[str, float]:
    """Build on a cluster of that shape, which stands before the clock starts; seconds, and what its executors did."""
    with run_cluster(settings, shape) as cluster:
        there = replace(settings, target=SPARK, spark=f"{cluster.server.host}:{cluster.server.port}")
        report = build(there, _say, arguments=arguments)
        return {"seconds": report.seconds, **asdict(cluster.work())}


def main() -> None:
    """Build, and tell."""
    asked = [word for word in sys.argv[1:] if word != "--with-tests"]
    arguments = () if len(asked) < len(sys.argv[1:]) else WITHOUT_TESTS
    settings = read_settings()
    prepare(settings)
    if asked[0] == DUCKDB:
        told = measure_duckdb(settings, arguments)
    else:
        told = measure_spark(settings, arguments, Shape(workers=int(asked[1]), memory=asked[2]))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
