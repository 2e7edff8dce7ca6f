"""Everything that should be in Metabase, from the definitions, the table of roles and the published data.

For the public a connection that reads as the public role does, for the county's office one, and one for each district:
PostgreSQL decides which rows each sees, and no filter does. Each has a folder, and a group of people who may open it.

- A dashboard for the public lies in the public folder, where a reader chooses district and school. One that is made for
  each district or school lies in each district's folder too, for that district.
- A dashboard for the county lies in the county's folder; one for districts in each district's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from publishing import open_data
from publishing.county import County, Place
from publishing.definition import LATEST, Card, Dashboard, Text, year_before
from publishing.metabase import charts
from publishing.metabase.figures import Figures, values_of
from publishing.metabase.queries import Choice, narrowing, portability_faults
from publishing.metabase.texts import Speaker, UnsayableError, english
from publishing.metabase.things import Ref, Thing, marked, marked_name
from publishing.metabase.transport import MetabaseError
from publishing.serving.access import Relation, Role, visible
from publishing.serving.copies import COUNTY, PUBLIC

ANALYSTS = "analysts"
ROOT, DISTRICTS = "root", "districts"
BUILDER = "query-builder-and-native"
NO = "no"


class UnshowableError(MetabaseError):
    """Dashboards cannot be shown in Metabase as they are defined; the message names file and card, one line each."""


@dataclass(frozen=True)
class Server:
    """Where Metabase reaches PostgreSQL."""

    host: str
    port: int
    database: str
    ssl: bool = False


@dataclass(frozen=True)
class Connection:
    """A connection of Metabase to PostgreSQL, as one role.

    key:       public, county, or district-99001; also the audience whose rows it sees, and its folder's key
    described: whether anybody asks questions of his own through it, so that its tables are described
    """

    key: str
    words: str
    role: Role
    described: bool

    @property
    def schemas(self) -> str:
        """The schemas that Metabase looks at."""
        return open_data.SCHEMA if self.role.kind == "public" else f"marts,{open_data.SCHEMA}"


@dataclass(frozen=True)
class Access:
    """Who may do what with what is ours, by group; a group that is not named may nothing.

    reads: the folders that it may open
    asks:  the connections through which it may ask questions of its own, and how
    views: the connections whose answers it may see, where a folder shows it one
    """

    reads: Mapping[str, frozenset[str]]
    asks: Mapping[str, Mapping[str, str]]
    views: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Wanted:
    """All of it, each thing after those that it names."""

    connections: tuple[Connection, ...]
    things: tuple[Thing, ...]
    access: Access
    remarks: tuple[str, ...] = ()

    @property
    def comes_in_first(self) -> str:
        """The role as which a new connection comes in until it is closed: the public's."""
        return next(connection.role.name for connection in self.connections if connection.key == PUBLIC)

    def of(self, kind: str) -> tuple[Thing, ...]:
        """The things of a kind, in order."""
        return tuple(thing for thing in self.things if thing.kind == kind)


@dataclass(frozen=True)
class _Folder:
    """A folder with dashboards: whose it is, and for which district."""

    connection: Connection
    name: str
    about: str
    parent: str
    district: Place | None = None

    @property
    def key(self) -> str:
        return self.connection.key


@dataclass(frozen=True)
class _Maker:
    """Makes the things of all dashboards."""

    figures: Figures
    county: County
    relations: Mapping[str, Relation]
    dashboards: Sequence[Dashboard]
    faults: list[str] = field(default_factory=list)

    # ---- one dashboard in one folder ----

    def things(self, dashboard: Dashboard, folder: _Folder) -> Iterator[Thing]:
        made = _Made(self, dashboard, folder)
        if made_for(dashboard) == "school" and not made.chosen:
            # a district whose schools report for themselves
            return
        yield from made.questions()
        yield made.board()

    def speaker(self, place: str) -> Speaker:
        base = Speaker({})
        return base.with_values(
            place=place,
            county=self.county.place.name,
            school_year=base.text("school_year"),
            last_year="the year before",
        )

    def leads_to(self, page: str, folder: _Folder) -> Dashboard | None:
        """The dashboard of that page in the same folder, where a reader chooses the place in it; else None."""
        target = next((one for one in self.dashboards if one.name == page), None)
        if target is None or not _belongs(target, folder):
            return None
        chooses = made_for(target) == "school" or (made_for(target) == "district" and folder.district is None)
        return target if chooses else None


