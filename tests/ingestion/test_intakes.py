"""What districts keep themselves: letters, review boards, visits, goals, surveys, plans, rosters. Codes, no names."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from attendance.settings import PROJECT, Settings
from ingestion.contract import Contract, Rejects, read_contracts
from ingestion.data_request import example_rows, sample_name
from ingestion.ledger import Record
from ingestion.registry import KINDS
from tests.ingestion.county import LEA, SECRET, County
from tests.ingestion.examples import only_sending

CONTRACTS = {contract.label: contract for contract in read_contracts()}
MINE = {
    label: contract
    for label, contract in CONTRACTS.items()
    if contract.source in {"interventions", "panorama", "goals", "oneroster"}
}
SENT = "20240701"
PLANTED = "Plantedperson"

# the set of seeds/intake_codes.csv, or the seed and its column, that explains a column of an intake
EXPLAINED = {
    ("interventions/letters", "letter_type"): "letter_type",
    ("interventions/letters", "trigger_rule"): "trigger_rule",
    ("interventions/letters", "delivery_means"): "delivery_means",
    ("interventions/letters", "delivery_outcome"): "delivery_outcome",
    ("interventions/sart_sarb", "board"): "board",
    ("interventions/sart_sarb", "referral_reason"): "referral_reason",
    ("interventions/sart_sarb", "case_status"): "case_status",
    ("interventions/sart_sarb", "outcome_code"): "case_outcome",
    ("interventions/home_visits", "visit_reason"): "visit_reason",
    ("interventions/home_visits", "person_met"): "person_met",
    ("interventions/home_visits", "outcome_code"): "visit_outcome",
    ("interventions/log", "staff_role"): "staff_role",
    ("interventions/log", "status"): "intervention_status",
    ("interventions/log", "outcome_code"): "intervention_outcome",
    ("interventions/log", "reason_code"): "absence_reason",
    ("interventions/log", "type_code"): ("intervention_types", "type_code"),
    ("goals/goals", "goal_kind"): "goal_kind",
    ("goals/goals", "measure_code"): ("goal_measures", "measure_code"),
    ("goals/goals", "reporting_category"): ("reporting_categories", "reporting_category"),
    ("panorama/surveys", "survey_window"): "survey_window",
    ("panorama/surveys", "respondents"): "respondent_population",
    ("panorama/surveys", "topic_code"): ("survey_topics", "topic_code"),
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Places of its own for each test."""
    monkeypatch.setenv("ATTENDANCE_SECRET", SECRET)
    return Settings(
        home=tmp_path / "home",
        config=tmp_path / "config",
        extracts=tmp_path / "extracts",
        public=tmp_path / "public",
    )


def lenient(label: str) -> tuple[Contract, ...]:
    """All contracts, that one with no limit of rejected rows."""
    anything = Rejects.model_validate({"limit": "100%"})
    return tuple(
        one.model_copy(update={"rejects": anything}) if one.label == label else one for one in read_contracts()
    )


def rows_of(label: str) -> list[dict[str, str]]:
    """The example's rows."""
    header, *rows = example_rows(CONTRACTS[label])
    return [dict(zip(header, row, strict=True)) for row in rows]


def send(
    settings: Settings, label: str, rows: list[dict[str, str]], contracts: tuple[Contract, ...] | None = None
) -> tuple[County, Record]:
    """Send those rows under the contract's name and load them; without contracts there is no limit of rejects."""
    contract = CONTRACTS[label]
    county = County(settings, only_sending(contract.source))
    sender = next(sender for sender in county.registry.senders() if sender.sends)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    folder = sender.sends[contract.source].folder.format(school_year="2023-24")
    county.send(f"{folder}/{sample_name(contract, 'csv', SENT)}", text.getvalue())
    kind = next(kind for kind, sources in KINDS.items() if contract.source in sources)
    (record,) = county.run(kind, sender.code, contracts=contracts or lenient(label))
    return county, record


def changed(settings: Settings, label: str, **values: str) -> tuple[Record, list[tuple[int, str | None, str]]]:
    """Load the example with its first row changed so; returns the record and what was said of that row."""
    first, *others = rows_of(label)
    county, record = send(settings, label, [first | values, *others])
    return record, county.reasons(record)


# ---- codes ----


@pytest.mark.parametrize(("place", "explained"), EXPLAINED.items(), ids=str)
def test_the_codes_that_an_intake_allows_are_those_that_a_seed_explains(
    place: tuple[str, str], explained: str | tuple[str, str]
) -> None:
    label, name = place
    seed, column = explained if isinstance(explained, tuple) else ("intake_codes", "code")
    with (PROJECT / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if seed != "intake_codes" or row["code_set"] == explained]
    # goals are set for CDE's groups: a kind of school, or who is chronically absent, is nobody's group
    rows = [row for row in rows if row.get("category_family") not in {"charter", "dass", "school_type", "absence"}]
    assert set(CONTRACTS[label].columns[name].allowed or ()) == {row[column] for row in rows} != set()


