"""Numbers and rates as a person says them."""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from publishing.site.words import NoFigure, TextError, Words, fraction, make_sentences, read_texts

WORDS = Words(read_texts())
ROOM = Path(__file__).resolve().parents[2] / "publishing" / "site"


@pytest.mark.parametrize(
    ("percent", "said"),
    [
        ("0.0", "no"),
        ("0.3", "fewer than one in a hundred"),
        ("1.0", "one in a hundred"),
        ("9.9", "about one in ten"),
        ("10.0", "one in ten"),
        ("10.9", "more than one in ten"),
        ("12.5", "one in eight"),
        ("14.3", "one in seven"),
        ("16.7", "one in six"),
        ("19.5", "nearly one in five"),
        ("19.6", "about one in five"),
        ("20.0", "one in five"),
        ("20.4", "about one in five"),
        ("20.5", "more than one in five"),
        ("22.0", "more than one in five"),
        ("22.6", "more than one in five"),
        ("23.7", "more than one in five"),
        ("23.8", "nearly one in four"),
        ("25.1", "about one in four"),
        ("26.8", "more than one in four"),
        ("28.5", "nearly three in ten"),
        ("33.3", "one in three"),
        ("33.4", "about one in three"),
        ("48.0", "nearly one in two"),
        ("50.0", "one in two"),
        ("66.7", "two in three"),
        ("89.9", "about nine in ten"),
        ("95.0", "more than nine in ten"),
        ("100.0", "all"),
    ],
)
def test_a_rate_is_said_as_a_person_says_it(percent: str, said: str) -> None:
    assert WORDS.fraction(Decimal(percent)) == said


def test_what_is_said_of_any_rate_is_true() -> None:
    for tenths in range(1001):
        rate = Fraction(tenths, 1000)
        qualifier, plain = fraction(Decimal(tenths) / 10)
        match qualifier:
            case "none":
                assert rate == 0
            case "all":
                assert rate == 1
            case "exactly":
                assert abs(rate - plain) < Fraction(1, 2000)
            case "about":
                assert 0 < abs(rate - plain) <= plain / 50
            case "nearly":
                assert 0 < plain - rate <= plain / 20
            case "more":
                assert rate > plain
            case "fewer":
                assert rate < plain
            case _:
                pytest.fail(f"{qualifier} is not a qualifier")


@pytest.mark.parametrize("percent", ["-0.1", "100.1"])
def test_a_rate_outside_0_to_100_is_an_error(percent: str) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        fraction(Decimal(percent))


def test_a_rate_that_is_null_is_said_not_at_all() -> None:
    with pytest.raises(NoFigure):
        WORDS.fraction(None)


def test_numbers_are_rounded_half_up_and_keep_their_sign_on_the_line() -> None:
    assert WORDS.percent(Decimal("20.25")) == "20.3\N{NO-BREAK SPACE}%"
    assert WORDS.count(1330028) == "1,330,028"
    assert WORDS.signed(Decimal("-1.24")) == "\N{MINUS SIGN}1.2"
    assert WORDS.signed(Decimal("0.04")) == "0.0"
    assert WORDS.points(Decimal("-1.0")) == "1.0\N{NO-BREAK SPACE}point"
    assert WORDS.points(Decimal("4.8")) == "4.8\N{NO-BREAK SPACE}points"
    assert WORDS.date(date(2024, 6, 7)) == "June 7, 2024"


def test_a_change_says_its_direction_and_nothing_where_a_year_is_missing() -> None:
    assert WORDS.change(Decimal("22.0"), Decimal("26.8")) == ", down from 26.8\N{NO-BREAK SPACE}% a year ago"
    assert WORDS.change(Decimal("26.8"), Decimal("22.0")) == ", up from 22.0\N{NO-BREAK SPACE}% a year ago"
    assert WORDS.change(Decimal("22.0"), Decimal("22.0")) == ", the same as a year ago"
    assert WORDS.change(Decimal("22.0"), None) == ""


def test_so_many_of_so_many_reads_like_speech() -> None:
    assert [WORDS.part(part, 4) for part in (0, 1, 4)] == ["none of four", "one of four", "all four"]
    assert WORDS.part(2, 2) == "both"
    assert WORDS.part(12, 80) == "12 of 80"
    with pytest.raises(NoFigure):
        WORDS.part(0, 0)


def test_a_list_is_joined_as_in_a_sentence() -> None:
    assert WORDS.names(["A", "B", "C"]) == "A, B and C"
    assert WORDS.names(["A"]) == "A"
    assert WORDS.names([]) == ""


def test_a_sentence_never_says_none() -> None:
    sentences = make_sentences(WORDS)
    with pytest.raises(NoFigure):
        sentences.render("{{ chronic_count }} students", {"chronic_count": None})
    with pytest.raises(NoFigure):
        sentences.render("{{ percent(chronic_rate) }}", {"chronic_rate": None})
    assert sentences.render("{{ chronic_count }} students", {"chronic_count": 1330}) == "1,330 students"


def test_a_sentence_cannot_reach_into_python() -> None:
    sentences = make_sentences(WORDS)
    with pytest.raises(Exception, match="unsafe"):
        sentences.render("{{ rows.__class__.__mro__ }}", {"rows": []})


