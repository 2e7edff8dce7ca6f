"""What the audit's tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from publishing.audit.releases import Release
from publishing.audit.report import Audit, audit
from tests.audit.county import County

Attacked = Callable[..., Audit]


@pytest.fixture
def attacked(tmp_path: Path) -> Attacked:
    """Write a county as it would be published, and attack it."""

    def attack(county: County, earlier: tuple[Release, ...] = ()) -> Audit:
        return audit(county.write(tmp_path / "attendance.duckdb"), earlier=earlier, explained=0)

    return attack
