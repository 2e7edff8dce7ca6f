"""Ed-Fi's own sample: the attendance events of the data standard's invented district, loaded whole."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from attendance.settings import PROJECT
from ingestion.registry import Registry
from tests.ingestion.county import LEA, County

SAMPLE = PROJECT.parent / "shared/data/other/edfi_grandbend_student_school_attendance_events.parquet"
SCHOOLS = (255901001, 255901044, 255901107)


def on_ed_fi(registry: Registry) -> Registry:
    """The registry with one LEA on Ed-Fi, with the sample's schools."""
    schools = [
        {"code": f"99101{place:02d}", "number": number, "name": f"Invented {place}", "level": "K-12"}
        for place, number in enumerate(SCHOOLS)
    ]
    lea = {
        "code": LEA,
        "name": "Elm Unified",
        "sends": {"edfi": {"folder": f"{LEA}/edfi/{{school_year}}"}},
        "schools": schools,
    }
    return Registry.model_validate({**registry.model_dump(), "leas": [lea]})


def as_csv(sample: Path, target: Path) -> None:
    """The sample's rows in the form in which a person would send them."""
    target.parent.mkdir(parents=True)
    duckdb.sql(f"copy (select * from read_parquet('{sample}')) to '{target}' (format csv, header)")


@pytest.mark.skipif(not SAMPLE.exists(), reason="the data standard's sample is not on this machine")
def test_the_sample_of_the_data_standard_loads_whole(county: County) -> None:
    county = replace(county, registry=on_ed_fi(county.registry))
    name = "edfi_grandbend_student_school_attendance_events.csv"
    as_csv(SAMPLE, county.settings.extracts / LEA / "edfi" / "2021-22" / name)
    record = county.run_one()
    assert (record.outcome, record.file, record.rows_in, record.rows_loaded) == (
        "loaded",
        "attendance_events",
        1917,
        1917,
    )
    rows = county.lake("edfi/attendance_events")
    assert {row["school_number"] for row in rows} == set(SCHOOLS)
    assert {row["school_year"] for row in rows} == {"2021-22"}
    assert Counter(row["category"] for row in rows) == {
        "Excused Absence": 1077,
        "Unexcused Absence": 773,
        "Tardy": 66,
        "Partial": 1,
    }
    assert all(len(row["local_student_key"]) == 64 for row in rows)


def linked(path: str) -> dict[str, str]:
    return {"rel": path, "href": f"/ed-fi/{path}/0"}


# As the API answers: each reference with a link, and more about a person than anybody asked for.
ANSWERS = {
    "studentSchoolAttendanceEvents": {
        "id": "0",
        "schoolReference": {"schoolId": SCHOOLS[0], "link": linked("School")},
        "sessionReference": {"schoolId": 1, "schoolYear": 2022, "sessionName": "Fall", "link": linked("Session")},
        "studentReference": {"studentUniqueId": "604822", "link": linked("Student")},
        "attendanceEventCategoryDescriptor": "uri://ed-fi.org/AttendanceEventCategoryDescriptor#Excused Absence",
        "eventDate": "2021-10-05",
        "_etag": "1",
        "_lastModifiedDate": "2021-10-06T00:00:00Z",
    },
    "studentSchoolAssociations": {
        "schoolReference": {"schoolId": SCHOOLS[0], "link": linked("School")},
        "studentReference": {"studentUniqueId": "604822", "link": linked("Student")},
        "calendarReference": {"calendarCode": "A", "schoolId": 1, "schoolYear": 2022, "link": linked("Calendar")},
        "entryDate": "2021-08-16",
        "entryGradeLevelDescriptor": "uri://ed-fi.org/GradeLevelDescriptor#Third grade",
    },
    "calendarDates": {
        "calendarReference": {
            "calendarCode": "A",
            "schoolId": SCHOOLS[0],
            "schoolYear": 2022,
            "link": linked("Calendar"),
        },
        "date": "2021-10-05",
        "calendarEvents": [{"calendarEventDescriptor": "uri://ed-fi.org/CalendarEventDescriptor#Instructional day"}],
    },
    "studentEducationOrganizationAssociations": {
        "studentReference": {"studentUniqueId": "604822", "link": linked("Student")},
        "educationOrganizationReference": {"educationOrganizationId": 1999001, "link": linked("LEA")},
        "addresses": [{"streetNumberName": "12 Planted Lane", "city": "Plantedville"}],
        "electronicMails": [{"electronicMailAddress": "planted@school.invalid"}],
        "races": [{"raceDescriptor": "uri://ed-fi.org/RaceDescriptor#White"}],
        "studentIdentificationCodes": [
            {
                "studentIdentificationSystemDescriptor": "uri://ed-fi.org/StudentIdentificationSystemDescriptor#State",
                "assigningOrganizationIdentificationCode": "CA",
                "identificationCode": "9000000001",
            }
        ],
    },
}


@pytest.mark.parametrize("resource", ANSWERS)
def test_an_answer_of_the_api_loads_with_its_links_and_without_its_addresses(county: County, resource: str) -> None:
    county = replace(county, registry=on_ed_fi(county.registry))
    county.send(f"{LEA}/edfi/2021-22/{resource}.json", json.dumps([ANSWERS[resource]]))
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_loaded) == ("loaded", 1, 1), record.message
    told = str(county.lake(f"edfi/{record.file}"))
    assert "link" not in told
    assert "lanted" not in told
