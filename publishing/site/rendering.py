"""Renders pages, a part of the site at a time: rows, words, drawings and downloads of each page in every language."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import duckdb
import jinja2

from publishing import open_data
from publishing.definition import (
    LANGUAGES,
    Card,
    Dashboard,
    DotsCard,
    LineCard,
    MapCard,
    MatrixCard,
    RowCard,
    ScalarCard,
    WithTable,
    year_before,
)
from publishing.definition import Link as CardLink
from publishing.open_data import OpenDataError, Row
from publishing.site import layout
from publishing.site.addresses import csv_file, definitions_file, relative, rest_file, workbook_file
from publishing.site.cells import Table
from publishing.site.charts import Scale
from publishing.site.county import read_shown_county
from publishing.site.downloads import Sheet, csv_of, definitions_of, workbook_of
from publishing.site.layout import Edition, make_edition
from publishing.site.pages import Page, Plan, make_plan
from publishing.site.queries import largest, rows_of_pages
from publishing.site.tell import Result, Teller, Voice, teller
from publishing.site.views import Setting, View, view

TEMPLATES = Path(__file__).parent / "templates"
# A scale of rates ends on a multiple of this, and not before twice as much.
_HALF_STEP = 5


def _rate_columns(card: Card) -> list[str]:
    """The columns that a card draws along the axis of rates."""
    match card:
        case RowCard():
            drawn: list[str | None] = [card.x]
        case DotsCard():
            drawn = [card.x, card.start, card.upper]
        case LineCard():
            drawn = [card.y]
        case MatrixCard():
            drawn = [card.cell]
        case MapCard():
            drawn = [card.color]
        case _:
            # a plot of two numbers has axes of its own
            return []
    rates = [column for column in drawn if column and card.columns[column].format == "percent"]
    if rates and isinstance(card, RowCard | DotsCard):
        rates += [line.column for line in card.reference]
    return rates


def rate_scale(connection: duckdb.DuckDBPyConnection, dashboard: Dashboard, pages: Sequence[Page]) -> Scale:
    """The axis of rates: one for all pages of a dashboard, so that they can be compared.

    From zero to the largest rate drawn, rounded up to the next five, at least ten, in percent.
    """
    values = [page.values() for page in pages]
    highest = 0.0
    for card in dashboard.cards:
        if columns := _rate_columns(card):
            highest = max(highest, largest(connection, card.sql, values, columns))
    return Scale(0.0, float(max(-(-highest // _HALF_STEP), 2) * _HALF_STEP))


def results_of(connection: duckdb.DuckDBPyConnection, card: Card, pages: Sequence[Page]) -> list[Result]:
    """What a card's SQL returns for each page, and for the year before where the card compares with it."""
    values = [page.values() for page in pages]
    name = pages[0].dashboard.name
    try:
        rows = rows_of_pages(connection, card.sql, values)
        if not isinstance(card, ScalarCard) or card.compare is None or card.compare.to != "last_year":
            return [Result(own) for own in rows]
        before = [
            given | {"school_year": given["last_year"], "last_year": year_before(given["last_year"])}
            for given in values
        ]
        return [Result(own, last) for own, last in zip(rows, rows_of_pages(connection, card.sql, before), strict=True)]
    except (duckdb.Error, OpenDataError) as error:
        raise OpenDataError(f"dashboards/{name}.yml, card {card.id}, key sql: {error}") from error


