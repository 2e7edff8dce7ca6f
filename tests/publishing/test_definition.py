"""What a dashboard's file may say, and how its errors read."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from publishing import open_data
from publishing.definition import KINDS as KINDS_OF_CARDS
from publishing.definition import DefinitionError, Text, check_columns, read_dashboard, read_dashboards

PROJECT = Path(__file__).resolve().parents[2]

GOOD = """\
title: {en: County overview, es: El condado}
question: {en: "Where is attendance slipping?", es: "¿Dónde empeora?"}
audience: public
filters:
  school_year: {label: {en: School year, es: Año escolar}, default: latest}
cards:
  - id: rate
    title: {en: Chronically absent, es: Con ausentismo crónico}
    kind: scalar
    at: {row: 0, column: 0, width: 8, height: 4}
    sql: select chronic_rate, eligible_enrollment from open_data.chronic_absence where school_year = $school_year
    value: {column: chronic_rate, format: percent, of: eligible_enrollment}
  - id: groups
    title: {en: For whom, es: Para quién}
    kind: row
    at: {row: 0, column: 8, width: 16, height: 8}
    sql: |
      select reporting_category, chronic_rate, eligible_enrollment, suppression_reason
      from open_data.chronic_absence
      where school_year = $school_year
    columns:
      reporting_category: {label: {en: Group, es: Grupo}}
      chronic_rate: {label: {en: Chronically absent, es: Con ausentismo crónico}, format: percent}
      eligible_enrollment: {label: {en: Students, es: Estudiantes}, format: count}
    reason: suppression_reason
    x: chronic_rate
    y: reporting_category
    says: {en: "{{ rows | length }} groups", es: "{{ rows | length }} grupos"}
