"""Field orders of the CALPADS files (docs/rules.md A.2 to A.6), first field first; blank fields are named as well."""

from __future__ import annotations

from collections.abc import Mapping

from simulation.text import Column

STAS = (
    "record_type", "transaction_type", "local_record_id", "reporting_lea", "school_of_attendance", "academic_year",
    "ssid", "local_student_id", "first_name", "last_name", "birth_date", "gender", "is_exempt", "is_hourly",
    "days_expected", "days_attended_in_person", "days_out_of_school_suspension", "days_in_school_suspension",
    "days_excused", "days_unexcused", "days_non_ada_independent_study", "days_ada_independent_study",
    "is_period_method", "attendance_recovery_days",
)  # fmt: skip

SENR = (
    "record_type", "transaction_type", "local_record_id", "reporting_lea", "school_of_attendance", "school_nps",
    "academic_year", "ssid", "local_student_id", "first_name", "middle_name", "last_name", "suffix",
    "alias_first_name", "alias_middle_name", "alias_last_name", "birth_date", "gender", "birth_city", "birth_state",
    "birth_country", "enrollment_start_date", "enrollment_status", "grade_level", "enrollment_exit_date",
    "exit_reason", "completion_status", "expected_receiver_school", "met_uc_csu", "transfer_code",
    "district_of_residence", "golden_state_seal", "seal_of_biliteracy", "postsecondary_status", "dass_workforce",
    "dass_food_handler", "dass_apprenticeship_certified", "dass_apprenticeship", "dass_job",
)  # fmt: skip

SINF = (
    "record_type", "transaction_type", "local_record_id", "effective_start_date", "effective_end_date",
    "reporting_lea", "school_of_attendance", "academic_year", "ssid", "local_student_id", "first_name", "middle_name",
    "last_name", "suffix", "alias_first_name", "alias_middle_name", "alias_last_name", "birth_date", "gender",
    "birth_city", "birth_state", "birth_country", "is_hispanic", "ethnicity_missing", "race_1", "race_2", "race_3",
    "race_4", "race_5", "race_missing", "street_1", "street_2", "city", "state", "zip_code", "first_us_school_date",
    "under_three_years", "parent_education", "guardian_1_first_name", "guardian_1_last_name", "guardian_2_first_name",
    "guardian_2_last_name", "preferred_first_name", "preferred_last_name", "mailing_street_1", "mailing_street_2",
    "mailing_city", "mailing_state", "mailing_zip_code", "second_parent_education",
)  # fmt: skip

SPRG = (
    "record_type", "transaction_type", "local_record_id", "reporting_lea", "school_of_attendance", "academic_year",
    "ssid", "local_student_id", "first_name", "last_name", "birth_date", "gender", "program_code", "membership_code",
    "membership_start_date", "membership_end_date", "service_academic_year", "service_code", "partnership_academy",
    "migrant_student_id", "filler_21", "filler_22", "dwelling_type", "unaccompanied", "runaway", "filler_26",
)  # fmt: skip

SELA = (
    "record_type", "transaction_type", "local_record_id", "reporting_lea", "school_of_attendance", "academic_year",
    "ssid", "first_name", "last_name", "birth_date", "gender", "local_student_id", "elas_code", "elas_start_date",
    "primary_language", "correction_reason",
)  # fmt: skip

# What an ODS extract adds to a layout.
UPLOADED = ("upload_date", "last_updated_date")


def in_order(layout: tuple[str, ...], given: Mapping[str, Column]) -> list[Column]:
    """The given columns in the order of a layout, blank where none is given; extra names are a mistake."""
    if unknown := sorted(set(given) - set(layout)):
        raise AssertionError(f"fields {', '.join(unknown)} are not in the layout")
    return [given.get(name, "") for name in layout]
