#!/bin/bash
# The passwords of the stack's own roles, as its secrets have them: after the roles are made, and whenever a secret has
# changed (docs/operations.md). Without them nobody comes in over the network.
set -euo pipefail

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\set postgres `cat /run/secrets/postgres_password`
\set publisher `cat /run/secrets/publisher_password`
\set airflow `cat /run/secrets/airflow_database_password`
\set metabase `cat /run/secrets/metabase_database_password`
-- a password is kept as a verifier, and the log has no statements
set password_encryption = 'scram-sha-256';
set log_min_error_statement = 'panic';
alter role postgres password :'postgres';
alter role attendance_publisher password :'publisher';
alter role airflow password :'airflow';
alter role metabase password :'metabase';
SQL
