"""``python -m benchmarks.dbt_parse``: parse dbt's project as a build does, and nothing of an earlier parse."""

from __future__ import annotations

import sys

from attendance.dbt import invoke
from attendance.settings import read_settings


def main() -> None:
    """Parse; exits with 1 where dbt cannot."""
    sys.exit(0 if invoke(read_settings(), "parse", "--no-partial-parse", "--quiet").success else 1)


if __name__ == "__main__":
    main()
