"""Builds the site: every page of every public dashboard in each language, with style, scripts and data beside."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from publishing.definition import GRID, Dashboard, DefinitionError, check_columns, read_dashboards
from publishing.site.addresses import FOLDERS, MISSING, PLACES, SCRIPT, SEARCH, STYLE, definitions_file
from publishing.site.charts import Scale
from publishing.site.pages import FRONT, Page
from publishing.site.rendering import Renderer, open_renderer, rate_scale
from publishing.site.search import places_page, search_file

__all__ = ["MISSING", "SiteReport", "digest_of", "render_site"]

_HERE = Path(__file__).parent
# Pages that one process renders at a time: enough that their rows are asked for together.
_CHUNK = 64
# With fewer pages than this, a second process costs more than it saves.
_FEW = 160
# What the grid may need at most: rows of cards, and rows that one card spans.
_ROWS, _SPAN = 80, 40


@dataclass(frozen=True)
class SiteReport:
    """What was built.

    pages:        paths below the folder of a language
    school_years: latest first
    size_bytes:   of all files
    digest:       sha256 over all files with their paths, in hex: the same for the same data and definitions
    """

    site: Path
    pages: tuple[str, ...]
    school_years: tuple[str, ...]
    size_bytes: int
    digest: str


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


def style_sheet() -> str:
    """The style sheet, with a class for each place on the grid and for each share of a bar."""
    places = [f".r{row}{{grid-row-start:{row}}}" for row in range(1, _ROWS + 1)]
    places += [f".h{span}{{grid-row-end:span {span}}}" for span in range(1, _SPAN + 1)]
    places += [f".c{column}{{grid-column-start:{column}}}" for column in range(1, GRID + 1)]
    places += [f".w{width}{{grid-column-end:span {width}}}" for width in range(1, GRID + 1)]
    shares = [f".p{share}{{--share:{share}%}}" for share in range(101)]
    written = (_HERE / STYLE).read_text(encoding="utf-8")
    before, mark, after = written.partition("/* places */\n")
    if not mark:
        raise RuntimeError(f"{_HERE / STYLE} has no line /* places */, where the classes of the grid go.")
    return f"{before}{''.join(places)}\n{''.join(shares)}\n{after}"


def _scripts() -> str:
    parts = [path.read_text(encoding="utf-8") for path in sorted((_HERE / "scripts").glob("*.js"))]
    return "\n".join(re.sub(r'^"use strict";\n', "", part, count=1, flags=re.MULTILINE) for part in parts)


def _chunks(pages: Sequence[Page]) -> Iterator[tuple[int, int]]:
    """Ranges of pages, each of one dashboard."""
    begin = 0
    for place in range(1, len(pages) + 1):
        if place == len(pages) or pages[place].dashboard is not pages[begin].dashboard or place - begin == _CHUNK:
            yield begin, place
            begin = place


_RENDERERS: list[Renderer] = []


def _open(database: Path, dashboards: tuple[Dashboard, ...], scales: Mapping[str, Scale], out: Path) -> None:
    """What a process does before its first pages."""
    _RENDERERS.append(open_renderer(database, dashboards, scales, out))


def _render(begin: int, end: int) -> int:
    renderer = _RENDERERS[-1]
    renderer.render(renderer.plan.pages[begin:end])
    return end - begin


class _Progress:
    """Says how far the work has come, every few seconds."""

    def __init__(self, say: Callable[[str], None], total: int) -> None:
        self.say, self.total, self.done = say, total, 0
        self.begun = self.told = time.monotonic()

    def more(self, pages: int) -> None:
        """So many more pages are done."""
        self.done += pages
        now = time.monotonic()
        if now - self.told >= 5 or (self.done == self.total and self.total >= _FEW):
            self.told = now
            self.say(f"{self.done:,} of {self.total:,} pages in {now - self.begun:.0f} s")


def _render_in_processes(
    processes: int,
    opened: tuple[Path, tuple[Dashboard, ...], Mapping[str, Scale], Path],
    pages: Sequence[Page],
    progress: _Progress,
) -> None:
    # Started anew rather than forked: neither DuckDB nor the drawing survives a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_open, initargs=opened) as pool:
        waiting = {pool.submit(_render, begin, end) for begin, end in _chunks(pages)}
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=5, return_when=FIRST_EXCEPTION)
                for future in done:
                    progress.more(future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _beside(renderer: Renderer) -> None:
    """Everything that is no page of a dashboard."""
    plan = renderer.plan
    renderer.write(STYLE, style_sheet())
    renderer.write(SCRIPT, _scripts())
    renderer.write(SEARCH, search_file(plan))
    for edition in renderer.editions:
        renderer.write(edition.path(PLACES), places_page(edition))
    catalogues = [edition.texts for edition in renderer.editions]
    template = renderer.editions[0].templates.get_template("missing.html.j2")
    renderer.write(MISSING, template.render(each_language=catalogues, folders=FOLDERS))
    for dashboard in plan.dashboards:
        first = next(page for page in plan.pages if page.dashboard is dashboard)
        renderer.write(definitions_file(dashboard.name), renderer.definitions(first))


def render_site(
    database: Path,
    out: Path,
    dashboards: Path,
    say: Callable[[str], None] = lambda _: None,
    processes: int | None = None,
) -> SiteReport:
    """Render every public dashboard from the ``open_data`` of a database into the folder ``out``.

    ``out`` must not exist or be empty; on any error what was written so far is left there for the caller to remove.
    The same data and definitions give the same bytes. Raises DefinitionError for a dashboard, OpenDataError for data.

    say:       is told how far the work has come, in a sentence every few seconds
    processes: that render at a time; one for each processor if there are many pages
    """
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty. Give a folder that is not there yet.")
    definitions = _public(dashboards)
    renderer = open_renderer(database, definitions, {}, out)
    try:
        check_columns(dashboards, definitions, renderer.connection)
        plan = renderer.plan
        scales = {
            dashboard.name: rate_scale(
                renderer.connection, dashboard, [page for page in plan.pages if page.dashboard is dashboard]
            )
            for dashboard in definitions
        }
        renderer = Renderer(renderer.connection, plan, scales, out)
        progress = _Progress(say, len(plan.pages))
        wanted = processes or (1 if len(plan.pages) < _FEW else os.cpu_count() or 1)
        if wanted == 1:
            for begin, end in _chunks(plan.pages):
                renderer.render(plan.pages[begin:end])
                progress.more(end - begin)
        else:
            _render_in_processes(wanted, (database, definitions, scales, out), plan.pages, progress)
        _beside(renderer)
    finally:
        renderer.connection.close()
    files = [path for path in out.rglob("*") if path.is_file()]
    return SiteReport(
        out,
        tuple(page.path for page in plan.pages),
        plan.county.school_years,
        sum(path.stat().st_size for path in files),
        digest_of(out),
    )
