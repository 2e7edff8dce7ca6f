"""The Healthy Kids Survey as respondents answered it: added up at the door, by a codebook that a county edits.

Nothing of a respondent goes further than this module's memory: what it writes is the aggregate intake's own layout,
one row per school, school year, grade and indicator. A group of fewer than ten keeps its number, so that it is
accounted for as a reject, and loses its value.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyreadstat
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingestion.contract import FOLDER, Contract, ContractError, school_year_of, start_year
from ingestion.durable import PRIVATE_FILE
from ingestion.errors import RefusedError
from ingestion.prepare import Prepared

FEWEST_RESPONDENTS = 10
NAMES_TOLD = 60
Answer = int | str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scale(_Strict):
    """How a question can be answered.

    answers:    all codes that are an answer
    favourable: those of them that the percentage counts
    missing:    codes that are none: not asked, not answered, not understood
    response:   what the favourable ones say, in words
    """

    answers: tuple[Answer, ...] = Field(min_length=2)
    favourable: tuple[Answer, ...] = Field(min_length=1)
    missing: tuple[Answer, ...] = ()
    response: str

    @model_validator(mode="after")
    def _hangs_together(self) -> Scale:
        if stray := sorted(str(code) for code in set(self.favourable) - set(self.answers)):
            raise ValueError(f"favourable {', '.join(stray)} is not among the answers")
        if both := sorted(str(code) for code in set(self.missing) & set(self.answers)):
            raise ValueError(f"{', '.join(both)} is an answer and missing")
        return self


class SchoolYear(_Strict):
    """The variable that tells the school year, and how it spells 2023-24.

    short: 2023-24; span: 2023-2024; start_year: 2023; end_year: 2024
    """

    variable: str
    spelled: Literal["short", "span", "start_year", "end_year"]


class Grade(_Strict):
    """The variable that tells the grade, and the grade of each of its codes."""

    variable: str
    codes: dict[Answer, str] = Field(min_length=1)


class Indicator(_Strict):
    """One indicator of seeds/climate_indicators.csv.

    scale: how its questions are answered
    items: the question's words by its variable; of several, the indicator is the average of their percentages
    """

    item_text: str
    scale: str
    items: dict[str, str] = Field(min_length=1)


class Codebook(_Strict):
    """What the variables of one instrument's file mean.

    instrument: what it is called, as told in ``instrument_version``
    school:     the variable with the school's CDS code of 14 digits
    """

    instrument: str
    module: str
    school: str
    grade: Grade
    school_year: SchoolYear
    scales: dict[str, Scale]
    indicators: dict[str, Indicator] = Field(min_length=1)

    @model_validator(mode="after")
    def _scales_are_known(self) -> Codebook:
        for code, indicator in self.indicators.items():
            if indicator.scale not in self.scales:
                raise ValueError(f"{code} has scale {indicator.scale}, which scales does not describe")
        return self

    def variables(self) -> list[str]:
        """All variables that a file must have, in the order in which the codebook names them."""
        items = [name for indicator in self.indicators.values() for name in indicator.items]
        return list(dict.fromkeys([self.school, self.grade.variable, self.school_year.variable, *items]))


def codebook_folder(contract: Contract) -> Path:
    """Where the codebooks of a source lie."""
    return FOLDER / contract.source / "codebooks"


def read_codebook(path: Path) -> Codebook:
    """Read one codebook; raises ContractError naming the file, the key and what is wrong with it."""
    try:
        return Codebook.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ContractError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'codebook'}: {item['msg']}" for item in error.errors()
        )
        raise ContractError(f"{path}: {problems}") from error


def _chosen(folder: Path, there: list[str]) -> Codebook:
    """The codebook all of whose variables the file has; of several the one that names most.

    Raises RefusedError naming what the nearest one misses and what the file has.
    """
    codebooks = {path: read_codebook(path) for path in sorted(folder.glob("*.yml"))}
    if not codebooks:
        raise RefusedError(f"No codebook says what the file's variables are. Describe them in {folder.name}/.")
    has = {name.casefold() for name in there}
    lacking = {
        path: [name for name in codebook.variables() if name.casefold() not in has]
        for path, codebook in codebooks.items()
    }
    path = min(codebooks, key=lambda one: (len(lacking[one]), -len(codebooks[one].variables())))
    if missing := lacking[path]:
        more = f" and {len(there) - NAMES_TOLD} more" if len(there) > NAMES_TOLD else ""
        raise RefusedError(
            f"The file's variables do not fit the codebook {path.name}. missing: {', '.join(missing)}; "
            f"the file has: {', '.join(there[:NAMES_TOLD])}{more}. Write the file's own names into "
            f"ingestion/contracts/chks/codebooks/{path.name}, or send the file with the expected ones."
        )
    return codebooks[path]


def _read(path: Path, columns: list[str] | None) -> tuple[pd.DataFrame, list[str]]:
    """The file's rows, of those columns; without columns only the names of all variables."""
    try:
        frame, meta = pyreadstat.read_sav(str(path), metadataonly=columns is None, usecols=columns)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, UnicodeDecodeError):
        # their messages may repeat what stands in the file
        raise RefusedError("The SPSS file is not whole: it was cut off or damaged. Send it again.") from None
    return frame, list(meta.column_names)


