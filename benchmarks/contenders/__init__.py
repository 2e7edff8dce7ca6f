"""Other ways to the same table, beside which the pipeline's seconds mean something.

Each is a module with one function of one signature::

    def count(config: Path, extracts: Path, school_years: Sequence[str], target: Path) -> None

It reads the registry's folder and the senders' extracts as they lie there, and writes a Parquet file: one row per
school year x entity level x CDS code x reporting category, with ``eligible_enrollment`` and ``chronic_count``, equal to
the mart ``chronic_absence`` cell by cell in the state's categories (an entity of which nothing was submitted has one
row, TA, without figures).

    floor       DuckDB, by hand: integer keys, days as bits, no layers, no tests, no rejects: what the machine can do
    explode     DuckDB, as the field does it: a row per student and school day, joined with attendance, then grouped
    pandas_way  what a county's analyst would write
    polars_way  the same in Polars, lazily

They share what stands in ``senders``: who sends what, and which file of a month is the last that was sent. Nothing here
is imported by the pipeline, and nothing of the pipeline is imported here. ``python -m benchmarks.contenders NAME`` runs
one of them.
"""

from __future__ import annotations

CONTENDERS = ("floor", "explode", "polars_way", "pandas_way")
