"""Says the texts of a card over its rows, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import jinja2

from publishing.definition import Card, Column, DefinitionError, Text, year_before
from publishing.open_data import Row
from publishing.site.pages import Page
from publishing.site.words import NoFigure, Sentences, Words

# Reasons for which a figure is kept back or was never sent: hatched. Any other is only not there.
_HIDING = frozenset({"small_group", "complement", "all_or_none", "suppressed_by_cde", "not_submitted"})


@dataclass(frozen=True)
class Result:
    """What a card's SQL returned, and what it returned for the year before where the card compares with it."""

    rows: tuple[Row, ...]
    last_rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Voice:
    """What all texts of one language are said with; ``county`` is the county's name."""

    words: Words
    sentences: Sentences
    county: str


@dataclass(frozen=True)
class Teller:
    """Says the texts of one card, over its rows; a DefinitionError names the card where a text cannot be said."""

    sentences: Sentences
    words: Words
    page: Page
    card: Card
    result: Result
    values: Mapping[str, object]

    def say(self, text: Text | None) -> str:
        """The text in words; nothing where it needs a figure that is null."""
        if text is None:
            return ""
        template = text.said_in(self.words.texts.language)
        try:
            return self.sentences.render(template, self.values)
        except NoFigure:
            return ""
        except (jinja2.TemplateError, TypeError, KeyError, ValueError) as error:
            raise DefinitionError(
                f"dashboards/{self.page.dashboard.name}.yml, card {self.card.id}: the text {template!r} cannot be "
                f"said: {error}. Use columns of the SQL, rows, place, county, school_year, last_year."
            ) from error

    def finding(self) -> str:
        """What the card says, or what it says where there is nothing to say."""
        if self.result.rows and (said := self.say(self.card.says)):
            return said
        if self.result.rows and self.card.says is None:
            return ""
        return self.say(self.card.empty) or self.words.texts("card.empty", school_year=self.page.school_year)

    def value(self, row: Row, name: str, column: Column) -> tuple[str, str]:
        """A value in words and nothing, or why it is not there and whether it is ``hidden`` or ``missing``."""
        if row[name] is not None:
            return self.words.formatted(row[name], column.format, name), ""
        reason = column.reason or self.card.reason
        why = row[reason] if reason else None
        return self.words.hidden(why), "hidden" if why in _HIDING else "missing"


def teller(page: Page, card: Card, result: Result, voice: Voice) -> Teller:
    """The teller of one card of a page."""
    first = dict(result.rows[0]) if result.rows else {}
    values = first | {
        "rows": [dict(row) for row in result.rows],
        "place": page.place.name,
        "county": voice.county,
        "school_year": page.school_year,
        "last_year": year_before(page.school_year),
    }
    return Teller(voice.sentences, voice.words, page, card, result, values)


def as_float(value: object) -> float | None:
    """A number of the database, or nothing for what is none."""
    return float(value) if isinstance(value, (int, float, Decimal)) else None
