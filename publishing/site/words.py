"""Numbers and rates as a person says them, in the words of one catalogue (``texts/<language>.yml``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import yaml
from jinja2.sandbox import SandboxedEnvironment

from publishing.definition import Format, Language

TEXTS = Path(__file__).parent / "texts"

Number = Decimal | float | int
Row = Mapping[str, Any]

# The fractions that people use, from small to large. Others ("four in nine") are exact and say nothing.
_FRACTIONS = tuple(
    Fraction(text)
    for text in (
        *("1/100", "1/50", "1/25", "1/20", "1/15", "1/12", "1/10", "1/8", "1/7", "1/6", "1/5", "1/4", "3/10", "1/3"),
        *("2/5", "1/2", "3/5", "2/3", "3/4", "4/5", "9/10"),
    )
)
# How far a rate may lie from a fraction, relative to it, to be called "about" or "nearly" that fraction.
_ABOUT = Fraction(2, 100)
_NEARLY = Fraction(5, 100)


class TextError(KeyError):
    """The catalogue does not have a text; the message names the file and the key to add."""

    def __str__(self) -> str:
        """The message itself, not its repr as KeyError has it."""
        return str(self.args[0])


class NoFigure(Exception):  # noqa: N818 - not an error: the sentence has nothing to say
    """A sentence would have to say a value that is null."""


@dataclass(frozen=True)
class Texts:
    """One language's catalogue: texts by dotted key, lists where the key holds one.

    terms: what the data call a thing, in this language: by column (none for any) and English word
    """

    path: Path
    entries: Mapping[str, str | tuple[str, ...]]
    terms: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def language(self) -> Language:
        """The language of the texts."""
        return "es" if self.entries["language"] == "es" else "en"

    def __call__(self, key: str, **values: object) -> str:
        """The text of that key with its names filled in; TextError where the catalogue lacks it."""
        text = self.entries.get(key)
        if not isinstance(text, str):
            raise TextError(f"{self.path} has no text {key}. Add it.")
        return text.format(**values) if values else text

    def several(self, key: str) -> tuple[str, ...]:
        """The list of that key; TextError where the catalogue lacks it."""
        texts = self.entries.get(key)
        if not isinstance(texts, tuple):
            raise TextError(f"{self.path} has no list {key}. Add it.")
        return texts


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, str | tuple[str, ...]]:
    flat: dict[str, str | tuple[str, ...]] = {}
    for name, value in content.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            flat |= _flat(value, f"{key}.")
        elif isinstance(value, list):
            flat[key] = tuple(str(item) for item in value)
        else:
            flat[key] = str(value)
    return flat


@cache
def read_texts(language: Language = "en") -> Texts:
    """Read one language's catalogue, and its terms unless it is that of the data."""
    path, terms = TEXTS / f"{language}.yml", TEXTS / f"terms.{language}.yml"
    columns = yaml.safe_load(terms.read_text(encoding="utf-8")) if terms.exists() else {}
    return Texts(
        path,
        _flat(yaml.safe_load(path.read_text(encoding="utf-8"))),
        {(column, word): said for column, words in columns.items() for word, said in words.items()},
    )


def one_decimal(value: Number) -> Decimal:
    """Rounded half up to one decimal, as CDE rounds rates: 20.25 is 20.3."""
    return Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def fraction(percent: Number) -> tuple[str, Fraction]:
    """How a person says a rate: a qualifier (none, all, exactly, about, nearly, more, fewer) and a plain fraction.

    ``exactly`` means that the fraction, rounded to one decimal, is the rate: 33.3 is one in three. ``about`` reaches 2
    percent of the fraction to either side, ``nearly`` 5 percent below it. All else is ``more`` than the next lower
    fraction, which is always true. ValueError outside 0 to 100.
    """
    rate = Fraction(one_decimal(percent)) / 100
    if not 0 <= rate <= 1:
        raise ValueError(f"a rate lies between 0 and 100 percent, not at {percent}")
    if rate == 0:
        return "none", Fraction(0)
    if rate == 1:
        return "all", Fraction(1)
    for plain in _FRACTIONS:
        if one_decimal(Decimal(plain.numerator * 100) / plain.denominator) == one_decimal(percent):
            return "exactly", plain
    nearest = min(_FRACTIONS, key=lambda plain: abs(plain - rate) / plain)
    if abs(nearest - rate) <= nearest * _ABOUT:
        return "about", nearest
    above = next((plain for plain in _FRACTIONS if plain > rate), None)
    if above is not None and above - rate <= above * _NEARLY:
        return "nearly", above
    below = [plain for plain in _FRACTIONS if plain < rate]
    return ("more", below[-1]) if below else ("fewer", _FRACTIONS[0])