def test_every_label_of_a_panorama_export_has_a_word_of_the_log() -> None:
    with (PROJECT / "seeds" / "panorama_labels.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    codes = {
        field: {row["label"]: row["code"] for row in rows if row["field"] == field}
        for field in ("strategy", "tier", "status", "outcome")
    }
    columns, log = CONTRACTS["panorama/interventions"].columns, CONTRACTS["interventions/log"].columns
    assert set(codes["strategy"]) == set(columns["Strategy"].allowed or ())
    assert set(codes["strategy"].values()) <= set(log["type_code"].allowed or ())
    assert set(codes["tier"]) == set(columns["Tier"].allowed or ()) - {"Other"}
    assert set(codes["status"]) == set(columns["Status"].allowed or ()) - {"Draft"}
    assert set(codes["status"].values()) <= set(log["status"].allowed or ())
    assert set(codes["outcome"]) == set(columns["Outcome"].allowed or ())
    assert set(codes["outcome"].values()) <= set(log["outcome_code"].allowed or ())


def test_every_column_of_an_intake_says_what_it_holds() -> None:
    untold = [
        f"{label} {name}"
        for label, contract in MINE.items()
        for name, column in contract.columns.items()
        if column.means is None and not column.ignored
    ]
    assert untold == []


def test_no_intake_keeps_a_column_in_which_a_name_could_be_typed() -> None:
    """Kept text is a code of a list, an identifier of a system's own, or follows a pattern without room for a name."""
    titles = {"name", "title"}  # of schools, sessions and courses: nobody's name
    loose = [
        f"{label} {name}"
        for label, contract in MINE.items()
        for name, column in contract.kept().items()
        if column.type == "text"
        and not (column.allowed or column.pattern or column.pseudonym or column.equals)
        and not (contract.source == "oneroster" and (name in titles or name.endswith(("Id", "Ids"))))
        and name != "school_year"  # the load itself reads it
    ]
    assert loose == []


# ---- rows that may not come in ----


@pytest.mark.parametrize(
    ("label", "values", "column", "told"),
    [
        ("interventions/letters", {"letter_number": "4"}, "letter_number", "is above 3"),
        ("interventions/letters", {"delivery_means": "pigeon"}, "delivery_means", "is not one of mail, "),
        ("interventions/letters", {"sent_date": "2024-09-02"}, "sent_date", "future"),
        ("interventions/letters", {"local_student_id": ""}, "local_student_id", "is blank but required"),
        ("interventions/sart_sarb", {"hearing_date": "2023-10-01"}, "hearing_date", "before"),
        ("interventions/sart_sarb", {"lea_code": "1999002"}, "lea_code", "is another LEA's"),
        ("interventions/home_visits", {"minutes": "601"}, "minutes", "is above 600"),
        ("interventions/log", {"staff_role": "somebody"}, "staff_role", "is not one of"),
        ("interventions/log", {"type_code": "Home visit by someone"}, "type_code", "is not one of"),
        ("interventions/log", {"end_date": "2023-01-01"}, "end_date", "before"),
        ("goals/goals", {"reporting_category": "XX"}, "reporting_category", "is not one of"),
        ("goals/goals", {"target_value": ""}, "target_value", "is blank but required"),
        ("goals/goals", {"school_year": "2023-2024"}, "school_year", "is not a school year"),
        ("panorama/surveys", {"percent_favorable": "101"}, "percent_favorable", "is above 100"),
        ("panorama/interventions", {"Strategy": "A strategy of our own"}, "Strategy", "is not one of"),
        ("oneroster/users", {"userMasterIdentifier": "4f2a-91"}, "userMasterIdentifier", "does not look like"),
        ("oneroster/demographics", {"sex": "F"}, "sex", "is not one of"),
    ],
)
def test_a_row_that_breaks_a_rule_of_an_intake_is_rejected_with_the_rule(
    settings: Settings, label: str, values: dict[str, str], column: str, told: str
) -> None:
    record, reasons = changed(settings, label, **values)
    assert (record.outcome, record.rows_rejected) == ("loaded", 1)
    assert [(line, name) for line, name, _ in reasons] == [(2, column)]
    assert told in reasons[0][2]


@pytest.mark.parametrize(
    ("label", "column"), [("panorama/surveys", "n_respondents"), ("chks/results", "n_respondents")]
)
def test_results_of_fewer_than_ten_are_never_loaded_and_never_repeated(
    settings: Settings, label: str, column: str
) -> None:
    first, *others = rows_of(label)
    county, record = send(settings, label, [first | {column: "9"}, *others])
    assert (record.rows_loaded, record.rows_rejected) == (len(others), 1)
    (found,) = county.rejects(record)
    assert (found["column_name"], found["value"]) == (column, None)
    assert min(row["n_respondents"] for row in county.lake(label, record.sender)) >= 10


