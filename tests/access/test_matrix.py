"""Every role x every relation x its rows, on a real server, against predicates that were written down by themselves."""

from __future__ import annotations

from tests.access.matrix import differences, differing_predicates
from tests.access.server import Served


def test_every_role_sees_of_every_relation_the_rows_that_it_may_see_and_no_others(served: Served) -> None:
    wrong, asked = differences(served, list(served.roles))
    assert not wrong, "\n".join(wrong)
    assert {role.kind for role in served.roles} == {"county", "district", "school", "support", "public"}
    assert asked == len(served.roles) * len(served.relations)


def test_a_district_s_file_holds_the_rows_that_its_role_sees(served: Served) -> None:
    wrong = differing_predicates(served, list(served.roles))
    assert not wrong, "\n".join(wrong)


def test_rows_of_an_entity_that_has_no_place_are_the_county_office_s_alone(served: Served) -> None:
    placed = [relation.label for relation in served.relations if relation.access == "places"]
    count = "select count(*) from {} where district_code is null"
    for role in served.roles:
        if role.kind in {"county", "district", "school"}:
            with served.connect(role.name) as connection:
                for relation in placed:
                    (rows,) = connection.execute(count.format(relation)).fetchone() or (0,)
                    assert (rows > 0) == (role.kind == "county"), f"{role.name} {relation}"
