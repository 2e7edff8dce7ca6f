"""A contract's columns as SQL: how a field becomes a typed value, and which rules it can break.

Everything here is text of queries; nothing is run. A row passes through four select lists, each on top of the former:
its fields (a list ``_fields``, or columns ``f1``, ``f2`` and so on), ``_raw_*`` (one text per column, null where
blank), the typed columns under their names in the lake, and the checks. Names that begin with ``_`` are the load's own
and never clash with those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from ingestion.contract import Column, Contract, Rule, YearColumn, school_year_of, start_year
from ingestion.layout import Layout
from ingestion.records import name_literal, text_literal

EARLIEST, LATEST = "date '1900-01-01'", "date '2100-12-31'"
EIGHT_DIGITS = "%Y%m%d"
TIMESTAMPS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M", "%Y-%m-%d")
SPELLED = {"%Y-%m-%d": "2023-10-05", "%m/%d/%Y": "10/05/2023", "%Y%m%d": "20231005"}
YEARS = {"span": "2023-2024", "short": "2023-24", "start_year": "2023", "end_year": "2024"}
NULL = "null::varchar"
# how a spreadsheet writes a long number down: 1.23E+09
IN_EXPONENTS = "[0-9]([.][0-9]+)?[Ee][+][0-9]{2,3}"
REWRITTEN = "was rewritten by a spreadsheet, like 1.23E+09: format the column as text and export it again"
DIGITS = re.compile(r"\\d(?:\{(\d+)\})?")


@dataclass(frozen=True)
class Delivered:
    """What the rules need to know of the delivery itself.

    sent_on:    the day on which it was sent (UTC)
    hint_start: 2023 where it arrived in the folder 2023-24
    """

    sender: str
    sent_on: date
    hint_start: int | None

    @property
    def sent_start(self) -> int:
        """The year in which the school year of its sending starts, July to June."""
        return self.sent_on.year - (self.sent_on.month < 7)


@dataclass(frozen=True)
class Check:
    """A rule that a row can break: SQL that is true where it is broken, and what is then said.

    column: the column's name in the file, None for a rule about the row
    reason: SQL of what is said
    value:  SQL of the offending value; null where it may not be repeated
    """

    column: str | None
    broken: str
    reason: str
    value: str = NULL


@dataclass(frozen=True)
class Typing:
    """What turns the records of one delivery into typed rows.

    typed:  SQL of a query over a relation ``{records}``: one row per record with the columns under their names in
            the lake (a pseudonymous one still in clear), ``_start`` (the year in which the row's school year starts),
            and all that the checks read; ``_line`` where the records are lines
    checks: the rules; a row is good where none is broken
    """

    typed: str
    checks: tuple[Check, ...]


def _raw_name(column: Column) -> str:
    return name_literal(f"_raw_{column.name}")


def _field_sql(source: str, contract: Contract, layout: Layout, are_split: bool) -> str | None:
    """SQL of the column's field as it stands in the row; None where this delivery does not have the column."""
    if are_split:
        return f"f{layout.positions[source]}" if source in layout.positions else None
    extracted = list(contract.extract_adds)
    if source in contract.extract_adds:
        return f"case when _is_extract then _fields[_width - {len(extracted) - 1 - extracted.index(source)}] end"
    position = layout.positions.get(source)
    if position is None:
        return None
    if extracted and position > layout.at_least:
        return f"case when {position} <= _own_width then _fields[{position}] end"
    return f"_fields[{position}]"


def _raw_sql(column: Column, field: str, is_bare: bool) -> str:
    """SQL of a field without the spaces around it, cut, and null where it says nothing.

    is_bare: no field has a space around it, and a blank one is null already
    """
    text = field if is_bare else f"trim({field})"
    if column.take:
        text = f"left({text}, {column.take})"
    for null in column.nulls:
        text = f"nullif({text}, {text_literal(null)})"
    return text if is_bare else f"nullif({text}, '')"


def _date_sql(raw: str, spellings: tuple[str, ...]) -> str:
    """SQL of a timestamp. Eight digits are read only as eight: strptime would take 2023105 for the fifth of October."""
    tries = []
    if loose := [text_literal(spelling) for spelling in spellings if spelling != EIGHT_DIGITS]:
        tries.append(f"try_strptime({raw}, [{', '.join(loose)}])")
    if EIGHT_DIGITS in spellings:
        tries.append(f"case when length({raw}) = 8 then try_strptime({raw}, '{EIGHT_DIGITS}') end")
    return f"coalesce({', '.join(tries)})"


def _spellings(column: Column, contract: Contract) -> tuple[str, ...]:
    if column.dates:
        return column.dates
    return contract.format.dates if column.type == "date" else TIMESTAMPS


def _typed_sql(column: Column, contract: Contract, raw: str) -> str:
    """SQL of the value in the column's type, null where it cannot be read so."""
    if column.type == "text":
        return raw
    if column.type == "flag":
        return f"upper({raw})"
    if column.type in {"date", "timestamp"}:
        read = f"try_cast({_date_sql(raw, _spellings(column, contract))} as {column.type})"
        return f"case when {read} between {EARLIEST} and {LATEST} then {read} end"
    # an identifier's digits are kept without their leading zeros, as another table of the same system has them
    return f"try_cast({raw} as {'bigint' if column.pseudonym else column.type})"


def _in_exponents(raw: str) -> str:
    """SQL that is true where a spreadsheet has turned a long number into 1.23E+09."""
    return f"regexp_full_match({raw}, {text_literal(IN_EXPONENTS)})"


def _misshapen(value: str, digits: int | None, otherwise: str) -> str:
    """SQL of what is said of a value that is not as it should be: first of all, what a spreadsheet did to it.

    digits: how many digits belong there, where it is known
    """
    cases = [f"when {_in_exponents(value)} then {text_literal(REWRITTEN)}"]
    if digits is not None:
        lost = f"' digits where {digits} belong: leading zeros lost? Format the column as text and export it again'"
        few = f"regexp_full_match({value}, '[0-9]+') and length({value}) < {digits}"
        cases.append(f"when {few} then 'has ' || length({value}) || {lost}")
    return f"case {' '.join(cases)} else {text_literal(otherwise)} end"


def _doubt(raw: str, value: str, pattern: str) -> str:
    """SQL that is true where a number is not written like the pattern.

    What reads back as it was written surely is. The rest is rare, so the pattern costs nothing: ``case`` tries it on
    the rest alone, where ``and`` would try it on each row.
    """
    return f"case when cast({value} as varchar) = {raw} then false else not regexp_full_match({raw}, '{pattern}') end"


def _mistyped(column: Column, contract: Contract, raw: str, value: str) -> tuple[str, str] | None:
    """SQL that is true where a value that is there is not of its type, and of what is then said; None for text.

    A cast alone is too lenient: it rounds 12.5 and reads 1e3, 0x1F and 1_000.
    """
    if column.type == "integer":
        doubt = _doubt(raw, value, "[+-]?[0-9]+")
        return f"{value} is null or {doubt}", _misshapen(raw, None, "is not a whole number")
    if column.type.startswith("decimal"):
        scale = column.type.rstrip(")").split(",")[1].strip()
        pattern = f"[+-]?([0-9]+[.]?0*|[0-9]*[.][0-9]{{1,{scale}}}0*)"
        doubt = _doubt(raw, value, pattern)
        return f"{value} is null or {doubt}", text_literal(f"is not a number of at most {scale} decimals")
    if column.type in {"date", "timestamp"}:
        like = [SPELLED[spelling] for spelling in _spellings(column, contract) if spelling in SPELLED]
        return f"{value} is null", text_literal(f"is not a date like {' or '.join(like)}")
    if column.type == "flag":
        return f"{value} not in ('Y', 'N')", text_literal("is not Y or N")
    return None


def _rules(column: Column, contract: Contract, delivery: Delivered) -> list[tuple[str, str]]:
    """What else a value that is there can break: SQL that is true where it does, and of what is then said."""
    value = name_literal(column.name)
    rules = []
    if column.allowed is not None:
        codes = [code for code in column.allowed if code]
        said = text_literal(f"is not one of {', '.join(codes)}")
        rules.append((f"{value} not in ({', '.join(map(text_literal, codes))})", said))
    if column.pattern is not None:
        digits = DIGITS.fullmatch(column.pattern)
        looks = f"regexp_full_match({value}, {text_literal(column.pattern)})"
        said = _misshapen(value, int(digits[1] or 1) if digits else None, f"does not look like {column.pattern}")
        rules.append((f"not {looks}", said))
    elif column.pseudonym and column.type == "text":
        rules.append((_in_exponents(value), text_literal(REWRITTEN)))
    if column.at_least is not None:
        rules.append((f"{value} < {column.at_least}", text_literal(f"is below {column.at_least}")))
    if column.at_most is not None:
        rules.append((f"{value} > {column.at_most}", text_literal(f"is above {column.at_most}")))
    if column.equals:
        said = _misshapen(value, len(delivery.sender), f"is another LEA's: the sender is {delivery.sender}")
        rules.append((f"{value} <> {text_literal(delivery.sender)}", said))
    if column.within and delivery.hint_start is not None:
        start = delivery.hint_start
        year = f"date '{start}-07-01' and date '{start + 1}-06-30'"
        said = text_literal(f"is outside {school_year_of(start)}, the year of its folder")
        rules.append((f"{value} not between {year}", said))
    if column.past:
        said = text_literal(f"lies in the future: the file was sent on {delivery.sent_on}")
        # a day's grace: the sender's clock and ours may stand on different dates
        rules.append((f"{value} > date '{delivery.sent_on + timedelta(days=1)}'", said))
    if column.not_before is not None:
        earlier = name_literal(contract.kept()[column.not_before].name)
        rules.append((f"coalesce({value} < {earlier}, false)", text_literal(f"is before {column.not_before}")))
    if contract.record_type and column is next(iter(contract.columns.values())):
        types = f"'{contract.record_type}', '{contract.record_type}-R'"
        rules.append((f"{value} not in ({types})", text_literal(f"is not a row of type {contract.record_type}")))
    if isinstance(contract.school_year, YearColumn) and column is contract.kept()[contract.school_year.column]:
        said = text_literal(f"is not a school year like {YEARS.get(contract.school_year.spelled)}")
        rules.append(("_start is null", said))
    return rules


def _checks_of(source: str, column: Column, contract: Contract, delivery: Delivered) -> list[Check]:
    raw, value = _raw_name(column), name_literal(column.name)
    shown = NULL if column.pseudonym or column.masked else raw
    checks = []
    if column.required:
        checks.append(Check(source, f"_is_whole and {raw} is null", text_literal("is blank but required")))
    if mistyped := _mistyped(column, contract, raw, value):
        broken, said = mistyped
        checks.append(Check(source, f"{raw} is not null and ({broken})", said, shown))
    checks += [
        Check(source, f"{value} is not null and ({broken})", said, shown)
        for broken, said in _rules(column, contract, delivery)
    ]
    return checks


def _check_of(rule: Rule) -> Check:
    """The check of a rule over several columns, in the school years in which it holds."""
    bounds = [
        f"_start {sign} {start_year(year)}"
        for sign, year in ((">=", rule.first), ("<=", rule.last))
        if year is not None
    ]
    broken = " and ".join([*bounds, f"not ({rule.holds})"])
    return Check(None, f"_is_whole and coalesce({broken}, false)", text_literal(f"{rule.code}: {rule.says}"))


def _start_sql(contract: Contract, delivery: Delivered) -> str:
    """SQL of the year in which a row's school year starts; null where the row does not tell it."""
    if not isinstance(contract.school_year, YearColumn):
        told = delivery.hint_start if contract.school_year == "folder" else delivery.sent_start
        return f"{told}::integer" if told is not None else "null::integer"
    rule = contract.school_year
    value = name_literal(contract.kept()[rule.column].name)
    if rule.spelled == "date":
        # from July to December are 184 days: with so many added, the calendar year is the one in which it ends
        return f"cast(year({value} + 184) - 1 as integer)"
    if rule.spelled == "start_year":
        return value
    if rule.spelled == "end_year":
        return f"{value} - 1"
    start = f"try_cast({value}[:4] as integer)"
    end = f"cast({start} + 1 as varchar)" if rule.spelled == "span" else f"right(cast({start} + 1 as varchar), 2)"
    return f"case when {value} = {start} || '-' || {end} and {start} between 1990 and 2099 then {start} end"


def _split_sql(contract: Contract, layout: Layout, fields: str) -> str:
    """CTEs that end in ``readable``: lines split into a list of fields, which is null where a row is not whole."""
    extracted = len(contract.extract_adds)
    is_extract = f"coalesce(trim(_fields[1]) = '{contract.record_type}-R', false)" if extracted else "false"
    is_whole = f"coalesce(_own_width between {layout.at_least} and {layout.at_most}, false)"
    return f"""
        split as (select line as _line, {fields} as _fields from {{records}}),
        measured as (select _line, _fields, len(_fields) as _width, {is_extract} as _is_extract from split),
        sized as (select *, _width - case when _is_extract then {extracted} else 0 end as _own_width from measured),
        judged as (select *, {is_whole} as _is_whole from sized),
        -- the fields of a row that is not whole are somebody else's columns: none of them is read
        readable as (select * replace (case when _is_whole then _fields end as _fields) from judged)
    """


def typing_of(
    contract: Contract, layout: Layout, fields: str | None, delivery: Delivered, is_bare: bool = False
) -> Typing:
    """How one delivery becomes typed rows.

    fields:  SQL of the list of a record's fields, where the records are lines (line, text); None where they are split
             already: columns f1, f2 and so on, as many as the layout has
    is_bare: they are split, no field has a space around it, and a blank one is null
    """
    extracted = len(contract.extract_adds)
    few, many = layout.at_least, layout.at_most
    expected = str(few) if few == many else f"{few} to {many}"
    also = f" (and {extracted} more in an extract)" if extracted else ""
    raw, typed = [], []
    checks = [
        Check(None, "_width is null", text_literal("quotes out of place")),
        Check(
            None, "_width is not null and not _is_whole", f"'has ' || _width || ' fields; {expected} expected{also}'"
        ),
    ]
    for source, column in contract.kept().items():
        field = _field_sql(source, contract, layout, fields is None)
        if field is None:
            typed.append(f"null::{column.lake_type} as {name_literal(column.name)}")
            continue
        raw.append(f"{_raw_sql(column, field, is_bare)} as {_raw_name(column)}")
        typed.append(f"{_typed_sql(column, contract, _raw_name(column))} as {name_literal(column.name)}")
        checks += _checks_of(source, column, contract, delivery)
    checks += [_check_of(rule) for rule in contract.rules]
    if fields is None:
        readable = f"readable as (select *, {few} as _width, true as _is_whole from {{records}})"
    else:
        readable = _split_sql(contract, layout, fields)
    numbered = "" if fields is None else "_line, "
    query = f"""
        with {readable},
        raw as (select {numbered}_width, _is_whole, {", ".join(raw)} from readable),
        typed as (select *, {", ".join(typed)} from raw)
        select *, {_start_sql(contract, delivery)} as _start from typed
    """
    return Typing(query, tuple(checks))
