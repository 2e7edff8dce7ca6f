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


def test_the_page_on_data_quality_says_the_ledgers_figures(county: County, page: Page) -> None:
    page.goto((county.settings.site / "index.html").as_uri())
    page.get_by_role("link", name="Data quality").first.click()
    said = page.inner_text("main")
    (sent,) = county.ask(
        "select schools_enrolling, schools_submitted, schools_silent from marts.submissions"
        " where entity_level = 'county' and school_year = '2023-24'"
    )
    assert f"{sent['schools_submitted']} of {sent['schools_enrolling']} schools have sent attendance" in said
    assert sent["schools_silent"] == 1
    assert page.inner_text("#silent-schools-table tbody th") == "Willow Elementary"
    (ledger,) = county.ask(
        "select sum(rows_loaded) as loaded, sum(rows_rejected) as rejected from marts.deliveries"
        " where standing = 'in_use'"
    )
    assert f"{ledger['rejected']:,}" in page.inner_text("#rejected").split()
    assert f"of {ledger['loaded'] + ledger['rejected']:,} rows" in page.inner_text("#rejected")
    systems = {row.inner_text() for row in page.locator("#senders-table td[data-column=system_name]").all()}
    assert systems >= {"Aeries", "PowerSchool", "Infinite Campus", "Synergy", "CALPADS", "CHKS"}


def test_every_system_serves_at_least_two_districts_and_none_is_late(county: County, page: Page) -> None:
    page.goto((county.settings.site / "data-quality.html").as_uri())
    rows = [
        (row.locator("td[data-column=system_name]").inner_text(), row.locator("td[data-column=in_time]").inner_text())
        for row in page.locator("#senders-table tbody tr").all()
    ]
    named = [system for system, _ in rows]
    for system in ("Aeries", "PowerSchool", "Infinite Campus", "Synergy"):
        assert named.count(system) >= 2
    assert {in_time for _, in_time in rows} == {"yes"}


def test_nothing_is_wider_than_a_phone(county: County, page: Page) -> None:
    for name in ("index.html", "data-quality.html"):
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto((county.settings.site / name).as_uri())
        width = page.locator("html").bounding_box()
        assert width is not None
        assert width["width"] <= 390
        main = page.locator("main").bounding_box()
        assert main is not None
        assert main["x"] + main["width"] <= 390
