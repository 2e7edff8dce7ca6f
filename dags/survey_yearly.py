"""Each August, and on request: the county's results of the California Healthy Kids Survey, as aggregates."""

from airflow.sdk import DAG
from wiring import ingestion_dag

survey_yearly: DAG = ingestion_dag("survey", schedule="0 4 1 8 *", doc_md=__doc__)