def test_many_results_of_fewer_than_ten_are_no_reason_to_refuse_the_others(settings: Settings) -> None:
    shown, *_ = rows_of("panorama/surveys")
    hidden = [shown | {"grade": f"{grade:02d}", "n_respondents": "4"} for grade in range(1, 7)]
    _, record = send(settings, "panorama/surveys", [shown, *hidden], read_contracts())
    assert (record.outcome, record.rows_loaded, record.rows_rejected) == ("loaded", 1, 6)


# ---- nobody's name ----


def private_columns(contract: Contract) -> list[str]:
    """The columns of a file with a header that nobody may keep."""
    return [name for name, column in contract.everything().items() if column.private and contract.format.header]


@pytest.mark.parametrize(
    "label", [label for label, one in CONTRACTS.items() if private_columns(one) and example_rows(one)]
)
def test_private_columns_that_come_all_the_same_are_dropped(settings: Settings, label: str) -> None:
    private = private_columns(CONTRACTS[label])
    rows = [row | dict.fromkeys(private, PLANTED) for row in rows_of(label)]
    county, record = send(settings, label, rows)
    assert record.rows_in == len(rows)
    told: list[Any] = [*county.lake(label, record.sender), *county.rejects(record), record.model_dump()]
    assert PLANTED not in str(told)


def test_a_student_is_the_same_in_every_file_of_an_lea(settings: Settings) -> None:
    keys = set()
    for label, column in (
        ("interventions/log", "local_student_id"),
        ("interventions/letters", "local_student_id"),
        ("interventions/sart_sarb", "local_student_id"),
        ("interventions/home_visits", "local_student_id"),
        ("panorama/interventions", "Student Number"),
        ("oneroster/users", "identifier"),
        ("aeries/students", "ID"),
    ):
        own = Settings(
            home=settings.home / label,
            config=settings.config,
            extracts=settings.extracts / label,
            public=settings.public,
        )
        first, *_ = rows_of(label)
        county, record = send(own, label, [first | {column: "500001"}])
        (row,) = county.lake(label, record.sender)
        keys.add(row["local_student_key"])
    assert len(keys) == 1
    assert "500001" not in keys


# ---- which file is which ----


def test_the_files_of_one_folder_are_told_by_their_names(settings: Settings) -> None:
    county = County(settings, only_sending("interventions"))
    files = [contract for contract in MINE.values() if contract.source == "interventions"]
    for contract in files:
        text = "\n".join(",".join(row) for row in example_rows(contract)) + "\n"
        county.send(f"{LEA}/interventions/{sample_name(contract, 'csv', SENT)}", text)
    county.send(f"{LEA}/interventions/visits of spring.csv", "a,b\n1,2\n")
    outcomes = {record.name: (record.outcome, record.file) for record in county.run("interventions")}
    unknown = outcomes.pop("visits of spring.csv")
    assert unknown == ("refused", None)
    assert outcomes == {sample_name(contract, "csv", SENT): ("loaded", contract.file) for contract in files}


ONE_POINT_ONE = [
    {
        "sourcedId": "u-1",
        "status": "",
        "dateLastModified": "",
        "enabledUser": "true",
        "orgSourcedIds": "org-101,org-201",
        "role": "student",
        "username": PLANTED,
        "userIds": "{LDAP:1}",
        "givenName": PLANTED,
        "familyName": PLANTED,
        "middleName": "",
        "identifier": "500001",
        "email": f"{PLANTED}@example.org",
        "sms": "",
        "phone": "",
        "agentSourcedIds": "u-9",
        "grades": "KG",
        "password": "",
    }
]


def test_both_versions_of_oneroster_come_under_the_same_name(settings: Settings) -> None:
    county, record = send(settings, "oneroster/users", ONE_POINT_ONE)
    assert (record.outcome, record.rows_loaded) == ("loaded", 1)
    (row,) = county.lake("oneroster/users")
    assert (row["role"], row["org_ids"], row["ssid_key"], row["primary_org_id"]) == (
        "student",
        "org-101,org-201",
        None,
        None,
    )
    assert PLANTED not in str(row)
    elsewhere = Settings(
        home=settings.home / "2", config=settings.config, extracts=settings.extracts / "2", public=settings.public
    )
    county, record = send(elsewhere, "oneroster/users", rows_of("oneroster/users"))
    newer = county.lake("oneroster/users")[0]
    assert (newer["role"], newer["org_ids"], newer["primary_org_id"]) == (None, None, "org-101")
    assert newer["ssid_key"] is not None
    assert newer["local_student_key"] == row["local_student_key"]


def test_a_roster_column_that_no_version_has_is_refused_with_both_names(settings: Settings) -> None:
    _, record = send(settings, "oneroster/users", [row | {"metadata.ssid": "1"} for row in rows_of("oneroster/users")])
    assert record.outcome == "refused"
    assert "unexpected: metadata.ssid; expected: sourcedId" in str(record.message)
