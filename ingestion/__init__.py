"""From a district's extract to typed Parquet: registry, contracts, pull, landing, load, rejects, ledger."""
