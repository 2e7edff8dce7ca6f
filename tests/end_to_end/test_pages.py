"""The pages that `attendance run` made, as a reader's browser shows them, against the warehouse they came from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.end_to_end.conftest import County

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.browser


@pytest.fixture
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser.new_page(viewport={"width": 375, "height": 800}, java_script_enabled=False)
        browser.close()


def total(county: County, cds_code: str) -> dict[str, object]:
    (row,) = county.ask(
        "select chronic_rate, chronic_count, eligible_enrollment from open_data.chronic_absence"
        f" where cds_code = '{cds_code}' and school_year = '2023-24' and reporting_category = 'TA'"
    )
    return row


def test_the_county_page_says_the_warehouses_figures_and_the_states(county: County, page: Page) -> None:
    page.goto((county.settings.site / "index.html").as_uri())
    said = page.inner_text("body")
    row = total(county, "19000000000000")
    assert f"{row['chronic_rate']}" in said
    assert f"{row['chronic_count']:,} of {row['eligible_enrollment']:,} students" in said
    assert "invented" in said
    for state in county.ask(
        "select chronic_count, eligible_enrollment from open_data.published_chronic_absence"
        " where entity_level = 'state' and school_year = '2023-24' and reporting_category = 'TA'"
    ):
        assert f"{state['chronic_count']:,} of {state['eligible_enrollment']:,} students" in said


def test_every_district_is_a_click_away_and_says_its_own_figures(county: County, page: Page) -> None:
    for code, name in (("1999001", "Alder Unified"), ("1999002", "Birch Elementary"), ("1999003", "Cedar Unified")):
        page.goto((county.settings.site / "index.html").as_uri())
        page.get_by_role("link", name=name).first.click()
        assert page.inner_text("h1") == name
        row = total(county, f"{code}0000000")
        assert f"{row['chronic_count']:,} of {row['eligible_enrollment']:,} students" in page.inner_text("body")


def test_the_silent_school_is_named_and_has_no_rate(county: County, page: Page) -> None:
    page.goto((county.settings.site / "index.html").as_uri())
    page.get_by_role("link", name="Birch Elementary").first.click()
    assert "Willow Elementary has sent no attendance" in page.inner_text("body")