def dashboard_key(folder: str, dashboard: str) -> str:
    """The key of a dashboard in a folder."""
    return f"{folder}/{dashboard}"


def made_for(dashboard: Dashboard) -> str:
    """For each of what a dashboard is made: none, district or school."""
    return dashboard.for_each


def parameter_id(folder: str, dashboard: str, name: str) -> str:
    """A filter's own number: the same each time, so that links and subscriptions hold."""
    return hashlib.sha256(f"{folder}/{dashboard}/{name}".encode()).hexdigest()[:8]


def _belongs(dashboard: Dashboard, folder: _Folder) -> bool:
    """Whether the dashboard lies in the folder."""
    if folder.key == PUBLIC:
        return dashboard.audience == "public"
    if folder.key == COUNTY:
        return dashboard.audience == "county"
    return dashboard.audience == "district" or (dashboard.audience == "public" and dashboard.for_each != "none")


@dataclass
class _Made:
    """One dashboard in one folder: what a reader chooses there, its questions, its filters."""

    maker: _Maker
    dashboard: Dashboard
    folder: _Folder
    narrowings: dict[str, tuple[str, set[str]]] = field(default_factory=dict)
    drawings: dict[str, charts.Drawn] = field(default_factory=dict)
    prepared: bool = False

    def __post_init__(self) -> None:
        self.key = dashboard_key(self.folder.key, self.dashboard.name)
        self.file = f"dashboards/{self.dashboard.name}.yml"
        self.year = self.maker.county.latest
        self.chosen = self._chosen_places()
        self.fixed = self._fixed_place()
        self.say = self.maker.speaker(self.fixed.name if self.fixed else self._what().capitalize())
        self.filters = self._filters()

    # ---- places and filters ----

    def _what(self) -> str:
        return self.dashboard.for_each

    def _chosen_places(self) -> tuple[Place, ...]:
        """The places among which a reader chooses; none where the place is given."""
        county, district = self.maker.county, self.folder.district
        if made_for(self.dashboard) == "district" and district is None:
            return county.districts
        if made_for(self.dashboard) == "school":
            return county.schools if district is None else county.schools_of(district)
        return ()

    def _fixed_place(self) -> Place | None:
        if self.chosen:
            return None
        return self.folder.district or self.maker.county.place

    def values(self) -> dict[str, str]:
        """What each parameter is until a reader chooses."""
        values = {"school_year": self.year, "last_year": year_before(self.year)}
        for name, filter_ in self.dashboard.filters.items():
            values[name] = self.year if filter_.default == LATEST else str(filter_.default)
        if self.chosen:
            values[self.dashboard.for_each] = self.chosen[0].cds_code
        if self.folder.district is not None:
            values["district"] = self.folder.district.cds_code
        elif self.chosen and made_for(self.dashboard) == "school":
            values["district"] = self.chosen[0].district
        return values

    def choices(self) -> dict[str, Choice]:
        """The variables of the questions: filters, the place that is chosen, the district that is given."""
        values = self.values()
        choices = {name: Choice(self.say(one.label), values[name]) for name, one in self.dashboard.filters.items()}
        choices.setdefault("school_year", Choice("School year", values["school_year"]))
        if self.chosen:
            place = self.dashboard.for_each
            choices[place] = Choice(place.capitalize(), values[place])
        if self.folder.district is not None:
            choices["district"] = Choice("District", self.folder.district.cds_code)
        return choices

    def _filters(self) -> dict[str, list[tuple[str, str]]]:
        """What a reader chooses among, by variable, each value with its word."""
        found: dict[str, list[tuple[str, str]]] = {}
        if self.chosen:
            found[self.dashboard.for_each] = [(place.cds_code, place.name) for place in self.chosen]
        for name, one in self.dashboard.filters.items():
            if name == "school_year":
                found[name] = [(year, year) for year in self.maker.county.school_years]
            else:
                found[name] = values_of(one, self.maker.figures, self.folder.key, self.values(), self.say)
        return found

    # ---- questions ----

    def prepare(self) -> None:
        """Draw every card; what is wrong with one is noted, and the next is looked at."""
        if self.prepared:
            return
        self.prepared = True
        for card in self.dashboard.cards:
            try:
                drawing = self._drawn(card)
            except KeyError as error:
                self._fault(card, f"key sql: uses ${error.args[0]}, which nothing gives it in Metabase")
                continue
            except duckdb.Error as error:
                self._fault(card, f"key sql: {' '.join(str(error).split())}")
                continue
            except (UnsayableError, MetabaseError) as error:
                self._fault(card, str(error))
                continue
            if drawing is not None:
                self.drawings[card.id] = drawing
        self._gather_narrowings()

    def _drawn(self, card: Card) -> charts.Drawn | None:
        self._may_read(card)
        for fault in portability_faults(card.sql):
            self._fault(card, f"key sql: {fault}")
        types = self.maker.figures.types(card.sql)
        if missing := [(column, key) for column, key in card.needs().items() if column not in types]:
            column, key = missing[0]
            raise MetabaseError(f"key {key}: the SQL returns no column {column!r}; it returns {', '.join(types)}")
        return charts.drawn(card, types, self.choices(), self.say)

    def _may_read(self, card: Card) -> None:
        role = self.folder.connection.role
        for table in sorted(open_data.parse(card.sql).tables):
            relation = self.maker.relations.get(table)
            if relation is None:
                raise MetabaseError(f"key sql: reads {table}, which PostgreSQL does not serve")
            if visible(relation, role) is None:
                raise MetabaseError(
                    f"key sql: reads {table}, which {role.name} may not see; give the dashboard another audience"
                )

    def _fault(self, card: Card, what: str) -> None:
        line = f"{self.file}, card {card.id}: {what}."
        if line not in self.maker.faults:
            self.maker.faults.append(line)

    def _gather_narrowings(self) -> None:
        """The columns by which several tables may be narrowed, with the values that are there now."""
        for card in self.dashboard.cards:
            drawing = self.drawings.get(card.id)
            if drawing is None or not drawing.asked.optional:
                continue
            rows = self._rows(card)
            for variable, label in drawing.asked.optional.items():
                column = variable.removeprefix(narrowing(""))
                known = {str(row[column]) for row in rows if row[column] is not None}
                _, values = self.narrowings.setdefault(variable, (label, set()))
                values.update(known)

    def _rows(self, card: Card) -> list[dict[str, Any]]:
        return self.maker.figures.rows(self.folder.key, card.sql, self.values())

    def questions(self) -> Iterator[Thing]:
        """A question for each card that is one."""
        self.prepare()
        for card in self.dashboard.cards:
            if (drawing := self.drawings.get(card.id)) is None:
                continue
            key = f"{self.key}/{card.id}"
            yield Thing(
                "card",
                key,
                self._said(card, card.title),
                {
                    "name": self._said(card, card.title),
                    "description": marked("card", key, self._note(card), self.say.text("undone", file=self.file)),
                    "display": drawing.display,
                    "collection_id": Ref("collection", f"{self.folder.key}/questions"),
                    "dataset_query": {
                        "database": Ref("database", self.folder.key),
                        "type": "native",
                        "native": drawing.asked.native(key),
                    },
                    "visualization_settings": dict(drawing.settings),
                },
                place=f"{self._title()}, in {self.folder.name}",
            )

    def _said(self, card: Card, text: Text) -> str:
        try:
            return self.say(text)
        except UnsayableError as error:
            self._fault(card, str(error))
            return english(text)

    def _note(self, card: Card) -> str:
        """A card's note; of the default year and place where it needs rows, left out where a place is chosen."""
        if not card.note:
            return ""
        try:
            return self.say(card.note)
        except UnsayableError:
            return "" if self.chosen else self._sentence(card, card.note)

    def _sentence(self, card: Card, text: Text | None) -> str:
        return "" if text is None else self.say.with_values(**self.values()).over(text, self._rows(card))

    # ---- the dashboard ----

    def _title(self) -> str:
        try:
            return self.say(self.dashboard.title)
        except UnsayableError as error:
            self.maker.faults.append(f"{self.file}: {error}.")
            return english(self.dashboard.title)

    def board(self) -> Thing:
        """The dashboard itself, with its tabs, filters, questions and texts."""
        self.prepare()
        title = self._title()
        invented = self.say.text("invented") if self.maker.county.is_simulated else ""
        parameters = self._parameters()
        tabs = [(tab.id, self.say(tab.title)) for tab in self.dashboard.tabs]
        return Thing(
            "dashboard",
            self.key,
            title,
            {
                "name": title,
                "description": marked(
                    "dashboard",
                    self.key,
                    self.say(self.dashboard.question),
                    invented,
                    self.say.text("undone", file=self.file),
                ),
                "collection_id": Ref("collection", self.folder.key),
                "parameters": [parameter for parameter, _ in parameters],
                "tabs": [name for _, name in tabs],
                "dashcards": self._dashcards({tab: index for index, (tab, _) in enumerate(tabs)}, invented),
            },
            place=self.folder.name,
        )

    def _mapped(self) -> set[str]:
        return {
            name for drawing in self.drawings.values() for name in (*drawing.asked.choices, *drawing.asked.optional)
        }

    def _parameters(self) -> list[tuple[dict[str, Any], str]]:
        """The filters at the top, each with its variable: first the place, then the page's, then those of tables."""
        used = self._mapped()
        choices = self.choices()
        listed = []
        for name, values in self.filters.items():
            if name in used:
                listed.append((self._parameter(name, choices[name].label, values, choices[name].default), name))
        for name, (label, found) in self.narrowings.items():
            # a row without a value is seen where nothing is chosen
            values = [(value, value) for value in sorted(found) if value]
            listed.append((self._parameter(name, label, values, None), name))
        return listed

    def _parameter(
        self, name: str, label: str, values: Sequence[tuple[str, str]], default: str | None
    ) -> dict[str, Any]:
        return {
            "id": parameter_id(self.folder.key, self.dashboard.name, name),
            "name": label,
            "slug": name,
            "type": "string/=",
            "sectionId": "string",
            "isMultiSelect": False,
            "values_query_type": "list",
            "values_source_type": "static-list",
            "values_source_config": {"values": [list(pair) for pair in values]},
            **({} if default is None else {"required": True, "default": [default]}),
        }

    def _dashcards(self, tabs: Mapping[str, int], invented: str) -> list[dict[str, Any]]:
        cards: list[dict[str, Any]] = []
        for card in self.dashboard.cards:
            tab = card.tab
            at = {
                "tab": tabs[tab] if tab is not None else None,
                "row": card.at.row,
                "col": card.at.column,
                "size_x": card.at.width,
                "size_y": card.at.height,
            }
            if card.kind == "sentence":
                cards.append({**at, "card": None, "mappings": [], "settings": self._text(card, invented)})
            elif (drawing := self.drawings.get(card.id)) is not None:
                ref = Ref("card", f"{self.key}/{card.id}")
                cards.append(
                    {
                        **at,
                        "card": ref,
                        "mappings": sorted(
                            [parameter_id(self.folder.key, self.dashboard.name, name), name]
                            for name in {*drawing.asked.choices, *drawing.asked.optional}
                            if name in self.filters or name in self.narrowings
                        ),
                        "settings": self._clicks(drawing),
                    }
                )
        return sorted(cards, key=lambda one: (one["tab"] or 0, one["row"], one["col"]))

    def _text(self, card: Card, invented: str) -> dict[str, Any]:
        """The finding in words, with the year that it is of; where a place is chosen, the question and what to do."""
        if self.chosen:
            lines = [f"**{self.say(self.dashboard.question)}**", self.say.text("choose", what=self._what())]
        else:
            finding = self._sentence(card, card.says) or self._sentence(card, card.empty)
            chosen = [
                dict(values).get(self.values()[name], self.values()[name]) for name, values in self.filters.items()
            ]
            lines = [f"**{finding}**" if finding else f"**{self.say(self.dashboard.question)}**"]
            if chosen and finding:
                lines.append(self.say.text("as_chosen_first", chosen=", ".join(chosen)))
        lines.append(invented)
        return {
            "virtual_card": {
                "name": None,
                "display": "text",
                "visualization_settings": {},
                "dataset_query": {},
                "archived": False,
            },
            "text": "\n\n".join(line for line in lines if line),
        }

    def _clicks(self, drawing: charts.Drawn) -> dict[str, Any]:
        """Where a click on a column leads: to the dashboard of that place, in the same folder."""
        settings = {}
        for column, (page, code) in drawing.linked.items():
            if (target := self.maker.leads_to(page, self.folder)) is None:
                continue
            place = parameter_id(self.folder.key, page, target.for_each)
            carried = {place: _carried(place, "column", code)}
            for name in self.dashboard.filters:
                if name in target.filters:
                    there = parameter_id(self.folder.key, page, name)
                    here = parameter_id(self.folder.key, self.dashboard.name, name)
                    carried[there] = _carried(there, "parameter", here)
            settings[charts.key_of(column)] = {
                "click_behavior": {
                    "type": "link",
                    "linkType": "dashboard",
                    "targetId": Ref("dashboard", dashboard_key(self.folder.key, page)),
                    "parameterMapping": carried,
                }
            }
        return {"column_settings": settings} if settings else {}


