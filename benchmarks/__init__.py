"""How fast the warehouse is, beside what the machine can do at all. Run by hand: ``python -m benchmarks.loading``."""
