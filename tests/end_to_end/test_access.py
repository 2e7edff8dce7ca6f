"""The example county on a real server: each role sees its rows of each relation, of movers too."""

from __future__ import annotations

from pathlib import Path

from tests.access.county import with_row_ids
from tests.access.matrix import differences, differing_predicates
from tests.access.server import serving
from tests.end_to_end.conftest import County


def test_every_role_of_the_example_county_sees_its_rows_and_no_others(county: County, tmp_path: Path) -> None:
    copy = with_row_ids(county.settings.warehouse, tmp_path / "county.duckdb")
    with serving(copy) as served:
        schools = [role for role in served.roles if role.kind == "school"]
        # every district, two schools: the others are told in the same way
        roles = [role for role in served.roles if role.kind != "school"] + [schools[0], schools[-1]]
        wrong, asked = differences(served, roles)
        wrong += differing_predicates(served, roles)
    assert not wrong, "\n".join(wrong)
    assert asked == len(roles) * len(served.relations)
