"""Pages in a real headless browser: what they complain of, what they ask for, what axe finds, how they look."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, PHONE = 1280, 390
Scheme = Literal["light", "dark"]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Everything that WCAG 2.2 asks for at levels A and AA, and what is good practice beside it.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERY_RULE = {"type": "tag", "values": _TAGS}
# What depends on colours, and on the width of the window.
OF_APPEARANCE = {
    "type": "rule",
    "values": ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"],
}


def find_chromium() -> str:
    """The path of a Chromium; skips where none is installed."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, filter(None, names)) if path), None)
    if found is None:
        pytest.skip("no Chromium here: install Debian's package chromium, or name one in $CHROMIUM")
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless Chromium for as long as it is needed."""
    path = find_chromium()
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """An opened page, what the browser complained of, and what it asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def visit(
    browser: Browser, url: str, width: int = DESK, scheme: Scheme = "light", script: bool = True
) -> Iterator[Visit]:
    """A page in a window of its own."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script, accept_downloads=True
    )
    page = context.new_page()
    visited = Visit(page)
    page.on("console", lambda message: visited.complaints.append(message.text))
    page.on("pageerror", lambda error: visited.complaints.append(str(error)))
    page.on("requestfailed", lambda request: visited.complaints.append(f"failed: {request.url}"))
    page.on("request", lambda request: visited.asked.append(request.url))
    page.goto(url)
    yield visited
    context.close()


def axe(page: Page, rules: Mapping[str, object]) -> list[str]:
    """What axe finds wrong by these rules, each with where it is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def faults(browser: Browser, url: str) -> list[str]:
    """What axe finds on a page, on a desk by day and on a phone by night; the menu and a table of each tab are open."""
    with visit(browser, url) as opened:
        page = opened.page
        page.evaluate(
            "document.querySelectorAll('.menu, .choice details, .cards').forEach("
            "one => (one.matches('details') ? one : one.querySelector('details') ?? {}).open = true)"
        )
        found = [f"{url}: {one}" for one in axe(page, EVERY_RULE)]
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": PHONE, "height": 800})
        return found + [f"{url}, dark, phone: {one}" for one in axe(page, OF_APPEARANCE)]


def shot(page: Page, folder: Path, name: str) -> Path:
    """A picture of the whole page, kept."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path
