"""Everything that is checked. `make test` runs it all; `python -m tests.everything lint` only what reads code."""
