"""Each dashboard as an exposure of dbt: what people look at, and which models it is made of.

Whoever changes a model sees with ``dbt ls --select my_model+`` which dashboards show it. The file is made of the
definitions by ``attendance docs``, and a test says when it is behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from attendance.project import DbtProject
from publishing import open_data
from publishing.definition import Dashboard, DefinitionError, Text, Values, read_dashboards
from publishing.metabase.texts import Speaker

DOCUMENT = Path("dbt_project") / "models" / "exposures.yml"
OWNER = "County data team"
HEAD = "# Written by `attendance docs` from dashboards/*.yml, a dashboard each: change those.\n"
# Who a dashboard is about, where its title names the place.
PLACES: Mapping[str, str] = {"none": "The county", "district": "Each district", "school": "Each school"}


class _Indented(yaml.SafeDumper):
    """Lists stand further in than the key that holds them, as in every other file of the project."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Begin a deeper level."""
        super().increase_indent(flow, False)


def models_of(dashboard: Dashboard, project: DbtProject) -> tuple[str, ...]:
    """The models and seeds that a dashboard's cards and filters read, by their names in dbt, in order.

    Raises DefinitionError, with the card, for a table that no model makes.
    """
    queries = [(f"card {card.id}", card.sql) for card in dashboard.cards]
    for name, filter_ in dashboard.filters.items():
        if isinstance(filter_.values, Values):
            queries.append((f"filter {name}", filter_.values.sql))
    found = set()
    for where, sql in queries:
        for label in open_data.parse(sql).tables:
            if label not in project.by_label:
                raise DefinitionError(
                    f"dashboards/{dashboard.name}.yml, {where}: reads {label}, which no model of dbt_project makes. "
                    "Correct its name, or describe the model."
                )
            found.add(project.by_label[label].name)
    return tuple(sorted(found))


def exposures(dashboards: Iterable[Dashboard], project: DbtProject) -> list[dict[str, Any]]:
    """The exposures as dbt reads them."""
    return [
        {
            "name": f"dashboard_{dashboard.name}",
            "label": _said(dashboard, dashboard.title),
            "type": "dashboard",
            "description": _said(dashboard, dashboard.question),
            "owner": {"name": OWNER},
            "depends_on": [f"ref('{model}')" for model in models_of(dashboard, project)],
            "config": {"meta": {"audience": dashboard.audience, "file": f"dashboards/{dashboard.name}.yml"}},
        }
        for dashboard in dashboards
    ]


def _said(dashboard: Dashboard, text: Text) -> str:
    place = PLACES[dashboard.for_each]
    say = Speaker(
        {"place": place, "county": PLACES["none"], "school_year": "the school year", "last_year": "the year before"}
    )
    return say(text)


def render_exposures(root: Path, project: DbtProject) -> str:
    """The file of exposures for the dashboards of the project in ``root``."""
    listed = exposures(read_dashboards(root / "dashboards"), project)
    content = {"version": 2, "exposures": listed}
    return HEAD + yaml.dump(content, Dumper=_Indented, sort_keys=False, allow_unicode=True, width=116)
