"""Every Sunday night: each district's CALPADS files (enrolment, information, programs, absence summaries)."""

from airflow.sdk import DAG
from wiring import ingestion_dag

calpads_weekly: DAG = ingestion_dag("calpads", schedule="0 3 * * 1", doc_md=__doc__)
