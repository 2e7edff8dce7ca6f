"""The built pages: their numbers are the database's, hidden ones stay hidden, and they stand by themselves."""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest

from publishing.definition import Dashboard, DefinitionError, MatrixCard, ScalarCard, SentenceCard, read_dashboards
from publishing.open_data import OpenDataError
from publishing.site import views
from publishing.site.build import SiteReport, render_site

LATEST, EARLIER = "2023-24", "2022-23"
WAITING = "19990029920104"
MONTHS = list(month_name)[1:]


def visited(site: SiteReport, dashboards: Path) -> Iterator[tuple[Path, Dashboard, dict[str, str]]]:
    """Each page with its dashboard and the values of its SQL's parameters, told from its path alone."""
    named = {dashboard.name: dashboard for dashboard in read_dashboards(dashboards)}
    for path in site.pages:
        match = re.fullmatch(r"(?:(\d{4}-\d\d)/)?([a-z-]+)(?:/(\d{7}))?\.html", path)
        assert match, path
        year = match[1] or LATEST
        name = "county" if match[2] == "index" else match[2].replace("-", "_")
        before = f"{int(year[:4]) - 1}-{year[2:4]}"
        values = {"school_year": year, "last_year": before, "district": f"{match[3]}0000000"}
        yield site.site / path, named[name], values


