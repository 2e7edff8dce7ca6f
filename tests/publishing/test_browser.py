"""The pages in a real browser: from a server and from a folder, on a desk and on a phone, by day and by night."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from publishing.serve import address, make_server
from publishing.site.build import SiteReport

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = [
    "index.html",
    "student-groups.html",
    "district/1999001.html",
    "district/1999002.html",
    "2022-23/index.html",
    "2022-23/district/1999004.html",
]
DESK, PHONE = 1280, 375
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module", params=["server", "folder"])
def root(request: pytest.FixtureRequest, site: SiteReport) -> Iterator[str]:
    """The address below which the pages lie."""
    if request.param == "folder":
        yield site.site.as_uri() + "/"
        return
    with make_server(site.site, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield address(server)
        server.shutdown()
        thread.join()


def visit(
    browser: Browser, url: str, width: int, scheme: Scheme = "light", script: bool = False
) -> tuple[Page, list[str], list[str]]:
    """An opened page, what the browser complained of, and what it asked for."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
    )
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    return page, complaints, asked


@pytest.mark.parametrize("width", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_without_complaint_and_asks_for_nothing_outside(
    browser: Browser, root: str, path: str, width: int
) -> None:
    page, complaints, asked = visit(browser, root + path, width, script=True)
    assert complaints == []
    assert len(asked) == 2
    assert all(url.startswith(root) for url in asked)
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways(browser: Browser, site: SiteReport, path: str) -> None:
    page, _, _ = visit(browser, (site.site / path).as_uri(), DESK, script=True)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in (1440, DESK, 1024, 768, PHONE, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


@pytest.mark.parametrize("width", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_reads_without_javascript(browser: Browser, root: str, path: str, width: int) -> None:
    page, _, _ = visit(browser, root + path, width)
    assert page.locator("h1").count() == 1
    assert page.locator("h1").is_visible()
    assert page.locator(".finding").first.is_visible()
    assert page.get_by_text("The students on these pages are invented.").is_visible()
    details = page.locator("details").first
    assert not details.locator("table").is_visible()
    details.locator("summary").click()
    assert details.locator("table").is_visible()
    page.context.close()


@pytest.mark.parametrize("width", [DESK, PHONE], ids=["desk", "phone"])
def test_headings_as_a_screen_reader_hears_them_are_in_order(browser: Browser, site: SiteReport, width: int) -> None:
    for path in PAGES:
        page, _, _ = visit(browser, (site.site / path).as_uri(), width)
        levels = [int(one[1]) for one in page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(h => h.tagName)")]
        assert levels[0] == 1
        assert set(levels[1:]) == {2}
        page.context.close()


@pytest.mark.parametrize("width", [DESK, PHONE], ids=["desk", "phone"])
def test_each_chart_is_told_once_with_what_it_finds(browser: Browser, site: SiteReport, width: int) -> None:
    page, _, _ = visit(browser, (site.site / "index.html").as_uri(), width)
    drawings = page.get_by_role("img")
    titles = [drawing.locator("title").first.text_content() for drawing in drawings.all()]
    assert len(titles) == len(set(titles)) == page.locator("figure").count() > 3
    for drawing in drawings.all():
        described = drawing.get_attribute("aria-describedby")
        assert len(page.locator(f"#{described}").text_content() or "") > 40
    page.context.close()


def test_words_in_charts_stay_inside_the_page_and_large_enough_to_read(browser: Browser, site: SiteReport) -> None:
    for path in PAGES:
        page, _, _ = visit(browser, (site.site / path).as_uri(), DESK, script=True)
        for width in (DESK, 768, PHONE):
            page.set_viewport_size({"width": width, "height": 900})
            boxes = page.locator("figure svg text").evaluate_all(
                "all => all.map(one => one.getBoundingClientRect()).filter(box => box.width)"
                ".map(box => [box.left, box.right, box.height])"
            )
            assert boxes
            assert min(left for left, _, _ in boxes) >= 0, (path, width)
            assert max(right for _, right, _ in boxes) <= width, (path, width)
            assert min(height for _, _, height in boxes) >= 12, (path, width)
        page.context.close()


def test_dark_mode_changes_paper_ink_and_charts(browser: Browser, site: SiteReport) -> None:
    colours = {}
    for scheme in SCHEMES:
        page, _, _ = visit(browser, (site.site / "index.html").as_uri(), DESK, scheme, script=True)
        colours[scheme] = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,"
            " getComputedStyle(document.querySelector('svg [fill=\"#0b6e8a\"]')).fill]"
        )
        page.context.close()
    assert colours["light"] == ["rgb(255, 255, 255)", "rgb(27, 31, 36)", "rgb(11, 110, 138)"]
    assert colours["dark"] == ["rgb(18, 22, 27)", "rgb(232, 234, 237)", "rgb(88, 184, 212)"]


def test_everything_can_be_reached_by_keyboard_and_focus_is_visible(browser: Browser, site: SiteReport) -> None:
    page, _, _ = visit(browser, (site.site / "index.html").as_uri(), DESK, script=True)
    wanted = page.locator("a, summary, [tabindex='0']").evaluate_all(
        "all => all.filter(e => e.checkVisibility()).length"
    )
    reached = set()
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        place, outline = page.evaluate(
            "[[...document.querySelectorAll('*')].indexOf(document.activeElement),"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        if page.evaluate("document.activeElement === document.body"):
            break
        assert outline == "solid"
        reached.add(place)
    assert len(reached) == wanted
    page.context.close()


def test_print_shows_the_numbers_and_drops_the_ways(browser: Browser, site: SiteReport) -> None:
    page, _, _ = visit(browser, (site.site / "index.html").as_uri(), DESK, script=True)
    page.emulate_media(media="print")
    assert not page.locator("header nav").is_visible()
    assert page.locator("#districts-table").is_visible()
    page.context.close()


def test_following_links_from_the_county_to_a_district_and_back_through_a_year(browser: Browser, root: str) -> None:
    page, complaints, _ = visit(browser, root + "index.html", PHONE)
    page.locator("#_districts ~ ul a", has_text="Cedar Unified").click()
    assert page.locator("h1").text_content() == "Cedar Unified"
    page.locator("nav a", has_text="2022-23").click()
    assert "2022-23" in (page.locator(".context").text_content() or "")
    page.locator("header a", has_text="County").click()
    assert page.locator("h1").text_content() == "Los Angeles County"
    assert "2022-23" in (page.locator(".context").text_content() or "")
    assert complaints == []
    page.context.close()


def test_pictures_are_kept_where_asked(browser: Browser, site: SiteReport, tmp_path: Path) -> None:
    """Screenshots for people to look at: all of them where $ATTENDANCE_SCREENSHOTS names a folder, else only two."""
    kept = os.environ.get("ATTENDANCE_SCREENSHOTS")
    folder = Path(kept or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {"county": "index.html", "district": "district/1999002.html", "groups": "student-groups.html"}
    for name, path in paths.items() if kept else [("county", "index.html")]:
        for width, scheme in product((DESK, PHONE), SCHEMES) if kept else [(DESK, "light"), (PHONE, "dark")]:
            page, _, _ = visit(browser, (site.site / path).as_uri(), width, "dark" if scheme == "dark" else "light")
            picture = page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            assert len(picture) > 20_000
            page.context.close()