def test_a_text_that_is_missing_is_an_error_that_names_file_and_key() -> None:
    with pytest.raises(TextError, match=r"en\.yml has no text card\.nothing"):
        read_texts()("card.nothing")


def test_both_catalogues_have_the_same_keys_and_names_to_fill_in() -> None:
    english, spanish = read_texts("en").entries, read_texts("es").entries
    assert english.keys() == spanish.keys()
    for key, text in english.items():
        other = spanish[key]
        if isinstance(text, tuple):
            assert len(text) == len(other), key
        else:
            assert isinstance(other, str)
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", other)), key


SEEDS = ROOM.parents[1] / "seeds"


@pytest.mark.parametrize(
    ("seed", "column"),
    [
        ("reporting_categories", "category_name"),
        ("dashboard_groups", "group_name"),
        ("dashboard_levels", "level_name"),
        ("attendance_bands", "band_name"),
        ("attendance_tiers", "tier_name"),
        ("intervention_types", "type_name"),
        ("climate_indicators", "indicator_name"),
        ("weekdays", "weekday_name"),
        ("goal_statuses", "status_name"),
        ("goal_measures", "measure_name"),
        ("followup_ladders", "step_name"),
    ],
)
def test_what_the_seeds_call_a_thing_has_a_spanish_word(seed: str, column: str) -> None:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        names = {row[column] for row in csv.DictReader(file) if row[column]}
    known = {word for place, word in read_texts("es").terms if place in {"", column}}
    assert names - known == set()


SPANISH = Words(read_texts("es"))


def test_functions_answer_in_spanish() -> None:
    sentences = make_sentences(SPANISH)
    said = {
        "{{ fraction(22.5) }} estudiantes": "más de uno de cada cinco estudiantes",
        "{{ fraction(50) }}": "uno de cada dos",
        "{{ fraction(0) }} estudiantes": "ninguno de los estudiantes",
        "{{ change(22.0, 26.8) }}": ", por debajo del 26.8\N{NO-BREAK SPACE}% de hace un año",
        "{{ beside(10, 12) }} el condado": "2.0\N{NO-BREAK SPACE}puntos menos que el condado",
        "{{ part(1, 4, 'f') | sentence }} escuelas": "Una de cuatro escuelas",
        "{{ part(0, 4, 'f') | sentence }} escuelas": "Ninguna de las cuatro escuelas",
        "{{ part(2, 2) }}": "ambos",
        "{{ names(['Asian', 'English learners']) }}": "Asiáticos y Estudiantes aprendices de inglés",
        "{{ names(['A', 'Indígena']) }}": "A e Indígena",
        "{{ day }}": "7 de junio de 2024",
        "{{ group }}": "Jóvenes en hogares de crianza",
    }
    values = {"day": date(2024, 6, 7), "group": "Youth in foster care"}
    for text, expected in said.items():
        assert sentences.render(text, values) == expected


def test_english_has_no_gender() -> None:
    assert WORDS.part(1, 4, "f") == WORDS.part(1, 4) == "one of four"
    assert WORDS.number(1, "f") == "one"


@pytest.mark.parametrize(("value", "english", "spanish"), [(1, "Red", "Rojo"), ("Blue", "Blue", "Azul")])
def test_a_color_is_said_by_its_level_or_its_name(value: object, english: str, spanish: str) -> None:
    assert (WORDS.formatted(value, "color"), SPANISH.formatted(value, "color")) == (english, spanish)


def test_a_color_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="'Pink' is no color of the Dashboard"):
        WORDS.formatted("Pink", "color")


def test_a_term_may_depend_on_its_column() -> None:
    assert SPANISH.formatted("High", "text", "school_level") == "Preparatoria"
    assert SPANISH.formatted("High", "text", "status_name") == "Alto"
    assert SPANISH.formatted("Alder Unified", "text") == "Alder Unified"


def test_each_text_of_the_catalogue_is_used_and_each_that_is_used_is_there() -> None:
    texts = read_texts()
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for pattern in ("*.py", "templates/*.j2")
        for path in sorted(ROOM.glob(pattern))
    )
    named = set(re.findall(r"""texts?(?:\.several)?\(\s*["']([a-z_.]+\.[a-z_]+)["']""", source))
    named |= set(re.findall(r'"((?:number|fraction|about|context|figure|hidden)\.[a-z_0-9]+)"', source))
    named |= set(re.findall(r"say\('([a-z_.]+)'\)", source))
    families = set(re.findall(r"""\(\s*f["']([a-z_.]+)\{""", source))
    assert named <= set(texts.entries), "texts that the catalogue lacks"
    unused = {
        key
        for key in texts.entries
        if key not in named
        and key not in {"language", "direction", "name_of_language"}
        and not any(key.startswith(f) for f in families)
    }
    assert unused == set()


def test_templates_say_nothing_by_themselves() -> None:
    for path in sorted((ROOM / "templates").glob("*.j2")):
        bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        bare = re.sub(r"<[^>]*>", " ", bare)
        assert re.findall(r"\w+", bare) == [], path.name
