"""Documents that are made of the project's own files: rendered from a template, written only where they differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2


def cell(text: object) -> str:
    """A text that may stand in a cell of a Markdown table."""
    return str(text).replace("|", "\\|").replace("\n", " ").strip()


def render(template: Path, **parts: object) -> str:
    """The Markdown of a template; never more than one blank line in a row outside of what it quotes."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (Markdown, made of the project's own files)
    )
    environment.filters["cell"] = cell
    text = environment.get_template(template.name).render(**parts)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def stale(project: Path, wanted: Mapping[Path, str], there: Iterable[Path]) -> list[Path]:
    """Documents that are not as they should be: missing, different, or there without reason.

    wanted: the text of each by its path below the project; there: those that exist, as full paths
    """
    left_over = sorted(path for path in there if path.relative_to(project) not in wanted)
    return left_over + [
        project / path
        for path, text in wanted.items()
        if not (project / path).is_file() or (project / path).read_text(encoding="utf-8") != text
    ]


def rewrite(project: Path, wanted: Mapping[Path, str], there: Iterable[Path]) -> list[Path]:
    """Write what is stale and take away what is no more; returns what was changed."""
    changed = stale(project, wanted, there)
    for path in changed:
        text = wanted.get(path.relative_to(project))
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return changed
