"""What stands around the cards of a page: the grid, the tabs, the ways to other pages, the day, the rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jinja2

from publishing.county import Place
from publishing.definition import Card, Dashboard, Language, Text
from publishing.site.addresses import FOLDERS, PLACES, relative
from publishing.site.county import Submission
from publishing.site.pages import FRONT, Page, Plan
from publishing.site.views import View
from publishing.site.words import NoFigure, Sentences, Texts, Words, make_sentences, read_texts

# The length of a school year in California, for the rule in plain words.
_YEAR_DAYS = 180


@dataclass(frozen=True)
class Link:
    """A way to another page; ``question`` is what that page answers."""

    text: str
    href: str
    here: bool = False
    question: str = ""


@dataclass(frozen=True)
class Choice:
    """A filter of the page: its name, what it is called, the value now, and a way to each value."""

    name: str
    label: str
    value: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Section:
    """A tab of the page, or all of a page without tabs: its cards, each with its classes on the grid."""

    id: str
    title: str
    views: tuple[tuple[View, str], ...]


@dataclass(frozen=True)
class Edition:
    """All pages in one language, and the words to say them."""

    plan: Plan
    language: Language
    words: Words
    sentences: Sentences
    templates: jinja2.Environment

    @property
    def texts(self) -> Texts:
        """The catalogue of the language."""
        return self.words.texts

    def path(self, path: str) -> str:
        """A page's path below the site."""
        return FOLDERS[self.language] + path

    def heading(self, dashboard: Dashboard, place: Place, school_year: str) -> str:
        """What a page is called."""
        return self._say(dashboard.title, place, school_year)

    def say(self, text: Text, page: Page) -> str:
        """A text of the dashboard, which knows no rows."""
        return self._say(text, page.place, page.school_year)

    def _say(self, text: Text, place: Place, school_year: str) -> str:
        known = {"place": place.name, "county": self.plan.county.place.name, "school_year": school_year}
        try:
            return self.sentences.render(text.said_in(self.language), known)
        except NoFigure:
            return ""