"""


WHOM = "title: {en: For whom, es: Para quién}"
YEARS = "filters:\n  school_year: {label: {en: School year, es: Año escolar}, default: latest}\n"
QUESTION = 'question: {en: "Where is attendance slipping?", es: "¿Dónde empeora?"}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "county.yml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def refused(path: Path, old: str, new: str) -> str:
    """The message after one change to the good file."""
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        read_dashboard(path)
    return str(error.value)


def test_a_good_file_is_read(file: Path) -> None:
    dashboard = read_dashboard(file)
    assert dashboard.name == "county"
    assert [card.id for card in dashboard.cards] == ["rate", "groups"]


def test_the_projects_own_dashboards_are_good() -> None:
    assert {"county", "district", "school"} <= {dashboard.name for dashboard in read_dashboards(PROJECT / "dashboards")}


def test_the_dashboards_of_these_tests_are_good(dashboards: Path, database: Path) -> None:
    read = read_dashboards(dashboards)
    assert {card.kind for dashboard in read for card in dashboard.cards} == set(KINDS_OF_CARDS)
    connection = open_data.connect(database)
    check_columns(dashboards, read, connection)
    connection.close()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "question:",
            "qestion:",
            "county.yml, key qestion: unknown key. Correct its spelling or remove it; known keys",
        ),
        (QUESTION, "", "county.yml, key question: is missing. Add it."),
        ("    y: report", "    yy: report", "county.yml, card groups, key yy: unknown key"),
        ("    x: chronic_rate\n", "", "county.yml, card groups, key x: is missing. Add it."),
        ("kind: row", "kind: pie", "card groups: unknown kind. Use one of sentence, scalar, row, dots, line"),
        ("    kind: row\n", "", "card groups: kind is missing. Add it: one of sentence"),
        ("audience: public", "audience: all", "key audience: Input should be 'public', 'county' or 'district'"),
        ("width: 16", "width: 17", "card groups, key at: column 8 and width 17 end at 25, past the grid's 24"),
        ("column: 8,", "column: 7,", "card groups, key at: overlaps card rate. Move one of them"),
        ("id: groups", "id: rate", "card rate, key id: stands more than once. Give each card its own id."),
        ("id: groups", "id: By group", "key id: String should match pattern"),
        ("    x: chronic_rate", "    x: rate", "card groups: x names 'rate', which is not among the card's columns"),
        ("    x: chronic_rate", "    x: reporting_category", "which has no number. Give it format: percent or count"),
        (", of: eligible_enrollment}", "}", "card rate: value is a percentage without its head-count"),
        (
            "      eligible_enrollment: {label: {en: Students, es: Estudiantes}, format: count}\n",
            "",
            "card groups: columns show a rate without its head-count",
        ),
        ("    says:", "    note:", "card groups, key says: is missing. Add it."),
        ("    reason: suppression_reason\n", "", "card groups, key reason: is missing. Add it."),
        ('en: "{{ rows', 'en: "{{ {rows', "card groups, key says: "),
        (
            "  school_year: {",
            "  level: {label: Level, default: all, values: [all]}\n  school_year: {",
            "key filters.level: no card's SQL",
        ),
        ("default: latest", "default: latest, values: [a]", "key filters.school_year: default 'latest' is not among"),
        ("default: latest", "default: 2023-24", "key filters.school_year: the data have its values. Write default"),
        (
            "  school_year: {",
            "  last_year: {label: A, default: a, values: [a]}\n  school_year: {",
            "key filters.last_year: the page itself gives $last_year",
        ),
        (
            "  school_year: {",
            "  level: {label: Level, default: all}\n  school_year: {",
            "key filters.level: has no values",
        ),
        (
            "  school_year: {",
            "  level: {label: Level, default: a, values: {sql: from marts.levels where x = $level}}\n  school_year: {",
            "key filters.level.values.sql: reads marts.levels, but a public card may read the schema open_data only",
        ),
        ("audience: public", "audience: public\nfor_each: school", "key filters.school_year: a page for each school"),
        (
            "audience: public",
            "audience: public\ntabs: [{id: now, title: Now}]",
            "card rate, key tab: is missing. Name one",
        ),
        (
            "kind: scalar",
            "kind: scalar\n    tab: now",
            "card rate, key tab: there is no tab 'now'; the dashboard has no",
        ),
        (
            "    kind: scalar",
            "    kind: scalar\n    title: {en: Rate}",
            "county.yml is not valid YAML: the key 'title'",
        ),
        (
            WHOM,
            "title: {en: For whom}",
            "card groups, key title: has no text for es. Add it",
        ),
        (
            WHOM,
            "title: {en: A, es: B, fr: C}",
            "card groups, key title: has a text for fr; languages are en",
        ),
        (WHOM, "title: {en: A, es: ''}", "card groups, key title: es is empty"),
        (
            WHOM,
            "title: 7",
            "card groups, key title: the text is 7, which is no text",
        ),
        ("format: percent}", "format: percent, filter: true}", "columns.chronic_rate: filter keeps rows of one word"),
        (
            "{label: {en: Group, es: Grupo}}",
            "{label: {en: Group, es: Grupo}, bar: 4}",
            "columns.reporting_category: bar shows how large a number is",
        ),
        ("$school_year", "$year", "card rate, key sql: uses $year, which nothing gives it. Add a filter of that name"),
        ("$school_year", "$district", "card rate, key sql: uses $district, which nothing gives it"),
        ("select chronic_rate,", "selec chronic_rate,", "card rate, key sql: is not a SELECT that DuckDB can parse"),
        (
            "title: {en: County",
            "title: County\ntitle: {en: County",
            "is not valid YAML: the key 'title' stands twice",
        ),
        ("title: {en: County", "name: x\ntitle: {en: County", "county.yml, key name: a dashboard is named by its file"),
    ],
)
def test_an_error_names_file_card_key_and_remedy(file: Path, old: str, new: str, message: str) -> None:
    assert message in refused(file, old, new)


@pytest.mark.parametrize(
    ("reads", "named"),
    [
        ("marts.chronic_absence", "marts.chronic_absence"),
        ("open_data.chronic_absence join marts.student_attendance using (school_year)", "marts.student_attendance"),
        ("open_data.chronic_absence where exists (from marts.student_attendance) and true", "marts.student_attendance"),
        ("(select * from MARTS.student_attendance)", "MARTS.student_attendance"),
        ('"marts"."student_attendance"', "marts.student_attendance"),
        ("warehouse.open_data.chronic_absence", "warehouse.open_data.chronic_absence"),
        ("chronic_absence", "chronic_absence"),
        ("open_data.secret_table", "open_data.secret_table"),
        ("'lake/students.parquet'", "lake/students.parquet"),
        ("read_parquet('lake/students.parquet')", "read_parquet()"),
        ("query_table('marts.student_attendance')", "query_table()"),
        ("duckdb_tables()", "duckdb_tables()"),
        ("open_data.chronic_absence union all select * from marts.student_attendance", "marts.student_attendance"),
    ],
)
def test_a_public_card_that_reads_outside_open_data_is_refused(file: Path, reads: str, named: str) -> None:
    message = refused(
        file, "from open_data.chronic_absence where school_year", f"from {reads} -- \n      where school_year"
    )
    assert f"card rate, key sql: reads {named}, but a public card may read the schema open_data only" in message


def test_a_name_given_inside_the_query_is_not_a_table(file: Path) -> None:
    file.write_text(
        GOOD.replace(
            "sql: select chronic_rate, eligible_enrollment from open_data.chronic_absence",
            "sql: with marts as (from open_data.chronic_absence) select chronic_rate, eligible_enrollment from marts",
        ),
        encoding="utf-8",
    )
    assert read_dashboard(file).cards[0].id == "rate"


def test_a_dashboard_of_the_county_may_read_marts(file: Path) -> None:
    text = GOOD.replace("audience: public", "audience: county").replace("open_data.chronic_absence", "marts.rates")
    file.write_text(text, encoding="utf-8")
    assert read_dashboard(file).audience == "county"


def test_columns_that_the_sql_does_not_return_are_named(tmp_path: Path, file: Path, database: Path) -> None:
    file.write_text(GOOD.replace("of: eligible_enrollment}", "of: enrollment}"), encoding="utf-8")
    connection = open_data.connect(database)
    with pytest.raises(DefinitionError) as error:
        check_columns(tmp_path, (read_dashboard(file),), connection)
    assert (
        "county.yml, card rate, key value.of: the SQL returns no column 'enrollment'; it returns chronic_rate, "
        in str(error.value)
    )


def test_sql_that_does_not_run_is_named(tmp_path: Path, file: Path, database: Path) -> None:
    file.write_text(GOOD.replace("select chronic_rate,", "select chronic_rat,"), encoding="utf-8")
    connection = open_data.connect(database)
    with pytest.raises(DefinitionError, match=r"county\.yml, card rate, key sql: Binder Error: .*Correct the query\."):
        check_columns(tmp_path, (read_dashboard(file),), connection)


def with_card(card: str) -> str:
    """The good file and one more card, below the others."""
    lines = textwrap.dedent(card).strip().splitlines()
    return GOOD + "\n".join(["  - " + lines[0], *("    " + line for line in lines[1:])]) + "\n"


# Drawn from the same columns: what a card of each further kind has beside them.
MORE = """
    id: more
    title: More
    kind: {kind}
    at: {{row: 20, column: 0, width: 24, height: 8}}
    sql: |
      select date '2024-01-08' as day, 'dip' as mark, 'A' as name, 10.0 as rate, 12.0 as high, 20 as students,
      1.5 as ratio, -118.2 as longitude, 34.0 as latitude, '19' as cds_code, true as is_first,
      null as reason, 4 as color
    columns:
      name: {{label: Name, filter: true}}
      day: {{label: Day, format: date}}
      mark: {{label: Mark}}
      rate: {{label: Rate, format: percent, bar: 100}}
      high: {{label: High, format: percent}}
      students: {{label: Students, format: count}}
      ratio: {{label: Times, format: ratio}}
      color: {{label: Color, format: color}}
    reason: reason
    says: Says
