"""What stands before and behind the steps of a build on Spark that Airflow's tasks take one by one."""

from __future__ import annotations

from dataclasses import replace

from attendance.airflow.dbt import check_the_rest
from attendance.errors import MendableError
from attendance.settings import SPARK, Settings, read_settings


def _settings() -> Settings:
    """The settings, on Spark. MendableError where no cluster is named: tasks that follow each other need one."""
    settings = replace(read_settings(), target=SPARK)
    if not settings.spark:
        raise MendableError(
            "ATTENDANCE_SPARK names no Thrift server, and tasks side by side need one that stays: set it to host:port "
            "before Airflow starts. `attendance run --target spark` and `attendance up --target spark` start one here."
        )
    return settings


def begin() -> None:
    """Empty the warehouse on Spark and name the lake's files there as tables."""
    from attendance.dbt import begin_building, begin_on_spark

    settings = _settings()
    begin_building(settings)
    begin_on_spark(settings)


def finish() -> None:
    """Run the tests that belong to no step, then bring what people read into the file that is published."""
    from attendance.spark.collect import collect

    settings = _settings()
    check_the_rest(settings)
    collect(settings, print)
