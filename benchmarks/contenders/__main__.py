"""``python -m benchmarks.contenders NAME CONFIG EXTRACTS TARGET [SCHOOL_YEAR ...]``: run one contender."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from benchmarks.contenders import CONTENDERS


def main() -> None:
    """Import only the one that is asked for: another's library is not to be in its memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contenders", description=__doc__)
    parser.add_argument("name", choices=CONTENDERS)
    parser.add_argument("config", type=Path, help="the registry's folder")
    parser.add_argument("extracts", type=Path, help="where the senders' files lie")
    parser.add_argument("target", type=Path, help="the Parquet file to write")
    parser.add_argument("school_years", nargs="*", help="such as 2023-24; none for all")
    asked = parser.parse_args()
    contender = importlib.import_module(f"benchmarks.contenders.{asked.name}")
    contender.count(asked.config, asked.extracts, asked.school_years, asked.target)


if __name__ == "__main__":
    main()
