"""A built site read back, past everything that made it: its pages, the rest of its long tables, its csv and workbooks.

``compare`` holds each number of each page against what the card's SQL returns on the database itself.
"""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import python_calamine

from publishing.definition import (
    Card,
    Chart,
    Dashboard,
    MatrixCard,
    ScalarCard,
    SentenceCard,
    TableCard,
    WithTable,
    read_dashboards,
)
from publishing.site.words import COLORS, read_texts

MONTHS = {"en": read_texts("en").several("number.months"), "es": read_texts("es").several("number.months")}
FOLDERS = {"en": "", "es": "es/"}
NBSP = "\N{NO-BREAK SPACE}"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Visit:
    """One page in one language: its file, its dashboard, and the values of its SQL's parameters."""

    language: str
    path: str
    file: Path
    dashboard: Dashboard
    values: Mapping[str, str]


@dataclass
class Compared:
    """How much was compared, by kind of thing."""

    cells: int = 0
    figures: int = 0
    csv: int = 0
    workbooks: int = 0
    rest: int = 0
    sentences: int = 0
    drawings: int = 0
    wrong: list[str] = field(default_factory=list)


def _year_before(year: str) -> str:
    return f"{int(year[:4]) - 1}-{year[2:4]}"


def visits(site: Path, dashboards: Path, latest: str, schools: Mapping[str, str]) -> Iterator[Visit]:
    """Every page of a site with the parameters of its SQL, told from its address alone.

    schools: the district of each school
    """
    named = {one.name: one for one in read_dashboards(dashboards) if one.audience == "public"}
    for language, folder in FOLDERS.items():
        for file in sorted((site / folder).rglob("*.html")):
            path = file.relative_to(site / folder).as_posix()
            if path in {"404.html", "places.html"} or (language == "en" and path.startswith("es/")):
                continue
            match = re.fullmatch(r"(?:(\d{4}-\d\d)/)?([a-z-]+)(?:/(\d+))?(?:/([^/]+))?\.html", path)
            assert match, path
            year, stem, code, chosen = match.groups()
            dashboard = named["county" if stem == "index" else stem.replace("-", "_")]
            values = {"school_year": year or latest, "last_year": _year_before(year or latest)}
            values |= {name: one.default for name, one in dashboard.filters.items() if name != "school_year"}
            for pair in (chosen or "").split("."):
                if pair:
                    name, _, value = pair.partition("-")
                    values[name] = value
            if dashboard.for_each == "district":
                values["district"] = f"{code}0000000"
            elif dashboard.for_each == "school":
                values |= {"school": code, "district": schools[code]}
            yield Visit(language, path, file, dashboard, values)