@dataclass(frozen=True)
class Renderer:
    """Renders pages of a plan into a folder.

    scales: the axis of rates of each dashboard
    """

    connection: duckdb.DuckDBPyConnection
    plan: Plan
    scales: Mapping[str, Scale]
    out: Path

    @cached_property
    def editions(self) -> tuple[Edition, ...]:
        """The site in each language."""
        templates = jinja2.FileSystemLoader(TEMPLATES)
        return tuple(make_edition(self.plan, language, templates) for language in LANGUAGES)

    def render(self, pages: Sequence[Page]) -> None:
        """Render pages of one dashboard."""
        dashboard = pages[0].dashboard
        results = {card.id: results_of(self.connection, card, pages) for card in dashboard.cards}
        for place, page in enumerate(pages):
            own = {card_id: found[place] for card_id, found in results.items()}
            for card in dashboard.cards:
                if isinstance(card, WithTable) and own[card.id].rows:
                    self.write(csv_file(page.path, _ident(card)), csv_of(card, own[card.id].rows))
            for edition in self.editions:
                self._page(edition, page, own)

    def definitions(self, page: Page) -> str:
        """What the columns of a dashboard's csv files are: told of its first page."""
        results = {card.id: results_of(self.connection, card, [page])[0] for card in page.dashboard.cards}
        tellers = {
            edition.language: {
                card.id: self._teller(edition, page, card, results[card.id]) for card in page.dashboard.cards
            }
            for edition in self.editions
        }
        return definitions_of(page.dashboard, tellers)

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file below the site, as the same bytes everywhere."""
        target = self.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)

    def _teller(self, edition: Edition, page: Page, card: Card, result: Result) -> Teller:
        return teller(page, card, result, Voice(edition.words, edition.sentences, self.plan.county.place.name))

    def _page(self, edition: Edition, page: Page, results: Mapping[str, Result]) -> None:
        here = edition.path(page.path)

        def href(row: Row, link: CardLink | None) -> str:
            if link is None or row[link.key] is None:
                return ""
            target = self.plan.page_of(link.page, str(row[link.key]), page.school_year)
            return relative(edition.path(target), here) if target else ""

        setting = Setting(self.scales[page.dashboard.name], page.dashboard.for_each == "school", href)
        tellers = {card.id: self._teller(edition, page, card, results[card.id]) for card in page.dashboard.cards}
        views = {
            card.id: self._with_rest(edition, page, view(card, tellers[card.id], setting))
            for card in page.dashboard.cards
        }
        heading = edition.heading(page.dashboard, page.place, page.school_year)
        sheets = [
            Sheet(views[card.id].title, card, tellers[card.id], views[card.id].says)
            for card in sorted(page.dashboard.cards, key=lambda card: (card.at.row, card.at.column))
            if isinstance(card, WithTable) and results[card.id].rows
        ]
        workbook = workbook_file(edition.language, page.path) if sheets else ""
        if workbook:
            self.write(workbook, workbook_of(edition.words, layout.facts(edition, page, heading), sheets))
        opening, sections = layout.sections(edition, page, views)
        rendered = edition.templates.get_template("page.html.j2").render(
            heading=heading,
            question=edition.say(page.dashboard.question, page),
            page=page,
            path=layout.ways_up(edition, page, here),
            choices=layout.choices(edition, page, here),
            context_line=layout.context_line(edition, page),
            opening=opening,
            sections=sections,
            about=layout.about(edition, page),
            files={
                "csv": {
                    _ident(card): relative(csv_file(page.path, _ident(card)), here) for card in page.dashboard.cards
                },
                "workbook": relative(workbook, here) if workbook else "",
                "definitions": relative(definitions_file(page.dashboard.name), here),
            },
            **layout.surroundings(edition, here, page.path, page.school_year),
        )
        self.write(here, rendered)

    def _with_rest(self, edition: Edition, page: Page, one: View) -> View:
        """The view with its table's further rows in a file beside the page."""
        table = one.table
        if table is None or not (table.has_more or table.spots):
            return one
        path = rest_file(edition.language, page.path, one.id)
        self.write(path, _rest(one.id, table))
        return replace(one, table=replace(table, rest=relative(path, edition.path(page.path))))


def _ident(card: Card) -> str:
    return card.id.replace("_", "-")


def _rest(name: str, table: Table) -> str:
    """All rows of a table as a script."""
    rows = ",\n".join(
        json.dumps([cell.compact() for cell in row], ensure_ascii=False, separators=(",", ":")) for row in table.rows
    )
    keys = json.dumps(table.keys, separators=(",", ":"))
    spots = json.dumps(table.spots, separators=(",", ":"))
    return f'attendance.give("{name}", {{"keys": {keys}, "spots": {spots}, "rows": [\n{rows}\n]}});\n'


def open_renderer(database: Path, dashboards: Sequence[Dashboard], scales: Mapping[str, Scale], out: Path) -> Renderer:
    """A renderer of its own connection: every process has one."""
    connection = open_data.connect(database)
    return Renderer(connection, make_plan(connection, dashboards, read_shown_county(connection)), scales, out)