def _carried(parameter: str, kind: str, source: str) -> dict[str, Any]:
    """What a click carries into a filter of the dashboard that it leads to: a column's value, or a filter's own."""
    return {
        "id": parameter,
        "source": {"type": kind, "id": source, "name": source},
        "target": {"type": "parameter", "id": parameter},
    }


# ---- all of it ----


def wanted(
    dashboards: Sequence[Dashboard],
    roles: Sequence[Role],
    relations: Sequence[Relation],
    figures: Figures,
    server: Server,
) -> Wanted:
    """Everything that should be in Metabase.

    Raises UnshowableError, which lists every card that cannot be shown there, and MetabaseError where there is no role
    for the public or for the county.
    """
    county = figures.county()
    connections, remarks = _connections(roles, county)
    folders = _folders(connections, county)
    maker = _Maker(figures, county, {relation.label: relation for relation in relations}, dashboards)
    boards = [
        thing
        for folder in folders
        for dashboard in dashboards
        if _belongs(dashboard, folder)
        for thing in maker.things(dashboard, folder)
    ]
    if maker.faults:
        raise UnshowableError("\n".join(maker.faults))
    things = [
        *(_database(connection, server) for connection in connections),
        *_groups(connections),
        *_collections(folders),
        *(thing for thing in boards if thing.kind == "card"),
        *(thing for thing in boards if thing.kind == "dashboard"),
    ]
    return Wanted(tuple(connections), tuple(things), _access(connections), tuple(remarks))