COLORS = ("Red", "Orange", "Yellow", "Green", "Blue")


def level_of(value: object) -> int:
    """The level of a Dashboard color, 1 to 5, of the level itself or its English name; ValueError of anything else."""
    level = COLORS.index(value) + 1 if value in COLORS else value
    if not isinstance(level, int) or not 1 <= level <= len(COLORS):
        raise ValueError(f"{value!r} is no color of the Dashboard: 1 to 5, or one of {', '.join(COLORS)}")
    return level


@dataclass(frozen=True)
class Words:
    """What pages and the sentences of dashboards say numbers with."""

    texts: Texts

    def count(self, value: Number) -> str:
        """A head-count with its thousands apart: 1,330,028."""
        return f"{int(value):,}".replace(",", self.texts("number.thousands"))

    def decimal(self, value: Number) -> str:
        """One decimal, half up: 22.0."""
        return str(one_decimal(value)).replace(".", self.texts("number.decimal"))

    def percent(self, value: Number) -> str:
        """A rate with its sign: 22.0 %."""
        return self.texts("number.percent", value=self.decimal(value))

    def points(self, value: Number) -> str:
        """A difference of two rates, without its direction: 4.8 points."""
        size = abs(one_decimal(value))
        return self.texts("number.point" if size == 1 else "number.points", value=self.decimal(size))

    def ratio(self, value: Number) -> str:
        """How many times as much: 1.8 times."""
        return self.texts("number.ratio", value=self.decimal(value))

    def signed(self, value: Number) -> str:
        """A difference of two rates with its sign, for a table: +4.8, a true minus before 1.2, 0.0 bare."""
        size = one_decimal(value)
        sign = "+" if size > 0 else "\N{MINUS SIGN}" if size < 0 else ""
        return sign + self.decimal(abs(size))

    def number(self, value: int, gender: str = "m") -> str:
        """A small number in words, from ten on in figures: "two", "12"; "una" of what is feminine."""
        words = self.texts.several("number.words_f" if gender == "f" else "number.words")
        return words[value] if 0 <= value < len(words) else self.count(value)

    def part(self, part: int, of: int, gender: str = "m") -> str:
        """So many of so many: "two of four", "none of four", "all four", "both"; NoFigure of none at all.

        gender: "f" of what Spanish calls feminine: "una de cuatro" escuelas
        """
        if of == 0:
            raise NoFigure
        whole, is_f = self.number(of, gender), gender == "f"
        if part == of:
            if of == 2:
                return self.texts("number.both_f" if is_f else "number.both")
            return self.texts("number.all_of_f" if is_f else "number.all_of", of=whole)
        if part == 0:
            return self.texts("number.none_of_f" if is_f else "number.none_of", of=whole)
        return self.texts("number.some_of", part=self.number(part, gender), of=whole)

    def term(self, value: str, column: str = "") -> str:
        """What the data call a thing, in the page's language where it has a word for it."""
        terms = self.texts.terms
        return terms.get((column, value)) or terms.get(("", value), value)

    def fraction(self, percent: Number | None) -> str:
        """A rate as a person says it: "more than one in five"; NoFigure where it is null."""
        if percent is None:
            raise NoFigure
        qualifier, plain = fraction(percent)
        if qualifier in {"none", "all"}:
            return self.texts(f"fraction.{qualifier}")
        return self.texts(f"fraction.{qualifier}", fraction=self.texts(f"fraction.{plain}"))

    def date(self, value: date) -> str:
        """A day in words: June 7, 2024."""
        months = self.texts.several("number.months")
        return self.texts("number.date", month=months[value.month - 1], day=value.day, year=value.year)

    def names(self, values: Iterable[str]) -> str:
        """A list in words: "A, B and C"."""
        *most, last = [self.term(value) for value in values] or [""]
        # Spanish says "e" before the sound of an i.
        word = self.texts("number.and_before_i" if re.match(r"h?[ií]", last.lower()) else "number.and")
        return f"{', '.join(most)} {word} {last}" if most else last

    def change(self, now: Number | None, before: Number | None) -> str:
        """The end of a sentence on a rate: ", down from 26.8 % a year ago"; nothing where either is null."""
        if now is None or before is None:
            return ""
        if one_decimal(now) == one_decimal(before):
            return self.texts("number.same")
        way = "down" if one_decimal(now) < one_decimal(before) else "up"
        return self.texts(f"number.{way}", before=self.percent(before))

    def beside(self, value: Number | None, other: Number | None) -> str:
        """How one rate stands to another: "4.8 points lower than"; NoFigure where either is null."""
        if value is None or other is None:
            raise NoFigure
        difference = one_decimal(value) - one_decimal(other)
        if difference == 0:
            return self.texts("number.same_as")
        return self.texts(
            "number.higher_than" if difference > 0 else "number.lower_than", points=self.points(difference)
        )

    def color(self, value: object) -> str:
        """The name of a Dashboard color, of its level (1 to 5) or its English name."""
        return self.texts(f"color.{level_of(value)}")

    def formatted(self, value: object, style: Format, column: str = "") -> str:
        """A value of a table or a chart as its format says; the value is not null."""
        if isinstance(value, date):
            return self.date(value)
        if style == "color":
            return self.color(value)
        if style == "text" or not isinstance(value, (int, float, Decimal)):
            return self.term(str(value), column)
        said: dict[Format, Callable[[Number], str]] = {
            "percent": self.percent,
            "points": self.signed,
            "decimal": self.decimal,
            "ratio": self.ratio,
        }
        return said.get(style, self.count)(value)

    def hidden(self, reason: object) -> str:
        """What stands in place of a null value; TextError for a reason that has no words."""
        return self.texts(f"hidden.{reason}") if reason else self.texts("hidden.none")


