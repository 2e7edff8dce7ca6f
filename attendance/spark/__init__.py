"""The same warehouse on Apache Spark: a cluster on this machine, and what was built there brought into one file."""
