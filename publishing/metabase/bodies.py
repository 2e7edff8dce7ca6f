"""What is sent to Metabase, and nothing else: a strict model of each body.

Metabase's newest versions refuse a key that they do not know; older ones pass over it in silence, and what was meant
does not happen. Here an unknown key, display, setting or kind of filter is an error before anything is sent. Source of
the shapes: Metabase's published API description, about v0.61.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from publishing.definition import GRID
from publishing.metabase.transport import MetabaseError

Display = Literal["table", "row", "line", "scatter", "scalar", "smartscalar", "map"]
# A name that Metabase keeps whole.
Name = Annotated[str, StringConstraints(min_length=1, max_length=254, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(min_length=1)]
Id = Annotated[int, Field(ge=1)]

# The settings of a drawing that we use, of a column of it, and of what a click does.
SETTINGS = frozenset(
    {
        "column_settings",
        "graph.dimensions",
        "graph.metrics",
        "graph.show_values",
        "graph.tooltip_columns",
        "graph.x_axis.scale",
        "map.latitude_column",
        "map.longitude_column",
        "map.pin_type",
        "map.type",
        "scalar.comparisons",
        "scalar.field",
        "scalar.switch_positive_negative",
        "scatter.bubble",
        "table.cell_column",
        "table.column_formatting",
        "table.columns",
        "table.pivot",
        "table.pivot_column",
    }
)
COLUMN_SETTINGS = frozenset(
    {
        "click_behavior",
        "column_title",
        "date_style",
        "decimals",
        "number_separators",
        "number_style",
        "prefix",
        "show_mini_bar",
        "suffix",
        "text_wrapping",
    }
)
_TAG = re.compile(r"{{\s*([A-Za-z0-9_]+)\s*}}")


class BodyError(MetabaseError):
    """What we were about to send is not as it must be: a fault of ours or of a definition, and nothing was sent."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseDetails(_Strict):
    """How Metabase comes into PostgreSQL; the password is left out where Metabase keeps the one that it has."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    host: Text
    port: Annotated[int, Field(ge=1, le=65535)]
    dbname: Text
    user: Text
    password: Text | None = Field(default=None, repr=False)
    ssl: bool
    schema_filters_type: Literal["inclusion"] = Field(alias="schema-filters-type")
    schema_filters_patterns: Text = Field(alias="schema-filters-patterns")


class NewDatabase(_Strict):
    """A connection. Nothing of what the tables hold is looked at beforehand: student-level reads are all somebody's."""

    name: Name
    engine: Literal["postgres"]
    details: DatabaseDetails
    is_full_sync: Literal[False]
    is_on_demand: Literal[False]
    auto_run_queries: bool
    connection_source: Literal["admin"]


class Database(_Strict):
    """What of a connection can be changed."""

    name: Name | None = None
    description: Text | None = None
    details: DatabaseDetails | None = None
    auto_run_queries: bool | None = None


class TableWords(_Strict):
    """What a table is."""

    description: Text


class FieldWords(_Strict):
    """What a column is."""

    description: Text


class Group(_Strict):
    """A group of people."""

    name: Name


class Collection(_Strict):
    """A folder."""

    name: Name | None = None
    description: Text | None = None
    parent_id: Id | None = None
    archived: bool | None = None


class TemplateTag(_Strict):
    """A variable of a question's SQL; ours are texts."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    display_name: Text = Field(alias="display-name")
    type: Literal["text"]
    required: bool = False
    default: Text | None = None

    @model_validator(mode="after")
    def _a_value_where_one_is_needed(self) -> TemplateTag:
        if self.required != (self.default is not None):
            raise ValueError("a variable that is required needs a default, and only that")
        return self


class Native(_Strict):
    """SQL with its variables; each that is written has its tag, and each tag is written."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    query: Text
    template_tags: dict[str, TemplateTag] = Field(alias="template-tags")

    @model_validator(mode="after")
    def _tags_as_written(self) -> Native:
        written = set(_TAG.findall(self.query))
        if written != set(self.template_tags):
            raise ValueError(f"the SQL has the variables {sorted(written)}, the tags are {sorted(self.template_tags)}")
        if strange := [name for name, tag in self.template_tags.items() if tag.name != name]:
            raise ValueError(f"the tags {strange} have other names inside")
        return self


class Query(_Strict):
    """A question's query, in the form that every version takes."""

    database: Id
    type: Literal["native"]
    native: Native


