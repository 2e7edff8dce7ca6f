"""One file of ``dashboards/``: its question, tabs and filters around the cards."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from publishing.definition.cards import Card
from publishing.definition.parts import Name, Strict, Text

# The filter whose values are the school years with figures; ``latest`` is the last of them.
SCHOOL_YEAR = "school_year"
LATEST = "latest"
# What SQL is given without a filter.
_GIVEN = frozenset({"school_year", "last_year"})
RESERVED = frozenset({"last_year", "district", "school"})

# A value stands in the address of its page.
Value = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


def year_before(school_year: str) -> str:
    """What ``$last_year`` is: 2023-24 gives 2022-23."""
    start = int(school_year[:4]) - 1
    return f"{start}-{(start + 1) % 100:02d}"


class Tab(Strict):
    """A part of a dashboard: a section of the page, a tab in Metabase."""

    id: Name
    title: Text


class Choice(Strict):
    """One value of a filter and what readers see of it."""

    value: Value
    label: Text


def _choice(given: object) -> object:
    return {"value": given, "label": {"en": given, "es": given}} if isinstance(given, str) else given


class Values(Strict):
    """The values of a filter as the data have them: columns ``value``, ``label`` and perhaps ``label_es``."""

    sql: str


def _choices(given: object) -> object:
    return tuple(_choice(item) for item in given) if isinstance(given, list | tuple) else given


class Filter(Strict):
    """A value that readers may change; each is a page of its own.

    values: what may be chosen; of ``school_year``, the data say it
    """

    label: Text
    default: str
    values: Annotated[
        Annotated[Values, Tag("values")] | Annotated[tuple[Choice, ...], Tag("list")],
        Discriminator(lambda given: "values" if isinstance(given, dict | Values) else "list"),
        BeforeValidator(_choices),
    ] = ()

    @model_validator(mode="after")
    def _default_is_a_value(self) -> Filter:
        if isinstance(self.values, tuple):
            values = [choice.value for choice in self.values]
            if values and self.default not in values:
                raise ValueError(f"default {self.default!r} is not among the values. Add it or choose one of them")
            if len(values) != len(set(values)):
                raise ValueError("a value stands twice among the values. Remove one of them")
        return self


class Dashboard(Strict):
    """One file of ``dashboards/``; ``name`` is the file's own, without its ending."""

    name: Name
    title: Text
    question: Text
    audience: Literal["public", "county", "district"]
    for_each: Literal["none", "district", "school"] = "none"
    tabs: tuple[Tab, ...] = ()
    filters: dict[Name, Filter] = Field(default_factory=dict)
    cards: tuple[Card, ...] = Field(min_length=1)

    def parameters(self) -> frozenset[str]:
        """The named parameters that a card's SQL may use."""
        places = {"none": set(), "district": {"district"}, "school": {"school", "district"}}
        return frozenset(_GIVEN | set(self.filters) | places[self.for_each])
