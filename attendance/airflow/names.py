"""What the DAGs are called: the DAG files and the command that runs them both read it here."""

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
BUILDING = "dbt_build"
