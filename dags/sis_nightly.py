"""Every night: what each district's student information system sent, from its drop to the lake."""

from airflow.sdk import DAG
from wiring import ingestion_dag

sis_nightly: DAG = ingestion_dag("sis", schedule="0 2 * * *", doc_md=__doc__)
