"""Numbers and rates as a person says them."""

from __future__ import annotations

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


def test_each_text_of_the_catalogue_is_used_and_each_that_is_used_is_there() -> None:
    texts = read_texts()
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for pattern in ("*.py", "templates/*.j2")
        for path in sorted(ROOM.glob(pattern))
    )
    named = set(re.findall(r"""texts?(?:\.several)?\(\s*["']([a-z_.]+\.[a-z_]+)["']""", source))
    named |= set(re.findall(r'"((?:number|fraction|about|context|figure|hidden)\.[a-z_0-9]+)"', source))
    families = set(re.findall(r"""\(\s*f["']([a-z_.]+)\{""", source))
    assert named <= set(texts.entries), "texts that the catalogue lacks"
    unused = {
        key
        for key in texts.entries
        if key not in named and key not in {"language", "direction"} and not any(key.startswith(f) for f in families)
    }
    assert unused == set()


def test_templates_say_nothing_by_themselves() -> None:
    for path in sorted((ROOM / "templates").glob("*.j2")):
        bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        bare = re.sub(r"<[^>]*>", " ", bare)
        assert re.findall(r"\w+", bare) == [], path.name
