"""The pages of the project's own dashboards that `attendance run` made: in a browser, and beside the warehouse."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from attendance.settings import PROJECT
from publishing.definition import Dashboard, read_dashboards
from tests.end_to_end.conftest import County
from tests.publishing.browsing import DESK, PHONE, Scheme, faults, open_browser, shot, visit
from tests.publishing.built import compare

pytestmark = pytest.mark.browser

PUBLIC = [one for one in read_dashboards(PROJECT / "dashboards") if one.audience == "public"]
BY_NAME = pytest.mark.parametrize("dashboard", PUBLIC, ids=[one.name for one in PUBLIC])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


def pages_of(county: County, dashboard: Dashboard) -> list[Path]:
    """A dashboard's pages of the latest year in English: one, or one for each place."""
    name = dashboard.name.replace("_", "-")
    if dashboard.for_each != "none":
        return sorted((county.settings.site / name).glob("*.html"))
    return [county.settings.site / ("index.html" if dashboard.name == "county" else f"{name}.html")]


def in_spanish(county: County, page: Path) -> Path:
    return county.settings.site / "es" / page.relative_to(county.settings.site)


def total(county: County, cds_code: str) -> dict[str, object]:
    (row,) = county.ask(
        "select chronic_rate, chronic_count, eligible_enrollment from open_data.chronic_absence"
        f" where cds_code = '{cds_code}' and school_year = '2023-24' and reporting_category = 'TA'"
    )
    return row


def test_every_number_of_every_page_and_of_all_that_can_be_taken_is_the_warehouses(county: County) -> None:
    """Each page in each language, each csv and workbook, against the SQL of its cards on the published warehouse."""
    compared = compare(county.settings.site, PROJECT / "dashboards", county.settings.warehouse)
    assert compared.wrong[:20] == []
    assert min(compared.cells, compared.csv, compared.workbooks) > 10_000


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are kept: the folder that $ATTENDANCE_SCREENSHOTS names, else pytest's own."""
    folder = Path(os.environ.get("ATTENDANCE_SCREENSHOTS") or tmp_path_factory.mktemp("pictures"))
    print(f"Pictures of the dashboards are kept in {folder}")
    return folder


@BY_NAME
def test_each_dashboard_opens_without_complaint_and_is_kept_as_pictures(
    county: County, browser: Browser, dashboard: Dashboard, pictures: Path
) -> None:
    """In English on a desk by day, in Spanish on a phone by night."""
    page = pages_of(county, dashboard)[0]
    root = county.settings.site.resolve().as_uri()
    views: list[tuple[Path, int, Scheme]] = [(page, DESK, "light"), (in_spanish(county, page), PHONE, "dark")]
    for file, width, scheme in views:
        with visit(browser, file.resolve().as_uri(), width, scheme) as opened:
            assert opened.complaints == []
            assert all(url.startswith(root) for url in opened.asked)
            assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
            assert shot(opened.page, pictures, f"{dashboard.name}-{width}-{scheme}").stat().st_size > 20_000


@BY_NAME
def test_axe_finds_nothing_on_any_dashboard(county: County, browser: Browser, dashboard: Dashboard) -> None:
    assert faults(browser, pages_of(county, dashboard)[0].resolve().as_uri()) == []


def test_the_county_page_says_the_warehouses_figures_and_the_states(county: County, browser: Browser) -> None:
    with visit(browser, (county.settings.site / "index.html").as_uri(), PHONE, script=False) as opened:
        said = opened.page.inner_text("body")
    row = total(county, "19000000000000")
    assert f"{row['chronic_rate']}" in said
    assert f"{row['chronic_count']:,} of {row['eligible_enrollment']:,} students" in said
    assert "invented" in said


def test_every_place_is_found_by_its_name_and_says_its_own_figures(county: County, browser: Browser) -> None:
    for code, name in (("19990010000000", "Alder Unified"), ("19990030000000", "Cedar Unified")):
        with visit(browser, (county.settings.site / "index.html").as_uri()) as opened:
            page = opened.page
            page.get_by_role("combobox", name="Find a district or school").focus()
            page.keyboard.type(name.lower())
            page.get_by_role("option", name=name).first.wait_for()
            page.keyboard.press("Enter")
            page.wait_for_url(f"**/district/{code[:7]}.html")
            assert page.inner_text("h1") == name
            row = total(county, code)
            assert f"{row['chronic_count']:,} of {row['eligible_enrollment']:,} students" in page.inner_text("body")


def test_there_is_a_page_for_each_district_and_school(county: County) -> None:
    places = {"none": 1} | {
        row["entity_level"]: row["places"]
        for row in county.ask("select entity_level, count(*) as places from open_data.entities group by 1")
    }
    for dashboard in PUBLIC:
        assert len(pages_of(county, dashboard)) == places[dashboard.for_each], dashboard.name
