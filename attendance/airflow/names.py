"""What the DAGs and pools are called: the DAG files and the command that runs them both read it here."""

from __future__ import annotations

# By kind of source, a key of ``ingestion.registry.KINDS`` (a test compares), its DAG. Nothing is imported here: the DAG
# folder reads this each time that it is parsed.
INGESTION: dict[str, str] = {
    "sis": "sis_nightly",
    "calpads": "calpads_weekly",
    "survey": "survey_yearly",
    "interventions": "interventions_nightly",
    "state": "state_yearly",
}
BUILD = "warehouse"
# The first task of either way to build: by one process of dbt's on DuckDB, or by many on Spark.
BUILDING = "dbt_build"
ON_SPARK = "begin_on_spark"
# The steps on Spark, a group of tasks, and the last task of that way.
STEPS = "on_spark"
COLLECTING = "collect_from_spark"
# What people see is changed by the first of these; the second follows where the settings name a Metabase.
PUBLISHING = "publish"
TO_METABASE = "publish_to_metabase"

# Senders that the registry calls slow share few slots, so that they never keep the others waiting.
SLOW_SENDERS = "slow_senders"
POOLS: dict[str, tuple[int, str]] = {SLOW_SENDERS: (2, "pulls from senders that the registry calls slow")}

# By group of tasks that is there once for each sender, the task that lists those senders.
SENDERS_OF: dict[str, str] = {"lea": "senders", "slow_lea": "slow_senders"}
