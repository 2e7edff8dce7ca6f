"""docs/dictionary: a page for each mart, open table and seed, from the files in which dbt finds them described."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from attendance.docs.cookbook import Recipe
from attendance.docs.worked_rules import anchor, headings_of, sentence
from attendance.markdown import render
from attendance.project import READ, REF, SEEDS, Check, Column, DbtProject, Table

FOLDER = Path("docs") / "dictionary"
TEMPLATES = Path(__file__).parent / "templates"
RULES = Path("docs") / "rules.md"

# of a longer seed, so many rows are shown
ALL_ROWS = 40
FIRST_ROWS = 15
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")
SECTION = re.compile(r"docs/rules\.md,? (?:decisions? )?([A-F](?:\.\d+)?)\b")
SEED = re.compile(r"\b[Ss]eed ([a-z][a-z0-9_]*)")
HEADING = re.compile(r"^#{2,3} (([A-F](?:\.\d+)?)\.? .*)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """What the page of a table shows beside the table itself."""

    table: Table
    grain: str
    source: str
    tests: tuple[str, ...]
    parents: tuple[Table, ...]
    children: tuple[Table, ...]
    systems: tuple[str, ...]
    recipes: tuple[Recipe, ...]
    rows: tuple[tuple[str, ...], ...]


# ---- in words ----


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def grain_in_words(grain: str) -> str:
    """What a row is: ``school_year, cds_code`` becomes one of each; a grain in words stays as it is."""
    names = [name.strip() for name in grain.split(",")]
    if grain == "one row":
        return "the only one"
    if grain and all(IDENTIFIER.fullmatch(name) for name in names):
        return "one " + " × ".join(f"`{name}`" for name in names)  # noqa: RUF001 (as the README writes a grain)
    return grain


def check_in_words(check: Check) -> str:
    """What a test holds, as a sentence."""
    own = sentence(check.name.rpartition("__")[2]) if check.name else None
    arguments = check.arguments
    columns = _listed(arguments.get("columns", ()))
    other = next(iter(REF.findall(str(arguments.get("to", "")))), "")
    said = {
        "never_null": f"Never null: {columns}.",
        "unique_combination": f"No two rows are alike in {columns}.",
        "not_null": f"Never null: `{check.column}`.",
        "unique": f"No two rows share `{check.column}`.",
        "no_small_group_is_shown": f"No group small enough to be hidden is shown in {columns}.",
        "holds": f"`{' '.join(str(arguments.get('that', '')).split())}`",
        "accepted_values": f"`{check.column}` is one of {_listed(map(str, arguments.get('values', ())))}.",
        "relationships": f"Every `{check.column}` is a `{arguments.get('field')}` of `{other}`.",
    }
    told = said.get(check.kind)
    if told is None:
        given = "; ".join(f"{name}: {value}" for name, value in arguments.items())
        where = f" of `{check.column}`" if check.column else ""
        told = f"{sentence(check.kind)}{where}{f' ({given})' if given else ''}."
    return f"{own}: {told}" if own else told


def sections_of(rules: str) -> dict[str, str]:
    """Where each section of docs/rules.md is found on its page, by its letter and number."""
    found: dict[str, str] = {}
    for heading, section in HEADING.findall(rules):
        found.setdefault(section, anchor(heading))
    return found


def cited_sections(text: str) -> tuple[str, ...]:
    """The sections of docs/rules.md that a text names first after the file's name."""
    return tuple(SECTION.findall(text))


def named_seeds(text: str) -> tuple[str, ...]:
    """The seeds that a text names."""
    return tuple(SEED.findall(text))


@dataclass(frozen=True)
class Links:
    """What a description names that has a page: the rules by section, and seeds.

    up: the way from the page to docs/
    """

    sections: Mapping[str, str]
    seeds: frozenset[str]
    up: str

    def linked(self, text: str) -> str:
        """A text with its links."""

        def rules(found: re.Match[str]) -> str:
            section = SECTION.match(text, found.start())
            place = f"#{self.sections[section[1]]}" if section and section[1] in self.sections else ""
            return f"[docs/rules.md]({self.up}rules.md{place})"

        def seed(found: re.Match[str]) -> str:
            name = found[1]
            page = f"[{name}]({self.up}{FOLDER.name}/{SEEDS}/{name}.md)"
            return found[0].replace(name, page) if name in self.seeds else found[0]

        return SEED.sub(seed, re.sub(r"docs/rules\.md", rules, text))


# ---- a page ----


def _tests(project: DbtProject, table: Table) -> tuple[str, ...]:
    singular = [
        f"{sentence(one.name.rpartition('__')[2])}. {one.says[:1].upper()}{one.says[1:]}".strip()
        for one in project.singular_tests
        if table.name in one.reads
    ]
    return (*(check_in_words(check) for check in table.checks), *singular)


def page_of(project: DbtProject, table: Table, recipes: Sequence[Recipe]) -> Page:
    """What the page of a table shows."""
    sources = dict.fromkeys(row[table.header.index("source")] for row in table.rows if "source" in table.header)
    return Page(
        table=table,
        grain=grain_in_words(table.grain),
        source=table.source or ("; ".join(sources) if len(sources) == 1 else ""),
        tests=_tests(project, table),
        parents=project.parents_of(table.name),
        children=project.children_of(table.name),
        systems=project.sources_of(table.name),
        # the plainest first
        recipes=tuple(sorted((one for one in recipes if table.label in one.reads), key=lambda one: len(one.reads))),
        rows=table.rows if len(table.rows) <= ALL_ROWS else table.rows[:FIRST_ROWS],
    )


def columns_everywhere(project: DbtProject) -> list[tuple[str, list[tuple[Table, Column]]]]:
    """Each column's name with the tables that have it, in the order of the alphabet; seeds left out."""
    found: dict[str, list[tuple[Table, Column]]] = {}
    for schema in READ:
        for table in project.of(schema) if schema != SEEDS else ():
            for column in table.columns:
                found.setdefault(column.name, []).append((table, column))
    return sorted(found.items())


def render_dictionary(project: DbtProject, root: Path, recipes: Sequence[Recipe]) -> dict[Path, str]:
    """Every page of the dictionary by its path below the project in ``root``."""
    sections = sections_of((root / RULES).read_text(encoding="utf-8"))
    seeds = frozenset(table.name for table in project.of(SEEDS))
    examples: dict[str, list[tuple[str, str]]] = {}
    for (model, _), heading in headings_of(project).items():
        examples.setdefault(model, []).append((heading, anchor(heading)))
    pages = {
        FOLDER / table.schema / f"{table.table}.md": render(
            TEMPLATES / "table.md.j2",
            page=page_of(project, table, recipes),
            examples=examples.get(table.name, []),
            linked=Links(sections, seeds, "../../").linked,
            readable=READ,
            is_seed=table.schema == SEEDS,
            seed_file=table.file.with_name(f"{table.name}.csv").name,
        )
        for schema in READ
        for table in project.of(schema)
    }
    shared = {
        "linked": Links(sections, seeds, "../").linked,
        "grain_in_words": grain_in_words,
        "readable": READ,
    }
    return {
        FOLDER / "README.md": render(TEMPLATES / "dictionary.md.j2", project=project, seeds=SEEDS, **shared),
        FOLDER / "intermediate.md": render(
            TEMPLATES / "intermediate.md.j2", project=project, examples=examples, **shared
        ),
        FOLDER / "columns.md": render(TEMPLATES / "columns.md.j2", columns=columns_everywhere(project)),
        **pages,
    }