def _above(rows: Sequence[Row], column: str, value: Number | None) -> list[Row]:
    """The rows whose value lies above; none where the value is null. A null value of a row is not above anything."""
    return [] if value is None else [row for row in rows if row[column] is not None and row[column] > value]


def _known(rows: Sequence[Row], column: str) -> list[Row]:
    """The rows whose value is not null."""
    return [row for row in rows if row[column] is not None]


def _highest(rows: Sequence[Row], column: str) -> Row:
    if not (known := _known(rows, column)):
        raise NoFigure
    return max(known, key=lambda row: row[column])


def _lowest(rows: Sequence[Row], column: str) -> Row:
    if not (known := _known(rows, column)):
        raise NoFigure
    return min(known, key=lambda row: row[column])


def _all_highest(rows: Sequence[Row], column: str) -> list[Row]:
    """All rows with the highest value, in their order: several where it is tied; NoFigure where every value is null."""
    value = _highest(rows, column)[column]
    return [row for row in rows if row[column] == value]


def _all_lowest(rows: Sequence[Row], column: str) -> list[Row]:
    """All rows with the lowest value, in their order: several where it is tied; NoFigure where every value is null."""
    value = _lowest(rows, column)[column]
    return [row for row in rows if row[column] == value]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Sentences:
    """Renders the texts of a dashboard: Jinja in a sandbox, over the rows of a card.

    A text may use the columns of the first row by name, ``rows``, the page's ``place``, ``county``, ``school_year`` and
    ``last_year``, the functions of ``Words``, ``above(rows, column, value)``, ``known(rows, column)``,
    ``highest(rows, column)``, ``lowest(rows, column)``, ``all_highest`` and ``all_lowest`` for every row that ties, and
    the filter ``sentence`` (a capital first letter). A number that stands alone is written as a count or with one
    decimal. A null value raises NoFigure: a page never says "None".
    """

    environment: jinja2.Environment
    compiled: dict[str, jinja2.Template] = field(default_factory=dict)

    def render(self, text: str, values: Mapping[str, object]) -> str:
        """The text with its values; NoFigure where it needs a null, UndefinedError where there is no such name."""
        if text not in self.compiled:
            self.compiled[text] = self.environment.from_string(text)
        return re.sub(r"[ \n\t]+", " ", self.compiled[text].render(values)).strip()


def make_sentences(words: Words) -> Sentences:
    """The environment in which the texts of dashboards are rendered."""

    def finalize(value: object) -> object:
        if value is None:
            raise NoFigure
        if isinstance(value, str):
            return words.term(value)
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, date)):
            return value
        if isinstance(value, date):
            return words.date(value)
        return words.count(value) if isinstance(value, int) else words.decimal(value)

    # Plain text, not HTML: the page's own template escapes it.
    environment = SandboxedEnvironment(autoescape=False, undefined=jinja2.StrictUndefined, finalize=finalize)

    def said(say: Callable[..., str]) -> Callable[..., str]:
        def say_or_stop(value: object, *more: object) -> str:
            if value is None:
                raise NoFigure
            return say(value, *more)

        return say_or_stop

    functions: dict[str, Callable[..., object]] = {
        "above": _above,
        "all_highest": _all_highest,
        "all_lowest": _all_lowest,
        "known": _known,
        "highest": _highest,
        "lowest": _lowest,
        "beside": words.beside,
        "change": words.change,
        "fraction": words.fraction,
        "names": words.names,
        "part": words.part,
        "count": said(words.count),
        "date": said(words.date),
        "number": said(words.number),
        "percent": said(words.percent),
    }
    environment.globals.update(functions)
    environment.filters["sentence"] = _sentence
    return Sentences(environment)
