"""Every night: each district's log of interventions, after the student information systems."""

from airflow.sdk import DAG
from wiring import ingestion_dag

interventions_nightly: DAG = ingestion_dag("interventions", schedule="30 2 * * *", doc_md=__doc__)
