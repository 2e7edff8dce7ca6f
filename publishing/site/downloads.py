"""What readers take with them: a csv for each card, a workbook for each page, and what the columns mean."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from publishing.definition import LANGUAGES, Dashboard, Format, Language, WithTable
from publishing.open_data import Row
from publishing.site.tell import Teller, as_float
from publishing.site.words import Texts, Words

# Spreadsheets take a text for a formula that begins with one of these.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Workbooks carry the day on which they were made; this one makes their bytes the same each time.
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's times have no zone
_SHEET_NAME = 31
_WIDEST = 48
_NUMBER_FORMATS: Mapping[Format, str] = {
    "percent": '0.0" %"',
    "points": "+0.0;\N{MINUS SIGN}0.0;0.0",
    "decimal": "0.0",
    "ratio": "0.0",
    "count": "#,##0",
    "date": "yyyy-mm-dd",
}


def _bare(value: object) -> object:
    """A value as a csv holds it."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def csv_columns(card: WithTable) -> list[str]:
    """The columns of a card's csv: those of its table, then those that say why a value is not there."""
    reasons = [card.reason, *(column.reason for column in card.columns.values())]
    return list(dict.fromkeys([*card.columns, *(reason for reason in reasons if reason)]))


def csv_of(card: WithTable, rows: Sequence[Row]) -> str:
    """The rows of a card, by the names of the SQL: one for all languages. Begins with the mark that Excel asks for."""
    columns = csv_columns(card)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_bare(row[name]) for name in columns] for row in rows)
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + written.getvalue()


def definitions_of(dashboard: Dashboard, tellers: Mapping[Language, Mapping[str, Teller]]) -> str:
    """What each column of a dashboard's csv files is, a line for each, in all languages."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    kinds = ("card", "label", "unit", "note")
    writer.writerow(["csv", "column", *(f"{kind}_{language}" for language in LANGUAGES for kind in kinds)])
    for card in dashboard.cards:
        if not isinstance(card, WithTable):
            continue
        for name in csv_columns(card):
            line: list[object] = [f"{card.id.replace('_', '-')}.csv", name]
            for language in LANGUAGES:
                tell = tellers[language][card.id]
                texts, column = tell.words.texts, card.columns.get(name)
                label = tell.say(column.label) if column else texts("download.hidden")
                unit = texts(f"unit.{column.format if column else 'text'}")
                line += [tell.say(card.title), label, unit, tell.say(card.note)]
            writer.writerow([_bare(value) for value in line])
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + written.getvalue()


@dataclass(frozen=True)
class Sheet:
    """One card in a workbook."""

    title: str
    card: WithTable
    tell: Teller
    says: str


def _sheet_names(titles: Sequence[str], texts: Texts) -> list[str]:
    """Names that a workbook takes: short, without some signs, each once."""
    taken = {texts("download.sheet").lower()}
    names = []
    for title in titles:
        bare = re.sub(r"[\[\]:*?/\\]", " ", title).strip(" '")[:_SHEET_NAME].strip() or "1"
        name, number = bare, 2
        while name.lower() in taken:
            name = f"{bare[: _SHEET_NAME - 3]} {number}"
            number += 1
        taken.add(name.lower())
        names.append(name)
    return names


class _Workbook:
    """One workbook as it is written, with its formats."""

    def __init__(self) -> None:
        self.bytes = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.bytes, {"in_memory": True})
        self.book.set_properties({"created": _MADE})
        self.head = self.book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.bold = self.book.add_format({"bold": True, "valign": "top"})
        self.wrapped = self.book.add_format({"text_wrap": True, "valign": "top"})
        self.why = self.book.add_format({"italic": True, "font_color": "#5f6873"})
        self.numbers = {
            style: self.book.add_format({"num_format": number_format})
            for style, number_format in _NUMBER_FORMATS.items()
        }

    def rows(self, name: str, sheet: Sheet) -> None:
        """A sheet with the rows of a card."""
        written = self.book.add_worksheet(name)
        columns, rows = sheet.card.columns, sheet.tell.result.rows
        said = [[sheet.tell.value(row, key, column)[0] for key, column in columns.items()] for row in rows]
        for place, column in enumerate(columns.values()):
            label = sheet.tell.say(column.label)
            written.write_string(0, place, label, self.head)
            widest = max((len(texts[place]) for texts in said), default=0)
            written.set_column(place, place, min(max(widest, min(len(label), 16)) + 3, _WIDEST))
        for number, (row, texts) in enumerate(zip(rows, said, strict=True), start=1):
            for place, (key, column) in enumerate(columns.items()):
                self._cell(written, (number, place), row[key], texts[place], column.format)
        written.freeze_panes(1, 1)
        written.autofilter(0, 0, len(rows), len(columns) - 1)

    def _cell(self, written: Worksheet, at: tuple[int, int], value: object, text: str, style: Format) -> None:
        number = as_float(value)
        if value is None:
            written.write_string(*at, text, self.why)
        elif isinstance(value, date):
            written.write_datetime(*at, datetime(value.year, value.month, value.day), self.numbers["date"])  # noqa: DTZ001
        elif number is not None and style in self.numbers:
            written.write_number(*at, number, self.numbers[style])
        else:
            written.write_string(*at, text)

    def definitions(self, texts: Texts, facts: Sequence[tuple[str, str]], sheets: Mapping[str, Sheet]) -> None:
        """The sheet that says what all others hold."""
        written = self.book.add_worksheet(texts("download.sheet"))
        written.set_column(0, 0, 28)
        written.set_column(1, 1, 34)
        written.set_column(2, 2, 60)
        written.set_column(3, 3, 20)
        line = 0
        for name, says in facts:
            written.write_string(line, 0, name, self.bold)
            written.merge_range(line, 1, line, 3, says, self.wrapped)
            written.set_row(line, 15.0 * max(1, -(-len(says) // 110)))
            line += 1
        line += 1
        for place, key in enumerate(("card", "column", "label", "unit")):
            written.write_string(line, place, texts(f"download.{key}"), self.head)
        for name, sheet in sheets.items():
            for key, said in (("says", sheet.says), ("note", sheet.tell.say(sheet.card.note))):
                if said:
                    line += 1
                    written.write_string(line, 0, name, self.wrapped)
                    written.write_string(line, 1, texts(f"download.{key}"), self.wrapped)
                    written.write_string(line, 2, said, self.wrapped)
            for column in sheet.card.columns.values():
                line += 1
                written.write_string(line, 0, name, self.wrapped)
                written.write_string(line, 1, sheet.tell.say(column.label), self.wrapped)
                written.write_string(line, 3, texts(f"unit.{column.format}"), self.wrapped)


def workbook_of(words: Words, facts: Sequence[tuple[str, str]], sheets: Sequence[Sheet]) -> bytes:
    """A workbook: the definitions first, then a sheet for each card.

    facts: what the page is, its day, the rule: name and text
    """
    texts = words.texts
    named = dict(zip(_sheet_names([sheet.title for sheet in sheets], texts), sheets, strict=True))
    book = _Workbook()
    book.definitions(texts, facts, named)
    for name, sheet in named.items():
        book.rows(name, sheet)
    book.book.close()
    return book.bytes.getvalue()
