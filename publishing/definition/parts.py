"""The parts that cards are made of: texts in two languages, places on the grid, columns, figures, references."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

import jinja2
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

GRID = 24

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "es")

Format = Literal["text", "percent", "points", "count", "decimal", "ratio", "date", "year", "color"]
NUMBERS = frozenset({"percent", "points", "count", "decimal", "ratio"})
# What readers may keep the rows of a table by: words, not numbers.
CHOICES = frozenset({"text", "year", "color"})

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


class Strict(BaseModel):
    """What is not in the model is an error, and what was read does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _parsed(language: str, text: object) -> str:
    if not isinstance(text, str):
        raise ValueError(f"{language} is {text!r}, which is no text. Write words, in quotes if need be")  # noqa: TRY004
    if not text.strip():
        raise ValueError(f"{language} is empty. Write the words or remove the key")
    try:
        jinja2.Environment(autoescape=False).parse(text)  # noqa: S701 - parsed for its syntax, never rendered
    except jinja2.TemplateSyntaxError as error:
        raise ValueError(f"{error.message}. Close every brace that the text opens") from error
    return text.strip()


class Text(Strict):
    """Words in English and Spanish; where ``es`` is null, one text stands for both. Jinja over a card's rows."""

    en: str
    es: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _either_form(cls, given: object) -> object:
        if isinstance(given, Text):
            return given
        if isinstance(given, dict):
            if strange := sorted(str(key) for key in given.keys() - set(LANGUAGES)):
                raise ValueError(f"has a text for {', '.join(strange)}; languages are {', '.join(LANGUAGES)}")
            if missing := sorted(set(LANGUAGES) - given.keys()):
                raise ValueError(f"has no text for {', '.join(missing)}. Add it, or write one text that is the same")
            return {language: _parsed(language, text) for language, text in given.items()}
        return {"en": _parsed("the text", given)}

    def said_in(self, language: Language) -> str:
        """The text in that language."""
        return self.en if language == "en" or self.es is None else self.es

    @property
    def lacks_spanish(self) -> bool:
        """Whether the one text for both languages holds words of its own, beside what it takes from the data."""
        return self.es is None and re.search(r"[^\W\d_]", _EXPRESSION.sub("", self.en)) is not None


def texts(model: BaseModel, path: str = "") -> Iterator[tuple[str, Text]]:
    """Every text of a part of a definition, with its key as a path: ``columns.rate.label``."""
    for name in type(model).model_fields:
        yield from _texts_of(getattr(model, name), f"{path}.{name}" if path else name)


def _texts_of(value: object, path: str) -> Iterator[tuple[str, Text]]:
    if isinstance(value, Text):
        yield path, value
    elif isinstance(value, BaseModel):
        yield from texts(value, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts_of(item, f"{path}.{key}")
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from _texts_of(item, f"{path}.{place}")


class At(Strict):
    """Where a card lies: rows and columns from 0, on a grid of 24 columns; each tab has a grid of its own."""

    row: Annotated[int, Field(ge=0)]
    column: Annotated[int, Field(ge=0, lt=GRID)]
    width: Annotated[int, Field(ge=1, le=GRID)]
    height: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _on_the_grid(self) -> At:
        if self.column + self.width > GRID:
            raise ValueError(
                f"column {self.column} and width {self.width} end at {self.column + self.width}, past the grid's "
                f"{GRID} columns. Make the card narrower or move it to the left"
            )
        return self

    def overlaps(self, other: At) -> bool:
        """Whether two cards share a cell of the grid."""
        return (
            self.column < other.column + other.width
            and other.column < self.column + self.width
            and self.row < other.row + other.height
            and other.row < self.row + self.height
        )


class Link(Strict):
    """To the page of a dashboard that is made for each district or school; ``key`` is the column with its CDS code."""

    page: Name
    key: Name


class Column(Strict):
    """One column of a card's table.

    format: percent, points and decimal with one decimal, count with thousands separators, ratio as "1.8 times", date in
            words, color 1 to 5 or its name (Red, Orange, Yellow, Green, Blue) with a small square of the Dashboard's
    reason: the column that says why a value is null, where it differs from the card's
    bar:    in a table, the value at which a small bar beside the number is full
    filter: readers may keep the rows of one value
    """

    label: Text
    format: Format = "text"
    reason: Name | None = None
    link: Link | None = None
    bar: Annotated[float, Field(gt=0)] | None = None
    filter: bool = False

    @model_validator(mode="after")
    def _of_its_kind(self) -> Column:
        if self.filter and self.format not in CHOICES:
            raise ValueError(f"filter keeps rows of one word, not of a {self.format}. Remove filter from this column")
        if self.bar is not None and self.format not in NUMBERS:
            raise ValueError(f"bar shows how large a number is, not a {self.format}. Remove bar from this column")
        return self


class Reference(Strict):
    """A thin named line: the value is the same in every row of the column."""

    column: Name
    label: Text


def _several(value: object) -> object:
    return (value,) if isinstance(value, dict) else value


References = Annotated[tuple[Reference, ...], Field(max_length=2), BeforeValidator(_several)]


class Figure(Strict):
    """The number of a scalar card, with its head-count: ``count`` of ``of`` students, or ``of`` alone."""

    column: Name
    format: Format
    of: Name | None = None
    count: Name | None = None


class Compare(Strict):
    """What a figure is set against: the same SQL for last year, or another column of the same row.

    of:     the column with the head-count of the other figure
    better: the direction in which the figure would improve
    """

    to: Literal["last_year"] | None = None
    column: Name | None = None
    label: Text | None = None
    of: Name | None = None
    better: Literal["down", "up"] = "down"

    @model_validator(mode="after")
    def _one_way(self) -> Compare:
        if (self.to is None) == (self.column is None):
            raise ValueError("give either to: last_year or column, not both and not neither")
        if self.column is not None and self.label is None:
            raise ValueError("a comparison with a column needs a label: what the other figure is")
        return self


class Choose(Strict):
    """Readers pick rows of a table, which stand side by side with their bars.

    key:   the column that names a row for good (a CDS code); it need not be shown
    most:  rows at a time
    start: the column that is true for the rows chosen at first
    """

    key: Name
    most: Annotated[int, Field(ge=2, le=8)] = 6
    start: Name


def named(**keys: str | None) -> dict[str, str]:
    """Columns with the keys that ask for them, of those that are given."""
    return {column: key for key, column in keys.items() if column is not None}