"""
KINDS = {
    "dots": "x: rate\ny: name\nlower: rate\nupper: high\nof: students",
    "heatmap": "date: day\nvalue: rate\nof: students\nmarks: mark",
    "map": "longitude: longitude\nlatitude: latitude\nsize: students\ncolor: rate\nname: name",
    "scatter": "x: ratio\ny: rate\nname: name\nsize: students\nreference_y: {column: high, label: County}",
    "table": "choose: {key: cds_code, most: 4, start: is_first}",
}


def of_kind(kind: str, keys: str) -> str:
    card = MORE.format(kind=kind) + textwrap.indent(keys, "    ")
    return with_card(re.sub(r"\b(label|title|says): (\w+)", r"\1: {en: \2, es: \2}", card))


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_of_each_kind_is_read(tmp_path: Path, file: Path, database: Path, kind: str) -> None:
    file.write_text(of_kind(kind, KINDS[kind]), encoding="utf-8")
    dashboard = read_dashboard(file)
    assert dashboard.cards[-1].kind == kind
    connection = open_data.connect(database)
    check_columns(tmp_path, (dashboard,), connection)


@pytest.mark.parametrize(
    ("kind", "old", "new", "message"),
    [
        ("dots", "upper: high", "start: high", "card more: an interval has two ends. Give both lower and upper"),
        ("dots", "lower: rate", "start: rate\nlower: rate", "a dot has a start or an interval, not both"),
        ("heatmap", "date: day", "date: mark", "date names 'mark', which is no date. Give it format: date"),
        ("heatmap", "value: rate", "value: mark", "value names 'mark', which has no number"),
        ("heatmap", "marks: mark", "marks: reason", "marks names 'reason', which is not among the card's columns"),
        ("map", "size: students", "size: rate", "size names 'rate', which is no count. Give it format: count"),
        ("map", "color: rate", "color: students", "color names 'students', which is no percent"),
        ("map", "latitude: latitude\n", "", "card more, key latitude: is missing. Add it."),
        ("scatter", "x: ratio", "x: name", "x names 'name', which has no number"),
        ("table", "most: 4", "most: 1", "card more, key choose.most: Input should be greater than or equal to 2"),
    ],
)
def test_what_a_kind_lacks_is_told(file: Path, kind: str, old: str, new: str, message: str) -> None:
    assert old in KINDS[kind]
    file.write_text(of_kind(kind, KINDS[kind].replace(old, new)), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        read_dashboard(file)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("kind", "change", "key"),
    [
        ("map", ("latitude: latitude", "latitude: north"), "latitude"),
        ("map", ("name: name", "name: name\nlink: {page: district, key: place}"), "link.key"),
        ("scatter", ("column: high", "column: county"), "reference_y.column"),
        ("table", ("key: cds_code", "key: code"), "choose.key"),
        ("table", ("start: is_first", "start: first"), "choose.start"),
    ],
)
def test_columns_of_the_further_kinds_are_looked_for(
    file: Path, database: Path, kind: str, change: tuple[str, str], key: str
) -> None:
    file.write_text(of_kind(kind, KINDS[kind].replace(*change)), encoding="utf-8")
    connection = open_data.connect(database)
    with pytest.raises(DefinitionError, match=rf"card more, key {key}: the SQL returns no column"):
        check_columns(file.parent, (read_dashboard(file),), connection)


TABS = """\
tabs:
  - {id: now, title: {en: Now, es: Ahora}}
  - {id: before, title: {en: Before, es: Antes}}