def _settings(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if unknown := sorted(set(value) - SETTINGS):
        raise ValueError(f"{', '.join(unknown)}: no setting that we know of")
    for column, settings in value.get("column_settings", {}).items():
        if json.loads(column)[0] != "name":
            raise ValueError(f"{column} names no column")
        if unknown := sorted(set(settings) - COLUMN_SETTINGS):
            raise ValueError(f"{', '.join(unknown)} of {column}: no setting that we know of")
    return value


class Card(_Strict):
    """A question; with ``archived`` one that is put away, or fetched back."""

    name: Name | None = None
    type: Literal["question"] | None = None
    display: Display | None = None
    description: Text | None = None
    collection_id: Id | None = None
    dataset_query: Query | None = None
    visualization_settings: dict[str, Any] | None = None
    archived: bool | None = None

    @field_validator("visualization_settings")
    @classmethod
    def _known_settings(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        return value if value is None else dict(_settings(value))


class NewCard(Card):
    """A question that is made: nothing may be missing."""

    name: Name
    type: Literal["question"]
    display: Display
    description: Text
    collection_id: Id
    dataset_query: Query
    visualization_settings: dict[str, Any]
    archived: None = None


class StaticValues(_Strict):
    """The values of a filter, each with its word."""

    values: list[Annotated[list[Text], Field(min_length=2, max_length=2)]]


class Parameter(_Strict):
    """A filter of a dashboard."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
    name: Text
    slug: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    type: Literal["string/="]
    sectionId: Literal["string"]  # noqa: N815 - Metabase's own spelling
    isMultiSelect: Literal[False]  # noqa: N815
    required: bool = False
    default: Annotated[list[Text], Field(max_length=1)] | None = None
    values_query_type: Literal["list"]
    values_source_type: Literal["static-list"]
    values_source_config: StaticValues


class FilterMapping(_Strict):
    """A dashboard's filter that sets a variable of a question."""

    parameter_id: Text
    card_id: Id
    target: tuple[Literal["variable"], tuple[Literal["template-tag"], str]]


class Tab(_Strict):
    """A tab; a new one has a negative number."""

    id: int
    name: Text


class Dashcard(_Strict):
    """A question or a text on a dashboard; a new one has a negative number."""

    id: int
    card_id: Id | None
    dashboard_tab_id: int | None
    row: Annotated[int, Field(ge=0)]
    col: Annotated[int, Field(ge=0, lt=GRID)]
    size_x: Annotated[int, Field(ge=1, le=GRID)]
    size_y: Annotated[int, Field(ge=1)]
    parameter_mappings: list[FilterMapping]
    visualization_settings: dict[str, Any]
    series: Annotated[list[dict[str, int]], Field(max_length=0)]

    @model_validator(mode="after")
    def _one_thing_on_the_grid(self) -> Dashcard:
        if self.col + self.size_x > GRID:
            raise ValueError(f"reaches past the grid's {GRID} columns")
        if (self.card_id is None) != ("virtual_card" in self.visualization_settings):
            raise ValueError("is neither a question nor a text")
        if self.card_id is not None:
            _settings(self.visualization_settings)
        if any(mapping.card_id != self.card_id for mapping in self.parameter_mappings):
            raise ValueError("maps a filter to another question")
        return self

    def overlaps(self, other: Dashcard) -> bool:
        """Whether both lie on one cell of one tab."""
        return (
            self.dashboard_tab_id == other.dashboard_tab_id
            and self.col < other.col + other.size_x
            and other.col < self.col + self.size_x
            and self.row < other.row + other.size_y
            and other.row < self.row + self.size_y
        )


class NewDashboard(_Strict):
    """A dashboard that is made, still empty."""

    name: Name
    description: Text
    collection_id: Id


class Dashboard(_Strict):
    """A dashboard, whole: what its arrays leave out is deleted."""

    name: Name | None = None
    description: Text | None = None
    collection_id: Id | None = None
    archived: bool | None = None
    parameters: list[Parameter] | None = None
    tabs: list[Tab] | None = None
    dashcards: list[Dashcard] | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Dashboard:
        if (self.tabs is None) != (self.dashcards is None):
            raise ValueError("tabs and dashcards go together")
        if self.tabs is None or self.dashcards is None:
            return self
        for things in (self.tabs, self.dashcards, self.parameters or []):
            ids = [thing.id for thing in things]
            if len(set(ids)) < len(ids):
                raise ValueError("two tabs, cards or filters have one id")
        tabs: set[int | None] = {tab.id for tab in self.tabs} or {None}
        if any(card.dashboard_tab_id not in tabs for card in self.dashcards):
            raise ValueError("a card lies in no tab")
        for one, other in combinations(self.dashcards, 2):
            if one.overlaps(other):
                raise ValueError(f"two cards overlap at row {other.row}, column {other.col}")
        known = {parameter.id for parameter in self.parameters or []}
        mapped = {mapping.parameter_id for card in self.dashcards for mapping in card.parameter_mappings}
        if mapped - known:
            raise ValueError("a card maps a filter that the dashboard has not")
        if known - mapped:
            raise ValueError("a filter changes no card")
        return self


class Permissions(_Strict):
    """Who may ask which connection; only what changes, and the revision that was looked at."""

    revision: int
    groups: dict[
        str,
        dict[
            str,
            dict[
                Literal["view-data", "create-queries"],
                Literal["unrestricted", "no", "query-builder", "query-builder-and-native"],
            ],
        ],
    ]


class CollectionPermissions(_Strict):
    """Who may open which folder; only what changes, and the revision that was looked at."""

    revision: int
    groups: dict[str, dict[str, Literal["read", "write", "none"]]]


def body(model: type[BaseModel], what: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The body as it is sent, without what is not said; BodyError where it is not as it must be."""
    try:
        checked = model.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg'].removeprefix('Value error, ')}" for item in error.errors()
        )
        raise BodyError(f"{what} is not as Metabase takes it, so it was not sent. {problems}") from error
    sent = checked.model_dump(mode="json", exclude_unset=True)
    return {key: value for key, value in sent.items() if value is not None or key in content}
