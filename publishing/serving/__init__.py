"""From the built warehouse to people who ask in SQL: a PostgreSQL server, what it holds, and a file per audience."""