cards:"""
TABBED = GOOD.replace("cards:", TABS).replace("    kind: scalar", "    tab: now\n    kind: scalar")


def test_each_tab_has_a_grid_of_its_own(file: Path) -> None:
    text = TABBED.replace("    kind: row", "    tab: before\n    kind: row").replace(
        "column: 8, width: 16", "column: 0, width: 24"
    )
    file.write_text(text, encoding="utf-8")
    assert [card.tab for card in read_dashboard(file).cards] == ["now", "before"]


@pytest.mark.parametrize(
    ("tab", "message"),
    [
        ("now", "county.yml, tab before: no card names it. Remove it, or move a card there."),
        ("later", "card groups, key tab: there is no tab 'later'; name one of now, before."),
    ],
)
def test_tabs_and_cards_name_each_other(file: Path, tab: str, message: str) -> None:
    file.write_text(TABBED.replace("    kind: row", f"    tab: {tab}\n    kind: row"), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        read_dashboard(file)
    assert message in str(error.value)


def test_a_filter_takes_its_values_from_a_list_or_from_the_data(tmp_path: Path, file: Path, database: Path) -> None:
    sql = "{sql: 'select reporting_category as value, category_name as label from open_data.reporting_categories'}"
    for values in ("[TA, {value: SE, label: {en: English learners, es: Aprendices de inglés}}]", sql):
        filter_ = (
            f"  reporting_category: {{label: {{en: Group, es: Grupo}}, default: TA, values: {values}}}\n  school_year"
        )
        text = GOOD.replace("  school_year", filter_, 1).replace(
            "year\n    columns", "year and reporting_category = $reporting_category\n    columns"
        )
        file.write_text(text, encoding="utf-8")
        dashboard = read_dashboard(file)
        connection = open_data.connect(database)
        check_columns(tmp_path, (dashboard,), connection)
        connection.close()
    assert dashboard.parameters() == {"school_year", "last_year", "reporting_category"}
    file.write_text(text.replace("category_name as label", "category_name"), encoding="utf-8")
    connection = open_data.connect(database)
    with pytest.raises(
        DefinitionError, match=r"key filters\.reporting_category\.values\.sql: the SQL returns no column"
    ):
        check_columns(tmp_path, (read_dashboard(file),), connection)


def test_a_page_for_each_school_knows_its_district_and_the_latest_year(file: Path) -> None:
    text = GOOD.replace(YEARS, "for_each: school\n")
    file.write_text(text.replace("where", "where cds_code = $school and $district > '' and", 1), encoding="utf-8")
    assert read_dashboard(file).parameters() == {"school", "district", "school_year", "last_year"}


def test_words_without_spanish_are_named_by_file_card_and_key(file: Path) -> None:
    english = re.sub(r"\{en: (\"[^\"]*\"|[^,}]*), es: (?:\"[^\"]*\"|[^}]*)\}", r"\1", GOOD)
    assert "es:" not in english
    file.write_text(english, encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        read_dashboard(file)
    told = str(error.value).splitlines()
    assert f"{file}, key title: has no Spanish. Write {{en: ..., es: ...}}." in told
    assert f"{file}, key filters.school_year.label: has no Spanish. Write {{en: ..., es: ...}}." in told
    assert f"{file}, card groups, key columns.chronic_rate.label: has no Spanish. Write {{en: ..., es: ...}}." in told
    assert f"{file}, card groups, key says: has no Spanish. Write {{en: ..., es: ...}}." in told
    assert len(told) == 9
    file.write_text(english.replace("audience: public", "audience: county"), encoding="utf-8")
    assert read_dashboard(file).audience == "county"


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("{{ place }}", False),
        ("{{ rows | length }} / {% if place %}{{ count(rows | length) }}{% endif %}", False),
        ("{{ place }} schools", True),
        ("Niños", True),
        ({"en": "TK", "es": "TK"}, False),
    ],
)
def test_a_text_alone_is_language_where_words_stand_outside_of_its_braces(text: object, lacks: bool) -> None:
    assert Text.model_validate(text).lacks_spanish is lacks


def test_a_text_is_said_in_either_language() -> None:
    both = Text.model_validate({"en": "School", "es": "Escuela"})
    assert (both.said_in("en"), both.said_in("es")) == ("School", "Escuela")
    assert Text.model_validate("{{ place }}").said_in("es") == "{{ place }}"


def test_a_link_leads_to_a_dashboard_that_is_made_for_each_district(tmp_path: Path, file: Path) -> None:
    text = GOOD.replace("es: Grupo}}", "es: Grupo}, link: {page: county, key: reporting_category}}")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError, match="no dashboard 'county' is made for each district or school"):
        read_dashboards(tmp_path)


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path, file: Path) -> None:
    file.write_text(GOOD.replace("question:", "qestion:"), encoding="utf-8")
    (tmp_path / "other.yml").write_text(yaml.safe_dump({"title": "Other"}), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        read_dashboards(tmp_path)
    assert "county.yml, key qestion" in str(error.value)
    assert "other.yml, key cards: is missing" in str(error.value)


def test_a_folder_without_dashboards_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="holds no dashboard"):
        read_dashboards(tmp_path)