def _codes(values: pd.Series[Any]) -> pd.Series[Any]:
    """Codes as text, whole numbers without decimals; an empty text where there is none."""
    if pd.api.types.is_numeric_dtype(values):
        return values.map(lambda value: "" if pd.isna(value) else f"{value:.15g}")
    return values.fillna("").astype(str).str.strip()


def _check_codes(variable: str, codes: pd.Series[Any], known: set[str]) -> None:
    """Raise RefusedError where a variable holds codes that the codebook does not have; their values are not told."""
    strange = codes[~codes.isin(known | {""})]
    if len(strange):
        raise RefusedError(
            f"Variable {variable} holds {strange.nunique()} codes, in {len(strange):,} rows, that the codebook does "
            "not know. Add them to its answers, missing codes or grades, unless the variable is another question."
        )


def _texts(codes: tuple[Answer, ...]) -> set[str]:
    return {str(code) for code in codes}


def _year(spelled: str, code: str) -> str:
    """2023-24 for a code of that spelling; the code itself where it is none, for the rules to judge."""
    try:
        if spelled == "short":
            return school_year_of(start_year(code))
        start = int(code[:4]) - (1 if spelled == "end_year" else 0)
        return school_year_of(start)
    except ValueError:
        return code


def _keys(frame: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """School, school year and grade of each respondent, blank where the file does not say."""
    school = _codes(frame[codebook.school])
    if pd.api.types.is_numeric_dtype(frame[codebook.school]):  # a number cannot begin with a zero
        school = school.map(lambda code: code.zfill(14) if code else code)
    grade = _codes(frame[codebook.grade.variable])
    grades = {str(code): name for code, name in codebook.grade.codes.items()}
    _check_codes(codebook.grade.variable, grade, set(grades))
    year = _codes(frame[codebook.school_year.variable])
    return pd.DataFrame(
        {
            "cds_code": school,
            "school_year": year.map(lambda code: _year(codebook.school_year.spelled, code)),
            "grade": grade.map(lambda code: grades.get(code, "")),
        }
    )


def _results(frame: pd.DataFrame, keys: pd.DataFrame, codebook: Codebook, code: str) -> pd.DataFrame:
    """One indicator's rows: the average of its items' percentages, and the fewest that answered one of them."""
    indicator = codebook.indicators[code]
    scale = codebook.scales[indicator.scale]
    by = list(keys.columns)
    answered, percent = [], []
    for item in indicator.items:
        codes = _codes(frame[item])
        _check_codes(item, codes, _texts(scale.answers) | _texts(scale.missing))
        counted = keys.assign(
            answered=codes.isin(_texts(scale.answers)), favourable=codes.isin(_texts(scale.favourable))
        )
        sums = counted.groupby(by, sort=True)[["answered", "favourable"]].sum()
        answered.append(sums["answered"])
        percent.append(100 * sums["favourable"] / sums["answered"].where(sums["answered"] > 0))
    fewest = pd.concat(answered, axis=1).min(axis=1)
    value = pd.concat(percent, axis=1).mean(axis=1)
    hidden = fewest < FEWEST_RESPONDENTS
    several = len(indicator.items) > 1
    return pd.DataFrame(
        {
            "respondent_group": "all",
            "module": codebook.module,
            "indicator_code": code,
            "item_text": indicator.item_text,
            "response_option": scale.response,
            "measure_type": "pct_scale_avg" if several else "pct_item",
            "n_respondents": fewest.astype(int).astype(str),
            "n_enrolled": "",
            "value_pct": [
                "" if gone else f"{int(one * 10 + 0.5) / 10:.1f}" for gone, one in zip(hidden, value, strict=True)
            ],
            "is_suppressed": ["Y" if gone else "N" for gone in hidden],
            "source_report": "respondents' file, added up on receipt",
            "instrument_version": codebook.instrument,
        }
    ).reset_index()


def read_survey(path: Path, target: Path, contract: Contract, folder: Path | None = None) -> Prepared:
    """Write a respondents' file (SPSS) as the contract's aggregated text, by school, school year, grade, indicator.

    folder: of the codebooks, beside the source's contracts where none is given. Raises RefusedError for a file that is
    not whole, whose variables fit no codebook, or that holds codes which its codebook does not know.
    """
    _, there = _read(path, None)
    codebook = _chosen(folder or codebook_folder(contract), there)
    spelled = {name.casefold(): name for name in there}
    wanted = {spelled[name.casefold()]: name for name in codebook.variables()}
    frame, _ = _read(path, list(wanted))
    if frame.empty:
        raise RefusedError("The SPSS file has variables and no row. Send it again with its rows.")
    frame = frame.rename(columns=wanted)
    keys = _keys(frame, codebook)
    results = pd.concat([_results(frame, keys, codebook, code) for code in codebook.indicators], ignore_index=True)
    columns = [name for name in contract.layout(None) if name in results.columns]
    lines = ["\t".join(columns), *("\t".join(map(str, row)) for row in results[columns].itertuples(index=False))]
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return Prepared(target, "sav", has_quotes=False)