def _connections(roles: Sequence[Role], county: County) -> tuple[list[Connection], list[str]]:
    by_kind = {kind: [role for role in roles if role.kind == kind] for kind in ("public", "county", "district")}
    if missing := [kind for kind in ("public", "county") if not by_kind[kind]]:
        raise MetabaseError(
            f"config/roles.yml has no role of kind {' and none of kind '.join(missing)}: Metabase could not read. "
            "Add a line (docs/access.md)."
        )
    found = [
        Connection(PUBLIC, "public figures", by_kind["public"][0], described=True),
        Connection(COUNTY, "county office", by_kind["county"][0], described=True),
    ]
    remarks = []
    for place in county.districts:
        role = next((role for role in by_kind["district"] if role.district == place.district_code), None)
        if role is None:
            remarks.append(f"{place.name} has no role in config/roles.yml, so it has no folder in Metabase.")
            continue
        found.append(Connection(f"district-{place.district_code}", place.name, role, described=False))
    return found, remarks


def _folders(connections: Sequence[Connection], county: County) -> list[_Folder]:
    say = Speaker({})
    districts = {f"district-{place.district_code}": place for place in county.districts}
    folders = []
    for connection in connections:
        if (place := districts.get(connection.key)) is not None:
            about = say.text("district_about", place=place.name)
            folders.append(_Folder(connection, place.name, about, DISTRICTS, place))
        else:
            name, about = say.text(connection.key), say.text(f"{connection.key}_about")
            folders.append(_Folder(connection, name, about, ROOT))
    return folders


