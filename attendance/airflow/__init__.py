"""Airflow on this machine: started, followed and stopped; and what its DAGs show of dbt's one process."""