def make_edition(plan: Plan, language: Language, templates: jinja2.BaseLoader) -> Edition:
    """The pages in that language."""
    texts = read_texts(language)
    words = Words(texts)
    environment = jinja2.Environment(
        loader=templates,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["text"] = texts
    environment.globals["number"] = words.count
    return Edition(plan, language, words, make_sentences(words), environment)


def context_line(edition: Edition, page: Page) -> tuple[str, ...]:
    """The school year, the day of the figures and how much has been submitted."""
    texts, words = edition.texts, edition.words
    submission = edition.plan.county.submissions.get((page.place.cds_code, page.school_year))
    is_school = page.place.level == "school"
    if submission is None or submission.submitted == 0:
        return (page.school_year, texts("context.school_none" if is_school else "context.submitted_none"))
    if submission.first is None:
        as_of = texts("context.as_of_summaries")
    else:
        as_of = texts("context.as_of", date=words.date(submission.first))
    if is_school:
        return (page.school_year, as_of)
    enrolling = words.count(submission.enrolling)
    if submission.submitted < submission.enrolling:
        sent = texts("context.submitted_some", submitted=words.count(submission.submitted), enrolling=enrolling)
    elif submission.enrolling > 1:
        sent = texts("context.submitted_all", enrolling=enrolling)
    else:
        sent = texts("context.submitted_one")
    return (page.school_year, as_of, sent)


def _as_of_school(edition: Edition, page: Page, submission: Submission | None) -> str:
    texts, place = edition.texts, page.place.name
    if submission is None or submission.submitted == 0:
        return texts("about.as_of_school_none", place=place)
    if submission.first is None:
        return texts("about.as_of_school_summary", place=place)
    return texts("about.as_of_school", place=place, first=edition.words.date(submission.first))


def about(edition: Edition, page: Page) -> list[tuple[str, str]]:
    """How this is counted: short titles with a sentence or two each."""
    texts, words, county = edition.texts, edition.words, edition.plan.county
    rule, place = county.definition, page.place.name
    submission = county.submissions.get((page.place.cds_code, page.school_year))
    if page.place.level == "school":
        as_of = _as_of_school(edition, page, submission)
    elif submission is None or submission.submitted == 0:
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


def facts(edition: Edition, page: Page, heading: str) -> list[tuple[str, str]]:
    """What a workbook says of itself: the page, its place, year and day, the rule, the source."""
    texts, county = edition.texts, edition.plan.county
    return [
        (texts("download.page"), heading),
        (texts("download.place"), f"{page.place.name} ({page.place.cds_code})"),
        (texts("download.school_year"), page.school_year),
        (texts("download.as_of"), ", ".join(context_line(edition, page)[1:])),
        *about(edition, page)[:-1],
        (texts("download.source"), texts("about.data", county=county.place.name)),
        (texts("download.source"), texts("about.source", source=county.definition.source)),
        *([(texts("download.note"), texts("site.simulated"))] if county.is_simulated else []),
    ]


def menu(edition: Edition, here: str, school_year: str) -> list[Link]:
    """The dashboards that are one page for the whole county: the front page first, the others by their title."""
    plan = edition.plan
    links = []
    for dashboard in plan.dashboards:
        target = plan.page_of(dashboard.name, plan.county.place.cds_code, school_year)
        if dashboard.for_each != "none" or target is None:
            continue
        is_front = dashboard.name == FRONT
        text = edition.texts("site.county") if is_front else edition.heading(dashboard, plan.county.place, school_year)
        question = dashboard.question.said_in(edition.language)
        links.append(
            (not is_front, Link(text, relative(edition.path(target), here), edition.path(target) == here, question))
        )
    return [link for _, link in sorted(links, key=lambda one: (one[0], one[1].text if one[0] else ""))]


def ways_up(edition: Edition, page: Page, here: str) -> list[Link]:
    """The pages above one of a district or school: the county, and a school's district."""
    plan, place = edition.plan, page.place
    above = []
    if page.dashboard.for_each != "none":
        above.append((plan.county.place.name, plan.page_of(FRONT, plan.county.place.cds_code, page.school_year)))
    if page.dashboard.for_each == "school":
        districts = {district.cds_code: district.name for district in plan.county.districts}
        for dashboard in plan.dashboards:
            if dashboard.for_each == "district" and place.district in districts:
                target = plan.page_of(dashboard.name, place.district, page.school_year)
                above.append((districts[place.district], target))
                break
    return [Link(name, relative(edition.path(target), here)) for name, target in above if target]


def choices(edition: Edition, page: Page, here: str) -> list[Choice]:
    """The filters of a page that have more than one value."""
    found = []
    for name, one in page.dashboard.filters.items():
        links = tuple(
            Link(label.said_in(edition.language), relative(edition.path(path), here), edition.path(path) == here)
            for label, path in edition.plan.variants(page, name)
        )
        if len(links) > 1:
            links = tuple(Link(edition.words.term(link.text), link.href, link.here) for link in links)
            now = next((link.text for link in links if link.here), "")
            found.append(Choice(name, edition.say(one.label, page), now, links))
    return found


def surroundings(edition: Edition, here: str, other: str, school_year: str) -> dict[str, object]:
    """What every page has: the masthead and its ways.

    here:  the page's path below the site
    other: its path below the folder of a language
    """
    plan = edition.plan
    home = plan.page_of(FRONT, plan.county.place.cds_code, school_year) or "index.html"
    places = edition.path(PLACES)
    return {
        "county": plan.county,
        "menu": menu(edition, here, school_year),
        "home": relative(edition.path(home), here),
        "places": Link("", relative(places, here), places == here),
        "root": relative("style.css", here).removesuffix("style.css"),
        "base": relative(edition.path("index.html"), here).removesuffix("index.html"),
        "languages": [(code, relative(folder + other, here)) for code, folder in FOLDERS.items()],
        "names_of_languages": {code: read_name(code) for code in FOLDERS},
    }


def read_name(language: Language) -> str:
    """What a language calls itself."""
    if language not in _NAMES:
        _NAMES[language] = read_texts(language)("name_of_language")
    return _NAMES[language]


_NAMES: dict[Language, str] = {}


def grid(cards: Sequence[Card]) -> dict[str, str]:
    """The classes that place each card: rows without the gaps between them, columns as they are."""
    edges = sorted({edge for card in cards for edge in (card.at.row, card.at.row + card.at.height)})
    place = {edge: number for number, edge in enumerate(edges)}
    return {
        card.id: f"r{place[card.at.row] + 1} h{place[card.at.row + card.at.height] - place[card.at.row]} "
        f"c{card.at.column + 1} w{card.at.width}"
        for card in cards
    }


def sections(edition: Edition, page: Page, views: Mapping[str, View]) -> tuple[list[View], list[Section]]:
    """The sentences that open the page, then its tabs in order, or one section without a title."""
    dashboard = page.dashboard
    opening: list[View] = []
    found: list[Section] = []
    tabs: list[str | None] = [tab.id for tab in dashboard.tabs]
    for tab in tabs or [None]:
        cards = sorted(
            (card for card in dashboard.cards if card.tab == tab), key=lambda card: (card.at.row, card.at.column)
        )
        if not found:
            while cards and cards[0].kind == "sentence":
                opening.append(views[cards.pop(0).id])
        placed = grid(cards)
        title = next((edition.say(one.title, page) for one in dashboard.tabs if one.id == tab), "")
        found.append(Section(f"_tab-{tab}", title, tuple((views[card.id], placed[card.id]) for card in cards)))
    return opening, found
