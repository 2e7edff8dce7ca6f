"""A county of one LEA for the tests of this room: its folders, the files it sends, what is then in the lake.

Every value is invented. Files are written by hand here, never taken from the simulation: the room is tested alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from attendance.settings import Settings
from ingestion.contract import Contract, Rejects, read_contracts
from ingestion.ledger import Record, read_records_of
from ingestion.load import load_landed
from ingestion.pull import pull_new_files
from ingestion.registry import Registry

LEA = "1999001"
OTHER_LEA = "1999002"
SECRET = "an invented key, only for tests"
AERIES = f"{LEA}/aeries/2023-24"
CALPADS = f"{LEA}/calpads"

Row = dict[str, str]


def names(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


ATT = names(
    "SC SN DY CD PR GR TR TN AL A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 DT RS NS AP1 AP2 HS IT NPS ITD ADA ADT ACO DEL DTS"
)
STU = names("ID SC SN CID LN FN MN SX GR BD LF TG SP AD CY ST ZC PG TL")
ABS = names("SC CD TI AB TY SU IS AD")
DAY = names("SC DY DT HO MO T1 EN BL AB ML PD BS PAT")
ENR = names("ID SC SN YR TR PR AP1 GR ED LD ER")
CHKS = names(
    "cds_code school_year grade respondent_group module indicator_code item_text response_option measure_type "
    "n_respondents n_enrolled value_pct is_suppressed source_report instrument_version"
)
LOG = names(
    "intervention_id lea_code school_code local_student_id tier type_code start_date end_date staff_role trigger "
    "dosage_count status outcome_code reason_code updated_at"
)


@dataclass(frozen=True)
class County:
    """Where the county's files lie, and what its runs do."""

    settings: Settings
    registry: Registry

    def send(self, path: str, content: str | bytes) -> Path:
        """Put a file into the extracts."""
        target = self.settings.extracts / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def send_codes(self, *codes: str, day: str = "20230801", year: str = "2023-24") -> None:
        """Send the absence codes of school 101."""
        rows = [absence_code(code) for code in codes or ("A", "I")]
        self.send(f"{LEA}/aeries/{year}/ABS_{day}.csv", csv(ABS, rows))

    def run(self, kind: str = "sis", sender: str = LEA, contracts: tuple[Contract, ...] | None = None) -> list[Record]:
        """Pull and load; returns what became of each delivery."""
        found = pull_new_files(self.settings, self.registry, sender, kind, contracts)
        return load_landed(self.settings, self.registry, found, contracts)

    def run_one(self, kind: str = "sis", sender: str = LEA, contracts: tuple[Contract, ...] | None = None) -> Record:
        """Pull and load where exactly one delivery, absence codes aside, waits."""
        outcomes = [one for one in self.run(kind, sender, contracts) if one.file != "absence_codes"]
        assert len(outcomes) == 1, outcomes
        return outcomes[0]

    def records(self, sender: str = LEA) -> dict[str, Record]:
        """The ledger by file name; of deliveries of one name the last."""
        return {record.name.rpartition("/")[2]: record for record in read_records_of(self.settings, sender)}

    def lake(self, table: str, sender: str = LEA) -> list[dict[str, Any]]:
        """The rows that the lake has, period by period, as dictionaries."""
        folder = self.settings.lake / table / sender
        return [row for path in sorted(folder.glob("*.parquet")) for row in read_parquet(path)]

    def periods(self, table: str, sender: str = LEA) -> list[str]:
        """The periods that the lake has of a table."""
        return sorted(path.stem for path in (self.settings.lake / table / sender).glob("*.parquet"))

    def rejects(self, record: Record) -> list[dict[str, Any]]:
        """The delivery's list of broken rules."""
        path = self.settings.rejects / record.sender / f"{record.delivery_id}.parquet"
        return read_parquet(path) if path.exists() else []

    def reasons(self, record: Record) -> list[tuple[int, str | None, str]]:
        """Line, column and reason of each broken rule, in the order of the list."""
        return [(row["line"], row["column_name"], row["reason"]) for row in self.rejects(record)]

    def lake_digests(self) -> dict[str, str]:
        """SHA-256 of every file below the lake and the rejects, half-written ones included."""
        return {
            str(path.relative_to(self.settings.home)): hashlib.sha256(path.read_bytes()).hexdigest()
            for folder in (self.settings.lake, self.settings.rejects)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


def county_at(folder: Path) -> County:
    """A county below that folder, with nothing sent yet."""
    settings = Settings(
        home=folder / "home", config=folder / "config", extracts=folder / "extracts", public=folder / "public"
    )
    return County(settings, registry())


def registry() -> Registry:
    """One LEA on Aeries, the county office with the survey, the state."""
    return Registry.model_validate(
        {
            "county": {
                "code": "19",
                "name": "Invented County",
                "simulated": True,
                "sends": {"chks": {"folder": "19/chks"}},
            },
            "state": {"code": "00", "name": "The State", "sends": {"cde": {"root": "public", "folder": "cde"}}},
            "leas": [
                {
                    "code": LEA,
                    "name": "Elm Unified",
                    "sends": {
                        "aeries": {"folder": f"{LEA}/aeries/{{school_year}}"},
                        "calpads": {"folder": CALPADS},
                        "interventions": {"folder": f"{LEA}/interventions"},
                    },
                    "schools": [
                        {"code": "9910101", "number": 101, "name": "Elm Middle", "level": "Middle", "periods": 6},
                        {
                            "code": "9910102",
                            "number": 102,
                            "name": "Ash Charter",
                            "level": "Elementary",
                            "charter": True,
                        },
                        {"code": "9910103", "name": "Oak Home Study", "level": "Alternative"},
                    ],
                }
            ],
        }
    )


def lenient() -> tuple[Contract, ...]:
    """The contracts with no limit of rejected rows: a single damaged row then does not refuse a tiny file."""
    return tuple(
        one.model_copy(update={"rejects": Rejects.model_validate({"limit": "100%"})}) for one in read_contracts()
    )


def read_parquet(path: Path) -> list[dict[str, Any]]:
    """A Parquet file's rows as dictionaries."""
    with duckdb.connect() as connection:
        found = connection.execute("select * from read_parquet(?)", [str(path)])
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def csv(columns: Sequence[str], rows: Iterable[Row], line_end: str = "\n") -> str:
    """A CSV file without quotes; columns that a row does not name are blank."""
    lines = [",".join(columns), *(",".join(row.get(name, "") for name in columns) for row in rows)]
    return line_end.join(lines) + line_end


def caret(rows: Iterable[Sequence[str]], line_end: str = "\r\n") -> str:
    """A CALPADS file."""
    return "".join("^".join(row) + line_end for row in rows)


def absence_code(code: str) -> Row:
    """One absence code of school 101."""
    return {"SC": "101", "CD": code, "TI": "title", "AB": "ABC", "TY": "2", "SU": "N", "IS": "", "AD": "N"}


def absence(number: int, day: str = "2023-10-05", **other: str) -> Row:
    """A row of ATT: student ``number`` of school 101 absent on that day."""
    row = {"SC": "101", "SN": str(number), "DY": "30", "AL": "A", "DT": day, "DEL": "0"}
    return row | dict(other.items())


def absences(rows: int, day: str = "2023-10-05", first: int = 1) -> list[Row]:
    """That many students absent on one day."""
    return [absence(number, day) for number in range(first, first + rows)]


def student(number: int, **other: str) -> Row:
    """A row of STU, with a name and an address that may never leave the landing."""
    row = {
        "ID": str(50000 + number),
        "SC": "101",
        "SN": str(number),
        "CID": str(8100000000 + number),
        "LN": "Plantedlast",
        "FN": "Plantedfirst",
        "MN": "Plantedmiddle",
        "SX": "F",
        "GR": "7",
        "BD": "2011-02-03",
        "LF": "E",
        "TG": "",
        "SP": "",
        "AD": "77 Plantedstreet",
        "CY": "Plantedtown",
        "ST": "CA",
        "ZC": "90001-1234",
        "PG": "Plantedguardian",
        "TL": "5550001111",
    }
    return row | dict(other.items())


def stas(
    number: int, width: int = 24, kind: str = "STAS", lea: str = LEA, other: dict[int, str] | None = None
) -> list[str]:
    """A STAS row of that many fields, with the two more of an extract where the kind ends in -R."""
    row = {
        1: kind, 4: lea, 5: "9910101", 6: "2023-2024", 7: str(8100000000 + number), 8: str(50000 + number),
        9: "Plantedfirst", 10: "Plantedlast", 11: "20110203", 12: "F", 13: "N", 14: "N", 15: "180.00", 16: "170.00",
        17: "0.00", 18: "1.00", 19: "5.00", 20: "4.00", 21: "0.00", 22: "0.00", 23: "N", 24: "2",
    }  # fmt: skip
    row |= other or {}
    fields = [row.get(place, "") for place in range(1, width + 1)]
    return fields + (["20240701", "20240702"] if kind.endswith("-R") else [])


def senr(number: int, width: int = 39, kind: str = "SENR") -> list[str]:
    """A SENR row of that many fields."""
    row = {
        1: kind, 4: LEA, 5: "9910101", 7: "2023-2024", 8: str(8100000000 + number), 9: str(50000 + number),
        10: "Plantedfirst", 12: "Plantedlast", 17: "20110203", 18: "X", 19: "Plantedtown", 22: "20230815", 23: "10",
        24: "07", 25: "20240607", 26: "E155", 27: "100", 30: "4", 31: "1999002",
    }  # fmt: skip
    fields = [row.get(place, "") for place in range(1, width + 1)]
    return fields + (["20240701", "20240702"] if kind.endswith("-R") else [])


def survey(school: int, respondents: str = "40", **other: str) -> Row:
    """A row of the survey's results."""
    row = {
        "cds_code": f"1999001{9910000 + school}",
        "school_year": "2023-24",
        "grade": "07",
        "respondent_group": "all",
        "indicator_code": "connectedness",
        "measure_type": "pct_item",
        "n_respondents": respondents,
        "n_enrolled": "90",
        "value_pct": "61.5",
        "is_suppressed": "N",
    }
    return row | dict(other.items())
