"""The built pages: their numbers are the database's, hidden ones stay hidden, and they stand by themselves."""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import zipfile
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
import python_calamine

from publishing.definition import DefinitionError
from publishing.open_data import OpenDataError
from publishing.site import build, figures
from publishing.site import cells as cells_of_tables
from publishing.site.build import SiteReport, render_site
from publishing.site.words import read_texts
from tests.publishing.built import compare, number

LATEST, EARLIER = "2023-24", "2022-23"
WAITING = "19990029920104"


def ask(database: Path, sql: str, values: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The rows of a query on the file itself, past everything that the site does with it."""
    connection = duckdb.connect(str(database), read_only=True)
    used = {name: value for name, value in (values or {}).items() if f"${name}" in sql}
    cursor = connection.execute(sql, used or None)
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    connection.close()
    return rows


FOLDERS = ("", "es/")


def files(site: SiteReport) -> list[str]:
    """The path of every page of a dashboard, in both languages."""
    return [folder + path for folder in FOLDERS for path in site.pages]


def test_there_is_a_page_for_the_county_each_district_and_school_each_year_and_value(site: SiteReport) -> None:
    districts = [f"district/{code}.html" for code in ("1999001", "1999002", "1999003", "1999004")]
    yearly = ["index.html", "data-quality.html", *districts, "student-groups.html"]
    chosen = ["category-SE", "category-SE.level-High", "level-High"]
    schools = [path for path in site.pages if path.startswith("school/")]
    assert sorted(set(site.pages) - set(schools)) == sorted(
        yearly + [f"{EARLIER}/{path}" for path in yearly] + ["kinds.html"] + [f"kinds/{value}.html" for value in chosen]
    )
    assert len(schools) == 20
    assert all((site.site / path).is_file() for path in files(site))
    assert site.school_years == (LATEST, EARLIER)


def test_every_number_of_every_page_and_of_all_that_can_be_taken_is_the_databases(
    site: SiteReport, dashboards: Path, database: Path
) -> None:
    compared = compare(site.site, dashboards, database)
    assert compared.wrong == []
    assert compared.cells > 15_000
    assert compared.csv > 5_000
    assert compared.workbooks > 10_000
    assert min(compared.figures, compared.sentences) > 100
    assert compared.drawings > 1_000
    assert compared.rest == 32


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
    tmp_path_factory: pytest.TempPathFactory,
    make_database: Callable[[Path], Path],
    some_dashboards: Callable[..., Path],
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
        "update open_data.intervention_outcomes set comparison_students = 7654321, matched_difference = 85.5 "
        "where matched_suppression_reason is not null"
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
    return render_site(path, folder / "site", some_dashboards("county", "district", "data_quality", "kinds"))


def test_a_hidden_figure_reaches_no_file_even_if_the_database_still_holds_it(odd_site: SiteReport) -> None:
    looked = set()
    for file in odd_site.site.rglob("*"):
        if file.suffix in {".html", ".csv", ".js"}:
            texts = [file.read_text(encoding="utf-8")]
        elif file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as book:
                texts = [book.read(name).decode() for name in book.namelist()]
        else:
            continue
        looked.add(file.suffix)
        for text in texts:
            # 85.5 may be a place in a drawing
            for figure in (
                "7,654,321",
                "7654321",
                "6,543,217",
                "6543217",
                "85.5\N{NO-BREAK SPACE}%",
                ",85.5",
                ">85.5<",
            ):
                assert figure not in text, (file, figure)
    assert looked == {".html", ".csv", ".js", ".xlsx"}


def test_a_school_that_never_submitted_is_shown_as_such(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    document = read_page(site.site / "district" / f"{WAITING[:7]}.html")
    (cells,) = [cells for cells in document.tables["schools-table"] if cells[0].text == "Willow Elementary"]
    assert {cell.text for cell in cells if "hidden" in cell.classes} == {"no attendance sent"}
    assert "Willow Elementary has sent no attendance." in document.words
    assert "no attendance sent" in document.drawn["schools"]
    assert "Willow Elementary no attendance sent" in document.drawings[0]["desc"]


def test_no_cell_says_that_a_district_that_sent_nothing_has_no_students(
    database: Path, some_dashboards: Callable[..., Path], read_page: Callable[[Path], Any], tmp_path: Path
) -> None:
    silent = tmp_path / "silent.duckdb"
    shutil.copy(database, silent)
    with duckdb.connect(str(silent)) as writer:
        writer.execute(
            "delete from open_data.chronic_absence where cds_code = '19990040000000' and school_year = '2023-24' "
            "and reporting_category <> 'TA'"
        )
        writer.execute(
            "update open_data.chronic_absence set eligible_enrollment = null, chronic_count = null, "
            "chronic_rate = null, submission_status = 'not_submitted' "
            "where cds_code = '19990040000000' and school_year = '2023-24'"
        )
    report = render_site(silent, tmp_path / "site", some_dashboards("county", "district", "student_groups"))
    page = read_page(report.site / "student-groups.html")
    (cells,) = [row for row in page.tables["programs-by-district-table"] if row[0].text == "Dogwood Union High"]
    assert {cell.text for cell in cells[1:]} == {"no attendance sent"}


def test_each_drawing_has_a_title_and_says_what_it_finds(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    for path in site.pages:
        document = read_page(site.site / path)
        idents = [drawing["aria-labelledby"] for drawing in document.drawings]
        assert len(idents) == len(set(idents))
        for drawing in document.drawings:
            assert drawing["role"] == "img"
            assert drawing["title"]
            # The finding, then what is drawn.
            kinds = "Bars|Dots|Lines|A calendar|A map|Points"
            assert re.search(rf"\. ({kinds})\b.+\d", drawing["desc"]), drawing["desc"]
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


def test_pages_ask_for_nothing_outside_and_hold_no_script_of_their_own(
    site: SiteReport, read_page: Callable[[Path], Any]
) -> None:
    for path in files(site):
        page = site.site / path
        for tag, attributes in read_page(page).elements:
            assert tag not in {"style", "iframe", "object", "embed", "img", "video", "audio", "base"}
            if tag == "script":
                assert posixpath.basename(attributes["src"]) == "site.js"
                assert "defer" in attributes
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
            for name in ("href", "src", "srcset", "action", "data", "poster", "xlink:href", "data-rest", "data-source"):
                if name not in attributes:
                    continue
                parts = urlsplit(attributes[name])
                assert parts.scheme in {"", "data"}, attributes[name]
                assert not parts.netloc
                if parts.scheme == "" and parts.path:
                    assert (page.parent / parts.path).is_file(), (path, attributes[name])
    style = (site.site / "style.css").read_text(encoding="utf-8")
    assert "@import" not in style
    assert "url(" not in style
    # the name of a kind of drawing is no address
    script = (site.site / "site.js").read_text(encoding="utf-8")
    assert not re.search(r"https?:|\beval\b|new Function|innerHTML|document\.write|\bfetch\(", script)


def test_links_lead_to_every_page_in_both_languages(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    found, waiting = set(), ["index.html"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        page = site.site / path
        for tag, attributes in read_page(page).elements:
            target = attributes.get("href", "").partition("#")[0]
            if tag == "a" and target.endswith(".html"):
                waiting.append((page.parent / target).resolve().relative_to(site.site.resolve()).as_posix())
    assert found == {*files(site), "places.html", "es/places.html"}


def test_each_page_leads_to_itself_in_the_other_language(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    for path in [*files(site), "places.html", "es/places.html"]:
        elements = read_page(site.site / path).elements
        here, there = ("es", "en") if path.startswith("es/") else ("en", "es")
        other = path.removeprefix("es/") if here == "es" else f"es/{path}"
        assert next(given["lang"] for tag, given in elements if tag == "html") == here
        (link,) = [given for tag, given in elements if tag == "a" and given.get("hreflang")]
        assert (link["lang"], link["hreflang"]) == (there, there)
        target = (site.site / path).parent / link["href"]
        assert target.resolve() == (site.site / other).resolve()
        assert {given["hreflang"] for tag, given in elements if tag == "link" and "hreflang" in given} == {"en", "es"}


def test_a_page_in_spanish_says_nothing_in_english(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    english = read_texts("en").entries
    spanish = set(read_texts("es").entries.values())
    said = [
        text
        for key, text in english.items()
        if isinstance(text, str) and len(text) > 12 and "{" not in text and text not in spanish
        # the way to the other language is in that language
        if key != "site.other_language"
    ]
    for path in site.pages:
        words = read_page(site.site / "es" / path).words
        assert [text for text in said if text in words] == [], path
    county = read_page(site.site / "es" / "index.html")
    assert county.texts["finding"] == (
        "Más de uno de cada cinco estudiantes (22.5\N{NO-BREAK SPACE}%) faltó a una décima parte del año escolar o "
        "más, por debajo del 27.0\N{NO-BREAK SPACE}% de hace un año."
    )
    assert "al 31 de mayo de 2024" in county.words
    assert "Aprendices de inglés" not in county.words
    assert "Estudiantes aprendices de inglés" in county.words


def test_filters_lead_to_the_page_of_each_value(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    document = read_page(site.site / "kinds" / "category-SE.html")
    options = [
        given for tag, given in document.elements if tag == "option" and given.get("value", "").endswith(".html")
    ]
    assert [option["value"] for option in options] == [
        "../kinds.html",
        "category-SE.html",
        "category-SE.html",
        "category-SE.level-High.html",
    ]
    assert [option["value"] for option in options if "selected" in option] == ["category-SE.html"] * 2
    links = {given["href"] for tag, given in document.elements if tag == "a"}
    assert {"../kinds.html", "category-SE.level-High.html"} <= links


def test_tabs_are_sections_with_a_way_to_each(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    document = read_page(site.site / "kinds.html")
    ids = {given["id"] for _, given in document.elements if "id" in given}
    ways = [given["href"] for tag, given in document.elements if tag == "a" and given["href"].startswith("#_tab")]
    assert ways == ["#_tab-now", "#_tab-where"]
    assert {way[1:] for way in ways} <= ids
    assert [text for level, text in document.headings if level == 2][:2] == ["Now", "Where"]


def test_the_page_of_all_places_has_each_district_and_school(
    site: SiteReport, read_page: Callable[[Path], Any]
) -> None:
    for folder in FOLDERS:
        document = read_page(site.site / folder / "places.html")
        links = {given["href"] for tag, given in document.elements if tag == "a"}
        assert {path for path in site.pages if re.match(r"(district|school)/", path)} <= links
        assert [text for level, text in document.headings if level == 2] == ["A", "B", "C", "D"]


def test_the_search_knows_each_place_with_its_page(site: SiteReport) -> None:
    text = (site.site / "search.js").read_text(encoding="utf-8")
    places = json.loads(text.removeprefix('attendance.give("places", ').removesuffix(");\n"))
    assert places[0] == ["Los Angeles County", "index.html"]
    assert ["Alder Unified", "district/1999001.html"] in places
    assert ["Mesa Elementary", "school/19990039930103.html", "Cedar Unified"] in places
    assert len(places) == 25
    assert all((site.site / folder / path).is_file() for _, path, *_ in places for folder in FOLDERS)


def test_a_school_leads_up_to_its_district_and_the_county(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    document = read_page(site.site / "school" / "19990039930103.html")
    ways = [given["href"] for tag, given in document.elements if tag == "a"]
    assert ways.index("../index.html") < ways.index("../district/1999003.html")
    assert document.texts["finding"].startswith("Nearly three in ten") or "students (30." in document.texts["finding"]
    assert "as of" not in document.words
    assert "from year summaries" in document.words


def test_what_a_workbook_says_of_itself(site: SiteReport) -> None:
    for folder, sheet, rule in (("", "Definitions", "The rule"), ("es/", "Definiciones", "La regla")):
        book = python_calamine.CalamineWorkbook.from_path(str(site.site / folder / "data/district/1999001.xlsx"))
        assert book.sheet_names[0] == sheet
        told = {str(row[0]): str(row[1]) for row in book.get_sheet_by_name(sheet).to_python() if row}
        assert "Alder Unified (19990010000000)" in told.values()
        assert "2023-24" in told.values()
        assert "10\N{NO-BREAK SPACE}%" in told[rule]
    lines = (site.site / "data/student-groups-definitions.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("csv,column,card_en,label_en,unit_en,note_en,card_es")
    assert any(line.startswith("programs.csv,chronic_rate,") and "Con ausentismo crónico" in line for line in lines)


def test_a_long_table_shows_its_first_rows_and_has_the_rest_beside(
    some_dashboards: Callable[..., Path],
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_page: Callable[[Path], Any],
) -> None:
    monkeypatch.setattr(cells_of_tables, "MOST_ROWS", 3)
    folder = some_dashboards("county", "data_quality")
    report = render_site(database, tmp_path / "site", folder)
    document = read_page(report.site / "data-quality.html")
    assert len(document.tables["schools-table"]) == 1 + 3
    assert "3 of 20 rows are shown here; all are in the csv" in document.words
    compared = compare(report.site, folder, database)
    assert compared.wrong == []
    assert compared.rest > 20


def test_each_page_tells_its_day_its_rule_and_its_source(site: SiteReport, read_page: Callable[[Path], Any]) -> None:
    for path in site.pages:
        words = read_page(site.site / path).words
        assert "as of " in words or "from year summaries" in words or "sent no attendance" in words, path
        for said in (
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


def test_the_same_data_give_the_same_bytes_however_many_processes_render_them(
    database: Path, some_dashboards: Callable[..., Path], tmp_path: Path
) -> None:
    folder = some_dashboards("county", "kinds")
    one, other = (render_site(database, tmp_path / str(count), folder, processes=count) for count in (1, 2))
    assert one.digest == other.digest
    assert one.pages == other.pages


def test_the_work_says_how_far_it_has_come(
    database: Path, some_dashboards: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_FEW", 2)
    said: list[str] = []
    render_site(database, tmp_path / "site", some_dashboards("county"), said.append, processes=1)
    assert re.fullmatch(r"2 of 2 pages in \d+ s", said[-1])


def test_a_first_view_is_small_enough_for_a_phone(site: SiteReport) -> None:
    beside = sum((site.site / name).stat().st_size for name in ("style.css", "site.js"))
    for path in [*files(site), "places.html"]:
        assert (site.site / path).stat().st_size + beside < 300_000


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
    for page in ("index.html", "es/index.html", "district/1999003.html", "places.html"):
        document = read_page(odd_site.site / page)
        assert all(given.get("src") for tag, given in document.elements if tag == "script")
        assert "<script>alert(1)</script>" in document.words, page
    assert "</script" not in (odd_site.site / "404.html").read_text()


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


def test_dashboards_that_are_not_public_have_no_page(
    some_dashboards: Callable[..., Path], database: Path, tmp_path: Path
) -> None:
    folder = some_dashboards("county", "district")
    districts = folder / "district.yml"
    districts.write_text(districts.read_text().replace("audience: public", "audience: county"))
    report = render_site(database, tmp_path / "site", folder)
    assert not [path for path in report.pages if "district" in path]
    assert "district/" not in (report.site / "index.html").read_text()


def test_of_very_many_rows_a_chart_draws_the_first_and_the_table_has_all(
    some_dashboards: Callable[..., Path],
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_page: Callable[[Path], Any],
) -> None:
    monkeypatch.setattr(figures, "MOST_MARKS", 3)
    folder = some_dashboards("county", "district")
    (folder / "district.yml").write_text(
        (folder / "district.yml").read_text().replace("audience: public", "audience: county")
    )
    document = read_page(render_site(database, tmp_path / "site", folder).site / "index.html")
    assert "3 of 4 are drawn; all are in the table" in document.words
    assert "Birch Elementary" not in document.drawn["districts"]
    assert len(document.tables["districts-table"]) == 1 + 4


def test_the_style_sheet_dresses_only_what_pages_have(
    site: SiteReport, odd_site: SiteReport, read_page: Callable[[Path], Any]
) -> None:
    written = (Path(build.__file__).parent / "style.css").read_text(encoding="utf-8")
    style = re.sub(r"/\*.*?\*/", "", written, flags=re.DOTALL)
    dressed = set(re.findall(r"\.([a-z][a-z0-9-]*)", style))
    worn = {
        name
        for one in (site, odd_site)
        for path in [*one.pages, "places.html"]
        for _, attributes in read_page(one.site / path).elements
        for name in attributes.get("class", "").split()
    }
    # what a script adds
    assert dressed - worn == {"found", "remove"}


def test_the_grid_has_a_class_for_each_place_of_a_card(site: SiteReport) -> None:
    style = (site.site / "style.css").read_text(encoding="utf-8")
    for path in site.pages:
        for classes in re.findall(r'class="card [^"]*"', (site.site / path).read_text(encoding="utf-8")):
            for name in re.findall(r"\b[rhcw]\d+\b", classes):
                assert f".{name}{{" in style


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
