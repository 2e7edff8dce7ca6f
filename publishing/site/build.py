"""Builds the site: every page of every public dashboard as a file, and one style sheet beside them."""

from __future__ import annotations

import hashlib
import posixpath
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from publishing import open_data
from publishing.definition import Dashboard, DefinitionError, check_columns, read_dashboards
from publishing.site.pages import FRONT, County, Page, Place, gather, path_of, rate_scale, read_county
from publishing.site.views import View, teller, view
from publishing.site.words import Sentences, Texts, Words, make_sentences, read_texts

_HERE = Path(__file__).parent
STYLE = "style.css"
MISSING = "404.html"
# The length of a school year in California, for the rule in plain words.
_YEAR_DAYS = 180


@dataclass(frozen=True)
class SiteReport:
    """What was built.

    pages:        paths below the site
    school_years: latest first
    size_bytes:   of all files
    digest:       sha256 over all files with their paths, in hex: the same for the same data and definitions
    """

    site: Path
    pages: tuple[str, ...]
    school_years: tuple[str, ...]
    size_bytes: int
    digest: str


@dataclass(frozen=True)
class _Link:
    text: str
    href: str
    here: bool = False


@dataclass(frozen=True)
class _Site:
    """What every page needs from the others, and the words to say it."""

    county: County
    dashboards: Sequence[Dashboard]
    words: Words
    sentences: Sentences
    templates: jinja2.Environment

    @property
    def texts(self) -> Texts:
        return self.words.texts


def _relative(target: str, page: str) -> str:
    return posixpath.relpath(target, posixpath.dirname(page) or ".")


def _environment(texts: Texts) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["text"] = texts
    return environment


def _places(site: _Site, dashboard: Dashboard) -> tuple[Place, ...]:
    return site.county.districts if dashboard.for_each == "district" else (site.county.place,)


def _paths(site: _Site, school_year: str) -> dict[tuple[str, str], str]:
    """The page of each dashboard and place in one school year."""
    latest = site.county.school_years[0]
    return {
        (dashboard.name, place.cds_code): path_of(dashboard, place, school_year, latest)
        for dashboard in site.dashboards
        for place in _places(site, dashboard)
    }


def _context_line(site: _Site, page: Page) -> tuple[str, ...]:
    """The school year, the day of the figures and how much has been submitted."""
    texts, submission = site.texts, page.submission
    if submission is None or submission.submitted == 0:
        return (page.school_year, texts("context.submitted_none"))
    if submission.first is None:
        as_of = texts("context.as_of_summaries")
    else:
        as_of = texts("context.as_of", date=site.words.date(submission.first))
    enrolling = site.words.count(submission.enrolling)
    if submission.submitted < submission.enrolling:
        sent = texts("context.submitted_some", submitted=site.words.count(submission.submitted), enrolling=enrolling)
    else:
        sent = (
            texts("context.submitted_all", enrolling=enrolling)
            if submission.enrolling > 1
            else texts("context.submitted_one")
        )
    return (page.school_year, as_of, sent)


