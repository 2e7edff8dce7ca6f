"""Dictionary, worked rules and cookbook: as the project's files are, whole, and in words."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from attendance.cli import app
from attendance.docs.cookbook import read_recipes
from attendance.docs.dictionary import (
    FOLDER,
    check_in_words,
    cited_sections,
    grain_in_words,
    named_seeds,
    page_of,
    sections_of,
)
from attendance.docs.documents import REWRITE, documents, there, write_documents
from attendance.docs.worked_rules import anchor, as_rows, headings_of, rows_of_sql, sentence, worked
from attendance.markdown import stale
from attendance.project import READ, SEEDS, Check, DbtProject, ProjectFileError, read_project
from attendance.settings import PROJECT, read_settings
from publishing.definition import DefinitionError
from publishing.exposures import DOCUMENT as EXPOSURES

LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


@pytest.fixture(scope="module")
def dbt() -> DbtProject:
    """The project's own dbt project."""
    return read_project(PROJECT / "dbt_project")


@pytest.fixture(scope="module")
def pages() -> dict[Path, str]:
    """Every document as it should be."""
    return documents(PROJECT)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of all that the documents are made of."""
    for room in ("dbt_project", "docs", "dashboards"):
        ignored = shutil.ignore_patterns("target", "logs")
        shutil.copytree(PROJECT / room, tmp_path / room, ignore=ignored)
    return tmp_path


# ---- in step ----


def test_the_documents_are_as_the_project_is(pages: dict[Path, str]) -> None:
    changed = [str(path.relative_to(PROJECT)) for path in stale(PROJECT, pages, there(PROJECT))]
    assert changed == [], f"A model, seed or recipe has changed and its document has not. Run: {REWRITE}"


def test_every_mart_open_table_and_seed_has_a_page_and_stands_in_the_list(
    dbt: DbtProject, pages: dict[Path, str]
) -> None:
    files = {("marts", path.stem) for path in (PROJECT / "dbt_project/models/marts").glob("*.sql")}
    files |= {("reference", path.stem) for path in (PROJECT / "seeds").glob("*.csv")}
    opened = list((PROJECT / "dbt_project/models/open_data").glob("*.sql"))
    assert len(files) > 50
    assert {(table.schema, table.table) for schema in READ for table in dbt.of(schema)} >= files
    assert len(dbt.of("open_data")) == len(opened)
    listed = pages[FOLDER / "README.md"]
    for schema in READ:
        for table in dbt.of(schema):
            assert FOLDER / schema / f"{table.table}.md" in pages
            assert f"]({schema}/{table.table}.md)" in listed


def test_a_page_names_every_column_with_its_type_and_every_row_of_a_small_seed(
    dbt: DbtProject, pages: dict[Path, str]
) -> None:
    for schema in READ:
        for table in dbt.of(schema):
            page = pages[FOLDER / schema / f"{table.table}.md"]
            for column in table.columns:
                assert f"| `{column.name}` | {column.type} | " in page, table.label
            if schema == SEEDS and len(table.rows) < 30:
                assert page.count("\n| ") >= len(table.columns) + len(table.rows), table.label


def test_a_new_model_is_documented_and_one_that_is_gone_is_not(copy: Path) -> None:
    assert write_documents(copy) == []
    marts = copy / "dbt_project/models/marts"
    for suffix in (".sql", ".yml"):
        text = (marts / f"rejects{suffix}").read_text(encoding="utf-8")
        text = text.replace("name: rejects", "name: refusals").replace("What is wrong.", "What is amiss.")
        (marts / f"refusals{suffix}").write_text(text, encoding="utf-8")
    for suffix in (".sql", ".yml"):
        (copy / "dbt_project/models/open_data" / f"open_rejects{suffix}").unlink()
    with pytest.raises(
        DefinitionError, match=r"data_quality\.yml, card reasons: reads open_data\.rejects, which no model"
    ):
        write_documents(copy)
    (copy / "dashboards/data_quality.yml").unlink()
    changed = {
        path.relative_to(copy).as_posix().removeprefix(f"{FOLDER.as_posix()}/") for path in write_documents(copy)
    }
    assert {"README.md", "columns.md", "marts/refusals.md", "marts/rejects.md", "open_data/rejects.md"} <= changed
    assert EXPOSURES.as_posix() in changed
    assert "What is amiss." in (copy / FOLDER / "marts/refusals.md").read_text(encoding="utf-8")
    assert not (copy / FOLDER / "open_data/rejects.md").exists()
    assert "data_quality" not in (copy / EXPOSURES).read_text(encoding="utf-8")
    assert write_documents(copy) == []


def test_the_command_names_what_it_wrote(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(read_settings(), project=copy)
    monkeypatch.setattr("attendance.cli.read_settings", lambda: settings)
    (copy / FOLDER / "marts/rejects.md").write_text("changed by hand", encoding="utf-8")
    done = CliRunner().invoke(app, ["docs"])
    assert done.exit_code == 0
    assert "1 document changed." in done.output
    assert "docs/dictionary/marts/rejects.md" in done.output
    assert CliRunner().invoke(app, ["docs"]).output == "0 documents changed.\n"


# ---- whole ----


def test_every_link_of_a_document_leads_somewhere(pages: dict[Path, str]) -> None:
    anchors: dict[Path, set[str]] = {}

    def anchors_of(path: Path) -> set[str]:
        if path not in anchors:
            text = pages.get(path) or (PROJECT / path).read_text(encoding="utf-8")
            anchors[path] = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        return anchors[path]

    lost = []
    links = 0
    for path, text in pages.items():
        for target, place in LINK.findall(text):
            if "://" in target:
                continue
            links += 1
            to = Path((PROJECT / path.parent / target).resolve()).relative_to(PROJECT) if target else path
            if not (to in pages or (PROJECT / to).is_file()) or (place and place not in anchors_of(to)):
                lost.append(f"{path}: {target}#{place}")
    assert links > 500
    assert lost == []


def test_every_table_of_a_document_is_one(pages: dict[Path, str]) -> None:
    broken = []
    for path, text in pages.items():
        rows: list[str] = []
        for line in [*text.splitlines(), ""]:
            if line.startswith("|"):
                rows.append(line)
                continue
            if len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) > 1:
                broken.append(f"{path}: {rows[0]}")
            rows = []
    assert broken == []


def test_no_two_headings_of_the_worked_rules_are_alike(dbt: DbtProject) -> None:
    first, *_ = dbt.worked_examples
    again = replace(dbt, worked_examples=(*dbt.worked_examples, replace(first, model="chronic_absence")))
    headings = headings_of(again)
    assert headings["chronic_absence", first.name] == f"{sentence(first.name)} (chronic_absence)"
    assert headings[first.model, first.name] == f"{sentence(first.name)} ({first.model})"
    counted = Counter(anchor(heading) for heading in headings.values())
    assert [heading for heading, count in counted.items() if count > 1] == []


def test_every_unit_test_is_worked_with_all_of_its_rows(dbt: DbtProject, pages: dict[Path, str]) -> None:
    page = pages[Path("docs") / "worked-rules.md"]
    assert len(dbt.worked_examples) > 50
    headings = headings_of(dbt)
    for one in dbt.worked_examples:
        heading = headings[one.model, one.name]
        assert f"\n### {heading}\n" in page, one.name
        shown = worked(one, heading)
        if one.expected.rows:
            assert shown.expected is not None
            assert shown.expected.rows is not None
            assert len(shown.expected.rows.rows) == len(one.expected.rows), one.name
        assert [name for name, rows in ((given.input, given.rows) for given in shown.given) if not rows] == [], one.name


def test_every_section_and_seed_that_a_description_names_exists(dbt: DbtProject) -> None:
    rules = sections_of((PROJECT / "docs/rules.md").read_text(encoding="utf-8"))
    assert {"B.1", "C.5", "F"} <= set(rules)
    seeds = {table.name for table in dbt.of(SEEDS)}
    unknown = []
    for table in dbt.tables.values():
        told = [table.description, table.source, *(column.description for column in table.columns)]
        told += [value for row in table.rows for value in row]
        unknown += [f"{table.name}: {one}" for text in told for one in cited_sections(text) if one not in rules]
        unknown += [f"{table.name}: {one}" for text in told for one in named_seeds(text) if one not in seeds]
    assert unknown == []


# ---- in words ----


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a_day_counts_once", "A day counts once"),
        ("the_day_s_conversion", "The day's conversion"),
        ("stas0318_days_add_up", "STAS0318 days add up"),
        ("an_ed_fi_student_is_known", "An Ed-Fi student is known"),
    ],
)
def test_a_tests_name_is_read_as_a_sentence(name: str, says: str) -> None:
    assert sentence(name) == says


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (Check("never_null", {"columns": ["a", "b"]}), "Never null: `a`, `b`."),
        (Check("unique_combination", {"columns": ["a"]}), "No two rows are alike in `a`."),
        (Check("holds", {"that": "a <=\n b"}, name="x__a_is_at_most_b"), "A is at most b: `a <= b`"),
        (Check("unique", {}, "a"), "No two rows share `a`."),
        (Check("relationships", {"to": "ref('grades')", "field": "g"}, "a"), "Every `a` is a `g` of `grades`."),
        (Check("never_on_a_sunday", {"of": "week"}, "a"), "Never on a sunday of `a` (of: week)."),
    ],
)
def test_a_check_is_told_in_words(check: Check, says: str) -> None:
    assert check_in_words(check) == says


def test_a_grain_of_columns_is_told_as_one_of_each() -> None:
    assert grain_in_words("school_year, cds_code") == "one `school_year` × `cds_code`"  # noqa: RUF001
    assert grain_in_words("one row per mark, as kept") == "one row per mark, as kept"


def test_what_is_the_same_in_every_row_stands_once() -> None:
    rows = as_rows([{"year": "2023-24", "day": 1, "is_absent": True}, {"year": "2023-24", "day": None}])
    assert rows.throughout == (("year", "2023-24"),)
    assert rows.names == ("day", "is_absent")
    assert rows.rows == (("1", "true"), ("null", ""))
    assert as_rows([{"a": 1}, {"a": 1}]).rows == (("1",), ("1",))


def test_rows_that_a_query_gives_are_shown_as_rows_and_those_of_dbt_as_the_query() -> None:
    assert rows_of_sql("select * from (values ('a', 1), ('b', null)) as t (x, y)") == (
        {"x": "a", "y": 1},
        {"x": "b", "y": None},
    )
    assert rows_of_sql("select {{ today() }} as day") is None


def test_a_page_says_from_which_sources_a_mart_comes_and_who_reads_it(dbt: DbtProject) -> None:
    page = page_of(dbt, dbt.tables["chronic_absence"], read_recipes(PROJECT))
    assert {"int_group_totals", "submissions"} <= {table.name for table in page.parents}
    assert "open_chronic_absence" in {table.name for table in page.children}
    # through the macros that read every student information system
    assert {"aeries", "powerschool", "calpads"} <= set(page.systems)
    assert "highest_schools" in {recipe.name for recipe in page.recipes}


def test_a_shared_description_that_does_not_exist_is_named(copy: Path) -> None:
    path = copy / "dbt_project/models/marts/rejects.yml"
    path.write_text(path.read_text(encoding="utf-8").replace('"What is wrong."', "\"{{ doc('wrong') }}\""))
    with pytest.raises(ProjectFileError, match=r"rejects\.reason is described by doc\('wrong'\)"):
        read_project(copy / "dbt_project")


def test_a_worked_example_may_be_told_as_rows_as_csv_or_as_a_query(copy: Path) -> None:
    path = copy / "dbt_project/models/marts/rejects.yml"
    told = """
unit_tests:
  - name: a_reject_is_one
    model: rejects
    given:
      - input: ref('stg_ledger__rejects')
        format: csv
        rows: |
          reason,rows_listed
          late,3
    expect:
      format: sql
      rows: select 'late' as reason, 3 as rows_listed
"""
    path.write_text(path.read_text(encoding="utf-8") + told, encoding="utf-8")
    (example,) = [one for one in read_project(copy / "dbt_project").worked_examples if one.name == "a_reject_is_one"]
    shown = worked(example, "A reject is one")
    table = as_rows([{"reason": "late", "rows_listed": 3}])
    assert [given.rows for given in shown.given] == [table]
    assert shown.expected is not None
    assert shown.expected.rows == table
