"""The words that Metabase shows: a dashboard's own, in English, and a few of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import jinja2

from publishing.definition import Text
from publishing.metabase.transport import MetabaseError
from publishing.site.words import NoFigure, Sentences, Words, make_sentences, read_texts

LANGUAGE: Final = "en"

WORDS: Mapping[str, str] = {
    "root": "Attendance",
    "root_about": "The county's dashboards on attendance and chronic absence.",
    "public": "Public figures",
    "public_about": "What anybody may see: figures of small groups are hidden.",
    "county": "County office",
    "county_about": "For the county office alone: what is here is not suppressed.",
    "districts": "Districts",
    "districts_about": "A folder for each district, which nobody but that district and the county's analysts can open.",
    "district_about": "For {place} alone.",
    "questions": "Questions",
    "questions_about": "The questions behind the dashboards of {place}.",
    "group_public": "public figures",
    "group_county": "county office",
    "group_analysts": "county analysts",
    "undone": "Published from {file}. What is changed here by hand is undone with the next publication.",
    "connection": "Reads as {role}. What is changed here by hand is undone with the next publication.",
    "collection": "Kept by the attendance warehouse. What is changed here by hand is undone with the next publication.",
    "why_empty": "Why a figure is missing",
    "choose": "Choose a {what} above.",
    "as_chosen_first": "For {chosen}.",
    "invented": "The students on this dashboard are invented.",
    "school_year": "the school year",
    "a_place": "the {what}",
}


class UnsayableError(MetabaseError):
    """A text of a dashboard cannot be said; the message names the text."""


def english(text: Text | str) -> str:
    """A text of a definition, or of our own, in English."""
    return text if isinstance(text, str) else text.said_in(LANGUAGE)


@lru_cache(maxsize=1)
def _sentences() -> Sentences:
    return make_sentences(Words(read_texts(LANGUAGE)))


@dataclass(frozen=True)
class Speaker:
    """Says the texts of a dashboard for a place: without rows, or over those of a card.

    values: what texts may use beside the rows: place, county, school_year, last_year
    """

    values: Mapping[str, object]
    sentences: Sentences = field(default_factory=_sentences, repr=False)

    def __call__(self, text: Text | str) -> str:
        """A title or a label; UnsayableError where it needs rows."""
        try:
            return self.sentences.render(english(text), {**self.values, "rows": []})
        except (NoFigure, jinja2.TemplateError, TypeError, KeyError, ValueError) as error:
            raise UnsayableError(
                f"the text {english(text)!r} cannot be said without the rows of a card ({error}). In Metabase titles "
                "and labels stand whatever a reader chooses: use place, county and words."
            ) from error

    def over(self, text: Text | str, rows: Sequence[Mapping[str, Any]]) -> str:
        """A sentence over a card's rows; nothing where it needs a figure that is hidden or not there."""
        first = dict(rows[0]) if rows else {}
        try:
            return self.sentences.render(english(text), {**first, "rows": [dict(row) for row in rows], **self.values})
        except (NoFigure, jinja2.UndefinedError):
            return ""
        except (jinja2.TemplateError, TypeError, KeyError, ValueError) as error:
            raise UnsayableError(f"the text {english(text)!r} cannot be said: {error}") from error

    def with_values(self, **values: object) -> Speaker:
        """The same with other values."""
        return replace(self, values={**self.values, **values})

    def text(self, key: str, **values: object) -> str:
        """A text of our own."""
        return WORDS[key].format(**values)