def ask(connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of a query on the database itself."""
    used = {name: value for name, value in values.items() if re.search(rf"\${name}\b", sql)}
    cursor = connection.execute(sql, used or None)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def number(text: str) -> Decimal:
    """A number as a page writes it, read back."""
    bare = re.sub(rf"{NBSP}.*$", "", text).replace(",", "").replace("\N{MINUS SIGN}", "-").replace("+", "")
    # what is no number equals none
    return Decimal(bare) if re.fullmatch(r"-?[\d.]+", bare) else Decimal("NaN")


def day(text: str, language: str) -> date:
    """A day as a page writes it, read back."""
    pattern = r"(?P<month>\w+) (?P<day>\d+), (?P<year>\d+)" if language == "en" else r"(\d+) de (\w+) de (\d+)"
    match = re.fullmatch(pattern, text)
    assert match, text
    if language == "en":
        return date(int(match["year"]), MONTHS["en"].index(match["month"]) + 1, int(match["day"]))
    return date(int(match[3]), MONTHS["es"].index(match[2]) + 1, int(match[1]))


def one_decimal(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)


@cache
def _terms(language: str) -> Mapping[str, frozenset[str]]:
    known: dict[str, set[str]] = {}
    for (_, word), said in read_texts("es" if language == "es" else "en").terms.items():
        known.setdefault(word, set()).add(said)
    return {word: frozenset(said) for word, said in known.items()}


def same(text: str, value: object, style: str, language: str) -> bool:
    """Whether a cell says the value of the database."""
    if isinstance(value, date):
        return day(text, language) == value
    if style == "color":
        level = COLORS.index(value) + 1 if value in COLORS else value
        return text == read_texts("es" if language == "es" else "en")(f"color.{level}")
    if style in {"percent", "points", "decimal", "ratio"} and isinstance(value, (int, float, Decimal)):
        return number(text) == one_decimal(value)
    if style == "count":
        return number(text) == int(str(value))
    # a reader sees one space where a name has two
    written = re.sub(r"[ \n]+", " ", str(value))
    return re.sub(r"[ \n]+", " ", text) == written or text in _terms(language).get(written, frozenset())


@dataclass(frozen=True)
class Cell:
    text: str
    classes: frozenset[str]


def _cell(node: ET.Element) -> Cell:
    return Cell(re.sub(r"[ \n]+", " ", "".join(node.itertext())).strip(" \n"), frozenset(node.get("class", "").split()))


@dataclass(frozen=True)
class Read:
    """A page read back: its tables by card, the addresses of the rest of their rows, and what stands in each card."""

    text: str
    tables: Mapping[str, list[list[Cell]]]
    rest: Mapping[str, str]
    figures: Mapping[str, str]
    drawn: Mapping[str, list[str]]
    says: Mapping[str, str]


_TABLE = re.compile(r'<table id="([\w-]+)-table"([^>]*)>.*?</table>', re.DOTALL)
_FIGURE = re.compile(r'<div class="card figure [^"]*" id="([\w-]+)">(.*?)</div>', re.DOTALL)
_DRAWING = re.compile(r"<svg .*?</svg>", re.DOTALL)
_SAYS = re.compile(
    r'<section class="card [^"]*" id="([\w-]+)"[^>]*>\s*<h\d[^>]*>.*?</h\d>\s*<p class="says">(.*?)</p>', re.DOTALL
)
_FINDING = re.compile(r'<p class="(?:card )?finding[^"]*" id="([\w-]+)">(.*?)</p>', re.DOTALL)


def _bare(html: str) -> str:
    return unescape(re.sub(r"[ \n]+", " ", re.sub(r"<[^>]*>", " ", html))).strip()


def read(file: Path) -> Read:
    """Read a page."""
    text = file.read_text(encoding="utf-8")
    tables, rest = {}, {}
    drawn: dict[str, list[str]] = {}
    for match in _TABLE.finditer(text):
        root = ET.fromstring(match[0])
        tables[match[1]] = [[_cell(cell) for cell in row] for row in root.iter("tr")]
        if source := re.search(r'data-rest="([^"]+)"', match[2]):
            rest[match[1]] = source[1]
    for match in _DRAWING.finditer(text):
        root = ET.fromstring(match[0].replace("&nbsp;", NBSP))
        ident = str(root.get("aria-labelledby")).removesuffix("-title").removesuffix("-phone")
        drawn.setdefault(ident, []).extend(" ".join(node.itertext()) for node in root.iter("text"))
    return Read(
        text,
        tables,
        rest,
        {match[1]: match[2] for match in _FIGURE.finditer(text)},
        drawn,
        {match[1]: _bare(match[2]) for pattern in (_SAYS, _FINDING) for match in pattern.finditer(text)},
    )


def _ident(card: Card | WithTable) -> str:
    return card.id.replace("_", "-")


def _rest_rows(file: Path) -> tuple[list[str], list[list[Cell]]]:
    """The keys and rows of a script of data."""
    text = file.read_text(encoding="utf-8")
    match = re.fullmatch(r'attendance\.give\("[\w-]+", (\{.*\})\);\n', text, re.DOTALL)
    assert match, file
    data = json.loads(match[1])
    rows = [
        [
            Cell(cell, frozenset())
            if isinstance(cell, str)
            else Cell(cell[0], frozenset(cell[1].split() if len(cell) > 1 else []))
            for cell in row
        ]
        for row in data["rows"]
    ]
    return data["keys"], rows


def _check_rows(
    compared: Compared, at: str, card: WithTable, rows: Sequence[Row], shown: Sequence[Sequence[Cell]]
) -> None:
    language = at[:2]
    if len(shown) != len(rows):
        compared.wrong.append(f"{at}: {len(shown)} rows are shown, {len(rows)} are in the data")
        return
    for cells, row in zip(shown, rows, strict=True):
        for cell, (name, column) in zip(cells, card.columns.items(), strict=True):
            text = cell.text.removesuffix(" \N{MULTIPLICATION SIGN}")
            if row[name] is None:
                # The first cell of a row names it, and has no class.
                if not cell.classes & {"hidden", "missing"} and cell is not cells[0]:
                    compared.wrong.append(f"{at}.{name}: says {text!r} where the data say nothing")
            elif not same(text, row[name], column.format, language) or cell.classes & {"hidden", "missing"}:
                compared.wrong.append(f"{at}.{name}: says {text!r}, the data {row[name]!r}")
            compared.cells += 1


def _check_table(compared: Compared, visit: Visit, page: Read, card: WithTable, rows: Sequence[Row]) -> None:
    ident = _ident(card)
    at = f"{visit.language} {visit.path} {card.id}"
    if not rows:
        if ident in page.tables:
            compared.wrong.append(f"{at}: has a table, but no data")
        return
    if ident not in page.tables:
        compared.wrong.append(f"{at}: has no table")
        return
    if isinstance(card, MatrixCard):
        _check_matrix(compared, at, card, page.tables[ident], rows)
        return
    body = page.tables[ident][1:]
    if isinstance(card, TableCard) and card.choose:
        rows_first = [row for row in rows if row[card.choose.start]][: card.choose.most]
        _check_rows(compared, at, card, rows_first, body)
    else:
        _check_rows(compared, at, card, rows[: len(body)], body)
        if len(body) < len(rows) and ident not in page.rest:
            compared.wrong.append(f"{at}: leaves out rows and tells of no file with them")
    if ident in page.rest:
        keys, rest = _rest_rows((visit.file.parent / page.rest[ident]).resolve())
        _check_rows(compared, f"{at} (rest)", card, rows, rest)
        if isinstance(card, TableCard) and card.choose and keys != [str(row[card.choose.key]) for row in rows]:
            compared.wrong.append(f"{at} (rest): the keys are not those of the data")
        compared.rest += 1


def _check_matrix(compared: Compared, at: str, card: MatrixCard, table: list[list[Cell]], rows: Sequence[Row]) -> None:
    language = at[:2]
    head, *body = table
    shown = {
        (cells[0].text, across.text): cell for cells in body for across, cell in zip(head[1:], cells[1:], strict=True)
    }

    def said(value: object) -> list[str]:
        return [str(value), *_terms(language).get(str(value), ())]

    for row in rows:
        found = [
            shown[down, across]
            for down in said(row[card.rows])
            for across in said(row[card.across])
            if (down, across) in shown
        ]
        if not found:
            compared.wrong.append(f"{at}: has no cell for {row[card.rows]}, {row[card.across]}")
        elif row[card.cell] is None:
            if not found[0].classes & {"hidden", "missing"}:
                compared.wrong.append(f"{at}: says {found[0].text!r} where the data say nothing")
        else:
            value, _, of = found[0].text.rpartition(" de " if language == "es" else " of ")
            if (number(value), number(of)) != (one_decimal(row[card.cell]), row[card.of]):
                compared.wrong.append(f"{at}: says {found[0].text!r}, the data {row[card.cell]} of {row[card.of]}")
        compared.cells += 1


def _check_figure(compared: Compared, visit: Visit, page: Read, card: ScalarCard, rows: Sequence[Row]) -> None:
    at, html = f"{visit.language} {visit.path} {card.id}", page.figures.get(_ident(card), "")
    value = re.search(r'<p class="value([^"]*)">(.*?)</p>', html)
    if not rows:
        if value:
            compared.wrong.append(f"{at}: has a figure, but no data")
        return
    row = rows[0]
    if value is None:
        compared.wrong.append(f"{at}: has no figure")
        return
    if row[card.value.column] is None:
        if not {"hidden", "missing"} & set(value[1].split()):
            compared.wrong.append(f"{at}: says {value[2]!r} where the data say nothing")
    elif not same(unescape(value[2]), row[card.value.column], card.value.format, visit.language):
        compared.wrong.append(f"{at}: says {value[2]!r}, the data {row[card.value.column]!r}")
    else:
        text = _bare(html)
        heads = [row[name] for name in (card.value.count, card.value.of) if name]
        if all(head is not None for head in heads):
            compared.wrong += [f"{at}: does not say {head:,}" for head in heads if f"{head:,}" not in text]
    compared.figures += 1


def _numbers(rows: Sequence[Row]) -> set[Decimal]:
    return {
        one_decimal(value)
        for row in rows
        for value in row.values()
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    }


_PERCENT = re.compile(rf"([\d.,]+){NBSP}%")


def _check_words(compared: Compared, visit: Visit, page: Read, card: Card, known: set[Decimal]) -> None:
    """Each percentage of a sentence, and of a drawing, is a value of the rows that it tells of."""
    at, ident = f"{visit.language} {visit.path} {card.id}", _ident(card)
    for said in _PERCENT.findall(page.says.get(ident, "")):
        compared.sentences += 1
        if number(said) not in known:
            compared.wrong.append(f"{at}: its sentence says {said} %, which no row does")
    for text in page.drawn.get(ident, []):
        for said in _PERCENT.findall(text):
            compared.drawings += 1
            if number(said) not in known:
                compared.wrong.append(f"{at}: its drawing says {said} %, which no row does")


def _check_csv(compared: Compared, site: Path, visit: Visit, card: WithTable, rows: Sequence[Row]) -> None:
    at = f"{visit.path} {card.id} (csv)"
    file = site / "data" / visit.path.removesuffix(".html") / f"{_ident(card)}.csv"
    if not rows:
        return
    head, *body = csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig")))
    if not set(card.columns) <= set(head) or len(body) != len(rows):
        compared.wrong.append(f"{at}: has {len(body)} rows of {head}, the data {len(rows)}")
        return
    for cells, row in zip(body, rows, strict=True):
        for name, text in zip(head, cells, strict=True):
            value = row[name]
            expected = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            if text not in {expected, f"'{expected}"}:
                compared.wrong.append(f"{at}.{name}: holds {text!r}, the data {value!r}")
            compared.csv += 1


def _check_workbook(compared: Compared, site: Path, visit: Visit, results: Mapping[str, list[dict[str, Any]]]) -> None:
    at = f"{visit.language} {visit.path} (xlsx)"
    cards = [
        card
        for card in sorted(visit.dashboard.cards, key=lambda card: (card.at.row, card.at.column))
        if isinstance(card, WithTable) and results[card.id]
    ]
    file = site / FOLDERS[visit.language] / "data" / f"{visit.path.removesuffix('.html')}.xlsx"
    if not cards:
        return
    book = python_calamine.CalamineWorkbook.from_path(str(file))
    if len(book.sheet_names) != len(cards) + 1:
        compared.wrong.append(f"{at}: has {len(book.sheet_names)} sheets for {len(cards)} cards")
        return
    for name, card in zip(book.sheet_names[1:], cards, strict=True):
        _, *body = book.get_sheet_by_name(name).to_python()
        rows = results[card.id]
        if len(body) != len(rows):
            compared.wrong.append(f"{at} {name}: has {len(body)} rows, the data {len(rows)}")
            continue
        for cells, row in zip(body, rows, strict=True):
            for cell, (key, column) in zip(cells, card.columns.items(), strict=True):
                value = row[key]
                if isinstance(value, date):
                    is_same = cell == value
                elif isinstance(value, (int, float, Decimal)) and column.format not in {"text", "year", "color"}:
                    is_same = isinstance(cell, (int, float)) and Decimal(str(cell)) == Decimal(str(value))
                else:
                    is_same = value is None or same(str(cell), value, column.format, visit.language)
                if not is_same:
                    compared.wrong.append(f"{at} {name}.{key}: holds {cell!r}, the data {value!r}")
                compared.workbooks += 1


def compare(site: Path, dashboards: Path, database: Path) -> Compared:
    """Hold every page of a site, and everything that can be taken from it, against the database."""
    compared = Compared()
    connection = duckdb.connect(str(database), read_only=True)
    try:
        latest = connection.execute(
            "select max(school_year) from open_data.chronic_absence "
            "where entity_level = 'county' and reporting_category = 'TA' and chronic_rate is not null"
        ).fetchall()[0][0]
        schools = dict(
            connection.execute(
                "select cds_code, district_cds_code from open_data.entities where entity_level = 'school'"
            ).fetchall()
        )
        asked: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[dict[str, Any]]] = {}

        def rows_of(dashboard: Dashboard, card: Card, values: Mapping[str, str]) -> list[dict[str, Any]]:
            key = (dashboard.name, card.id, tuple(sorted(values.items())))
            if key not in asked:
                asked[key] = ask(connection, card.sql, values)
            return asked[key]

        for visit in visits(site, dashboards, latest, schools):
            page = read(visit.file)
            results = {card.id: rows_of(visit.dashboard, card, visit.values) for card in visit.dashboard.cards}
            for card in visit.dashboard.cards:
                rows = results[card.id]
                if isinstance(card, ScalarCard):
                    _check_figure(compared, visit, page, card, rows)
                elif isinstance(card, WithTable):
                    _check_table(compared, visit, page, card, rows)
                    if visit.language == "en":
                        _check_csv(compared, site, visit, card, rows)
                if isinstance(card, SentenceCard | Chart | TableCard):
                    _check_words(compared, visit, page, card, _numbers(rows))
            _check_workbook(compared, site, visit, results)
    finally:
        connection.close()
    return compared
