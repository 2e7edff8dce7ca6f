"""Each December, and on request: chronic absenteeism as the California Department of Education publishes it."""

from airflow.sdk import DAG
from wiring import ingestion_dag

state_yearly: DAG = ingestion_dag("state", schedule="0 5 1 12 *", doc_md=__doc__)