def ask(database: Path, sql: str, values: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The rows of a query on the file itself, past everything that the site does with it."""
    connection = duckdb.connect(str(database), read_only=True)
    used = {name: value for name, value in (values or {}).items() if f"${name}" in sql}
    cursor = connection.execute(sql, used or None)
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    connection.close()
    return rows


def number(text: str) -> Decimal:
    """A number as a page writes it, read back."""
    bare = text.replace(",", "").replace("\N{NO-BREAK SPACE}%", "").replace("\N{MINUS SIGN}", "-").replace("+", "")
    return Decimal(bare)


def read_back(text: str, value: object) -> object:
    """A cell's words as the kind of thing that the database holds."""
    if isinstance(value, date):
        month, day, year = re.fullmatch(r"(\w+) (\d+), (\d+)", text).groups()  # type: ignore[union-attr]
        return date(int(year), MONTHS.index(month) + 1, int(day))
    return number(text) if isinstance(value, (int, Decimal)) else text


def test_there_is_a_page_for_the_county_its_groups_and_each_district_in_each_year(site: SiteReport) -> None:
    districts = [f"district/{code}.html" for code in ("1999001", "1999002", "1999003", "1999004")]
    now = ["index.html", "data-quality.html", *districts, "student-groups.html"]
    assert sorted(site.pages) == sorted(now + [f"{EARLIER}/{path}" for path in now])
    assert site.school_years == (LATEST, EARLIER)


def test_every_number_in_every_table_is_the_databases(
    site: SiteReport, dashboards: Path, database: Path, read_page: Callable[[Path], Any]
) -> None:
    compared = 0
    for path, dashboard, values in visited(site, dashboards):
        document = read_page(path)
        for card in dashboard.cards:
            if isinstance(card, (SentenceCard, ScalarCard, MatrixCard)):
                continue
            rows = ask(database, card.sql, values)
            ident = f"{card.id.replace('_', '-')}-table"
            if not rows:
                assert ident not in document.tables
                continue
            head, *body = document.tables[ident]
            assert len(body) == len(rows)
            assert len(head) == len(card.columns)
            for cells, row in zip(body, rows, strict=True):
                for cell, name in zip(cells, card.columns, strict=True):
                    if row[name] is not None:
                        assert read_back(cell.text, row[name]) == row[name], (path, card.id, name)
                        assert "hidden" not in cell.classes
                        compared += 1
                    else:
                        assert cell.classes & {"hidden", "missing"}, (path, card.id, name, cell)
    assert compared > 2000


def test_every_cell_of_a_matrix_is_the_databases(
    site: SiteReport, dashboards: Path, database: Path, read_page: Callable[[Path], Any]
) -> None:
    compared = 0
    for path, dashboard, values in visited(site, dashboards):
        document = read_page(path)
        for card in dashboard.cards:
            if not isinstance(card, MatrixCard):
                continue
            head, *body = document.tables[f"{card.id.replace('_', '-')}-table"]
            shown = {
                (cells[0].text, across.text): cell.text
                for cells in body
                for across, cell in zip(head[1:], cells[1:], strict=True)
            }
            for row in ask(database, card.sql, values):
                text = shown[row["entity_name"], row["category_name"]]
                if row["chronic_rate"] is None:
                    assert text.startswith("hidden:")
                else:
                    rate, of = text.split(" of ")
                    assert (number(rate), number(of)) == (row["chronic_rate"], row["eligible_enrollment"])
                compared += 1
    assert compared > 100


def test_figures_are_the_databases(
    site: SiteReport, dashboards: Path, database: Path, read_page: Callable[[Path], Any]
) -> None:
    for path, dashboard, values in visited(site, dashboards):
        document = read_page(path)
        for card in dashboard.cards:
            if not isinstance(card, ScalarCard):
                continue
            text = document.texts[card.id.replace("_", "-")]
            (row,) = ask(database, card.sql, values)
            if card.value.format == "count":
                # files, rows and schools: a number that is its own head-count
                assert f"{row[card.value.column]:,}" in text.split()
                continue
            rate, count, of = (row[name] for name in (card.value.column, card.value.count, card.value.of) if name)
            assert f"{rate}\N{NO-BREAK SPACE}% {count:,} of {of:,} students" in text
            if card.compare and card.compare.to == "last_year":
                before = ask(database, card.sql, values | {"school_year": values["last_year"]})
                if not before:
                    assert "There is no figure for a year ago." in text
                else:
                    other = before[0][card.value.column]
                    assert f"a year ago ({other}\N{NO-BREAK SPACE}%)" in text
                    if rate != other:
                        way = "lower" if rate < other else "higher"
                        assert f"{abs(rate - other)}\N{NO-BREAK SPACE}points {way} than" in text


def test_the_countys_page_says_what_a_count_by_hand_says(
    site: SiteReport, database: Path, read_page: Callable[[Path], Any]
) -> None:
    """Independent of the cards' own SQL: the questions are asked again, in other words."""
    document = read_page(site.site / "index.html")
    (county,) = ask(
        database,
        "from open_data.chronic_absence where cds_code = '19000000000000' and reporting_category = 'TA' "
        "and school_year = '2023-24'",
    )
    assert county["chronic_rate"] == Decimal("22.5")
    assert document.texts["finding"] == (
        "More than one in five students (22.5\N{NO-BREAK SPACE}%) missed a tenth of the school year or more, "
        "down from 27.0\N{NO-BREAK SPACE}% a year ago."
    )
    expected = ask(
        database,
        "select entity_name, chronic_rate, chronic_count, eligible_enrollment "
        "from open_data.chronic_absence join open_data.entities using (entity_level, cds_code) "
        "where entity_level = 'district' and reporting_category = 'TA' and school_year = '2023-24' "
        "order by chronic_rate desc",
    )
    shown = [
        (cells[0].text, number(cells[1].text), number(cells[2].text), number(cells[3].text))
        for cells in document.tables["districts-table"][1:]
    ]
    assert shown == [tuple(row.values()) for row in expected]
    assert "attendance from 19 of 20 schools" in document.words
    assert "as of May 31, 2024" in document.words


def test_every_number_in_a_drawing_stands_in_its_table(
    site: SiteReport, dashboards: Path, read_page: Callable[[Path], Any]
) -> None:
    for path, dashboard, _ in visited(site, dashboards):
        document = read_page(path)
        assert bool(document.drawn) == any(card.kind in {"row", "dots", "line"} for card in dashboard.cards)
        for ident, said in document.drawn.items():
            table = {cell.text for row in document.tables[f"{ident}-table"] for cell in row}
            for text in said:
                for rate in re.findall(r"[\d.]+\N{NO-BREAK SPACE}%", text):
                    is_line = re.fullmatch(r"(County|District) [\d.]+\N{NO-BREAK SPACE}%", text)
                    assert rate in table or is_line, (path, ident, text)
                if re.fullmatch(r"[\d,]{2,}", text) and not text.endswith("0"):
                    assert text in table, (path, ident, text)


def test_a_hidden_cell_shows_words_and_never_a_number(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    words = {
        "hidden: 10 or fewer",
        "hidden: protects a small group",
        "hidden by the state",
        "no attendance sent",
    }
    seen: set[str] = set()
    for path in site.pages:
        for rows in read_page(site.site / path).tables.values():
            for cells in rows:
                for cell in cells:
                    if "hidden" in cell.classes:
                        assert cell.text in words
                        seen.add(cell.text)
    assert seen == words


def test_the_page_on_data_quality_names_who_is_silent_and_who_is_late(
    site: SiteReport, read_page: Callable[[Path], Any]
) -> None:
    document = read_page(site.site / "data-quality.html")
    assert document.texts["finding"] == "19 of 20 schools have sent attendance for 2023-24; two are silent."
    shown = [[cell.text for cell in row] for row in document.tables["silent-schools-table"][1:]]
    assert [row[:4] for row in shown] == [
        ["Lakeview Charter", "Alder Unified", "May 31, 2024", "5"],
        ["Willow Elementary", "Birch Elementary", "August 15, 2023", "180"],
    ]
    assert [row[4] for row in shown] == ["May 30, 2024", "no attendance sent"]
    senders = {
        (row[0].text, row[1].text): [cell.text for cell in row[2:]] for row in document.tables["senders-table"][1:]
    }
    assert senders["California Department of Education", "CDE"][:3] == ["never", "nothing sent yet", "year"]
    assert senders["Birch Elementary", "Aeries"] == ["late", "May 26, 2024", "night", "28", "2", "72,196", "0"]


def test_rows_so_few_that_they_may_be_students_are_hidden(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    document = read_page(site.site / "data-quality.html")
    (row,) = [row for row in document.tables["senders-table"][1:] if row[1].text == "Interventions"]
    assert [cell.text for cell in row[-2:]] == ["hidden: 10 or fewer"] * 2


def test_a_school_that_sends_a_year_summary_is_neither_silent_nor_without_absences(
    site: SiteReport, read_page: Callable[[Path], Any]
) -> None:
    document = read_page(site.site / "data-quality.html")
    (row,) = [row for row in document.tables["schools-table"][1:] if row[0].text == "Cedar High"]
    assert {cell.text for cell in row[2:7]} == {"year summary"}


@pytest.fixture(scope="module")
def odd_site(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[Path], Path], dashboards: Path
) -> SiteReport:
    """The site of a county in which much is odd at once."""
    folder = tmp_path_factory.mktemp("odd")
    path = make_database(folder / "county.duckdb")
    writer = duckdb.connect(str(path))
    # A fault upstream: a reason to hide is there, and so is the number.
    writer.execute(
        "update open_data.chronic_absence set eligible_enrollment = 7654321, chronic_count = 6543217, "
        "chronic_rate = 85.5 where suppression_reason is not null"
    )
    writer.execute(
        "update open_data.attendance_bands set students = 7654321, share = 85.5, suppression_reason = 'complement' "
        "where attendance_band = 'severe_chronic'"
    )
    writer.execute(
        "update open_data.intervention_outcomes set rate_before = 85.5, rate_after = 85.5, students_measured = 7654321 "
        "where suppression_reason is not null"
    )
    writer.execute(
        "update open_data.deliveries set rows_loaded = 7654321, rows_rejected = 6543217 "
        "where suppression_reason is not null"
    )
    # A district with a name that looks like markup, and with year summaries only.
    writer.execute(
        "update open_data.entities set entity_name = '<script>alert(1)</script>' where cds_code = '19990030000000'"
    )
    writer.execute(
        "update open_data.submissions set complete_through = null, latest_complete_through = null "
        "where cds_code = '19990030000000'"
    )
    # A district that began in the latest year, of which nothing but its rates has arrived.
    for table in ("chronic_absence", "attendance_bands", "submissions", "intervention_outcomes", "school_climate"):
        writer.execute(
            f"delete from open_data.{table} where cds_code like '1999004%' "
            "and (school_year = '2022-23' or 'TABLE' <> 'chronic_absence')".replace("TABLE", table)
        )
    # The state has published one year of two.
    writer.execute("delete from open_data.published_chronic_absence where school_year = '2023-24'")
    writer.close()
    return render_site(path, folder / "site", dashboards)


def test_a_hidden_figure_reaches_no_page_even_if_the_database_still_holds_it(odd_site: SiteReport) -> None:
    for page in odd_site.pages:
        text = (odd_site.site / page).read_text(encoding="utf-8")
        for figure in ("7,654,321", "7654321", "6,543,217", "85.5"):
            assert figure not in text, (page, figure)


def test_a_school_that_never_submitted_is_shown_as_such(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    document = read_page(site.site / "district" / f"{WAITING[:7]}.html")
    (cells,) = [cells for cells in document.tables["schools-table"] if cells[0].text == "Willow Elementary"]
    assert {cell.text for cell in cells if "hidden" in cell.classes} == {"no attendance sent"}
    assert "Willow Elementary has sent no attendance." in document.words
    assert "no attendance sent" in document.drawn["schools"]
    assert "Willow Elementary no attendance sent" in document.drawings[0]["desc"]


def test_each_drawing_has_a_title_and_says_what_it_finds(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    for path in site.pages:
        document = read_page(site.site / path)
        idents = [drawing["aria-labelledby"] for drawing in document.drawings]
        assert len(idents) == len(set(idents))
        for drawing in document.drawings:
            assert drawing["role"] == "img"
            assert drawing["title"]
            # The finding, then what is drawn.
            assert re.search(r"\. (Bars|Dots|Lines)\b.+[\d]", drawing["desc"]), drawing["desc"]
            assert document.texts[drawing["aria-labelledby"]] == drawing["title"]


def test_each_drawing_has_its_data_as_a_real_table(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    for path in site.pages:
        document = read_page(site.site / path)
        assert {f"{ident}-table" for ident in document.drawn} <= set(document.tables)
        for ident, rows in document.tables.items():
            assert document.captions[ident]
            head, *body = rows
            assert all(cell.tag == "th" and cell.scope == "col" and cell.text for cell in head)
            for cells in body:
                assert (cells[0].tag, cells[0].scope) == ("th", "row")
                assert all(cell.tag == "td" and cell.text for cell in cells[1:])
                assert len(cells) == len(head)


def test_headings_are_in_order_and_ids_are_unique(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    for path in site.pages:
        document = read_page(site.site / path)
        levels = [level for level, _ in document.headings]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        named = {
            name
            for _, attributes in document.elements
            for key in ("aria-labelledby", "aria-describedby")
            for name in attributes.get(key, "").split()
        }
        assert named <= set(ids)


def test_pages_have_no_script_and_ask_for_nothing_outside(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    for path in site.pages:
        page = site.site / path
        for tag, attributes in read_page(page).elements:
            assert tag not in {"script", "iframe", "object", "embed", "img", "video", "audio", "base", "form"}
            assert not [name for name in attributes if name.startswith("on")]
            for name in ("href", "src", "srcset", "action", "data", "poster", "xlink:href"):
                if name not in attributes:
                    continue
                parts = urlsplit(attributes[name])
                assert parts.scheme in {"", "data"}, attributes[name]
                assert not parts.netloc
                if parts.scheme == "" and parts.path:
                    assert (page.parent / parts.path).is_file(), (path, attributes[name])
            assert "url(http" not in attributes.get("style", "")
    style = (site.site / "style.css").read_text(encoding="utf-8")
    assert "@import" not in style
    assert "url(" not in style


def test_links_lead_to_every_page(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    found, waiting = set(), ["index.html"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        page = site.site / path
        for tag, attributes in read_page(page).elements:
            if tag == "a" and not attributes["href"].startswith("#"):
                target = (page.parent / attributes["href"]).resolve()
                waiting.append(target.relative_to(site.site.resolve()).as_posix())
    assert found == set(site.pages)


def test_each_page_tells_its_day_its_rule_and_its_source(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    for path in site.pages:
        words = read_page(site.site / path).words
        for said in (
            "as of ",
            "How this is counted",
            "missing 10\N{NO-BREAK SPACE}% or more of the days",
            "that is 18 days or more",
            "fewer than 31 days",
            "Source of the rule: CDE DataQuest.",
            "Source of the figures:",
            "The students on these pages are invented.",
        ):
            assert said in words, (path, said)


def test_pages_of_real_students_carry_no_banner(early_site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    for path in early_site.pages:
        assert "invented" not in read_page(early_site.site / path).words


def test_where_the_state_has_published_nothing_the_page_says_so(
    early_site: SiteReport, read_page: Callable[[Path], Any]
) -> None:
    county = read_page(early_site.site / "index.html").words
    assert "The state's figures for 2023-24 are not here yet." in county
    assert "The state's published figures are missing: none have been loaded." in county
    groups = read_page(early_site.site / "student-groups.html").words
    assert "The state's published figures for 2023-24 are not here yet." in groups


def test_where_the_state_published_one_year_only_the_page_says_which_is_missing(
    odd_site: SiteReport, read_page: Callable[[Path], Any]
) -> None:
    assert "The state's figures for 2023-24 are missing here." in read_page(odd_site.site / "index.html").words


def test_interventions_are_followed_by_and_never_caused(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    words = read_page(site.site / "index.html").words
    assert "kinds of help were followed by fewer days missed" in words
    assert "Followed by, not caused by." in words
    assert "An association all the same." in words
    assert not re.search(r"\b(cause[sd]?|thanks to|because of|led to|effect of)\b", words.replace("not caused by", ""))


def test_a_district_of_year_summaries_has_no_day(odd_site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    words = read_page(odd_site.site / "district" / "1999003.html").words
    assert "from year summaries" in words
    assert "as of" not in words
    rows = read_page(odd_site.site / "index.html").tables["submissions-table"]
    (cells,) = [cells for cells in rows if cells[3].text == "year summary"]
    assert [cell.text for cell in cells[1:]] == ["5", "5", "year summary", "year summary"]


def test_the_same_data_give_the_same_bytes(site: SiteReport, database: Path, dashboards: Path, tmp_path: Path) -> None:
    again = render_site(database, tmp_path / "again", dashboards)
    assert again.digest == site.digest
    for path in site.pages:
        assert (again.site / path).read_bytes() == (site.site / path).read_bytes()


def test_a_page_is_small_enough_for_a_phone(site: SiteReport) -> None:
    style = (site.site / "style.css").stat().st_size
    for path in site.pages:
        assert (site.site / path).stat().st_size + style < 300_000


def test_a_district_with_next_to_no_data_has_pages_that_say_so(
    odd_site: SiteReport, read_page: Callable[[Path], Any]
) -> None:
    now = read_page(odd_site.site / "district" / "1999004.html")
    assert "There is no figure for a year ago." in now.words
    assert "no school has sent attendance" in now.words
    assert "Dogwood Union High has sent no record of help" in now.words
    before = read_page(odd_site.site / "2022-23" / "district" / "1999004.html")
    assert before.texts["finding"] == "There is no rate for Dogwood Union High in 2022-23."
    assert "There are no figures for student groups of Dogwood Union High in 2022-23." in before.words


def test_names_from_the_data_stay_text(odd_site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    for page in odd_site.pages:
        document = read_page(odd_site.site / page)
        assert "script" not in {tag for tag, _ in document.elements}
        assert "<script>alert(1)</script>" in document.words


def test_a_reason_without_words_stops_the_build(
    tmp_path: Path, make_database: Callable[[Path], Path], dashboards: Path
) -> None:
    path = make_database(tmp_path / "county.duckdb")
    writer = duckdb.connect(str(path))
    writer.execute(
        "update open_data.chronic_absence set suppression_reason = 'mystery' where suppression_reason is not null"
    )
    writer.close()
    with pytest.raises(KeyError, match=r"en\.yml has no text hidden\.mystery\. Add it\."):
        render_site(path, tmp_path / "site", dashboards)


def test_a_county_without_any_rate_is_not_a_site(
    tmp_path: Path, make_database: Callable[[Path], Path], dashboards: Path
) -> None:
    path = make_database(tmp_path / "county.duckdb")
    writer = duckdb.connect(str(path))
    writer.execute("update open_data.chronic_absence set chronic_rate = null where entity_level = 'county'")
    writer.close()
    with pytest.raises(OpenDataError, match="has no school year with a rate for the county"):
        render_site(path, tmp_path / "site", dashboards)


def test_a_sentence_that_cannot_be_said_names_its_card(own_dashboards: Path, database: Path, tmp_path: Path) -> None:
    county = own_dashboards / "county.yml"
    county.write_text(county.read_text().replace("{{ fraction(chronic_rate)", "{{ fraction(chronic_rat)"))
    with pytest.raises(DefinitionError, match=r"county\.yml, card finding: the text .* 'chronic_rat' is undefined"):
        render_site(database, tmp_path / "site", own_dashboards)


def test_dashboards_that_are_not_public_have_no_page(own_dashboards: Path, database: Path, tmp_path: Path) -> None:
    districts = own_dashboards / "district.yml"
    districts.write_text(districts.read_text().replace("audience: public", "audience: county"))
    report = render_site(database, tmp_path / "site", own_dashboards)
    assert not [path for path in report.pages if "district" in path]
    assert "district/" not in (report.site / "index.html").read_text()


def test_of_very_many_rows_a_chart_draws_the_first_and_the_table_has_all(
    own_dashboards: Path,
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_page: Callable[[Path], Any],
) -> None:
    monkeypatch.setattr(views, "_MOST_MARKS", 3)
    for name in ("district", "student_groups"):
        file = own_dashboards / f"{name}.yml"
        file.write_text(file.read_text().replace("audience: public", "audience: county"))
    document = read_page(render_site(database, tmp_path / "site", own_dashboards).site / "index.html")
    assert "3 of 4 are drawn; all are in the table" in document.words
    assert "Birch Elementary" not in document.drawn["districts"]
    assert len(document.tables["districts-table"]) == 1 + 4


def test_the_style_sheet_dresses_only_what_pages_have(
    site: SiteReport, early_site: SiteReport, odd_site: SiteReport, read_page: Callable[[Path], Any]
) -> None:
    style = re.sub(r"/\*.*?\*/", "", (site.site / "style.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    dressed = set(re.findall(r"\.([a-z][a-z-]*)", style))
    worn = {
        name
        for one in (site, early_site, odd_site)
        for path in one.pages
        for _, attributes in read_page(one.site / path).elements
        for name in attributes.get("class", "").split()
    }
    # of a chart with more rows than are drawn
    assert dressed - worn == {"rest"}


def test_a_site_needs_its_front_page(own_dashboards: Path, database: Path, tmp_path: Path) -> None:
    (own_dashboards / "county.yml").unlink()
    with pytest.raises(DefinitionError, match=r"no public dashboard county\.yml, which is the front page"):
        render_site(database, tmp_path / "site", own_dashboards)


def test_a_folder_that_is_in_use_is_not_written_over(database: Path, dashboards: Path, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    with pytest.raises(FileExistsError):
        render_site(database, tmp_path, dashboards)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_ink_and_marks_stand_out_from_the_paper_by_day_and_by_night(site: SiteReport) -> None:
    style = (site.site / "style.css").read_text(encoding="utf-8")
    day, night = (
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    )
    for palette in (day, day | night):
        for words in ("ink", "muted", "accent"):
            assert contrast(palette[words], palette["paper"]) >= 4.5, words
        for words in ("ink", "muted"):
            assert contrast(palette[words], palette["faint"]) >= 4.5, words
        for marks in ("accent", "mark"):
            assert contrast(palette[marks], palette["paper"]) >= 3, marks
