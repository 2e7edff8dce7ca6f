#!/bin/bash
# Run once, by PostgreSQL's own image, when its volume is empty: the roles and databases of the stack.
# Three databases that know nothing of each other: people read `attendance`; Airflow and Metabase keep their own.
set -euo pipefail

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
-- who publishes applies the roles of config/roles.yml and asks the catalog about each of them: that takes a superuser
create role attendance_publisher login superuser;
create role airflow login;
create role metabase login;
-- text is in the order of its bytes, as in DuckDB
create database attendance owner attendance_publisher
    template template0 encoding 'UTF8' locale 'C' locale_provider builtin builtin_locale 'C.UTF-8';
create database airflow owner airflow template template0 encoding 'UTF8';
create database metabase owner metabase template template0 encoding 'UTF8';
revoke all on database attendance, airflow, metabase, postgres, template1 from public;
SQL

# The log that tells of reads, where the access log's service may fetch and delete it; the data beside it stay closed.
mkdir -p /var/lib/postgresql/reads
chmod 2770 /var/lib/postgresql/reads