def _database(connection: Connection, server: Server) -> Thing:
    name = marked_name(connection.words, connection.key)
    say = Speaker({})
    return Thing(
        "database",
        connection.key,
        name,
        {
            "name": name,
            "description": marked("database", connection.key, say.text("connection", role=connection.role.name)),
            "details": {
                "host": server.host,
                "port": server.port,
                "dbname": server.database,
                "user": connection.role.name,
                "ssl": server.ssl,
                "schema-filters-type": "inclusion",
                "schema-filters-patterns": connection.schemas,
            },
        },
        place=connection.role.name,
    )


def _groups(connections: Sequence[Connection]) -> Iterator[Thing]:
    named = {connection.key: connection.words for connection in connections}
    for key, words in (*named.items(), (ANALYSTS, Speaker({}).text("group_analysts"))):
        name = marked_name(words, key)
        yield Thing("group", key, name, {"name": name})


def _collections(folders: Sequence[_Folder]) -> Iterator[Thing]:
    say = Speaker({})
    kept = say.text("collection")

    def collection(key: str, name: str, about: str, parent: str | None) -> Thing:
        return Thing(
            "collection",
            key,
            name,
            {
                "name": name,
                "description": marked("collection", key, about, kept),
                "parent_id": Ref("collection", parent) if parent else None,
            },
        )

    yield collection(ROOT, say.text("root"), say.text("root_about"), None)
    yield collection(DISTRICTS, say.text("districts"), say.text("districts_about"), ROOT)
    for folder in folders:
        yield collection(folder.key, folder.name, folder.about, folder.parent)
        yield collection(
            f"{folder.key}/questions",
            say.text("questions"),
            say.text("questions_about", place=folder.name),
            folder.key,
        )


def _access(connections: Sequence[Connection]) -> Access:
    """The public's folder is open to all of ours, a district's to itself and to the county's analysts."""
    keys = [connection.key for connection in connections]
    districts = [key for key in keys if key not in {PUBLIC, COUNTY}]

    def folders(*own: str) -> frozenset[str]:
        return frozenset(name for key in own for name in (key, f"{key}/questions"))

    everybody = folders(PUBLIC) | {ROOT}
    reads = {
        PUBLIC: everybody,
        COUNTY: everybody | folders(COUNTY),
        ANALYSTS: everybody | folders(COUNTY, *districts) | {DISTRICTS},
        **{key: everybody | folders(key) | {DISTRICTS} for key in districts},
    }
    return Access(
        reads,
        {ANALYSTS: {PUBLIC: BUILDER, COUNTY: BUILDER}},
        {
            PUBLIC: frozenset({PUBLIC}),
            COUNTY: frozenset({PUBLIC, COUNTY}),
            ANALYSTS: frozenset(keys),
            **{key: frozenset({PUBLIC, key}) for key in districts},
        },
    )