def _about(site: _Site, page: Page) -> list[tuple[str, str]]:
    """How this is counted: short titles with a sentence or two each."""
    texts, words, rule = site.texts, site.words, site.county.definition
    submission, place = page.submission, page.place.name
    if submission is None or submission.submitted == 0:
        as_of = texts("about.as_of_none", place=place)
    elif submission.first is None or submission.last is None:
        as_of = texts("about.as_of_summaries", place=place)
    elif submission.first == submission.last:
        as_of = texts("about.as_of_one", place=place, first=words.date(submission.first))
    else:
        as_of = texts("about.as_of", place=place, first=words.date(submission.first), last=words.date(submission.last))
    # Whole days: missing 17 of 180 is less than a tenth, missing 18 is not.
    days = -(-_YEAR_DAYS * rule.threshold_percent // 100)
    threshold = texts("number.percent", value=str(rule.threshold_percent))
    return [
        (
            texts("about.rule_title"),
            texts("about.rule", threshold=threshold, year_days=_YEAR_DAYS, threshold_days=days),
        ),
        (texts("about.left_out_title"), texts("about.left_out", minimum=rule.minimum_days)),
        (texts("about.once_title"), texts("about.once")),
        (texts("about.hidden_title"), texts("about.hidden")),
        (texts("about.as_of_title"), as_of),
    ]


def _links(site: _Site, page: Page) -> dict[str, list[_Link]]:
    """The ways from a page: other dashboards, other years of the same one, the districts."""
    paths = _paths(site, page.school_year)
    latest = site.county.school_years[0]

    def link(text: str, target: str) -> _Link:
        return _Link(text, _relative(target, page.path), target == page.path)

    tell = {dashboard.name: dashboard for dashboard in site.dashboards}
    front = tell[FRONT]
    pages = [link(site.texts("site.county"), paths[FRONT, site.county.place.cds_code])]
    pages += [
        link(_title(site, dashboard, site.county.place, page.school_year), paths[dashboard.name, place.cds_code])
        for dashboard in site.dashboards
        for place in _places(site, dashboard)
        if dashboard.for_each == "none" and dashboard is not front
    ]
    return {
        "pages": pages,
        "years": [
            link(year, path_of(page.dashboard, page.place, year, latest))
            for year in site.county.school_years
            if year != page.school_year
        ],
        "districts": [
            link(place.name, paths[dashboard.name, place.cds_code])
            for dashboard in site.dashboards
            if dashboard.for_each == "district"
            for place in site.county.districts
        ],
    }


def _title(site: _Site, dashboard: Dashboard, place: Place, school_year: str) -> str:
    return site.sentences.render(
        dashboard.title.said_in("en"),
        {"place": place.name, "county": site.county.place.name, "school_year": school_year},
    )


def _render(site: _Site, page: Page, scale: float) -> str:
    paths = _paths(site, page.school_year)
    ordered = sorted(page.dashboard.cards, key=lambda card: (card.at.row, card.at.column))
    views = [
        view(teller(page, card, site.sentences, site.words, site.county.place.name), scale, paths) for card in ordered
    ]
    opening: list[View] = []
    while views and views[0].kind == "sentence":
        opening.append(views.pop(0))
    title = _title(site, page.dashboard, page.place, page.school_year)
    return site.templates.get_template("page.html.j2").render(
        title=title,
        question=page.dashboard.question.said_in("en"),
        page=page,
        county=site.county,
        context=_context_line(site, page),
        opening=opening,
        views=views,
        about=_about(site, page),
        style=_relative(STYLE, page.path),
        home=_relative(_paths(site, page.school_year)[FRONT, site.county.place.cds_code], page.path),
        links=_links(site, page),
    )


def digest_of(site: Path) -> str:
    """sha256 over every file of a folder with its path, in hex."""
    total = hashlib.sha256()
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(site).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _public(folder: Path) -> tuple[Dashboard, ...]:
    dashboards = tuple(one for one in read_dashboards(folder) if one.audience == "public")
    if FRONT not in {dashboard.name for dashboard in dashboards}:
        raise DefinitionError(f"{folder} has no public dashboard {FRONT}.yml, which is the front page. Add it.")
    for dashboard in dashboards:
        if dashboard.name == FRONT and dashboard.for_each != "none":
            raise DefinitionError(f"{folder / FRONT}.yml, key for_each: the front page is one page. Set it to none.")
    return dashboards


def render_site(database: Path, out: Path, dashboards: Path) -> SiteReport:
    """Render every public dashboard from the ``open_data`` of a database into the folder ``out``.

    ``out`` must not exist or be empty; on any error what was written so far is left there for the caller to remove.
    The same data and definitions give the same bytes. Raises DefinitionError for a dashboard, OpenDataError for data.
    """
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty. Give a folder that is not there yet.")
    definitions = _public(dashboards)
    texts = read_texts()
    words = Words(texts)
    connection = open_data.connect(database)
    try:
        check_columns(dashboards, definitions, connection)
        site = _Site(read_county(connection), definitions, words, make_sentences(words), _environment(texts))
        pages = gather(connection, definitions, site.county)
    finally:
        connection.close()
    scales = {
        dashboard.name: rate_scale(page for page in pages if page.dashboard is dashboard) for dashboard in definitions
    }
    for page in pages:
        path = out / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_render(site, page, scales[page.dashboard.name]), encoding="utf-8", newline="\n")
    shutil.copyfile(_HERE / STYLE, out / STYLE)
    missing = site.templates.get_template("missing.html.j2").render()
    (out / MISSING).write_text(missing, encoding="utf-8", newline="\n")
    files = [path for path in out.rglob("*") if path.is_file()]
    return SiteReport(
        out,
        tuple(page.path for page in pages),
        site.county.school_years,
        sum(path.stat().st_size for path in files),
        digest_of(out),
    )
