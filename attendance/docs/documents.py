"""All documents that are made of the project's own files, and how they are kept in step with them."""

from __future__ import annotations

from pathlib import Path

from attendance.docs import cookbook, dictionary, worked_rules
from attendance.markdown import rewrite
from attendance.project import read_project
from publishing.exposures import DOCUMENT as EXPOSURES
from publishing.exposures import render_exposures

REWRITE = "attendance docs"


def documents(root: Path) -> dict[Path, str]:
    """Every document by its path below the project in ``root``."""
    project = read_project(root / "dbt_project")
    recipes = cookbook.read_recipes(root)
    return {
        **dictionary.render_dictionary(project, root, recipes),
        worked_rules.DOCUMENT: worked_rules.render_worked_rules(project),
        cookbook.FOLDER / "README.md": cookbook.render_cookbook(root, project),
        EXPOSURES: render_exposures(root, project),
    }


def there(root: Path) -> list[Path]:
    """The documents that exist, those of tables that are no more included."""
    return [*(root / dictionary.FOLDER).rglob("*.md"), *(root / cookbook.FOLDER).glob("*.md")]


def write_documents(root: Path) -> list[Path]:
    """Write what is stale, and take away the pages of tables that are no more; returns what was changed."""
    return rewrite(root, documents(root), there(root))
