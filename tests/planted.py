"""Do the tests test anything? Plant one error at a time in a copy of the project and see a named test turn red.

``make planted`` plants them all; ``python -m tests.planted WORD`` those whose file or test holds the word. Not part of
``make test``: it runs the tests once for each error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from attendance.dbt import dbt_environment
from attendance.settings import PROJECT, Settings, read_settings
from ingestion.reference import prepare_lake, write_reference
from ingestion.registry import read_registry

ROOMS = (
    "attendance",
    ".github",
    "config",
    "dags",
    "dashboards",
    "dbt_project",
    "docs",
    "ingestion",
    "publishing",
    "seeds",
    "simulation",
    "tests",
    "pyproject.toml",
    "README.md",
    "Makefile",
    "requirements.lock",
    "requirements-spark.lock",
    "requirements-readers.lock",
    "docker-compose.yml",
    "deploy",
    ".dockerignore",
    ".gitignore",
)


@dataclass(frozen=True)
class Planted:
    """An error: in this file, this text becomes that one; then this test must fail.

    test: a dbt unit or data test's name, or a pytest node (``tests/…::test_…``)
    """

    file: str
    text: str
    becomes: str
    test: str


MODELS = "dbt_project/models/"
RULE = "the_rule_at_its_edges"

PLANTED = (
    # the rule
    Planted(
        "dbt_project/macros/chronic_absence.sql",
        "* 100 >= {{ days_expected }}",
        "* 100 > {{ days_expected }}",
        RULE,
    ),
    Planted(
        "dbt_project/macros/chronic_absence.sql",
        "{{ days_expected }} >= {{ definition }}",
        "{{ days_expected }} > {{ definition }}",
        RULE,
    ),
    Planted(
        MODELS + "intermediate/int_chronic_absence_rule.sql",
        "not totals.is_exempt and {{ is_eligible_by('published') }}",
        "{{ is_eligible_by('published') }}",
        RULE,
    ),
    Planted(
        "dbt_project/macros/chronic_absence.sql",
        "{{ days_expected }} > {{ days_absent }}",
        "{{ days_expected }} >= {{ days_absent }}",
        RULE,
    ),
    Planted(
        MODELS + "intermediate/int_chronic_absence_rule.sql",
        ">= judged.days_expected * bands.from_percent",
        "> judged.days_expected * bands.from_percent",
        RULE,
    ),
    Planted("seeds/attendance_definitions.csv", "cde,31,10", "cde,30,10", RULE),
    Planted(
        "seeds/attendance_definitions.csv",
        "edfacts,10,10,false,false",
        "edfacts,10,10,false,true",
        "attendance_definitions__exactly_one_is_published",
    ),
    Planted(
        "seeds/attendance_bands.csv",
        "moderate_chronic,Missed 10 to 19.9 percent,10,20",
        "moderate_chronic,Missed 10 to 19.9 percent,11,20",
        "attendance_bands__each_band_begins_where_the_one_below_ends",
    ),
    Planted(
        "seeds/attendance_bands.csv",
        'satisfactory,Missed less than 5 percent,0,5,false,false,1,"Attendance Works; docs/rules.md B.7"',
        "satisfactory,Missed less than 5 percent,0,5,false,false,1,",
        "never_null_attendance_bands_attendance_band__source",
    ),
    # days
    Planted(
        MODELS + "intermediate/int_days_expected.sql",
        "least(stints.last_date, submissions.complete_through)",
        "stints.last_date",
        "a_span_counts_school_days_and_stops_at_the_last_submitted_day",
    ),
    Planted(
        MODELS + "intermediate/int_days_expected.sql",
        "last_day.days_so_far - first_day.days_before",
        "last_day.days_so_far - first_day.days_so_far",
        "a_span_counts_school_days_and_stops_at_the_last_submitted_day",
    ),
    Planted(
        MODELS + "intermediate/int_counted_marks.sql",
        "    where in_session = 1\n",
        "",
        "a_code_on_a_day_without_school_or_outside_the_stint_is_no_absence",
    ),
    Planted(
        MODELS + "intermediate/int_counted_marks.sql",
        "    or absences.is_tardy\n",
        "",
        "only_a_day_that_was_simply_attended_has_no_mark",
    ),
    Planted(
        MODELS + "intermediate/int_days_absent.sql",
        "count_if(is_truancy_occasion) as",
        "count_if(is_truancy_occasion and is_absence) as",
        "each_day_is_counted_for_what_it_was",
    ),
    Planted(
        MODELS + "intermediate/int_streaks.sql",
        "when first_day = lag(last_day) over student_runs + 1 then 0",
        "when first_day = lag(last_day) over student_runs then 0",
        "a_streak_is_broken_by_a_day_attended_and_not_by_a_weekend_or_a_move",
    ),
    Planted(
        MODELS + "intermediate/int_days_to_date.sql",
        "greatest(least(month_ends.days_so_far_{{ month }}, spans.last_school_day)",
        "greatest(least(month_ends.days_so_far_{{ month }}, 999)",
        "days_are_cumulated_through_the_end_of_each_month_and_no_further_than_is_known",
    ),
    Planted(
        MODELS + "intermediate/int_truancy.sql",
        "last_occasion_date > last_notice_date",
        "last_occasion_date > '2000-01-01'",
        "the_ladder_of_truancy_at_its_edges",
    ),
    Planted(
        MODELS + "intermediate/int_student_risk.sql",
        "measured.days_needed - cast(0.5 as double)",
        "measured.days_needed",
        "what_is_still_needed_is_set_beside_what_the_county_misses",
    ),
    Planted(
        MODELS + "intermediate/int_risk_cells.sql",
        "where risk_bin is not null",
        "where true",
        "students_who_stand_alike_are_one_cell",
    ),
    Planted(
        MODELS + "intermediate/int_risk_probabilities.sql",
        "        and scored.school_year > cells.school_year",
        "        and scored.school_year >= cells.school_year",
        "a_small_group_leans_on_the_wider_one",
    ),
    Planted(
        MODELS + "marts/early_warning.sql",
        "students.days_absent_of_first * 100 >=",
        "students.days_absent_of_first * 100 >",
        "signs_at_their_edges",
    ),
    Planted("seeds/early_warning_rules.csv", "days_a_month,2", "days_a_month,3", "signs_at_their_edges"),
    Planted(
        MODELS + "marts/early_warning_calibration.sql",
        "students_so_far - students / cast(2 as double)",
        "students_so_far",
        "what_was_predicted_is_set_beside_what_came",
    ),
    Planted(
        MODELS + "marts/early_warning_skill.sql",
        "others_so_far - students_other / 2",
        "others_so_far",
        "pairs_in_order_and_squared_errors",
    ),
    Planted(
        MODELS + "marts/team_list.sql",
        "        and months.as_of_date <= stints.last_date",
        "",
        "who_has_missed_a_tenth_and_is_still_there_is_on_the_list",
    ),
    Planted(
        MODELS + "marts/transitions.sql",
        "where last_year.from_cds_code is null or last_year.from_cds_code <> arrivals.cds_code",
        "",
        "who_is_new_at_a_school_brings_last_year_along",
    ),
    Planted(
        MODELS + "marts/attendance_to_date.sql",
        "where known.days_submitted > 0",
        "",
        "a_month_is_judged_on_the_days_so_far",
    ),
    Planted(
        MODELS + "marts/attendance_day.sql",
        "taught.students_expected >= rules.fewest_students",
        "taught.students_expected > 0",
        "a_dip_is_far_below_what_the_weekday_leads_one_to_expect",
    ),
    Planted(
        MODELS + "intermediate/int_attendance_days.sql",
        "        last_school_day + 1 as school_day,",
        "        last_school_day as school_day,",
        "students_of_a_day_are_those_who_have_come_and_not_yet_gone",
    ),
    Planted(
        MODELS + "intermediate/int_compared_days.sql",
        "and gap_absent <= days_partial + tolerance_days",
        "and gap_absent <= 99",
        "the_first_cause_that_can_explain_it_is_named",
    ),
    Planted(
        MODELS + "marts/data_quality.sql",
        "weights.plausible * greatest(weeks.days_submitted - weeks.days_impossible, 0)",
        "weights.plausible * weeks.days_submitted",
        "a_week_loses_points_for_what_is_amiss",
    ),
    Planted(
        "seeds/data_quality_parts.csv",
        "timely,Attendance that was not sent again late,10,",
        "timely,Attendance that was not sent again late,11,",
        "data_quality_parts__weights_add_up_to_a_hundred",
    ),
    Planted(
        MODELS + "intermediate/int_quality_days.sql",
        "        months.replaced > 0\n        and ",
        "        ",
        "what_a_data_team_asks_of_a_day",
    ),
    Planted(
        "seeds/truancy_rules.csv", "truant_occasions,3", "truant_occasions,2", "the_ladder_of_truancy_at_its_edges"
    ),
    Planted("seeds/truancy_rules.csv", "chronic_percent,10", "chronic_percent,9", "the_ladder_of_truancy_at_its_edges"),
    Planted("seeds/attendance_tiers.csv", "0,10,", "0,11,", "named_definitions_stand_side_by_side"),
    Planted("seeds/attendance_definitions.csv", "edfacts,10,", "edfacts,9,", "named_definitions_stand_side_by_side"),
    Planted(
        MODELS + "intermediate/int_absences.sql",
        "by_part.parts_absent >= by_part.parts_of_day then categories",
        "by_part.parts_absent >= 5 then categories",
        "a_day_is_absent_only_as_a_whole",
    ),
    Planted(
        "seeds/attendance_categories.csv", "unexcused,true,3", "unexcused,true,9", "a_day_is_absent_only_as_a_whole"
    ),
    Planted(
        MODELS + "intermediate/int_attendance_totals.sql",
        "expected.days_expected - coalesce(absent.days_unmapped, 0)",
        "expected.days_expected",
        "a_mover_is_summed_at_the_district_and_an_unexplained_day_leaves_both_sides",
    ),
    Planted(
        MODELS + "intermediate/int_attendance_totals.sql",
        "min(case when is_exempt then 1 else 0 end) = 1",
        "max(case when is_exempt then 1 else 0 end) = 1",
        "a_mover_is_summed_at_the_district_and_an_unexplained_day_leaves_both_sides",
    ),
    # stints
    Planted(
        MODELS + "intermediate/int_entity_stints.sql",
        "order by placed.status_priority asc, placed.first_date desc",
        "order by placed.status_priority asc, placed.first_date asc",
        "overlapping_stints_count_a_day_once",
    ),
    Planted(
        MODELS + "intermediate/int_entity_stints.sql",
        "order by placed.status_priority asc, placed.first_date desc",
        "order by placed.first_date desc",
        "overlapping_stints_count_a_day_once",
    ),
    # the student information systems
    Planted(
        MODELS + "intermediate/int_absences.sql",
        "coalesce(by_part.parts_of_day, 99)",
        "coalesce(by_part.parts_of_day, 0)",
        "a_day_is_absent_only_as_a_whole",
    ),
    Planted(
        MODELS + "intermediate/int_sis_years.sql",
        "case when enrolled.system = leas.system then 0 else 1 end",
        "0",
        "a_year_with_two_systems_counts_one",
    ),
    Planted(
        MODELS + "staging/powerschool/stg_powerschool__enrollments.sql",
        "{{ days_after('stints.leave_date', -1) }}",
        "stints.leave_date",
        "a_powerschool_exit_date_is_the_day_after_the_last",
    ),
    Planted(
        MODELS + "staging/powerschool/stg_powerschool__marks.sql",
        "attendance_value > 0 and attendance_value < 1 then 2",
        "attendance_value > 0 and attendance_value < 1 then 1",
        "a_powerschool_mark_is_of_a_day_or_of_a_period",
    ),
    Planted(
        MODELS + "staging/powerschool/stg_powerschool__marks.sql",
        "order by priority asc",
        "order by priority desc",
        "a_powerschool_mark_is_of_a_day_or_of_a_period",
    ),
    Planted(
        MODELS + "staging/powerschool/stg_powerschool__attendance.sql",
        "    where mode = 'codeday'\n",
        "",
        "a_powerschool_code_is_worth_what_the_day_s_conversion_says",
    ),
    Planted(
        MODELS + "staging/infinite_campus/stg_infinite_campus__marks.sql",
        "coalesce(state_codes.attendance_category, types.attendance_category",
        "coalesce(types.attendance_category, state_codes.attendance_category",
        "an_infinite_campus_mark_is_told_by_its_row_then_its_code_and_by_the_state_code_before_both",
    ),
    Planted(
        MODELS + "staging/infinite_campus/stg_infinite_campus__calendars.sql",
        "    where coalesce(is_non_instructional, 0) = 0\n",
        "",
        "an_infinite_campus_day_has_as_many_parts_as_periods_in_which_students_are_taught",
    ),
    Planted(
        MODELS + "staging/synergy/stg_synergy__attendance.sql",
        "where morning_code is not null and morning_code <> coalesce(afternoon_code, '')",
        "where morning_code is not null",
        "the_halves_of_a_synergy_day_are_two_parts_unless_they_agree",
    ),
    Planted(
        MODELS + "staging/edfi/stg_edfi__marks.sql",
        "case when attendance.event_duration < 1 then 'half' end",
        "cast(null as varchar)",
        "an_ed_fi_event_is_told_by_its_category_and_less_than_a_day_is_part_of_one",
    ),
    Planted(
        "dbt_project/macros/sis.sql",
        "'synergy', 'edfi'",
        "'synergy'",
        "tests/ingestion/test_systems.py::test_every_system_with_attendance_is_in_the_list_that_the_models_unite",
    ),
    Planted(
        MODELS + "intermediate/int_stints.sql",
        "        and never_attended.exit_reason_code is null\n",
        "",
        "who_is_left_out_and_how_long_an_open_enrollment_lasts",
    ),
    Planted(
        MODELS + "intermediate/int_stints.sql",
        "where connected.lea_code is null",
        "where true",
        "an_sis_enrollment_learns_its_status_from_calpads",
    ),
    # groups
    Planted(
        MODELS + "intermediate/int_student_information.sql",
        "            when coded.is_hispanic then 'RH'\n",
        "",
        "hispanic_comes_first_then_several_races_then_the_one",
    ),
    Planted(
        MODELS + "intermediate/int_student_information.sql",
        "min(priority) over",
        "max(priority) over",
        "a_student_is_described_by_the_best_source_of_the_year_alone",
    ),
    Planted(
        MODELS + "intermediate/int_student_traits.sql",
        "described.first_date desc",
        "described.first_date asc",
        "the_latest_record_at_the_entity_counts_and_another_schools_where_there_is_none",
    ),
    Planted(
        MODELS + "intermediate/int_program_spans.sql",
        "        '190' as program_code,",
        "        '191' as program_code,",
        "foster_care_is_known_from_the_match_the_profile_and_the_countys_list",
    ),
    # the state's own files
    Planted(
        MODELS + "intermediate/int_absence_summaries.sql",
        "    where submitted.lea_code is null\n",
        "",
        "report_14_2_stands_in_where_no_stas_arrived",
    ),
    Planted(
        MODELS + "intermediate/int_stas_findings.sql",
        "recovered.days_recovered > 10",
        "recovered.days_recovered > 11",
        "recovery_is_added_up_over_the_leas_schools_and_every_enrollment_needs_its_summary",
    ),
    Planted(
        "ingestion/contracts/calpads/stas.yml",
        "    last: 2020-21",
        "    last: 2019-20",
        "tests/ingestion/test_state_files.py::test_days_expected_are_the_sum_that_the_year_asks_for",
    ),
    Planted(
        "ingestion/contracts/calpads/senr.yml",
        "when exit_reason_code = 'N470' then 1",
        "when exit_reason_code = 'N470' then 0",
        "tests/ingestion/test_state_files.py::test_an_exit_before_its_entry_is_rejected_unless_the_student_never_came",
    ),
    Planted(
        "ingestion/contracts/cde/chronic_absenteeism.yml",
        ", CharterYN",
        "",
        "tests/ingestion/test_public.py::test_an_older_header_without_spaces_and_without_dass_is_the_same_file",
    ),
    Planted(
        "ingestion/contracts/cde/dashboard_chronic.yml",
        "as: end_year",
        "as: start_year",
        "tests/ingestion/test_public.py::test_the_dashboards_headers_of_2018_2022_and_2024_are_one_table",
    ),
    Planted(
        MODELS + "intermediate/int_program_spans.sql",
        "{{ days_after('ended.next_first_date', -1) }}",
        "ended.next_first_date",
        "an_english_learner_is_one_until_the_day_before_the_next_status",
    ),
    Planted(
        MODELS + "intermediate/int_student_programs.sql",
        "    and stints.last_date >= spans.first_date\n",
        "",
        "a_programme_counts_where_its_dates_meet_a_stint_at_the_entity",
    ),
    Planted(
        MODELS + "intermediate/int_group_totals.sql",
        "where attendance.is_eligible",
        "where true",
        "a_student_is_counted_in_every_group_that_is_theirs",
    ),
    Planted(
        MODELS + "intermediate/int_student_traits.sql",
        "where stints.is_latest",
        "where not stints.is_latest",
        "the_school_of_the_latest_stint_says_charter_dass_and_type_above_the_school",
    ),
    Planted(
        MODELS + "marts/chronic_absence.sql",
        "total.chronic_count - counted.chronic_count as other_chronic",
        "total.chronic_count as other_chronic",
        "a_group_is_set_beside_all_others_and_beside_the_county",
    ),
    Planted(
        MODELS + "marts/chronic_absence.sql",
        "sum(days_attended) as days_attended",
        "sum(days_expected) as days_attended",
        "the_example_of_the_attendance_playbook",
    ),
    Planted(
        MODELS + "intermediate/int_dashboard_rule.sql",
        "then changes.small_population_level else",
        "then changes.level_code else",
        "a_small_population_has_three_change_levels",
    ),
    Planted(
        MODELS + "intermediate/int_dashboard_rule.sql",
        "levelled.is_size_met and levelled.is_prior_size_met",
        "levelled.is_size_met",
        "a_color_asks_for_thirty_students_in_both_years_and_for_fifteen_foster_or_homeless_of_an_lea",
    ),
    Planted(
        MODELS + "intermediate/int_dashboard_rule.sql",
        "coalesce(years.has_color, false) as has_color",
        "true as has_color",
        "a_year_has_what_the_dashboard_of_its_spring_had",
    ),
    Planted(
        "seeds/dashboard_cut_points.csv",
        "status,4,4,2.6,5.0",
        "status,4,4,2.6,5.1",
        "dashboard_cut_points__each_level_begins_a_tenth_after_the_one_before",
    ),
    Planted(
        "seeds/dashboard_colors.csv",
        "4,4,4,2017-18",
        "4,4,2,2017-18",
        "dashboard_colors__every_status_and_change_has_its_color",
    ),
    Planted(
        MODELS + "intermediate/int_dashboard_figures.sql",
        "        and charters.reporting_category is null\n",
        "",
        "a_district_is_counted_without_its_charters_and_a_year_beside_the_one_before",
    ),
    Planted(
        MODELS + "intermediate/int_dashboard_counts.sql",
        "case when through_value < 0 then 0 else 1 end",
        "0",
        "a_count_is_tried_on_both_sides_of_every_cut_point",
    ),
    Planted(
        MODELS + "marts/accountability.sql",
        "max(case when imagined.color_level > actual.color_level then imagined.chronic_count end)",
        "min(case when imagined.color_level > actual.color_level then imagined.chronic_count end)",
        "the_nearest_count_of_a_better_and_of_a_worse_color_is_told",
    ),
    Planted(
        "dbt_project/macros/rounded.sql",
        "case when {{ crossed }} < 0 then -1 else 1 end",
        "1",
        "a_change_begins_and_ends_at_its_cut_points",
    ),
    Planted(
        MODELS + "marts/goals.sql",
        "is_year_over and coalesce(value_school_year <> school_year, false) as is_stale",
        "false as is_stale",
        "a_goal_stands_where_its_last_figure_and_its_year_say",
    ),
    Planted(
        MODELS + "marts/goals.sql",
        "average('measured_value * days_of_year', 'days_so_far', decimals=2)",
        "average('measured_value', 'days_so_far', decimals=2)",
        "a_goal_stands_where_its_last_figure_and_its_year_say",
    ),
    Planted(
        "seeds/goal_statuses.csv",
        "reached,Reached,over,",
        "reached,Reached,running,",
        "a_goal_stands_where_its_last_figure_and_its_year_say",
    ),
    Planted(
        MODELS + "intermediate/int_goal_values.sql",
        "where priority = best_priority",
        "where true",
        "a_measure_is_of_eligible_students_and_a_survey_of_all_who_answered",
    ),
    Planted(
        MODELS + "marts/lcap_metrics.sql",
        "    where charters.reporting_category is null\n",
        "",
        "an_lea_is_a_district_without_its_charters_or_a_charter",
    ),
    Planted(
        MODELS + "marts/student_group_spans.sql",
        "first_date <= {{ days_after('last_date_before', 1) }}",
        "first_date <= last_date_before",
        "a_group_holds_while_its_dates_meet_a_stint_and_touching_spans_are_one",
    ),
    Planted(
        "dbt_project/macros/engine/duckdb.sql",
        "isodow({{ date }})",
        "(isodow({{ date }}) % 7 + 1)",
        "dim_dates__known_days_are_what_they_are",
    ),
    Planted(
        MODELS + "marts/climate_association.sql",
        "summed.schools >= thresholds.value",
        "summed.schools + 1 >= thresholds.value",
        "schools_are_correlated_where_there_are_enough_of_them",
    ),
    Planted(
        MODELS + "marts/concentration.sql",
        "order by chronic_count desc, place_code asc nulls last",
        "order by chronic_count asc, place_code asc nulls last",
        "places_are_ranked_by_their_chronically_absent_students",
    ),
    Planted(
        MODELS + "marts/absence_by_reason.sql",
        "average('days_absent', 'students_absent')",
        "average('days_absent', 'eligible_enrollment')",
        "absences_are_told_by_reason_and_for_chronically_absent_students_apart",
    ),
    Planted(
        MODELS + "marts/chronic_absence_by_grade.sql",
        "where categories.category_family not in ('grade', 'grade_total')",
        "where true",
        "a_grade_is_cut_by_group_and_its_span_is_no_group_of_it",
    ),
    Planted(
        MODELS + "marts/chronic_absence_by_zip.sql",
        "        attendance.is_eligible\n        and ",
        "        ",
        "who_has_no_zip_code_stands_in_a_row_without_one",
    ),
    Planted(
        "dbt_project/macros/in_every_group.sql",
        "'grade_span', 'through_grade_eight'",
        "'grade_span'",
        "a_student_is_counted_in_every_group_that_is_theirs",
    ),
    Planted(
        MODELS + "intermediate/int_entity_stints.sql",
        "where stints.stints_in_year > 1",
        "where stints.stints_in_year > 2",
        "overlapping_stints_count_a_day_once",
    ),
    Planted(
        MODELS + "intermediate/int_sis_students.sql",
        "min(record_number) over (partition by school_year, school_code, student_key)",
        "record_number",
        "a_student_filed_twice_at_a_school_has_one_roster_number",
    ),
    Planted(
        MODELS + "intermediate/int_absences.sql",
        "case when days.is_partial_absence then 0 else 8 end",
        "case when days.is_partial_absence then 8 else 0 end",
        "a_day_is_absent_only_as_a_whole",
    ),
    # interventions
    Planted(
        MODELS + "intermediate/int_intervention_windows.sql",
        "{{ days_after('interventions.start_date', 1) }} as first_date",
        "interventions.start_date as first_date",
        "windows_count_school_days_on_both_sides_and_leave_the_day_itself_out",
    ),
    Planted(
        MODELS + "intermediate/int_intervention_windows.sql",
        "least(windows.last_date, stints.last_known_date) as last_known_date",
        "least(windows.last_date, stints.last_date) as last_known_date",
        "windows_count_school_days_on_both_sides_and_leave_the_day_itself_out",
    ),
    Planted(
        MODELS + "marts/interventions.sql",
        "other.start_date <= {{",
        "other.start_date < {{",
        "an_intervention_is_told_with_where_the_student_stood_and_what_followed",
    ),
    Planted(
        MODELS + "intermediate/int_matching_weeks.sql",
        "and known.after_until > interventions.start_date",
        "and known.index_week >= interventions.start_date",
        "both_sides_have_the_same_weeks_and_no_other_intervention_near",
    ),
    Planted(
        MODELS + "intermediate/int_matching_weeks.sql",
        "        and expected.days_unknown = 0\n",
        "",
        "both_sides_have_the_same_weeks_and_no_other_intervention_near",
    ),
    Planted(
        MODELS + "intermediate/int_matching_weeks.sql",
        "'absent_weeks.absent_week >= known.after_from'",
        "'absent_weeks.absent_week >= known.index_week'",
        "both_sides_have_the_same_weeks_and_no_other_intervention_near",
    ),
    Planted(
        MODELS + "intermediate/int_matched_outcomes.sql",
        "cast(change_sum - change_in_cell_sum - comparison_error as double)",
        "cast(change_sum - change_in_cell_sum as double)",
        "a_difference_is_that_of_the_changes_and_its_interval_is_of_schools",
    ),
    Planted(
        MODELS + "marts/intervention_outcomes.sql",
        "then 'few_comparison'",
        "then null",
        "outcomes_are_told_by_tier_and_term_and_counted_anew_for_all",
    ),
    Planted(
        MODELS + "intermediate/int_attendance_cases.sql",
        "and last_step_date <= judged_on",
        "and last_step_date >= judged_on",
        "a_case_is_followed_from_its_last_step_once_that_was_held",
    ),
    Planted(
        MODELS + "intermediate/int_case_absences.sql",
        "absence_date > followed_from then 1",
        "absence_date >= followed_from then 1",
        "absences_have_begun_again_with_the_third_unexcused_day_after_the_meeting",
    ),
    Planted(
        "seeds/followup_contacts.csv",
        "home_visit,nobody,false",
        "home_visit,nobody,true",
        "a_contact_is_one_that_reached_somebody",
    ),
    Planted(
        MODELS + "intermediate/int_presart_steps.sql",
        "and cases.referral_date >= evidence.first_date",
        "",
        "a_step_before_the_review_is_documented_by_the_day_of_the_referral",
    ),
    Planted(
        MODELS + "marts/case_followups.sql",
        "when window_last_date < judged_on then 'overdue'",
        "when due_date < judged_on then 'overdue'",
        "a_follow_up_is_documented_closed_overdue_due_or_upcoming",
    ),
    Planted(
        MODELS + "marts/case_followups.sql",
        "when 'regular' then cases.followed_from",
        "when 'regular' then cases.referral_date",
        "tests/truths/test_truths.py::test_follow_ups_that_were_done_are_found_those_that_were_not_are_overdue_and_no_others",
    ),
    Planted(
        "seeds/matching_bands.csv",
        "so_far,5,10,12.5,",
        "so_far,5,11,12.5,",
        "matching_bands__each_band_begins_where_the_one_below_ends",
    ),
    Planted(
        "simulation/attendance.py",
        "for factors in (effects, effects / alone):",
        "for factors in (effects, effects):",
        "tests/simulation/test_chances.py::test_an_intervention_takes_away_its_share_of_the_days_and_nothing_before_its_first_one",
    ),
    Planted(
        MODELS + "intermediate/int_interventions.sql",
        "        logged.intervention_key is null\n",
        "        true\n",
        "a_plan_that_the_log_has_too_counts_once_and_other_areas_not_at_all",
    ),
    Planted(
        MODELS + "staging/panorama/stg_panorama__interventions.sql",
        "plans.status_label is distinct from 'Draft'",
        "true",
        "a_plan_speaks_the_words_of_the_log_and_a_draft_is_left_out",
    ),
    # rosters, and what districts keep themselves
    Planted(
        MODELS + "staging/oneroster/stg_oneroster__users.sql",
        "            max(case when role = 'student' then role end),\n",
        "",
        "what_a_user_is_comes_from_either_version",
    ),
    Planted(
        MODELS + "staging/oneroster/stg_oneroster__demographics.sql",
        "from described\nwhere place = 1",
        "from described",
        "races_become_calpads_codes_once_per_student_and_school",
    ),
    Planted(
        "ingestion/contracts/panorama/surveys.yml",
        "at_least: 10, masked: true",
        "at_least: 9, masked: true",
        "tests/ingestion/test_intakes.py::test_results_of_fewer_than_ten_are_never_loaded_and_never_repeated",
    ),
    Planted(
        "ingestion/contracts/interventions/letters.yml",
        "  notes:            {private: true,",
        "  notes:            {is: notes,",
        "tests/ingestion/test_intakes.py::test_no_intake_keeps_a_column_in_which_a_name_could_be_typed",
    ),
    Planted(
        "ingestion/contracts/goals/goals.yml",
        'at_most: 400,\n     means: "the measure then',
        'at_most: 500,\n     means: "the measure then',
        "tests/ingestion/test_data_request.py::test_the_documents_are_as_the_contracts_are",
    ),
    Planted(
        "ingestion/contracts/goals/goals.example.csv",
        "LCAP-3.1,1999001,,lcap,SF",
        "LCAP-3.1,1999001,,lcap,TA",
        "tests/ingestion/test_examples.py::test_an_example_is_loaded_whole_in_every_way_that_its_format_allows",
    ),
    # suppression
    Planted(
        "seeds/suppression_thresholds.csv",
        "largest_hidden_group,10",
        "largest_hidden_group,3",
        "a_small_group_takes_a_companion_so_that_it_cannot_be_subtracted",
    ),
    # public tables of the dashboards
    Planted(
        MODELS + "open_data/open_entities.sql",
        "lowest.grade as low_grade",
        "spelled.first_grade as low_grade",
        "grades_of_the_directory_become_those_of_calpads",
    ),
    Planted(
        MODELS + "open_data/open_attendance_day.sql",
        "< limits.fewest_schools then",
        "< 2 then",
        "a_day_of_few_schools_or_few_absent_is_not_told",
    ),
    Planted(
        MODELS + "open_data/open_attendance_day.sql",
        "when days.students_absent <= limits",
        "when days.students_absent < limits",
        "a_day_of_few_schools_or_few_absent_is_not_told",
    ),
    Planted(
        MODELS + "open_data/open_attendance_day.sql",
        "{{ to_nearest_step('days.students_expected') }} as students_about",
        "days.students_expected as students_about",
        "a_day_of_few_schools_or_few_absent_is_not_told",
    ),
    Planted(
        MODELS + "open_data/open_early_warning.sql",
        "else min(case when is_told_alone",
        "else max(case when is_told_alone",
        "all_levels_of_a_month_are_told_or_none",
    ),
    Planted(
        MODELS + "open_data/open_early_warning.sql",
        "where warned.days_expected >= rules.fewest_days",
        "where warned.days_expected > 0",
        "all_levels_of_a_month_are_told_or_none",
    ),
    Planted(
        MODELS + "open_data/open_early_warning.sql",
        "{{ to_nearest_step('counted.expected_chronic') }} as expected_about",
        "cast(counted.expected_chronic as integer) as expected_about",
        "all_levels_of_a_month_are_told_or_none",
    ),
    Planted(
        MODELS + "open_data/open_early_warning.sql",
        "counted.schools_seen >= limits.fewest_schools",
        "counted.schools_seen > 0",
        "all_levels_of_a_month_are_told_or_none",
    ),
    Planted(
        MODELS + "open_data/open_early_warning_calibration.sql",
        "when ends.merges_highest and",
        "when not ends.merges_highest and",
        "tenths_are_merged_until_none_tells_of_a_few",
    ),
    Planted(
        MODELS + "open_data/open_early_warning_calibration.sql",
        "not {{ is_about_small('weighed.fewest_chronic') }}",
        "weighed.fewest_chronic > 0",
        "tenths_are_merged_until_none_tells_of_a_few",
    ),
    Planted(
        MODELS + "open_data/open_early_warning_skill.sql",
        "inner join told",
        "left join told",
        "skill_is_told_of_months_that_the_calibration_tells",
    ),
    Planted(
        MODELS + "intermediate/int_program_combinations.sql",
        "where entity_level = 'county' and is_eligible",
        "where entity_level = 'county'",
        "each_student_stands_under_all_groups_at_once",
    ),
    Planted(
        MODELS + "intermediate/int_program_memberships.sql",
        "like '%, ' || categories.reporting_category || ',%'",
        "like '%' || categories.reporting_category || '%'",
        "a_combination_is_of_the_groups_that_it_names",
    ),
    Planted(
        MODELS + "intermediate/int_program_pairs.sql",
        "'both': (1, 1), 'first_only': (1, 0), 'second_only': (0, 1)",
        "'both': (1, 1), 'first_only': (0, 1), 'second_only': (1, 0)",
        "two_groups_part_the_students_in_four",
    ),
    Planted(
        MODELS + "intermediate/int_program_threes.sql",
        ") < limits.narrowest_bounds",
        ") <= limits.narrowest_bounds",
        "three_groups_are_tight_where_a_small_group_is_nearly_known",
    ),
    Planted(
        MODELS + "intermediate/int_program_threes.sql",
        "between 1 and limits.largest_hidden_group",
        "between 1 and 20",
        "three_groups_are_tight_where_a_small_group_is_nearly_known",
    ),
    Planted(
        MODELS + "open_data/open_group_overlap.sql",
        "pairs.chronic_{{ quadrant }}, pairs.other_{{ quadrant }}",
        "pairs.chronic_{{ quadrant }}, pairs.students_{{ quadrant }}",
        "a_pair_is_told_where_all_four_groups_are_large",
    ),
    Planted(
        MODELS + "open_data/open_group_overlap.sql",
        "nestings.lies_within is null\n",
        "true\n",
        "a_pair_is_told_where_all_four_groups_are_large",
    ),
    Planted(
        MODELS + "open_data/open_group_overlap.sql",
        "bool_or(hides_one and place = 1)",
        "bool_or(hides_one and place = 2)",
        "the_smallest_of_three_known_pairs_is_not_told_where_it_parts_off_a_few",
    ),
    Planted(
        MODELS + "open_data/open_group_overlap.sql",
        "case when judged.is_nested or not judged.hides_students then",
        "case when not judged.hides_students then",
        "the_smallest_of_three_known_pairs_is_not_told_where_it_parts_off_a_few",
    ),
    Planted(
        "dbt_project/macros/shows_part.sql",
        "{{ part }} > limits.largest_hidden_group\n            and",
        "{{ part }} >= limits.largest_hidden_group\n            and",
        "each_part_of_the_new_is_told_where_it_and_its_rest_are_large",
    ),
    Planted(
        "dbt_project/macros/shows_part.sql",
        "{{ whole }} - {{ part }} > limits",
        "{{ whole }} - {{ part }} >= limits",
        "each_part_of_the_new_is_told_where_it_and_its_rest_are_large",
    ),
    Planted(
        "dbt_project/macros/shows_part.sql",
        "{{ whole }} >= limits.none_hidden_under",
        "{{ whole }} > limits.none_hidden_under",
        "each_part_of_the_new_is_told_where_it_and_its_rest_are_large",
    ),
    Planted(
        MODELS + "open_data/open_transitions.sql",
        "or counted.students_new - counted.students_known > limits.largest_hidden_group",
        "or counted.students_new > counted.students_known",
        "each_part_of_the_new_is_told_where_it_and_its_rest_are_large",
    ),
    Planted(
        MODELS + "open_data/open_followups.sql",
        "between 1 and limits.largest_hidden_group, true",
        "between 1 and 9, true",
        "steps_are_told_until_a_few_lie_between_two",
    ),
    Planted(
        MODELS + "open_data/open_followups.sql",
        " and window_last_date < judged_on",
        "",
        "steps_are_told_until_a_few_lie_between_two",
    ),
    Planted(
        MODELS + "open_data/open_followups.sql",
        "coalesce(student_key, case_key) as person",
        "case_key as person",
        "steps_are_told_until_a_few_lie_between_two",
    ),
    Planted(
        MODELS + "intermediate/int_goals_told.sql",
        "where part = 'TA' and suppression_reason is null",
        "where suppression_reason is null",
        "a_goal_is_told_where_its_figure_is_public",
    ),
    Planted(
        MODELS + "intermediate/int_goals_told.sql",
        "where not hides_chronic",
        "where suppression_reason is null",
        "a_goal_is_told_where_its_figure_is_public",
    ),
    Planted(
        MODELS + "intermediate/int_goals_told.sql",
        "else goals.reporting_category = 'TA' or",
        "else true or",
        "a_goal_is_told_where_its_figure_is_public",
    ),
    Planted(
        MODELS + "open_data/open_goals.sql",
        "case when is_told then goal_status end as goal_status",
        "goal_status",
        "a_goal_whose_figure_is_hidden_keeps_its_target_alone",
    ),
    Planted(
        MODELS + "open_data/open_goal_counts.sql",
        "count_if(told.is_told and goals.goal_status",
        "count_if(goals.goal_status",
        "goals_are_counted_at_the_district_and_hidden_ones_under_no_status",
    ),
    Planted(
        MODELS + "marts/data_quality_year.sql",
        "+ weights.calendar as most_of_days",
        "+ weights.calendar + weights.certified as most_of_days",
        "a_year_loses_points_for_what_is_amiss",
    ),
    Planted(
        MODELS + "open_data/open_data_quality.sql",
        "case when not coalesce(has_few_unmapped, false) then marks_unmapped end",
        "marks_unmapped",
        "schools_are_summed_and_a_few_marks_are_not_told",
    ),
    Planted(
        MODELS + "open_data/open_data_quality.sql",
        "sum(schools.score_of_days) as score_of_days",
        "sum(schools.score) as score_of_days",
        "schools_are_summed_and_a_few_marks_are_not_told",
    ),
    Planted(
        MODELS + "open_data/open_reconciliation.sql",
        "when compared.differing between 1 and limits.largest_hidden_group then false",
        "when compared.differing < 0 then false",
        "few_who_differ_or_agree_are_not_told",
    ),
    Planted(
        MODELS + "open_data/open_reconciliation.sql",
        "when compared.is_of_chronic then not counts.hides_chronic",
        "when compared.is_of_chronic then true",
        "few_who_differ_or_agree_are_not_told",
    ),
    Planted(
        MODELS + "open_data/open_reconciliation.sql",
        "counts.part is null or counts.suppression_reason is not null",
        "counts.part is null",
        "few_who_differ_or_agree_are_not_told",
    ),
    Planted(
        MODELS + "open_data/open_concentration_zip.sql",
        "and zips.eligible_enrollment >= limits.fewest_of_zip",
        "and zips.eligible_enrollment > limits.fewest_of_zip",
        "small_zip_codes_are_one_row_that_is_large_enough",
    ),
    Planted(
        MODELS + "open_data/open_concentration_zip.sql",
        "and ordered.eligible_so_far >= limits.fewest_of_zip",
        "and ordered.eligible_so_far > 0",
        "small_zip_codes_are_one_row_that_is_large_enough",
    ),
    Planted(
        MODELS + "open_data/open_concentration_zip.sql",
        "        and not hides_chronic\n",
        "",
        "small_zip_codes_are_one_row_that_is_large_enough",
    ),
    Planted(
        "publishing/audit/public.py",
        "sorted(set(found) - set(tables) - set(UNTIED))",
        "sorted(set(found) & set())",
        "tests/audit/test_overlaps.py::test_a_table_that_the_audit_does_not_know_stops_it",
    ),
    Planted(
        "publishing/audit/public.py",
        '    "goal_counts": "counts goals",\n',
        "",
        "tests/audit/test_overlaps.py::test_every_open_table_is_attacked_or_it_is_said_why_not",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        '("SH", "SS"))',
        '("SH", "SH"))',
        "tests/audit/test_overlaps.py::test_who_is_homeless_is_disadvantaged_by_definition",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "or (wholes.topic = 'overlap' and",
        "or (false and",
        "tests/audit/test_overlaps.py::test_what_two_pairs_tell_of_a_third_is_found",
    ),
    Planted(
        "publishing/audit/primary.py",
        "'survey', 'overlap')",
        "'survey')",
        "tests/audit/test_overlaps.py::test_two_groups_that_share_ten_and_are_shown_are_against_the_rule",
    ),
    # ingestion
    Planted(
        "ingestion/load.py",
        "new < held[period] * SMALLEST_SHARE",
        "False",
        "tests/ingestion/test_guards.py::test_a_month_that_would_lose_more_than_half_its_rows_is_refused_and_stays",
    ),
    Planted(
        "ingestion/load.py",
        "if source is not None and source.accept_smaller:",
        "if False:",
        "tests/ingestion/test_guards.py::test_a_smaller_delivery_is_loaded_where_the_registry_accepts_it",
    ),
    Planted(
        "ingestion/load.py",
        "    rejected = rows_against_limit(task.connection, task.contract)\n",
        "    list_rows_set_aside(task.connection)\n    rejected = rows_against_limit(task.connection, task.contract)\n",
        "tests/ingestion/test_guards.py::test_rows_of_a_school_that_the_registry_does_not_know_are_rejected_and_refuse_nothing",
    ),
    Planted(
        "ingestion/contracts/calpads/senr.yml",
        "school: code, ",
        "",
        "tests/ingestion/test_guards.py::test_a_calpads_school_is_known_by_its_seven_digits",
    ),
    Planted(
        "ingestion/backfill.py",
        "        return self.first <= last and self.last >= first",
        "        return True",
        "tests/ingestion/test_backfill.py::test_a_backfill_takes_up_only_what_it_is_asked_for",
    ),
    Planted(
        "attendance/airflow/arrivals.py",
        "        load_landed(settings, registry, error.waiting)\n",
        "",
        "tests/dags/test_arrivals.py::test_what_could_be_had_is_loaded_though_another_file_could_not",
    ),
    Planted(
        "attendance/airflow/notice.py",
        "        logger.setLevel(logging.CRITICAL)",
        "        pass",
        "tests/dags/test_notice.py::test_a_webhook_that_refuses_stops_nothing_and_its_address_is_not_told",
    ),
    Planted(
        "ingestion/prepare.py",
        "or _has_blank_line(last + chunk[:1]) or _has_blank_line(chunk)",
        "",
        "tests/ingestion/test_straight.py::test_lines_keep_their_numbers_after_a_blank_one",
    ),
    Planted(
        "ingestion/load.py",
        "one.order > record.order",
        "False",
        "tests/ingestion/test_replacement.py::test_an_older_delivery_after_a_newer_one_changes_nothing",
    ),
    Planted(
        "ingestion/load.py",
        "if unmapped > refers.limit * good:",
        "if False:",
        "tests/ingestion/test_rows.py::test_more_than_one_percent_of_unexplained_codes_refuses_the_file",
    ),
    Planted(
        "ingestion/rules.py",
        "coalesce({value} < {earlier}, false)",
        "coalesce({value} <= {earlier}, false)",
        "tests/ingestion/test_row_rules.py::test_a_leave_date_before_the_enter_date_is_rejected_and_the_same_day_is_not",
    ),
    Planted(
        "ingestion/rules.py",
        "timedelta(days=1)",
        "timedelta(days=2)",
        "tests/ingestion/test_row_rules.py::test_a_date_after_the_day_after_the_sending_lies_in_the_future",
    ),
    Planted(
        "ingestion/rows.py",
        " and typed.{school} = spans._school",
        "",
        "tests/ingestion/test_row_rules.py::test_no_date_is_held_to_a_calendar_that_is_not_its_own",
    ),
    Planted(
        "ingestion/rows.py",
        'where first_day {"<" if exclusive else "<="} taken_until',
        "where first_day < taken_until",
        "tests/ingestion/test_row_rules.py::test_overlapping_stints_are_loaded_and_listed_as_remarks",
    ),
    Planted(
        "ingestion/rows.py",
        'count(distinct line) from faults where is_rejected")',
        'count(distinct line) from faults")',
        "tests/ingestion/test_row_rules.py::test_overlapping_stints_are_loaded_and_listed_as_remarks",
    ),
    Planted(
        "ingestion/straight.py",
        "if delimiters != (width - 1) * (rows + HEADER):",
        "if False:",
        "tests/ingestion/test_straight.py::test_a_row_of_another_width_takes_the_long_way_and_costs_no_other",
    ),
    Planted(
        "ingestion/straight.py",
        'f"rowid + {HEADER + 1}"',
        'f"rowid + {HEADER}"',
        "tests/ingestion/test_straight.py::test_a_clean_file_and_one_with_bad_values_go_the_short_way",
    ),
    Planted(
        "ingestion/straight.py",
        'b" " not in chunk and chunk.isascii()',
        "True",
        "tests/ingestion/test_straight.py::test_spaces_around_a_value_are_taken_away_on_the_short_way_too",
    ),
    Planted(
        "ingestion/load.py",
        "if rejected > task.contract.rejects.limit * rows:",
        "if rejected >= task.contract.rejects.limit * rows:",
        "tests/ingestion/test_rows.py::test_at_the_limit_a_file_loads_and_above_it_is_refused_and_nothing_is_written",
    ),
    Planted(
        "ingestion/contracts/chks/results.yml",
        "at_least: 10",
        "at_least: 1",
        "tests/ingestion/test_rows.py::test_a_survey_result_of_fewer_than_ten_respondents_is_never_loaded_nor_repeated",
    ),
    Planted(
        "ingestion/archives.py",
        "if unpacked > self.size:",
        "if False:",
        "tests/ingestion/test_damage_4_archives.py::test_a_bomb_is_refused_before_it_fills_the_disk",
    ),
    Planted(
        "ingestion/archives.py",
        'or ".." in name.split("/") or',
        "or",
        "tests/ingestion/test_damage_4_archives.py::test_an_archive_that_is_damaged_or_dangerous_is_refused_in_words_and_writes_nothing_outside",
    ),
    Planted(
        "ingestion/prepare.py",
        "if first.startswith(UTF_16):",
        "if False:",
        "tests/ingestion/test_damage_2_text.py::test_however_a_file_is_written_the_lake_has_the_same_bytes",
    ),
    Planted(
        "ingestion/layout.py",
        'return "(a long number)" if',
        "return name if",
        "tests/ingestion/test_damage_1_columns.py::test_a_number_of_a_student_in_the_place_of_a_columns_name_is_not_repeated",
    ),
    Planted(
        "ingestion/survey.py",
        "pd.concat(answered, axis=1).min(axis=1)",
        "pd.concat(answered, axis=1).max(axis=1)",
        "tests/ingestion/test_formats.py::test_the_number_of_respondents_is_that_of_the_item_that_fewest_answered",
    ),
    Planted(
        "ingestion/spreadsheets.py",
        "yield from ([] for _ in range(table.first - 2))",
        "yield from ()",
        "tests/ingestion/test_formats.py::test_rows_of_a_workbook_keep_their_numbers_and_blank_ones_count_for_nothing",
    ),
    Planted(
        "ingestion/objects.py",
        "return header + [name for name in found if not _is_known(name, known)]",
        "return header",
        "tests/ingestion/test_formats.py::test_a_field_that_no_contract_knows_or_that_every_object_lacks_is_named",
    ),
    Planted(
        "ingestion/contract.py",
        "key=lambda claim: claim[0]",
        "key=lambda claim: -claim[0]",
        "tests/ingestion/test_contracts.py::test_of_several_contracts_that_claim_a_name_the_longest_glob_wins",
    ),
    Planted(
        "ingestion/contracts/aeries/students.yml",
        "pseudonym: state",
        "required: false",
        "tests/ingestion/test_privacy.py::test_no_name_and_no_identifier_is_anywhere_but_in_the_landing",
    ),
    Planted(
        "ingestion/contracts/cde/chronic_absenteeism.yml",
        "type: integer, ",
        "type: integer, at_most: 1000000, ",
        "tests/ingestion/test_public.py",
    ),
    # the simulated county and the DAGs
    Planted(
        "simulation/planted.py",
        '(Visit("9910101", 0, LAST_DAY, 18),)',
        '(Visit("9910101", 0, LAST_DAY, 17),)',
        "tests/simulation/test_planted.py::test_a_student_is_absent_exactly_ten_percent",
    ),
    Planted(
        "simulation/powerschool.py",
        "leaves, leaves + ONE_DAY",
        "leaves, leaves",
        "tests/simulation/test_systems.py::test_powerschool_ends_a_stint_on_the_day_after_and_keeps_earlier_ones_apart",
    ),
    Planted(
        "simulation/infinite_campus_attendance.py",
        'Meaning("A", "E", "100")',
        'Meaning("A", "E")',
        "tests/simulation/test_systems.py::test_the_days_of_every_student_are_the_true_ones_in_every_system",
    ),
    Planted(
        "simulation/synergy_attendance.py",
        "np.where(told[:, None], parts[:, :2],",
        "np.where(told[:, None], parts[:, 1:3],",
        "tests/simulation/test_systems.py::test_synergy_tells_mornings_from_afternoons",
    ),
    Planted(
        "simulation/systems.py",
        "if source not in SYSTEMS}",
        'if source != "aeries"}',
        "tests/simulation/test_systems.py::test_all_districts_in_one_system_send_what_the_registry_then_says",
    ),
    Planted(
        "simulation/ladder.py",
        " & (days > sent[:, None])",
        "",
        "tests/simulation/test_ladder.py::test_a_further_notice_follows_the_first_occasion_after_the_notice_before",
    ),
    Planted(
        "simulation/ladder.py",
        "goes = due.any(axis=1) & (arrives <= last)",
        "goes = due.any(axis=1) & (arrives < SCHOOL_DAYS)",
        "tests/simulation/test_ladder.py::test_all_that_happens_happens_on_a_school_day_while_the_student_is_there",
    ),
    Planted(
        "simulation/ladder.py",
        "TRUANCY: (3, 4, 5)",
        "TRUANCY: (4, 5, 6)",
        "tests/simulation/test_ladder.py::test_the_first_notice_follows_the_third_occasion_of_the_year",
    ),
    Planted(
        "simulation/ladder.py",
        "before[person] = total",
        "before[person] = 0",
        "tests/simulation/test_ladder.py::test_the_first_notice_follows_the_third_occasion_of_the_year",
    ),
    Planted(
        "simulation/ladder.py",
        "later = team.ended[on] + rng",
        "later = team.referral[on] + rng",
        "tests/simulation/test_ladder.py::test_the_board_hears_only_whom_the_team_referred",
    ),
    Planted(
        "simulation/ladder.py",
        "VISITED_FROM_ONE_IN, DAYS_KNOWN = 5, 15",
        "VISITED_FROM_ONE_IN, DAYS_KNOWN = 10, 15",
        "tests/simulation/test_ladder.py::test_a_family_is_visited_after_a_fifth_of_the_days_was_missed",
    ),
    Planted(
        "simulation/ladder.py",
        '"home_visits": [_visits_file',
        '"notes": [_visits_file',
        "tests/simulation/test_ladder.py::test_every_file_of_the_ladder_and_of_goals_is_loaded_without_a_rejected_row",
    ),
    Planted(
        "simulation/goals.py",
        "index=max(sending.index - 1, 0)",
        "index=sending.index",
        "tests/simulation/test_ladder.py::test_goals_are_set_from_the_year_before_and_ask_for_better",
    ),
    Planted(
        "simulation/plans.py",
        "if self.within_reach and fall >= ENOUGH[self.measure]:",
        "if self.within_reach:",
        "tests/simulation/test_plans.py::test_goals_are_set_for_groups_and_in_several_plans_and_measures",
    ),
    Planted(
        "simulation/plans.py",
        "% ONE_IN_BEYOND_REACH != ONE_IN_BEYOND_REACH - 1",
        "% ONE_IN_BEYOND_REACH >= 0",
        "tests/simulation/test_plans.py::test_a_plan_of_three_years_is_a_straight_line_that_some_keep_up_with",
    ),
    Planted(
        "simulation/plans.py",
        "stays(world.years[index - 1]) if index else",
        "stays(world.years[index]) if index else",
        "tests/simulation/test_plans.py::test_a_baseline_is_what_the_year_before_came_to",
    ),
    Planted(
        "simulation/plans.py",
        "return 100.0 - value if measure == ATTENDED else value",
        "return value",
        "tests/simulation/test_plans.py::test_goals_are_set_for_groups_and_in_several_plans_and_measures",
    ),
    Planted(
        "simulation/measures.py",
        "counts = submits[stints.place] &",
        "counts =",
        "tests/simulation/test_dashboard.py::test_only_districts_and_schools_of_a_year_that_is_over_are_told",
    ),
    Planted(
        "simulation/directory.py",
        "APART * sqrt(number + 0.5), GOLDEN * number",
        "APART * sqrt(number + 0.5), GOLDEN",
        "tests/simulation/test_directory.py::test_schools_lie_around_their_own_district_and_no_two_at_one_place",
    ),
    Planted(
        "simulation/directory.py",
        "max(place.profile.grades[0], 0)",
        "max(place.profile.grades[0], 1)",
        "tests/simulation/test_directory.py::test_grades_are_those_in_which_a_school_has_students",
    ),
    Planted(
        "simulation/directory.py",
        "SOUTH, WEST, KILOMETERS = 33.0, -121.5",
        "SOUTH, WEST, KILOMETERS = 33.8, -118.5",
        "tests/simulation/test_directory.py::test_the_county_lies_in_the_sea_and_is_sixty_by_forty_kilometers",
    ),
    Planted(
        "simulation/dashboard.py",
        "(1 if part >= 0 else -1) * ((2 * abs(part) + whole) // (2 * whole))",
        "(2 * part + whole) // (2 * whole)",
        "tests/simulation/test_dashboard.py::test_a_row_is_told_as_the_state_tells_it",
    ),
    Planted(
        "simulation/dashboard.py",
        "if now.students < SMALL_BELOW else level",
        "if now.students <= SMALL_BELOW else level",
        "tests/simulation/test_dashboard.py::test_a_row_is_told_as_the_state_tells_it",
    ),
    Planted(
        "simulation/dashboard.py",
        " & ~charters[students.place]",
        "",
        "tests/simulation/test_dashboard.py::test_all_students_of_districts_and_schools_are_those_of_the_absence_summaries",
    ),
    Planted(
        "simulation/dashboard.py",
        "enumerate(world.years[:-1])",
        "enumerate(world.years)",
        "tests/simulation/test_dashboard.py::test_only_districts_and_schools_of_a_year_that_is_over_are_told",
    ),
    Planted(
        "config/county.yml",
        '    cde: {folder: "19/cde"}\n',
        "",
        "tests/simulation/test_directory.py::test_the_directory_and_the_dashboard_are_loaded",
    ),
    Planted(
        "simulation/places.py",
        "round(PROFILES[code].students * students / USUAL_STUDENTS)",
        "PROFILES[code].students",
        "tests/simulation/test_folder.py::test_a_smaller_county_is_the_same_county_with_fewer_students_and_fewer_of_what_is_planted",
    ),
    # the oracle, which has rules of its own
    Planted(
        "dbt_project/models/intermediate/int_entity_stints.sql",
        "order by placed.status_priority asc, placed.first_date desc",
        "order by placed.first_date desc, placed.status_priority asc",
        "tests/oracle/test_agreement.py::test_the_warehouse_agrees_with_the_oracle_on_every_student_that_is_drawn",
    ),
    Planted(
        "dbt_project/models/staging/infinite_campus/stg_infinite_campus__marks.sql",
        "coalesce(attendance.excuse, excuses.excuse, ",
        "coalesce(excuses.excuse, attendance.excuse, ",
        "tests/oracle/test_agreement.py::test_the_warehouse_agrees_with_the_oracle_on_every_student_that_is_drawn",
    ),
    Planted(
        "tests/oracle/aeries.py",
        'IN_SESSION = ("", "%", "+")',
        'IN_SESSION = ("",)',
        "tests/oracle/test_agreement.py::test_the_warehouse_agrees_with_the_oracle_on_every_student_that_is_drawn",
    ),
    Planted(
        "dbt_project/macros/chronic_absence.sql",
        "{{ days_expected }} >= {{ definition }}",
        "{{ days_expected }} > {{ definition }}",
        "tests/oracle/test_agreement.py::test_the_warehouse_agrees_with_the_oracle_on_a_small_county_of_another_seed",
    ),
    Planted(
        "tests/oracle/agreement.py",
        'how="outer"',
        'how="inner"',
        "tests/oracle/test_agreement.py::test_a_single_student_or_group_that_differs_is_counted_and_not_named",
    ),
    Planted(
        "tests/oracle/infinite_campus.py",
        '        if without != "1"\n',
        "",
        "tests/oracle/test_other_systems.py::test_infinite_campus_counts_a_day_missed_in_every_period_with_instruction",
    ),
    Planted(
        "tests/oracle/powerschool.py",
        'end=iso_dates(rows["exitdate"]) - pd.Timedelta(days=1)',
        'end=iso_dates(rows["exitdate"])',
        "tests/oracle/test_other_systems.py::"
        "test_powerschool_leaves_the_day_before_the_exit_date_and_keeps_earlier_stays",
    ),
    Planted(
        "tests/oracle/synergy.py",
        "day_of_parts(heard, periods[number] or HALVES)",
        "day_of_parts(heard, periods[number] or 1)",
        "tests/oracle/test_other_systems.py::test_synergy_counts_a_day_missed_in_both_halves_or_all_periods",
    ),
    Planted(
        "dags/wiring.py",
        "outlets=[LAKE[kind]]",
        "outlets=[]",
        "tests/dags/test_folder.py::test_what_any_load_changes_starts_the_build",
    ),
    # serving
    Planted(
        "publishing/serving/load.py",
        "    if ours == theirs:\n",
        "    if ours[0] == theirs[0]:\n",
        "tests/serving/test_load.py::test_a_table_that_is_not_the_same_on_both_sides_stops_the_publication",
    ),
    Planted(
        "publishing/serving/load.py",
        " nulls not distinct",
        "",
        "tests/serving/test_load.py::test_a_grain_that_is_not_unique_stops_the_publication",
    ),
    Planted(
        "publishing/serving/catalog.py",
        'f"numeric({found[1]},{found[2]})"',
        '"numeric"',
        "tests/serving/test_load.py::test_types_are_exact",
    ),
    Planted(
        "publishing/serving/swap.py",
        "                _lock(cursor)\n",
        "",
        "tests/serving/test_swap.py::test_fifty_readers_see_no_error_and_no_mixture_during_twenty_publications",
    ),
    Planted(
        "publishing/serving/swap.py",
        "one, whole = min(ONE_LOCK, int(timeout / 5)), min(ALL_LOCKS, int(timeout / 2))",
        "one, whole = 60_000, 60_000 * int(timeout)",
        "tests/serving/test_swap.py::test_a_reader_that_never_ends_stops_the_swap_and_others_read_on",
    ),
    Planted(
        "publishing/publish.py",
        "    swap.wait_for_snapshots(connection)\n",
        "",
        "tests/serving/test_swap.py::test_a_transaction_that_began_before_the_load_does_not_find_new_tables_empty",
    ),
    Planted(
        "publishing/serving/swap.py",
        "                for schema in SCHEMAS:\n                    close_to_readers(cursor, schema)\n",
        "",
        "tests/serving/test_swap.py::test_readers_may_enter_what_is_published_and_nothing_else",
    ),
    Planted(
        "publishing/publish.py",
        "    write_record(settings, Record(settled, wanted))\n    try:",
        "    try:",
        "tests/serving/test_kill.py::test_after_a_kill_a_rollback_leads_to_what_was_published_before",
    ),
    Planted(
        "publishing/release.py",
        "            os.link(live, other)\n",
        "",
        "tests/serving/test_kill.py::test_a_rollback_brings_back_all_of_one_publication_and_can_be_taken_back",
    ),
    Planted(
        "publishing/serving/server.py",
        '            f"host all {SUPERUSER} {HOST}/32 reject\\n"\n',
        "",
        "tests/serving/test_server.py::test_nobody_comes_in_without_the_password_of_the_role",
    ),
    Planted(
        "publishing/serving/copies.py",
        "visible(relations[table.schema, table.name], role)",
        'visible(relations[table.schema, table.name], role) and "true"',
        "tests/serving/test_copies.py::test_a_districts_file_holds_the_very_rows_that_its_role_sees_on_the_server",
    ),
    Planted(
        "publishing/publish.py",
        "    if record.is_going_back or is_ready or published ==",
        "    if record.is_going_back or published ==",
        "tests/serving/test_kill.py::test_after_a_kill_what_was_ready_is_led_on_to_without_being_made_again",
    ),
    Planted(
        "publishing/publish.py",
        "    _lead(settings, connection, settled)\n    write_record(settings, Record(settled))\n    return Record(settled), False",
        "    return Record(settled), False",
        "tests/serving/test_kill.py::test_after_a_kill_a_next_build_that_fails_leaves_all_of_one_publication",
    ),
    Planted(
        "publishing/publish.py",
        "    if not audited.is_safe:\n",
        "    if not lines:\n",
        "tests/serving/test_audited.py::"
        "test_a_publication_whose_audit_fails_leaves_all_that_people_read_as_it_was_and_says_why",
    ),
    Planted(
        "publishing/publish.py",
        "    return told[2] if told[0] == release else _audit(settings, progress)",
        "    return told[2] if told[0] else _audit(settings, progress)",
        "tests/serving/test_audited.py::test_what_was_audited_and_then_changed_is_audited_again",
    ),
    Planted(
        "publishing/publish.py",
        "            record_release(settings, settings.building)\n",
        "",
        "tests/serving/test_audited.py::test_an_earlier_release_is_an_attackers_too",
    ),
    Planted(
        "publishing/publish.py",
        "            hold_cells(settings, settings.building)\n",
        "",
        "tests/serving/test_audited.py::"
        "test_what_a_publication_hides_is_kept_for_the_next_build_with_no_row_more_than_it_shows",
    ),
    Planted(
        "publishing/held.py",
        "releases(settings)[-1].path",
        "releases(settings)[0].path",
        "tests/publishing/test_held.py::test_of_two_releases_the_later_one_is_kept",
    ),
    Planted(
        "publishing/publish.py",
        "        rights.check(connection)\n",
        "        pass\n",
        "tests/serving/test_rights.py::test_rights_that_would_show_too_much_stop_the_publication_before_the_swap",
    ),
    Planted(
        "publishing/publish.py",
        "        grant=grant or rights.give,\n",
        "        grant=grant or (lambda *_: None),\n",
        "tests/serving/test_rights.py::test_a_district_sees_its_rows_after_a_publication_the_next_one_and_a_rollback",
    ),
    Planted(
        "publishing/serving/access_log.py",
        "        harvest(settings.server_log, settings.access_log, delete=True)\n",
        "        harvest(settings.server_log, settings.access_log, delete=False)\n",
        "tests/serving/test_rights.py::test_what_the_servers_log_tells_of_reads_is_kept_and_its_old_files_go",
    ),
    Planted(
        "ingestion/reference.py",
        "        if not _held(settings).exists():\n",
        "        if True:\n",
        "tests/ingestion/test_ledger.py::test_what_the_last_release_hid_is_laid_beside_the_deliveries_and_stays",
    ),
    Planted(
        "publishing/serving/copies.py",
        'STORAGE_VERSION = "v1.4.0"',
        'STORAGE_VERSION = "v2.0.0"',
        "tests/serving/test_copies.py::test_an_older_client_reads_them",
    ),
    Planted(
        "dags/warehouse.py",
        "    built >> audited >> published\n",
        "    audited >> published\n",
        "tests/dags/test_folder.py::test_nothing_is_audited_and_published_before_dbt_and_every_model_came_out_well",
    ),
    Planted(
        "dags/wiring.py",
        "import pendulum\n",
        "import pendulum\nimport duckdb\n",
        "tests/dags/test_folder.py::test_reading_the_folder_loads_nothing_heavy",
    ),
    # the project
    Planted(
        "requirements.lock",
        "duckdb==2.0.0",
        "duckdb @ https://example.org/duckdb.whl",
        "tests/project/test_documented.py::test_the_locks_carry_versions_and_no_addresses",
    ),
    Planted(
        "README.md",
        "`attendance status`",
        "the status",
        "tests/project/test_documented.py::test_every_command_stands_in_the_readme",
    ),
    # what docs/ says of the models
    Planted(
        MODELS + "marts/rejects.yml",
        "What is wrong.",
        "What is amiss.",
        "tests/project/test_documents.py::test_the_documents_are_as_the_project_is",
    ),
    Planted(
        "seeds/gender_groups.csv",
        "X,GX,",
        "X,GZ,",
        "tests/project/test_documents.py::test_the_documents_are_as_the_project_is",
    ),
    Planted(
        "attendance/docs/worked_rules.py",
        "if counted[one.name] > 1 else",
        "if counted[one.name] > 2 else",
        "tests/project/test_documents.py::test_no_two_headings_of_the_worked_rules_are_alike",
    ),
    Planted(
        MODELS + "marts/submissions.yml",
        'source: "docs/rules.md decision 5"',
        'source: "docs/rules.md C.9"',
        "tests/project/test_documents.py::test_every_section_and_seed_that_a_description_names_exists",
    ),
    Planted(
        "docs/rules.md",
        "### B.7 Bands",
        "### B.7 Bands of students",
        "tests/project/test_documents.py::test_the_documents_are_as_the_project_is",
    ),
    Planted(
        "attendance/docs/worked_rules.py",
        'if value is None:\n        return "null"',
        'if value is None:\n        return ""',
        "tests/project/test_documents.py::test_what_is_the_same_in_every_row_stands_once",
    ),
    Planted(
        "attendance/project.py",
        "tuple(dict.fromkeys([*REF.findall(sql), *each, *sources]))",
        "tuple(dict.fromkeys([*REF.findall(sql), *sources]))",
        "tests/project/test_documents.py::test_a_page_says_from_which_sources_a_mart_comes_and_who_reads_it",
    ),
    Planted(
        MODELS + "marts/rejects.yml",
        'description: "Rows listed for it. Unit, rows."',
        'description: "Rows listed for it."',
        "tests/project/test_columns.py::test_a_number_says_its_unit_or_its_source",
    ),
    Planted(
        MODELS + "marts/rejects.yml",
        '"What is wrong."\n        data_type: string',
        '"What is wrong."',
        "tests/project/test_columns.py::test_what_people_read_is_under_an_enforced_contract_that_types_every_column",
    ),
    Planted(
        MODELS + "intermediate/int_calendar.yml",
        '"1 on a school day, else 0."',
        '""',
        "tests/project/test_columns.py::test_every_column_is_described_once",
    ),
    Planted(
        "seeds/gender_groups.csv",
        "gender,reporting_category,source",
        "gender,category,source",
        "tests/project/test_columns.py::test_the_columns_of_a_seed_are_those_of_its_file",
    ),
    Planted(
        "seeds/language_groups.csv",
        '"CALPADS ELAS codes; docs/rules.md A.6"',
        "",
        "tests/project/test_columns.py::test_every_row_of_a_seed_has_its_source",
    ),
    Planted(
        MODELS + "marts/rejects.yml",
        "grain: delivery_id, column_name, reason",
        "grain: delivery_id, reason",
        "tests/project/test_columns.py::test_the_grain_of_everything_that_people_read_is_tested",
    ),
    Planted(
        MODELS + "intermediate/int_calendar.yml",
        "      - name: lea_code\n        description: \"{{ doc('lea_code') }}\"\n",
        "",
        "tests/end_to_end/test_documented_columns.py::test_every_column_of_the_warehouse_is_documented_and_no_other",
    ),
    Planted(
        "docs/cookbook/rejected_most.sql",
        "from marts.rejects",
        "from marts.refusals",
        "tests/project/test_cookbook.py::test_a_question_reads_marts_and_answers_with_the_columns_that_it_says",
    ),
    Planted(
        "docs/cookbook/students_of_one_school.sql",
        "-- student_level: yes\n",
        "",
        "tests/project/test_cookbook.py::test_a_question_reads_marts_and_answers_with_the_columns_that_it_says",
    ),
    Planted(
        "docs/cookbook/bands_by_school.sql",
        "missed_10_to_20, missed_20_or_more\n",
        "missed_20_or_more, missed_10_to_20\n",
        "tests/project/test_cookbook.py::test_a_question_reads_marts_and_answers_with_the_columns_that_it_says",
    ),
    Planted(
        "docs/cookbook/highest_schools.sql",
        "absence.reporting_category = 'TA'",
        "absence.reporting_category = 'ALL'",
        "tests/end_to_end/test_cookbook.py::test_a_question_of_the_cookbook_has_an_answer",
    ),
    # the stack
    Planted(
        "docker-compose.yml",
        "    stop_signal: SIGQUIT",
        "    stop_signals: SIGQUIT",
        "tests/stack/test_rules.py::test_the_file_is_valid_by_the_compose_specification",
    ),
    Planted(
        "docker-compose.yml",
        "nginxinc/nginx-unprivileged:1.30.4-alpine-slim",
        "nginxinc/nginx-unprivileged:latest",
        "tests/stack/test_rules.py::test_an_image_is_pinned_to_a_version",
    ),
    Planted(
        "docker-compose.yml",
        '    user: "101:101"',
        '    user: "0:0"',
        "tests/stack/test_rules.py::test_a_service_is_a_user_by_number_who_is_not_root_and_has_no_privileges",
    ),
    Planted(
        "docker-compose.yml",
        "  cap_drop: [ALL]",
        "  cap_drop: [NET_RAW]",
        "tests/stack/test_rules.py::test_a_service_is_a_user_by_number_who_is_not_root_and_has_no_privileges",
    ),
    Planted(
        "docker-compose.yml",
        '    user: "101:101"\n    read_only: true',
        '    user: "101:101"',
        "tests/stack/test_rules.py::test_a_service_cannot_write_to_its_own_programs",
    ),
    Planted(
        "docker-compose.yml",
        'ports: ["127.0.0.1:${ATTENDANCE_METABASE_PORT:-3000}:3000"]',
        'ports: ["${ATTENDANCE_METABASE_PORT:-3000}:3000"]',
        "tests/stack/test_rules.py::test_a_service_shows_itself_to_this_machine_alone",
    ),
    Planted(
        "docker-compose.yml",
        "      MB_DB_PASS_FILE: /run/secrets/metabase_database_password",
        "      MB_DB_PASS: metabase",
        "tests/stack/test_rules.py::test_a_secret_comes_from_a_file_and_stands_nowhere_else",
    ),
    Planted(
        "docker-compose.yml",
        "    secrets: [metabase_database_password, metabase_key]",
        "    secrets: [metabase_database_password, metabase_key, attendance_secret]",
        "tests/stack/test_rules.py::test_the_key_of_the_pseudonyms_is_seen_by_those_who_load_and_nobody_else",
    ),
    Planted(
        "docker-compose.yml",
        "      - pages:/srv/pages:ro",
        "      - state:/var/attendance\n      - pages:/srv/pages:ro",
        "tests/stack/test_rules.py::test_the_web_server_has_the_pages_and_reaches_no_other_service",
    ),
    Planted(
        "docker-compose.yml",
        "      - pages:/srv/pages:ro",
        "      - /srv/pages:/srv/pages:ro",
        "tests/stack/test_rules.py::test_what_a_service_keeps_lies_in_a_named_volume",
    ),
    Planted(
        "docker-compose.yml",
        'options: {max-size: 10m, max-file: "5"}',
        "options: {max-size: 10m}",
        "tests/stack/test_rules.py::test_what_a_service_prints_is_kept_within_bounds",
    ),
    Planted(
        "docker-compose.yml",
        "    healthcheck: {disable: true}\n    depends_on:\n      postgres: {condition: service_healthy}",
        "    healthcheck: {disable: true}\n    depends_on:\n      postgres: {condition: service_started}",
        "tests/stack/test_rules.py::test_a_service_says_what_it_waits_for",
    ),
    Planted(
        "docker-compose.yml",
        '  AIRFLOW__CORE__PARALLELISM: "8"',
        '  AIRFLOW__CORE__PARALLELISM: "32"',
        "tests/stack/test_rules.py::test_airflow_is_set_as_the_command_line_sets_it",
    ),
    Planted(
        "docker-compose.yml",
        "      - log_error_verbosity=terse",
        "      - log_error_verbosity=verbose",
        "tests/stack/test_rules.py::test_postgresql_is_set_as_the_server_of_our_own_and_its_log_can_be_fetched",
    ),
    Planted(
        "deploy/Dockerfile",
        "FROM python:3.11.14-slim-bookworm",
        "FROM python:3.11",
        "tests/stack/test_rules.py::test_our_own_image_begins_with_a_pinned_one_and_ends_as_nobody_in_particular",
    ),
    Planted(
        ".dockerignore",
        "!docs/cookbook\n",
        "!docs/cookbook\n!secrets\n",
        "tests/stack/test_rules.py::test_the_image_is_made_of_what_is_named_and_holds_no_secret",
    ),
    Planted(
        "deploy/make-secrets.sh",
        'chmod 644 "$folder/.$1"',
        'chmod 400 "$folder/.$1"',
        "tests/stack/test_rules.py::test_secrets_are_made_once_for_their_owner_and_each_is_another",
    ),
    Planted(
        "deploy/make-secrets.sh",
        '[ -e "$folder/$1" ] && { cat > /dev/null; return; }',
        'rm -f "$folder/$1"',
        "tests/stack/test_rules.py::test_secrets_are_made_once_for_their_owner_and_each_is_another",
    ),
    Planted(
        "deploy/web/headers.conf",
        "frame-ancestors 'none'",
        "frame-ancestors 'self'",
        "tests/stack/test_web.py::test_every_answer_tells_the_browser_what_it_may_not_do",
    ),
    Planted(
        "deploy/web/nginx.conf",
        "disable_symlinks on from=$document_root;",
        "",
        "tests/stack/test_web.py::test_no_link_leads_out_of_the_pages",
    ),
    Planted(
        "deploy/web/nginx.conf",
        "        location ~ /\\. {",
        "        location ~ /nothing {",
        "tests/stack/test_web.py::test_what_is_no_page_is_not_there_and_no_folder_is_listed",
    ),
    Planted(
        "deploy/web/nginx.conf",
        "            try_files $uri $uri/index.html =404;",
        "            autoindex on;",
        "tests/stack/test_web.py::test_what_is_no_page_is_not_there_and_no_folder_is_listed",
    ),
    Planted(
        "deploy/web/nginx.conf",
        "    access_log off;",
        "    access_log /dev/stderr;",
        "tests/stack/test_web.py::test_nginx_says_nothing_about_readers",
    ),
    Planted(
        "deploy/web/nginx.conf",
        "    gzip on;",
        "    gzip off;",
        "tests/stack/test_web.py::test_text_is_packed_for_whoever_takes_it_and_what_is_packed_already_is_not",
    ),
    Planted(
        "deploy/web/nginx.conf",
        "error_page 404 /404.html;",
        "error_page 404 /404.html;\n        error_page 405 =200 /index.html;",
        "tests/stack/test_web.py::test_only_reading_is_allowed",
    ),
    Planted(
        "publishing/serve.py",
        "        for name, value in security_headers():\n            self.send_header(name, value)\n",
        "",
        "tests/publishing/test_serve.py::test_pages_may_load_nothing_from_elsewhere_as_behind_the_stacks_web_server",
    ),
    Planted(
        "deploy/postgres/pg_hba.conf",
        "host   all         postgres  all  reject\n",
        "",
        "tests/stack/test_native.py::test_three_databases_know_nothing_of_each_other",
    ),
    Planted(
        "deploy/postgres/roles.sh",
        "chmod 2770 /var/lib/postgresql/reads",
        "chmod 2700 /var/lib/postgresql/reads",
        "tests/stack/test_native.py::test_each_service_says_by_its_own_health_check_that_it_is_well",
    ),
    Planted(
        "deploy/postgres/passwords.sh",
        "alter role metabase password :'metabase';\n",
        "",
        "tests/stack/test_native.py::test_a_database_password_is_changed_by_the_guides_command",
    ),
    Planted(
        "attendance/stack/demo_sftp.py",
        "        if pflags & ~asyncssh.FXF_READ:",
        "        if pflags & asyncssh.FXF_APPEND:",
        "tests/stack/test_native.py::test_the_demos_server_is_for_reading_and_for_whoever_knows_the_password",
    ),
    Planted(
        "attendance/stack/ready.py",
        "        make_pools(session)\n",
        "        make_pools(session)\n        from attendance.airflow.database import close_leftovers\n\n        close_leftovers(session, forget_changes=False)\n",
        "tests/stack/test_parts.py::test_what_makes_ready_takes_no_run_away_that_is_under_way",
    ),
    Planted(
        "attendance/stack/healthy.py",
        '    return "healthy" if said == begins else',
        '    return "healthy" if said else',
        "tests/stack/test_parts.py::test_a_server_is_well_when_it_says_what_it_is",
    ),
    Planted(
        "ingestion/secret.py",
        '            raise SecretError(f"{FILE_VARIABLE} is {named}, which cannot be read ({error}).") from error\n',
        "            del error\n",
        "tests/stack/test_parts.py::test_the_key_of_the_pseudonyms_is_read_from_the_file_that_is_named_and_never_made_there",
    ),
    Planted(
        "attendance/settings.py",
        "{quote(in_file(variable), safe='')}",
        "{in_file(variable)}",
        "tests/stack/test_parts.py::test_the_password_of_the_server_may_stand_in_a_file",
    ),
    Planted(
        "attendance/settings.py",
        ' or in_file("METABASE_API_KEY_FILE")',
        "",
        "tests/stack/test_parts.py::test_the_key_of_metabase_may_stand_in_a_file_which_is_empty_until_there_is_one",
    ),
    Planted(
        "dags/warehouse.py",
        "published >> publish_to_metabase() >> tell()",
        "audited >> publish_to_metabase() >> tell()",
        "tests/dags/test_folder.py::test_nothing_is_audited_and_published_before_dbt_and_every_model_came_out_well",
    ),
    Planted(
        "attendance/airflow/running.py",
        "task.task_id == TO_METABASE or ",
        "",
        "tests/dags/test_airflow.py::test_what_the_settings_do_not_ask_for_is_no_news",
    ),
    Planted(
        MODELS + "marts/reconciliation.sql",
        "where basis = 'ours' and student_group = 'ALL'",
        "where student_group = 'ALL'",
        "days_are_compared_student_by_student_and_counts_as_they_are_published",
    ),
    Planted(
        "attendance/settings.py",
        '        return (self.pages or self.home) / "site"',
        '        return self.home / "site"',
        "tests/stack/test_parts.py::test_pages_may_lie_in_a_folder_apart_and_children_find_them_there",
    ),
    Planted(
        "attendance/backup.py",
        'KEPT = ("access-log", "arrivals", "landing",',
        'KEPT = ("access-log", "landing",',
        "tests/backup/test_backup.py::test_what_cannot_be_made_again_is_restored_to_the_byte_and_nothing_else",
    ),
    Planted(
        "attendance/backup.py",
        '"ledger", "metabase", "outbox",',
        '"ledger", "outbox",',
        "tests/backup/test_backup.py::test_every_thing_of_a_home_is_backed_up_or_made_again",
    ),
    Planted(
        "attendance/backup.py",
        "            _hold(held, metabase / METABASE_LOCK)\n",
        "            pass\n",
        "tests/backup/test_backup.py::test_no_backup_is_made_while_anything_is_loaded_or_published",
    ),
    Planted(
        "attendance/backup.py",
        '        for lock in (*locks, settings.home / "publish.lock"):',
        "        for lock in locks:",
        "tests/backup/test_backup.py::test_no_backup_is_made_while_anything_is_loaded_or_published",
    ),
    Planted(
        "attendance/backup.py",
        '    known = {path.stem for path in folder.glob("*.lock")} - {"backup", "spark"}',
        "    known: set[str] = set()",
        "tests/backup/test_backup.py::test_no_backup_is_made_while_anything_is_loaded_or_published",
    ),
    Planted(
        "attendance/backup.py",
        "        target.hardlink_to(source)",
        "        target.symlink_to(source)",
        "tests/backup/test_backup.py::test_nobody_waits_while_the_file_is_written_and_it_is_a_picture_of_one_moment",
    ),
    Planted(
        "attendance/backup.py",
        "    if with_key:\n        picture.files[KEY]",
        "    if True:\n        picture.files[KEY]",
        "tests/backup/test_backup.py::test_the_key_is_in_it_only_where_it_was_asked_for",
    ),
    Planted(
        "attendance/backup.py",
        "    if here is not None and here != manifest.key:",
        '    if here is not None and here == "":',
        "tests/backup/test_backup.py::test_a_restore_needs_the_key_of_then",
    ),
    Planted(
        "attendance/backup.py",
        "    if differing := sorted(set(found.items()) ^ set(manifest.files.items())):",
        "    if differing := sorted(set(manifest.files) - set(found)):",
        "tests/backup/test_backup.py::test_a_file_that_somebody_has_changed_is_refused",
    ),
    Planted(
        "attendance/backup.py",
        "if told.isreg() and _is_below(told.name) else None",
        "if told.isreg() else None",
        "tests/backup/test_backup.py::test_a_file_that_somebody_has_changed_is_refused",
    ),
    Planted(
        "attendance/backup.py",
        "        if not _is_below(folder):",
        '        if folder.startswith("/"):',
        "tests/backup/test_backup.py::test_a_manifest_cannot_name_a_folder_elsewhere",
    ),
    Planted(
        "attendance/backup.py",
        "            if strangers := sorted(path.name for path in settings.home.iterdir() if path != room):",
        '            if strangers := [path.name for path in settings.home.glob("lake")]:',
        "tests/backup/test_backup.py::test_nothing_is_restored_over_what_is_there",
    ),
    Planted(
        "attendance/backup.py",
        "    unfinished = temporary_name(file)\n",
        "    unfinished = file\n",
        "tests/backup/test_kill.py::test_a_backup_that_is_killed_at_any_step_leaves_a_whole_file_or_none",
    ),
    Planted(
        "attendance/backup.py",
        "        if verified.exists():\n            progress",
        "        if verified.is_dir():\n            progress",
        "tests/backup/test_kill.py::test_a_restore_that_is_killed_at_any_step_is_completed_by_the_next",
    ),
    Planted(
        "publishing/serving/logins.py",
        'where a.rolpassword is not null order by 1"\n        ).fetchall()\n    except psycopg.errors.UndefinedTable as error:',
        'order by 1"\n        ).fetchall()\n    except psycopg.errors.UndefinedTable as error:',
        "tests/serving/test_logins_again.py::test_a_readers_password_is_taken_along_as_the_server_keeps_it_and_given_back",
    ),
    # Spark
    Planted(
        "dbt_project/macros/percent.sql",
        "{{ 200 * 10 ** decimals }} + {{ hundredths }})",
        "{{ 200 * 10 ** decimals }})",
        "a_rate_is_rounded_half_up_from_whole_hundredths_of_days",
    ),
    Planted(
        "attendance/spark/cluster.py",
        "os.O_EXCL, 0o600)",
        "os.O_EXCL, 0o644)",
        "tests/spark/test_cluster.py::test_the_secret_of_a_cluster_is_its_owners_alone",
    ),
    Planted(
        "attendance/spark/cluster.py",
        "int(version) < JAVA",
        "int(version) < 8",
        "tests/spark/test_cluster.py::test_without_a_new_enough_java_it_is_said_what_to_install",
    ),
    Planted(
        "attendance/spark/collect.py",
        'f"{settings.building.name}.unfinished"',
        "settings.building.name",
        "tests/spark/test_collect.py::test_a_table_that_cannot_be_read_leaves_no_file_to_publish",
    ),
    Planted(
        "attendance/spark/collect.py",
        'STORAGE_VERSION = "v1.4.0"',
        'STORAGE_VERSION = "latest"',
        "tests/spark/test_collect.py::test_every_part_of_every_table_is_in_the_file_that_older_duckdbs_read_too",
    ),
    Planted(
        "attendance/compare_warehouses.py",
        'only_other=count(f"{second} except all {first}")',
        'only_other=count(f"{second} except {first}")',
        "tests/spark/test_compare_warehouses.py::test_a_row_that_stands_once_too_often_is_a_difference",
    ),
    Planted(
        "attendance/compare_warehouses.py",
        "DIGITS = 9",
        "DIGITS = 7",
        "tests/spark/test_compare_warehouses.py::"
        "test_the_order_of_rows_and_what_is_less_than_a_billionth_is_no_difference",
    ),
    Planted(
        "attendance/airflow/dbt.py",
        "needed & own and needed <= known[step]",
        "needed & own",
        "tests/dags/test_build_progress.py::test_a_test_that_no_step_runs_is_found_as_dbt_finds_it",
    ),
    Planted(
        "attendance/airflow/running.py",
        "on_spark != (settings.target == SPARK)",
        "on_spark",
        "tests/dags/test_airflow.py::test_what_the_other_engine_would_have_built_is_no_news",
    ),
    Planted(
        "dags/warehouse.py",
        "        collected >> audited\n",
        "",
        "tests/dags/test_folder.py::test_what_spark_built_is_brought_and_published_when_every_step_came_out_well",
    ),
    # publishing
    Planted(
        "publishing/site/words.py",
        "_NEARLY = Fraction(5, 100)",
        "_NEARLY = Fraction(20, 100)",
        "tests/publishing/test_words.py::test_what_is_said_of_any_rate_is_true",
    ),
    Planted(
        "publishing/site/words.py",
        "ROUND_HALF_UP)\n\n\ndef fraction",
        "'ROUND_HALF_EVEN')\n\n\ndef fraction",
        "tests/publishing/test_words.py::test_numbers_are_rounded_half_up_and_keep_their_sign_on_the_line",
    ),
    Planted(
        "publishing/site/words.py",
        "            raise NoFigure\n        if isinstance(value, str):",
        '            return "None"\n        if isinstance(value, str):',
        "tests/publishing/test_words.py::test_a_sentence_never_says_none",
    ),
    Planted(
        "publishing/definition/parts.py",
        'extra="forbid", frozen=True',
        'extra="ignore", frozen=True',
        "tests/publishing/test_definition.py::test_an_error_names_file_card_key_and_remedy",
    ),
    Planted(
        "publishing/definition/checks.py",
        "and first.at.overlaps(second.at)",
        "and False",
        "tests/publishing/test_definition.py::test_an_error_names_file_card_key_and_remedy",
    ),
    Planted(
        "publishing/definition/checks.py",
        'if dashboard.audience == "public" and strange:',
        "if False:",
        "tests/publishing/test_definition.py::test_a_public_card_that_reads_outside_open_data_is_refused",
    ),
    Planted(
        "publishing/definition/checks.py",
        "if column not in returned",
        "if False",
        "tests/publishing/test_definition.py::test_columns_that_the_sql_does_not_return_are_named",
    ),
    Planted(
        "publishing/open_data.py",
        "    if strange := outside(parsed):",
        "    if strange := ():",
        "tests/publishing/test_open_data.py::test_a_query_outside_open_data_is_refused_before_it_runs",
    ),
    Planted(
        "publishing/open_data.py",
        '        elif kind == "TABLE_FUNCTION":',
        '        elif kind == "NEVER":',
        "tests/publishing/test_definition.py::test_a_public_card_that_reads_outside_open_data_is_refused",
    ),
    Planted(
        "publishing/open_data.py",
        '        connection.execute("set enable_external_access = false")\n',
        "",
        "tests/publishing/test_open_data.py::test_nothing_else_can_be_reached_even_past_the_first_lock",
    ),
    Planted(
        "publishing/open_data.py",
        '        connection.execute("detach source")\n',
        "",
        "tests/publishing/test_open_data.py::test_nothing_else_can_be_reached_even_past_the_first_lock",
    ),
    Planted(
        "publishing/open_data.py",
        '    "chronic_absence": ("eligible_enrollment",),\n',
        "",
        "tests/publishing/test_site.py::test_a_hidden_figure_reaches_no_file_even_if_the_database_still_holds_it",
    ),
    Planted(
        "publishing/open_data.py",
        "    if log.exists():",
        "    if False:",
        "tests/publishing/test_open_data.py::test_a_database_that_is_being_written_is_refused",
    ),
    Planted(
        "publishing/site/words.py",
        "        return said.get(style, self.count)(value)",
        "        return said.get(style, self.count)(value + 1)",
        "tests/publishing/test_site.py::test_every_number_of_every_page_and_of_all_that_can_be_taken_is_the_databases",
    ),
    Planted(
        "publishing/site/tell.py",
        'return self.words.hidden(why), "hidden" if why in _HIDING else "missing"',
        'return "0", ""',
        "tests/publishing/test_site.py::test_a_hidden_cell_shows_words_and_never_a_number",
    ),
    Planted(
        "dashboards/county.yml",
        "order by absence.chronic_rate desc nulls last, district.entity_name",
        "order by absence.chronic_rate nulls last, district.entity_name",
        "tests/publishing/test_site.py::test_the_countys_page_says_what_a_count_by_hand_says",
    ),
    Planted(
        "dashboards/county.yml",
        "          and absence.reporting_category = 'TA'\n          and absence.school_year = $school_year\n      left join open_data.chronic_absence as before",
        "          and absence.reporting_category = 'RH'\n          and absence.school_year = $school_year\n      left join open_data.chronic_absence as before",
        "tests/publishing/test_site.py::test_the_countys_page_says_what_a_count_by_hand_says",
    ),
    Planted(
        "publishing/site/templates/base.html.j2",
        "</head>",
        '<script src="https://example.org/x.js"></script>\n</head>',
        "tests/publishing/test_site.py::test_pages_ask_for_nothing_outside_and_hold_no_script_of_their_own",
    ),
    Planted(
        "publishing/site/templates/page.html.j2",
        "<h1>{{ heading }}</h1>",
        "<h3>{{ heading }}</h3>",
        "tests/publishing/test_site.py::test_headings_are_in_order_and_ids_are_unique",
    ),
    Planted(
        "publishing/site/templates/cards.html.j2",
        '<th scope="row"',
        "<th",
        "tests/publishing/test_site.py::test_each_drawing_has_its_data_as_a_real_table",
    ),
    Planted(
        "publishing/site/layout.py",
        "        autoescape=True,",
        "        autoescape=False,",
        "tests/publishing/test_site.py::test_names_from_the_data_stay_text",
    ),
    Planted(
        "publishing/site/charts/frame.py",
        "    description.text = plot.alternative\n",
        "",
        "tests/publishing/test_site.py::test_each_drawing_has_a_title_and_says_what_it_finds",
    ),
    Planted(
        "publishing/site/rendering.py",
        "            heading=heading,\n            question",
        '            heading=f"{heading}{id(page)}",\n            question',
        "tests/publishing/test_site.py::test_the_same_data_give_the_same_bytes_however_many_processes_render_them",
    ),
    Planted(
        "publishing/site/style.css",
        "  --mark: #8a939e;",
        "  --mark: #c4cad1;",
        "tests/publishing/test_site.py::test_ink_and_marks_stand_out_from_the_paper_by_day_and_by_night",
    ),
    Planted(
        "publishing/site/charts/shapes.py",
        '{"domain": [scale.low, scale.high], "nice": False, "zero": False}',
        '{"domain": [scale.low + 5, scale.high], "nice": False, "zero": False}',
        "tests/publishing/test_charts.py::test_bars_begin_at_zero_and_are_as_long_as_their_values",
    ),
    Planted(
        "publishing/site/charts/frame.py",
        "        if mark.value is None:\n            begin",
        "        if False:\n            begin",
        "tests/publishing/test_charts.py::test_a_hidden_value_is_a_hatched_lane_with_words_never_a_bar",
    ),
    Planted(
        "publishing/site/charts/frame.py",
        "mark.value > lines[0].value)",
        "mark.value >= lines[0].value)",
        "tests/publishing/test_charts.py::test_only_what_lies_above_the_reference_is_in_colour",
    ),
    # the pages of every place, in two languages
    Planted(
        "publishing/definition/checks.py",
        "_check_sql, missing_spanish)",
        "_check_sql)",
        "tests/publishing/test_definition.py::test_words_without_spanish_are_named_by_file_card_and_key",
    ),
    Planted(
        "publishing/definition/checks.py",
        "if first.tab == second.tab and",
        "if",
        "tests/publishing/test_definition.py::test_each_tab_has_a_grid_of_its_own",
    ),
    Planted(
        "publishing/definition/checks.py",
        "for tab in tabs if tab not in named",
        "for tab in tabs if False",
        "tests/publishing/test_definition.py::test_tabs_and_cards_name_each_other",
    ),
    Planted(
        "publishing/definition/parts.py",
        "if self.filter and self.format not in CHOICES",
        "if False",
        "tests/publishing/test_definition.py::test_an_error_names_file_card_key_and_remedy",
    ),
    Planted(
        "publishing/definition/cards.py",
        "        if (self.lower is None) != (self.upper is None):",
        "        if False:",
        "tests/publishing/test_definition.py::test_what_a_kind_lacks_is_told",
    ),
    Planted(
        "publishing/site/queries.py",
        '    order += [f"q__.{_quoted(name)}" for name in columns]\n',
        '    order = [f"q__.{_quoted(name)}" for name in columns]\n',
        "tests/publishing/test_queries.py::test_the_rows_of_many_pages_are_those_of_each_in_its_order",
    ),
    Planted(
        "publishing/site/queries.py",
        "        if list(open_data.rows(connection, sql, pages[number])) != found[number]:",
        "        if False:",
        "tests/publishing/test_queries.py::test_rows_whose_order_is_not_told_are_asked_page_by_page",
    ),
    Planted(
        "publishing/site/queries.py",
        "    if strange := open_data.outside(parsed):",
        "    if strange := ():",
        "tests/publishing/test_queries.py::test_a_query_outside_open_data_is_refused",
    ),
    Planted(
        "publishing/site/pages.py",
        "for key, value in choices.items() if value != dashboard.filters[key].default",
        "for key, value in choices.items() if value == value",
        "tests/publishing/test_site.py::test_there_is_a_page_for_the_county_each_district_and_school_each_year_and_value",
    ),
    Planted(
        "publishing/site/cells.py",
        "if row is None and name in silent:",
        "if row is None and name not in down:",
        "tests/publishing/test_site.py::test_no_cell_says_that_a_district_that_sent_nothing_has_no_students",
    ),
    Planted(
        "publishing/site/cells.py",
        '        return state\n    if column.format == "color":',
        '        return ""\n    if column.format == "color":',
        "tests/publishing/test_site.py::test_every_number_of_every_page_and_of_all_that_can_be_taken_is_the_databases",
    ),
    Planted(
        "publishing/site/downloads.py",
        '    return f"\'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text',
        "    return text",
        "tests/publishing/test_downloads.py::test_a_name_that_a_spreadsheet_takes_for_a_formula_is_a_text",
    ),
    Planted(
        "publishing/site/downloads.py",
        "            written.write_number(*at, number, self.numbers[style])",
        "            written.write_number(*at, number + 1, self.numbers[style])",
        "tests/publishing/test_site.py::test_every_number_of_every_page_and_of_all_that_can_be_taken_is_the_databases",
    ),
    Planted(
        "publishing/site/texts/es.yml",
        '  small_group: "oculto: 10 o menos"\n',
        "",
        "tests/publishing/test_words.py::test_both_catalogues_have_the_same_keys_and_names_to_fill_in",
    ),
    Planted(
        "publishing/site/texts/terms.es.yml",
        "  English learners: Estudiantes aprendices de inglés\n",
        "",
        "tests/publishing/test_words.py::test_what_the_seeds_call_a_thing_has_a_spanish_word",
    ),
    Planted(
        "publishing/site/words.py",
        '            if of == 2:\n                return self.texts("number.both_f" if is_f',
        '            if of == 2:\n                return self.texts("number.both_f" if not is_f',
        "tests/publishing/test_words.py::test_functions_answer_in_spanish",
    ),
    Planted(
        "publishing/site/charts/points.py",
        "    turn = math.cos(math.radians(sum(spot.y for spot in spots) / len(spots)))",
        "    turn = 1.0",
        "tests/publishing/test_charts.py::test_a_map_lies_north_up_and_as_wide_as_it_is",
    ),
    Planted(
        "publishing/site/charts/points.py",
        "        if all(abs(y - other) > _LINE",
        "        if True or all(abs(y - other) > _LINE",
        "tests/publishing/test_charts.py::test_names_of_points_never_lie_upon_each_other",
    ),
    Planted(
        "publishing/site/figures.py",
        "max(0, min(int((value - self.low)",
        "max(1, min(int((value - self.low)",
        "tests/publishing/test_charts.py::test_shades_have_round_steps_around_most_of_the_values",
    ),
    Planted(
        "publishing/site/scripts/2-combobox.js",
        '    else if (event.key === "ArrowUp" && open) mark(active > 0 ? active - 1 : last);\n    else if (event.key === "Enter" && open) take(active);',
        '    else if (event.key === "ArrowUp" && open) mark(active > 0 ? active - 1 : last);',
        "tests/publishing/test_browser.py::test_a_place_is_found_by_keyboard",
    ),
    Planted(
        "publishing/site/scripts/3-search.js",
        '["click", "focusin"]',
        '["click"]',
        "tests/publishing/test_browser.py::test_the_menu_covers_nothing_that_has_focus",
    ),
    Planted(
        "publishing/site/style.css",
        ".long:has(tbody :focus-visible) thead th,\n",
        "",
        "tests/publishing/test_browser.py::test_nothing_that_sticks_in_a_table_covers_what_has_focus",
    ),
    Planted(
        "publishing/site/style.css",
        'tr:has(td :focus-visible) th[scope="row"]',
        'tr:has(td :focus) th[scope="col"]',
        "tests/publishing/test_browser.py::test_nothing_that_sticks_in_a_table_covers_what_has_focus",
    ),
    Planted(
        "publishing/site/texts/es.yml",
        '"{title}: Descargar (csv)"',
        '"{title}: bajar (csv)"',
        "tests/publishing/test_browser.py::test_what_a_reader_uses_is_called_by_the_words_that_it_shows",
    ),
    Planted(
        "publishing/site/scripts/3-search.js",
        ".value + attendance.chosen()",
        ".value",
        "tests/publishing/test_browser.py::test_chosen_rows_stay_where_another_group_or_language_is_shown",
    ),
    Planted(
        "publishing/site/scripts/4-tables.js",
        "rows.sort(([one], [other]) => (one === null || other === null ? compare(one, other) : sign * compare(one, other)));",
        "rows.sort(([one], [other]) => sign * compare(one, other));",
        "tests/publishing/test_browser.py::test_a_table_is_sorted_by_keyboard_with_hidden_values_last",
    ),
    Planted(
        "publishing/site/scripts/5-compare.js",
        "    if (body.rows.length >= most) {",
        "    if (false) {",
        "tests/publishing/test_browser.py::test_rows_are_chosen_and_compared_by_keyboard",
    ),
    Planted(
        "publishing/site/templates/cards.html.j2",
        'role="group" aria-labelledby',
        'role="region" aria-labelledby',
        "tests/publishing/test_browser.py::test_axe_finds_nothing",
    ),
    # what is hidden, by itself and with it
    Planted(
        MODELS + "intermediate/int_public_counts.sql",
        "when is_personal and students_of_all = students then 'complement'",
        "when false then 'complement'",
        "what_a_count_says_by_itself_hides_it",
    ),
    Planted(
        MODELS + "intermediate/int_public_counts.sql",
        "chronic = 0 and students < none_hidden_under",
        "chronic = 0 and students < 0",
        "what_a_count_says_by_itself_hides_it",
    ),
    Planted(
        MODELS + "intermediate/int_public_counts.sql",
        "when part = 'TA' and students <= largest_hidden_group + narrowest_bounds then",
        "when part = 'TA' and students <= largest_hidden_group then",
        "everybody_of_one_race_has_an_empty_one_for_company_and_few_absent_are_told_of_no_group",
    ),
    Planted(
        MODELS + "intermediate/int_public_counts.sql",
        "    where place = 1\n",
        "    where place = 0\n",
        "everybody_of_one_race_has_an_empty_one_for_company_and_few_absent_are_told_of_no_group",
    ),
    Planted(
        "dbt_project/macros/hide_more.sql",
        "when students > largest_hidden_group + lacking_in_sum then 1 else times_too_small",
        "when true then 1 else times_too_small",
        "one_hidden_part_of_a_whole_takes_the_cheapest_part_that_gives_it_room",
    ),
    Planted(
        "dbt_project/macros/hide_more.sql",
        "            and not coalesce(wants_one, false)\n",
        "",
        "one_hidden_part_of_a_whole_takes_the_cheapest_part_that_gives_it_room",
    ),
    Planted(
        "dbt_project/macros/hide_more.sql",
        "case when hides_chronic then narrowest_bounds - (most_chronic - least_chronic) else 0 end",
        "0",
        "two_hidden_parts_with_room_between_them_need_no_other_and_too_few_absent_need_one",
    ),
    Planted(
        "dbt_project/macros/hide_more.sql",
        "bool_or(hides_students) over unit as is_hidden_in_unit",
        "false as is_hidden_in_unit",
        "what_is_equal_is_hidden_together_and_a_settled_year_stays",
    ),
    Planted(
        "dbt_project/macros/hide_more.sql",
        "            when left_to_hidden < room_to_be_known then students_left\n",
        "            when true then room\n",
        "room_between_a_district_and_its_schools_is_what_others_leave_of_it",
    ),
    Planted(
        "dbt_project/macros/hide_more.sql",
        "case when hides_students then narrowest_bounds - (most - fewest) else 0 end",
        "case when hides_students and not is_beyond then narrowest_bounds - (most - fewest) else 0 end",
        "what_two_figures_leave_is_guarded_though_it_is_shown_nowhere",
    ),
    Planted(
        MODELS + "open_data/open_intervention_outcomes.sql",
        "when 'small_group' in (alike.suppression_reason, compared.suppression_reason)",
        "when 'small_group' in (alike.suppression_reason)",
        "a_comparison_is_shown_where_both_sides_are_and_only_of_the_whole",
    ),
    Planted(
        MODELS + "open_data/open_intervention_outcomes.sql",
        "when outcomes.matched_hidden_because is null",
        "when outcomes.matched_hidden_because is null or true",
        "a_comparison_is_shown_where_both_sides_are_and_only_of_the_whole",
    ),
    Planted(
        MODELS + "intermediate/int_public_counts.sql",
        "            when not is_told then 'complement'\n",
        "",
        "those_of_whom_no_comparison_is_told_are_hidden_and_counted_all_the_same",
    ),
    Planted(
        MODELS + "intermediate/int_public_counts.sql",
        "        and outcomes.tier = compared.tier\n",
        "",
        "those_of_whom_no_comparison_is_told_are_hidden_and_counted_all_the_same",
    ),
    Planted(
        MODELS + "open_data/open_intervention_outcomes.sql",
        " and students_measured <= most_told_small then 'small_group'",
        " and students_measured < 0 then 'small_group'",
        "a_comparison_is_shown_where_both_sides_are_and_only_of_the_whole",
    ),
    Planted(
        MODELS + "open_data/open_published_chronic_absence.sql",
        "coalesce(published.suppression_reason, ours.suppression_reason) as hidden_for",
        "published.suppression_reason as hidden_for",
        "what_we_hide_the_states_own_figure_does_not_tell",
    ),
    Planted(
        MODELS + "open_data/open_school_climate.sql",
        "            ) over one_grade,\n",
        "            ) over (partition by answers.school_year, answers.cds_code, answers.grade, answers.indicator_code),\n",
        "an_answer_of_all_or_of_none_of_a_few_hides_those_of_its_grade",
    ),
    # the audit
    Planted(
        "publishing/audit/knowledge.py",
        '(("measured", "intervention", "had it"), ("matched", "measured", "were measured"))',
        '(("measured", "intervention", "had it"),)',
        "tests/audit/test_command.py::test_both_sides_of_a_comparison_are_audited",
    ),
    Planted(
        "publishing/audit/primary.py",
        "where value_pct >= 100 or",
        "where value_pct > 100 or",
        "tests/audit/test_command.py::test_an_answer_of_all_or_of_none_of_a_few_is_told",
    ),
    Planted(
        "publishing/audit/primary.py",
        "where (figures.is_n_hidden and state.eligible_enrollment is not null)",
        "where (figures.is_n_hidden and state.eligible_enrollment < 0)",
        "tests/audit/test_command.py::test_a_figure_of_the_states_of_a_group_that_we_hide_is_told",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "    relate_families,\n    relate_parts",
        "    relate_parts",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "members.item <> 'GR912'",
        "false",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "    relate_parts,\n    relate_levels,",
        "    relate_parts,",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "    relate_months,\n    relate_acc",
        "    relate_acc",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "    relate_accountability,\n    relate_bands",
        "    relate_bands",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "    relate_accountability,\n    relate_bands,\n",
        "    relate_accountability,\n",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "    relate_rates,\n    relate_fam",
        "    relate_fam",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "    observe_all_students_elsewhere,\n    observe_interventions",
        "    observe_interventions",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "left(school_year, 4)::int - 1, left",
        "left(school_year, 4)::int - 2, left",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/attack.py",
        "self.lower[cells] - NEAR) >= width)",
        "self.lower[cells] - NEAR) >= width - 1)",
        "tests/audit/test_attack.py::test_bounds_hold_of_every_solution_and_safe_is_only_said_of_what_linear_programs_find_wide",
    ),
    Planted(
        "publishing/audit/attack.py",
        "kept[~self.far[kept]], kept]",
        "kept[~self.far[kept]], kept[~self.far[kept]]]",
        "tests/audit/test_attack.py::test_bounds_hold_of_every_solution_and_safe_is_only_said_of_what_linear_programs_find_wide",
    ),
    Planted(
        "publishing/audit/attack.py",
        "np.floor(new_upper + NEAR), np.ceil(new_lower - NEAR)",
        "np.floor(new_upper - 1 + NEAR), np.ceil(new_lower - NEAR)",
        "tests/audit/test_attack.py::test_bounds_that_are_passed_along_hold_of_every_solution",
    ),
    Planted(
        "publishing/audit/attack.py",
        "weight = np.where(system.soft[rows], 1.0, 1000.0)",
        "weight = np.where(system.soft[rows], 1000.0, 1.0)",
        "tests/audit/test_attack.py::test_soft_relations_that_only_together_are_contradicted_cost_the_fewest",
    ),
    Planted(
        "publishing/audit/integers.py",
        "            whole.either([(2 * first, 1.0, 1.0)], [(2 * second, 1.0, 1.0)])\n",
        "            pass\n",
        "tests/audit/test_integers.py::"
        "test_that_a_cover_and_the_only_other_group_are_not_both_empty_is_found_by_whole_numbers_only",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "    relate_levels_further,\n    relate_interventions,",
        "    relate_interventions,",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        '"not chronic", 1, -1)',
        '"not chronic", 0, 1)',
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "family in ('program', 'grade_total')",
        "family in ('grade_total')",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "groups.item in ('CHY', 'CHN')",
        "groups.item in ('CHN')",
        "tests/audit/test_leaks.py::test_a_planted_leak_is_found_and_named",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "    relate_interventions,\n    relate_months",
        "    relate_months",
        "tests/audit/test_knowledge.py::test_who_was_measured_had_the_intervention",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "'intervention', 'measured', 'matched', 'comparison',\n                'survey', 'accountability')",
        "'intervention', 'measured', 'survey', 'accountability')",
        "tests/audit/test_knowledge.py::test_those_set_beside_others_are_the_countys_less_the_other_districts",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "    observe_surveys,\n    observe_overlaps,",
        "    observe_overlaps,",
        "tests/audit/test_knowledge.py::test_respondents_of_a_school_are_the_districts_less_the_others",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "having bool_and(is_c_hidden) and bool_or(item = 'TA' and not is_n_hidden)",
        "having bool_or(item = 'TA' and not is_n_hidden)",
        "tests/audit/test_knowledge.py::test_where_no_group_tells_its_chronic_count_few_are_absent",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "having bool_and(is_c_hidden) and bool_or(item = 'ALL' and not is_n_hidden)",
        "having false",
        "tests/audit/test_knowledge.py::test_where_no_dashboard_group_of_a_district_tells_its_chronic_count_few_are_absent",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "large.topic in ('category', 'grade', 'accountability') and large.item <> 'TA'",
        "large.topic = 'grade'",
        "tests/audit/test_knowledge.py::test_a_race_that_a_small_school_has_no_row_of_may_have_all_of_that_school",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "else large.topic = 'grade' and large.family = small.item",
        "else false",
        "tests/audit/test_knowledge.py::test_a_grade_under_a_small_span_may_have_all_of_it",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "large.family = 'grade' and large.item <> 'GR912')",
        "large.family = 'none')",
        "tests/audit/test_knowledge.py::test_a_span_under_few_through_grade_8_may_have_all_of_them",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "            anti join small_wholes on everybody.f = small_wholes.f\n",
        "",
        "tests/audit/test_knowledge.py::test_a_dashboard_group_under_few_through_grade_8_may_have_all_of_them",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "(large.family <> 'charter' or small.entity_level <> 'school')",
        "true",
        "tests/audit/test_knowledge.py::test_a_race_that_a_small_school_has_no_row_of_may_have_all_of_that_school",
    ),
    Planted(
        "publishing/audit/company.py",
        "_DEARER_STILL_KNOWN if m in known else 1",
        "1",
        "tests/audit/test_company.py::test_what_an_earlier_release_still_tells_is_named_only_where_there_is_nothing_else",
    ),
    Planted(
        "publishing/audit/releases.py",
        "insert into still_known select f, $m from side_by_side where before is not null",
        "insert into still_known select f, $m from side_by_side where before is not null and is_hidden",
        "tests/audit/test_releases.py::test_what_an_earlier_release_tells_is_known_still_unless_its_family_has_moved",
    ),
    Planted(
        "publishing/audit/company.py",
        "_DEARER_WHOLE = 30",
        "_DEARER_WHOLE = 0",
        "tests/audit/test_company.py::test_a_part_is_named_before_the_whole",
    ),
    Planted(
        "publishing/audit/company.py",
        '"district": 10, "county"',
        '"district": 0, "county"',
        "tests/audit/test_company.py::test_a_school_is_named_before_its_district_and_the_county_last",
    ),
    Planted(
        "publishing/audit/company.py",
        "[knowledge.rules.largest_hidden_group, [",
        "[0, [",
        "tests/audit/test_company.py::test_a_hidden_count_and_one_of_a_small_group_are_not_named",
    ),
    Planted(
        "publishing/audit/company.py",
        "for cell in exposed if cell in offers}",
        "for cell in () if cell in offers}",
        "tests/audit/test_company.py::test_what_an_earlier_release_hid_is_named_though_nothing_else_is_unsafe",
    ),
    Planted(
        "publishing/audit/company.py",
        "select distinct * from company",
        "select * from company",
        "tests/audit/test_company.py::test_company_is_added_once_and_what_was_there_stays",
    ),
    Planted(
        "publishing/audit/company.py",
        'settings.company.with_suffix(".new")',
        "settings.company",
        "tests/audit/test_company.py::test_where_adding_fails_what_was_there_is_still_there",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "in ('band', 'overlap', 'intervention', 'matched', 'comparison') then null",
        "in ('band', 'overlap', 'matched', 'comparison') then null",
        "tests/audit/test_knowledge.py::test_a_small_group_of_an_intervention_may_be_those_measured_alone",
    ),
    Planted(
        "publishing/audit/releases.py",
        "hides and 2 * within < {rules.narrowest_bounds}",
        "hides",
        "tests/audit/test_releases.py::test_where_a_shown_member_has_changed_the_family_is_taken_to_have_changed",
    ),
    Planted(
        "publishing/audit/releases.py",
        "hides and 2 * within < {rules.narrowest_bounds}",
        "hides and within = 0",
        "tests/audit/test_releases.py::test_a_correction_by_one_student_leaves_what_was_hidden_within_one",
    ),
    Planted(
        "publishing/audit/knowledge.py",
        "        judged[self.told] = False\n",
        "",
        "tests/audit/test_releases.py::test_what_a_release_has_shown_may_be_hidden_later_and_stops_nothing",
    ),
    Planted(
        "publishing/audit/releases.py",
        "greatest(families.moved, totals.moved) as within",
        "totals.moved as within",
        "tests/audit/test_releases.py::test_where_a_shown_member_has_changed_the_family_is_taken_to_have_changed",
    ),
    Planted(
        "publishing/audit/releases.py",
        "where is_as_it_was or 2 * {letter}_step",
        "where is_unmoved or 2 * {letter}_step",
        "tests/audit/test_releases.py::"
        "test_where_as_many_came_as_went_in_between_a_family_is_compared_only_if_it_is_as_it_was",
    ),
    Planted(
        "publishing/audit/releases.py",
        "where is_as_it_was or 2 * {letter}_step < {rules.narrowest_bounds}",
        "where true",
        "tests/audit/test_releases.py::test_a_release_before_a_place_moved_on_tells_nothing_when_it_is_nearly_where_it_was",
    ),
    Planted(
        "publishing/audit/releases.py",
        "where is_as_it_was or 2 * {letter}_step",
        "where 2 * {letter}_step",
        "tests/audit/test_releases.py::test_a_release_is_compared_again_when_all_is_as_it_was_then",
    ),
    Planted(
        "publishing/audit/company.py",
        "                or f in (select unnest(?))\n",
        "                or f in (select unnest(?) limit 0)\n",
        "tests/audit/test_releases.py::test_what_an_earlier_release_hid_of_a_whole_is_hidden_again",
    ),
    Planted(
        MODELS + "open_data/open_intervention_outcomes.sql",
        "            when measured.suppression_reason = 'small_group' then 'small_group'\n            else",
        "            when true then",
        "a_comparison_is_shown_where_both_sides_are_and_only_of_the_whole",
    ),
    Planted(
        MODELS + "open_data/open_attendance_bands.sql",
        "        and places.chronic_count = held.chronic_of_all\n",
        "",
        "bands_that_the_last_release_hid_are_hidden_again_where_nothing_has_changed",
    ),
    Planted(
        MODELS + "open_data/open_attendance_bands.sql",
        "count(case when is_hidden or is_held then 1 end)",
        "count(case when is_hidden then 1 end)",
        "bands_that_the_last_release_hid_are_hidden_again_where_nothing_has_changed",
    ),
    Planted(
        MODELS + "intermediate/int_suppression_0.sql",
        "then by_students < narrowest_bounds",
        "then true",
        "what_the_last_release_hid_is_hidden_again_where_its_place_has_hardly_moved",
    ),
    Planted(
        MODELS + "intermediate/int_suppression_0.sql",
        "else by_chronic = 0 end",
        "else by_students = 0 end",
        "what_the_last_release_hid_is_hidden_again_where_its_place_has_hardly_moved",
    ),
    Planted(
        MODELS + "intermediate/int_suppression_0.sql",
        "by_chronic < narrowest_bounds as hides_chronic",
        "by_students < narrowest_bounds as hides_chronic",
        "what_the_last_release_hid_is_hidden_again_where_its_place_has_hardly_moved",
    ),
    Planted(
        MODELS + "intermediate/int_suppression_0.sql",
        "else by_chronic = 0 end",
        "else by_chronic < narrowest_bounds end",
        "what_the_last_release_hid_is_hidden_again_where_its_place_has_hardly_moved",
    ),
    Planted(
        "publishing/audit/releases.py",
        "        unfinished.chmod(0o600)\n",
        "        unfinished.chmod(0o644)\n",
        "tests/audit/test_releases.py::test_a_release_is_recorded_once_and_for_its_owner_only",
    ),
    Planted(
        "publishing/audit/releases.py",
        "if earlier and earlier[-1].digest == digest:",
        "if False:",
        "tests/audit/test_releases.py::test_a_release_is_recorded_once_and_for_its_owner_only",
    ),
    Planted(
        "publishing/audit/primary.py",
        "and not parts.is_n_hidden and parts.n is not null",
        "and not parts.is_n_hidden and not parts.is_c_hidden and parts.n is not null",
        "tests/audit/test_command.py::test_a_head_count_too_small_is_told_where_the_chronic_count_alone_is_hidden",
    ),
    Planted(
        "publishing/audit/primary.py",
        "n > 0 and n <= {most}",
        "n > 0 and n < {most} - 5",
        "tests/audit/test_command.py::test_a_group_that_the_rule_hides_and_the_publication_shows_is_told",
    ),
    Planted(
        "publishing/audit/cde.py",
        "when n = '*' and category = 'RD' then 'star_of_any_size' ",
        "",
        "tests/audit/test_cde.py::test_a_single_star_of_a_family_is_pinned_and_race_not_reported_has_no_bound",
    ),
    Planted(
        "publishing/audit/report.py",
        "or len(self.attack.contradictory)",
        "",
        "tests/audit/test_command.py::test_tables_that_contradict_each_other_are_not_published",
    ),
    Planted(
        "attendance/cli.py",
        "        safe, lines = audited.is_safe, audited.lines(most)",
        "        safe, lines = True, audited.lines(most)",
        "tests/audit/test_command.py::test_one_unsafe_cell_ends_with_an_error_and_its_name",
    ),
    Planted(
        "publishing/publish.py",
        "        if id_of(settings.warehouse) != staged.release.id:\n",
        "        if False:\n",
        "tests/publishing/test_publish.py::test_where_a_step_fails_nothing_has_changed_and_the_next_attempt_succeeds",
    ),
    Planted(
        "publishing/publish.py",
        "        shutil.rmtree(scratch, ignore_errors=True)\n        raise",
        "        raise",
        "tests/publishing/test_publish.py::test_where_a_first_publication_fails_there_is_none",
    ),
    Planted(
        "publishing/publish.py",
        "    point(settings.site, now.site if now else None)\n",
        "    settings.site.unlink(missing_ok=True)\n    point(settings.site, now.site if now else None)\n",
        "tests/publishing/test_publish.py::test_where_a_step_fails_nothing_has_changed_and_the_next_attempt_succeeds",
    ),
    Planted(
        "publishing/publish.py",
        "        _check(settings)\n",
        "",
        "tests/publishing/test_publish.py::test_a_database_without_marts_is_not_published",
    ),
    Planted(
        "publishing/publish.py",
        "            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "            pass",
        "tests/publishing/test_publish.py::test_two_publications_at_once_are_one",
    ),
    Planted(
        "publishing/serve.py",
        "        self.send_error(HTTPStatus.NOT_FOUND)\n        return None",
        "        return super().list_directory(path)",
        "tests/publishing/test_serve.py::test_what_is_no_page_is_not_found_and_no_folder_is_listed",
    ),
    Planted(
        "publishing/site/style.css",
        ".scroll {\n  margin-top: 1rem;\n  overflow-x: auto;",
        ".scroll {\n  margin-top: 1rem;",
        "tests/publishing/test_browser.py::test_no_page_scrolls_sideways",
    ),
    Planted(
        "publishing/site/templates/base.html.j2",
        '<link rel="icon" href="data:,">',
        '<link rel="icon" href="nothing.ico">',
        "tests/publishing/test_site.py::test_pages_ask_for_nothing_outside_and_hold_no_script_of_their_own",
    ),
    Planted(
        "publishing/site/style.css",
        "  figure .wide {\n    display: none;\n  }",
        "",
        "tests/publishing/test_browser.py::test_each_chart_is_told_once_with_what_it_finds",
    ),
    Planted(
        "publishing/site/style.css",
        "    --accent: #58b8d4;",
        "    --accent: #0b6e8a;",
        "tests/publishing/test_browser.py::test_dark_mode_changes_paper_ink_and_charts",
    ),
    Planted(
        "publishing/site/style.css",
        "  outline: 3px solid var(--accent);",
        "  outline: none;",
        "tests/publishing/test_browser.py::test_everything_can_be_reached_by_keyboard_and_focus_is_visible",
    ),
    Planted(
        "publishing/site/style.css",
        "  details::details-content {\n    display: block;\n    content-visibility: visible;\n  }",
        "",
        "tests/publishing/test_browser.py::test_print_shows_the_numbers_and_drops_the_ways",
    ),
    # how files are reached
    Planted(
        "ingestion/transports/sftp.py",
        "known_hosts=self._trusted(),",
        "known_hosts=None,",
        "tests/ingestion/test_transport_sftp.py::test_another_host_key_is_refused_before_anything_is_said",
    ),
    Planted(
        "ingestion/transports/retry.py",
        "retry_if_exception_type(PassingError)",
        "retry_if_exception_type(Exception)",
        "tests/ingestion/test_transport_sftp.py::test_a_wrong_password_is_told_at_once_and_not_tried_again",
    ),
    Planted(
        "ingestion/transports/download.py",
        "{source}|{file.identity}",
        "{source}|{file.path}",
        "tests/ingestion/test_transport_sftp.py::test_what_has_come_is_kept_for_the_next_run_and_only_for_the_same_file",
    ),
    Planted(
        "ingestion/registry.py",
        "                yield here\n",
        "                pass\n",
        "tests/ingestion/test_transport_https.py::test_a_secret_in_the_registry_is_refused_and_not_repeated",
    ),
    Planted(
        "ingestion/pull.py",
        "fault = fault_in() if fault_in else None",
        "fault = None",
        "tests/ingestion/test_pull.py::test_a_file_is_checked_against_the_checksum_beside_it",
    ),
    Planted(
        "ingestion/transports/aeries/cleaner.py",
        '            SX=_text(one.get("Gender")),',
        '            LN=_text(one.get("LastName")),\n            SX=_text(one.get("Gender")),',
        "tests/ingestion/test_transport_aeries_api.py::test_nobodys_name_or_address_comes_any_further",
    ),
    Planted(
        "ingestion/transports/folder.py",
        " {stat.st_ctime_ns}",
        "",
        "tests/ingestion/test_pull.py::test_other_bytes_of_the_same_size_and_time_are_received",
    ),
    Planted(
        "attendance/steps.py",
        "-len(sender.schools)",
        "len(sender.schools)",
        "tests/ingestion/test_side_by_side.py::test_the_lea_with_the_most_schools_is_loaded_first",
    ),
    Planted(
        "attendance/cli.py",
        "os._exit(130)",
        "raise",
        "tests/ingestion/test_side_by_side.py::test_a_load_is_stopped_at_once_and_the_next_one_does_the_rest",
    ),
    Planted(
        "ingestion/landing.py",
        "days * WAITING_STAYS",
        "days",
        "tests/ingestion/test_retention.py::test_what_is_refused_or_waits_stays_thrice_as_long_and_goes_with_a_word",
    ),
    Planted(
        "ingestion/pull.py",
        "return landed or record.outcome in",
        "return landed or record.outcome not in",
        "tests/ingestion/test_retention.py::test_what_is_loaded_goes_after_the_days_of_the_setting_and_is_not_taken_again",
    ),
    # who has submitted, and what goes back
    Planted(
        MODELS + "intermediate/int_submission_days.sql",
        "calendar.calendar_date <= as_of.as_of_date as is_over",
        "calendar.calendar_date < as_of.as_of_date as is_over",
        "silence_is_counted_from_the_day_after_the_last_submitted_one_to_the_as_of_day",
    ),
    Planted(
        MODELS + "intermediate/int_submission_gaps.sql",
        " - 1 as gap_before",
        " as gap_before",
        "a_gap_is_counted_in_school_days",
    ),
    Planted(
        MODELS + "marts/submissions.sql",
        "select * from {{ ref('school_submissions') }}",
        "select * from {{ ref('school_submissions') }} where has_roster",
        "a_district_that_sends_not_even_a_roster_is_among_those_expected",
    ),
    Planted(
        MODELS + "marts/school_submissions.sql",
        "        and coalesce(listed.closed_date >= {{ first_date_of('latest.school_year') }}, true)\n",
        "",
        "a_school_is_silent_after_more_than_three_school_days",
    ),
    Planted(
        MODELS + "marts/school_submissions.sql",
        "> threshold.silent_after as is_long",
        ">= threshold.silent_after as is_long",
        "a_school_is_silent_after_more_than_three_school_days",
    ),
    Planted(
        MODELS + "marts/school_submissions.sql",
        "        when is_not_due = 1 then false\n",
        "",
        "a_school_is_silent_after_more_than_three_school_days",
    ),
    Planted(
        MODELS + "open_data/open_deliveries.sql",
        "when days_since > stale_after_days then 'late'",
        "when days_since >= stale_after_days then 'late'",
        "a_delivery_is_late_after_more_than_its_kinds_days",
    ),
    Planted(
        "ingestion/outbox.py",
        '_OPENERS = frozenset("=+-@")',
        '_OPENERS = frozenset("=+-")',
        "tests/ingestion/test_outbox.py::test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe",
    ),
    Planted(
        "ingestion/outbox.py",
        "    if _NUMBER.fullmatch(text.strip()):\n        return text\n",
        "",
        "tests/ingestion/test_outbox.py::test_plain_numbers_and_ordinary_text_stay_as_they_are",
    ),
    Planted(
        "ingestion/outbox.py",
        "[harmless(str(cell)) for cell in line]",
        "[str(cell) for cell in line]",
        "tests/ingestion/test_outbox.py::test_a_value_that_is_a_formula_reaches_the_list_made_harmless",
    ),
    Planted(
        "ingestion/outbox.py",
        "autoescape=True",
        "autoescape=False",
        "tests/ingestion/test_outbox.py::test_a_name_that_looks_like_markup_is_only_a_name",
    ),
    Planted(
        "ingestion/outbox.py",
        "except (IngestionError, OSError) as error:",
        "except OSError as error:",
        "tests/ingestion/test_outbox.py::test_what_cannot_be_sent_is_told_and_stops_nobody",
    ),
    Planted(
        "ingestion/outbox.py",
        "if mark.exists() and mark.read_text() == digest:",
        "if False:",
        "tests/ingestion/test_outbox.py::test_the_files_are_sent_where_the_registry_says_so_and_only_when_they_changed",
    ),
    Planted(
        "publishing/open_data.py",
        '    "deliveries": ("rows_loaded", "rows_rejected"),\n',
        "",
        "tests/publishing/test_site.py::test_a_hidden_figure_reaches_no_file_even_if_the_database_still_holds_it",
    ),
    Planted(
        "ingestion/standing.py",
        "        and _covers(later, told_period(refused))\n",
        "",
        "tests/ingestion/test_outbox.py::test_a_refused_month_is_not_replaced_by_the_next_month",
    ),
    Planted(
        "attendance/status.py",
        'for record in one.those("refused"):',
        'for record in (record for record in one.records if record.outcome == "refused"):',
        "tests/ingestion/test_status.py::test_a_refused_file_is_told_until_it_has_been_sent_again",
    ),
    Planted(
        MODELS + "intermediate/int_attendance_totals.sql",
        "+ coalesce(summaries.days_out_of_school_suspension, 0)",
        "+ summaries.days_out_of_school_suspension",
        "a_mover_is_summed_at_the_district_and_an_unexplained_day_leaves_both_sides",
    ),
    # a county like the published one
    Planted(
        "simulation/like/lives.py",
        "    fewest = -(-expected // 10)",
        "    fewest = expected // 10",
        "tests/end_to_end/test_equal_to_published.py::test_every_published_school_cell_is_equal_in_both_counts_in_both_years",
    ),
    Planted(
        "simulation/like/states.py",
        "    _marked_to_the_end(states, stints)\n    return Lived",
        "    return Lived",
        "tests/simulation/like/test_states.py::test_a_school_where_nobody_is_ever_away_is_known_to_have_taken_attendance_on_its_last_day",
    ),
    Planted(
        "simulation/like/links.py",
        "& (apart[one] != apart[other])",
        "",
        "tests/simulation/like/test_labels.py::test_two_stays_of_one_student_have_the_same_labels_at_different_schools",
    ),
    Planted(
        "simulation/like/links.py",
        "        (slots.learner, 2),\n",
        "",
        "tests/simulation/like/test_labels.py::test_two_stays_of_one_student_have_the_same_labels_at_different_schools",
    ),
    Planted(
        "simulation/like/slots.py",
        "< counts[group])",
        "<= counts[group])",
        "tests/simulation/like/test_labels.py::test_the_labels_dealt_count_up_to_every_cell",
    ),
    Planted(
        "simulation/like/fill.py",
        'room = np.where(hidden == COLUMN["RD"], max(left[0], MOST_HIDDEN), MOST_HIDDEN)',
        "room = np.full(len(hidden), left[0])",
        "tests/simulation/like/test_labels.py::test_hidden_cells_get_ten_students_at_most_but_for_those_without_a_race",
    ),
    Planted(
        "simulation/like/days.py",
        "    spread[~inside] = np.inf\n",
        "",
        "tests/simulation/like/test_days.py::test_exactly_the_wanted_days_are_missed_and_none_outside_the_stay",
    ),
    Planted(
        "simulation/like/treatments.py",
        "    left[rows] &= order > limit[:, None]",
        "    left[rows] &= order >= limit[:, None]",
        "tests/simulation/like/test_days.py::test_help_changes_what_is_missed_afterwards_as_planted_and_leaves_the_wanted_days",
    ),
    Planted(
        "dbt_project/models/intermediate/int_school_entities.sql",
        "schools.district_cds_code as cds_code",
        "schools.lea_code || '0000000' as cds_code",
        "tests/end_to_end/test_equal_to_published.py::test_districts_and_the_county_are_within_half_a_percent_or_five_students",
    ),
    Planted(
        "attendance/compare.py",
        "is_here and not ({EQUAL})",
        "is_here and ({EQUAL}) and false",
        "tests/end_to_end/test_equal_to_published.py::test_a_cell_that_differs_is_shown_with_both_counts",
    ),
    # who may see what
    Planted(
        "publishing/serving/access.py",
        '"school": ("district_code", "school_code")}',
        '"school": ("district_code",)}',
        "tests/access/test_matrix.py::test_every_role_sees_of_every_relation_the_rows_that_it_may_see_and_no_others",
    ),
    Planted(
        "publishing/serving/access.py",
        '"students": frozenset({"county", "district", "school"}),',
        '"students": frozenset({"county", "district", "school", "support"}),',
        "tests/access/test_matrix.py::test_every_role_sees_of_every_relation_the_rows_that_it_may_see_and_no_others",
    ),
    Planted(
        "publishing/serving/access.py",
        "f\"{column} = {_literal(codes[column] or '')}\" for column in own",
        "f\"{column} >= {_literal(codes[column] or '')}\" for column in own",
        "tests/access/test_matrix.py::test_a_district_s_file_holds_the_rows_that_its_role_sees",
    ),
    Planted(
        "dbt_project/models/marts/goals.yml",
        "access: places",
        "access: shared",
        "tests/access/test_matrix.py::test_every_role_sees_of_every_relation_the_rows_that_it_may_see_and_no_others",
    ),
    Planted(
        "dbt_project/models/marts/team_list.yml",
        "access: students",
        "access: places",
        "tests/access/test_relations.py::test_every_relation_of_the_project_says_who_may_see_it_and_can_be_told_apart_so",
    ),
    Planted(
        "publishing/serving/relations.py",
        "access = declared.get((schema, name))",
        'access = declared.get((schema, name)) or "shared"',
        "tests/access/test_relations.py::test_a_new_mart_without_a_declaration_is_refused",
    ),
    Planted(
        "publishing/serving/access.py",
        'f"alter table {there} force row level security",',
        'f"alter table {there} no force row level security",',
        "tests/access/test_attempts.py::test_a_view_shows_what_its_reader_may_see_or_is_refused",
    ),
    Planted(
        "publishing/serving/access.py",
        "            if not is_invoker:",
        "            if is_invoker is None:",
        "tests/access/test_attempts.py::test_a_view_shows_what_its_reader_may_see_or_is_refused",
    ),
    Planted(
        "publishing/serving/access.py",
        'f"{column} = access.own_code({_literal(kind)}, {_literal(column)})"',
        'f"{column} = (select access.own_code({_literal(kind)}, {_literal(column)}))"',
        "tests/access/test_attempts.py::test_a_foreign_key_and_an_invented_one_look_alike_to_whoever_has_a_plan_explained",
    ),
    Planted(
        "tests/access/server.py",
        "(district_code, school_code{key})",
        "({key.removeprefix(', ') or 'school_code'})",
        "tests/access/test_attempts.py::test_a_foreign_key_and_an_invented_one_look_alike_to_whoever_has_a_plan_explained",
    ),
    Planted(
        "publishing/serving/access.py",
        "set statistics 0' for c",
        "set statistics 10' for c",
        "tests/access/test_attempts.py::test_no_statistics_tell_of_rows",
    ),
    Planted(
        "publishing/serving/access.py",
        "with inherit true, set false, admin false",
        "with inherit true, set true, admin false",
        "tests/access/test_attempts.py::test_nothing_is_written_become_or_read_from_the_machine",
    ),
    Planted(
        "publishing/serving/access.py",
        "execute format('revoke all on database %I from public'",
        "execute format('revoke connect on database %I from public'",
        "tests/access/test_attempts.py::test_nothing_is_written_become_or_read_from_the_machine",
    ),
    Planted(
        "publishing/serving/access.py",
        '    "lo_from_bytea",\n',
        "",
        "tests/access/test_attempts.py::test_nothing_is_written_become_or_read_from_the_machine",
    ),
    Planted(
        "publishing/serving/access.py",
        '    "pg_try_advisory_xact_lock",\n',
        "",
        "tests/access/test_attempts.py::test_a_reader_has_no_function_that_takes_a_lock_of_its_own_choice",
    ),
    Planted(
        "publishing/serving/access.py",
        "or (running.state in ('idle in transaction', 'idle in transaction (aborted)') ",
        "or (running.state in ('idle in transaction') ",
        "tests/access/test_attempts.py::test_a_session_that_sits_in_a_transaction_too_long_is_ended_whatever_it_has_set",
    ),
    Planted(
        "publishing/serving/access.py",
        "union select uses.reader, reading.served from uses join reading on reading.reader = uses.used) ",
        ") ",
        "tests/access/test_attempts.py::test_a_view_outside_what_is_served_shows_what_its_reader_may_see_or_is_refused",
    ),
    Planted(
        "publishing/serving/access.py",
        "where reader.role_name = current_user and reader.kind",
        "where reader.role_name is not null and reader.kind",
        "tests/access/test_attempts.py::test_a_role_without_a_place_sees_nothing",
    ),
    Planted(
        "publishing/serving/access.py",
        " with nologin password null', one.name)",
        " with password null', one.name)",
        "tests/access/test_roles.py::test_a_role_that_left_the_table_loses_everything_at_once",
    ),
    Planted(
        "publishing/serving/access.py",
        'returns boolean language plpgsql volatile "',
        'returns boolean language plpgsql immutable "',
        "tests/access/test_access_log.py::test_each_execution_of_a_prepared_statement_is_noted",
    ),
    Planted(
        "publishing/serving/access.py",
        '"log_min_messages": "log",',
        '"log_min_messages": "error",',
        "tests/access/test_access_log.py::test_no_literal_reaches_the_access_log_and_of_readers_not_even_the_server_s",
    ),
    Planted(
        "publishing/serving/access_log.py",
        "os.O_TRUNC, 0o600)",
        "os.O_TRUNC, 0o644)",
        "tests/access/test_access_log.py::test_a_harvest_keeps_reads_once_however_often_it_runs_and_lets_the_server_s_log_go",
    ),
    Planted(
        "publishing/serving/roles.py",
        "not in known:",
        "in ():",
        "tests/access/test_roles.py::test_a_role_for_a_place_that_the_county_has_not_is_refused",
    ),
    Planted(
        "publishing/serving/logins.py",
        "if len(chosen) < LEAST_CHARACTERS:",
        "if not chosen:",
        "tests/access/test_logins.py::test_no_role_but_the_table_s_is_given_a_password_and_none_that_is_short",
    ),
    Planted(
        MODELS + "marts/early_warning.sql",
        "        and students.as_of_date >= own_days.first_date_elsewhere\n",
        "        and students.as_of_date < own_days.first_date_elsewhere\n",
        "a_district_is_not_told_of_days_and_help_at_another",
    ),
    Planted(
        MODELS + "marts/early_warning.sql",
        "        and students.district_cds_code = helped.district_cds_code\n",
        "",
        "a_district_is_not_told_of_days_and_help_at_another",
    ),
    Planted(
        MODELS + "marts/team_list.sql",
        "        and listed.lea_code = supports.lea_code\n",
        "",
        "who_has_missed_a_tenth_and_is_still_there_is_on_the_list",
    ),
    Planted(
        MODELS + "marts/interventions.sql",
        "else elsewhere.last_date_before is not null",
        "else false",
        "an_intervention_tells_nothing_of_the_students_days_at_another_district",
    ),
    Planted(
        MODELS + "marts/interventions.sql",
        "        and one.lea_code = other.lea_code\n",
        "",
        "an_intervention_tells_nothing_of_the_students_days_at_another_district",
    ),
    Planted(
        MODELS + "intermediate/int_case_absences.sql",
        "        and cases.district_cds_code = spans.district_cds_code\n",
        "",
        "absences_have_begun_again_with_the_third_unexcused_day_after_the_meeting",
    ),
    Planted(
        MODELS + "intermediate/int_district_spans.sql",
        "where first_code <> last_code",
        "where first_code is not null",
        "only_who_was_in_several_districts_has_spans",
    ),
    Planted(
        "publishing/metabase/transport.py",
        "untouched = isinstance(error, requests.ConnectTimeout)",
        "untouched = True",
        "tests/metabase/test_transport.py::test_what_makes_something_is_not_asked_twice_unless_it_was_turned_away",
    ),
    Planted(
        "publishing/metabase/transport.py",
        "in PASSING and (again or answer.status_code == TOO_MANY)",
        "in PASSING",
        "tests/metabase/test_transport.py::test_what_makes_something_is_not_asked_twice_unless_it_was_turned_away",
    ),
    Planted(
        "publishing/metabase/transport.py",
        '"allow_redirects": False',
        '"allow_redirects": True',
        "tests/metabase/test_transport.py::test_a_redirect_is_not_followed_because_what_was_sent_would_be_lost",
    ),
    Planted(
        "publishing/metabase/transport.py",
        "self.pause(_asked_wait(answer) or _wait(attempt))",
        "self.pause(_wait(attempt))",
        "tests/metabase/test_transport.py::test_it_waits_as_long_as_it_is_asked_to",
    ),
    Planted(
        "publishing/metabase/transport.py",
        "key: str = field(repr=False)",
        "key: str",
        "tests/metabase/test_transport.py::test_a_wrong_key_is_refused_and_never_shown",
    ),
    Planted(
        "publishing/metabase/bodies.py",
        'class _Strict(BaseModel):\n    model_config = ConfigDict(extra="forbid", frozen=True)',
        'class _Strict(BaseModel):\n    model_config = ConfigDict(extra="ignore", frozen=True)',
        "tests/metabase/test_bodies.py::test_a_question_that_is_not_as_it_must_be_is_not_sent",
    ),
    Planted(
        "publishing/metabase/bodies.py",
        "            if one.overlaps(other):",
        "            if one is other:",
        "tests/metabase/test_bodies.py::test_a_dashboard_that_does_not_hold_together_is_not_sent",
    ),
    Planted(
        "publishing/metabase/bodies.py",
        "        if known - mapped:",
        "        if known < mapped:",
        "tests/metabase/test_bodies.py::test_a_dashboard_that_does_not_hold_together_is_not_sent",
    ),
    Planted(
        "publishing/metabase/queries.py",
        "as integer) - 1 as text)",
        "as integer) - 2 as text)",
        "tests/metabase/test_queries.py::test_the_year_before_follows_from_the_year",
    ),
    Planted(
        "publishing/metabase/queries.py",
        "    if _DESC.search(bare):",
        "    if _DESC.search(sql[:0]):",
        "tests/metabase/test_queries.py::test_what_postgresql_does_not_take_is_named",
    ),
    Planted(
        "publishing/metabase/queries.py",
        "    text = _TOKEN.sub(replaced, sql.strip())",
        '    text = re.sub(r"\\$(?P<parameter>[a-z_]+)", replaced, sql.strip())',
        "tests/metabase/test_queries.py::test_a_parameter_becomes_a_variable_and_nothing_else_changes",
    ),
    Planted(
        "publishing/metabase/charts.py",
        'if value.format != "count" or compare is None',
        "if compare is None",
        "tests/metabase/test_charts.py::test_a_rate_stands_alone_and_a_count_has_a_trend",
    ),
    Planted(
        "publishing/metabase/charts.py",
        "of_columns(of.asked, rows, across, cell)",
        "of.asked",
        "tests/metabase/test_charts.py::test_a_matrix_is_pivoted_from_three_columns",
    ),
    Planted(
        "publishing/metabase/charts.py",
        "        shown.append(reason)\n",
        "",
        "tests/metabase/test_charts.py::test_a_table_shows_its_columns_and_why_a_figure_is_missing",
    ),
    Planted(
        "publishing/metabase/wanted.py",
        "            if visible(relation, role) is None:",
        "            if visible(relation, role) == '':",
        "tests/metabase/test_wanted.py::test_a_card_that_its_readers_may_not_read_is_named",
    ),
    Planted(
        "publishing/metabase/wanted.py",
        "        for fault in portability_faults(card.sql):",
        '        for fault in portability_faults(""):',
        "tests/metabase/test_wanted.py::test_a_card_that_cannot_be_shown_is_named",
    ),
    Planted(
        "publishing/metabase/wanted.py",
        "        **{key: everybody | folders(key) | {DISTRICTS} for key in districts},",
        "        **{key: everybody | folders(*districts) | {DISTRICTS} for key in districts},",
        "tests/metabase/test_publication.py::test_each_group_opens_its_own_folders_and_all_users_none",
    ),
    Planted(
        "publishing/metabase/wanted.py",
        "            if name in self.filters or name in self.narrowings\n",
        "            if name != 'school_year'\n",
        "tests/metabase/test_publication.py::test_every_filter_sets_a_variable_of_every_question_that_has_it",
    ),
    Planted(
        "publishing/metabase/there.py",
        "        first = min(in_place",
        "        first = max(in_place",
        "tests/metabase/test_publication.py::test_somebodys_copy_of_ours_is_theirs",
    ),
    Planted(
        "publishing/metabase/there.py",
        'or found.raw.get("collection_id") in folders',
        "or True",
        "tests/metabase/test_publication.py::test_a_copy_that_is_all_that_is_left_is_not_taken",
    ),
    Planted(
        "publishing/metabase/there.py",
        '    if stages and len(stages) == 1 and "native" in stages[0]:',
        "    if stages and len(stages) == 2:",
        "tests/metabase/test_publication.py::test_without_its_record_it_finds_what_is_there",
    ),
    Planted(
        "publishing/metabase/plan.py",
        "            and known.read.get(name) == digest(there)",
        "            and known.read.get(name) != digest(there)",
        "tests/metabase/test_publication.py::test_what_metabase_writes_down_in_other_words_is_the_same",
    ),
    Planted(
        "publishing/metabase/plan.py",
        "number in there.groups if number != there.administrators",
        "number in there.groups if number in keys",
        "tests/metabase/test_publication.py::test_a_permission_that_somebody_gave_is_taken_back_and_told",
    ),
    Planted(
        "publishing/metabase/plan.py",
        "        elif changed:",
        "        elif len(changed) > 9:",
        "tests/metabase/test_publication.py::test_a_change_of_a_query_changes_its_question_and_nothing_else",
    ),
    Planted(
        "publishing/metabase/carry_out.py",
        "        write_asking(self.metabase, lambda _graph: closed)\n",
        "",
        "tests/metabase/test_publication.py::test_at_no_moment_does_anybody_see_a_question_that_is_not_for_them",
    ),
    Planted(
        "publishing/metabase/carry_out.py",
        '"user": first, "password": self.passwords[first]}',
        '"password": self.passwords[role]}',
        "tests/metabase/test_publication.py::test_killed_at_any_call_no_connection_that_reads_students_is_open_to_all",
    ),
    Planted(
        "publishing/metabase/carry_out.py",
        "                self.narrow(thing)\n",
        "",
        "tests/metabase/test_publication.py::test_killed_at_any_call_no_connection_that_reads_students_is_open_to_all",
    ),
    Planted(
        "publishing/metabase/carry_out.py",
        "        self.check_closed(number, closed, _called(thing))\n",
        "",
        "tests/metabase/test_publication.py::test_where_metabase_does_not_take_the_permissions_no_connection_reads_students",
    ),
    Planted(
        "publishing/metabase/publish.py",
        'if step.verb == "make" or _changes_role(step)}',
        'if step.verb == "make"}',
        "tests/metabase/test_publication.py::test_a_connection_whose_role_changes_gets_the_password_of_the_new_one",
    ),
    Planted(
        "publishing/metabase/carry_out.py",
        '"id": there["id"] if there is not None else -number,',
        '"id": -number,',
        "tests/metabase/test_publication.py::test_a_card_that_is_moved_keeps_its_number",
    ),
    Planted(
        "publishing/metabase/carry_out.py",
        "            if attempt == STALE_ATTEMPTS:",
        "            if attempt == 1:",
        "tests/metabase/test_publication.py::test_a_stale_revision_is_looked_up_again",
    ),
    Planted(
        "publishing/metabase/carry_out.py",
        "    if left := grants_of(wanted, now):",
        "    if left := grants_of(wanted, now)[:0]:",
        "tests/metabase/test_publication.py::test_no_question_is_published_where_metabase_does_not_keep_the_permissions",
    ),
    Planted(
        "publishing/metabase/carry_out.py",
        '    return [item["name"] for item in listed if (item.get("model"), item["id"]) not in ours]',
        '    return [item["name"] for item in listed if not ours]',
        "tests/metabase/test_publication.py::test_a_folder_in_which_somebody_keeps_things_of_his_own_stays",
    ),
    Planted(
        "publishing/metabase/carry_out.py",
        '            "is_full_sync": False,',
        '            "is_full_sync": True,',
        "tests/metabase/test_publication.py::test_metabase_looks_at_nothing_in_the_tables_by_itself",
    ),
    Planted(
        "publishing/metabase/described.py",
        "        if table is None or set(said.columns) - set(fields):",
        "        if table is None and not tables:",
        "tests/metabase/test_publication.py::test_tables_and_columns_are_described_where_people_ask_and_when_metabase_knows_them",
    ),
    Planted(
        "publishing/metabase/told.py",
        "        if is_public(found) and not found.is_archived",
        "        if not found.is_archived",
        "tests/metabase/test_publication.py::test_a_public_link_to_what_is_not_for_the_public_is_told",
    ),
    Planted(
        "publishing/metabase/things.py",
        '_LINE = re.compile(rf"\\[attendance',
        '_LINE = re.compile(rf"\\[attendances',
        "tests/metabase/test_publication.py::test_without_its_record_it_finds_what_is_there",
    ),
    Planted(
        "publishing/exposures.py",
        "            found.add(project.by_label[label].name)",
        "            found.add(label)",
        "tests/metabase/test_exposures.py::test_a_dashboard_depends_on_every_model_that_its_cards_read",
    ),
    Planted(
        "attendance/cli.py",
        "    if context.invoked_subcommand is not None:\n        return\n",
        "",
        "tests/metabase/test_command.py::test_published_to_metabase_the_warehouse_stays_as_it_is",
    ),
    Planted(
        "dashboards/data_quality.yml",
        "en: Who has sent what, what could not be used, and how well does it agree with other records?",
        "en: Who has sent what?",
        "tests/metabase/test_exposures.py::test_the_file_of_exposures_is_as_the_dashboards_are",
    ),
    Planted(
        "publishing/site/words.py",
        '"all_lowest": _all_lowest,',
        '"all_lowest": lambda rows, column: [_lowest(rows, column)],',
        "tests/publishing/test_findings.py::test_all_districts_equally_close_to_their_next_colors_are_named",
    ),
    Planted(
        "dashboards/district.yml",
        "band.attendance_band = 'moderate_chronic'",
        "band.attendance_band in ('at_risk', 'moderate_chronic')",
        "tests/publishing/test_findings.py::test_steps_for_a_tenth_stand_beside_those_of_tier_2_alone",
    ),
    Planted(
        "dashboards/map.yml",
        "having max(share_so_far) >= 50",
        "having count(*) > 0",
        "tests/publishing/test_findings.py::test_zip_codes_that_never_reach_half_are_not_counted_as_having_it",
    ),
    Planted(
        "dashboards/data_quality.yml",
        "when sent.days_without_a_row is null and sent.schools_submitted > 0 then",
        "when sent.days_without_a_row is null then",
        "tests/publishing/test_findings.py::test_days_without_a_row_are_not_said_to_be_of_a_summary_where_nothing_was_sent",
    ),
    Planted(
        "dashboards/accountability_goals.yml",
        "link: {page: school, key: school_cds_code}}\n      target_year:",
        "link: {page: school, key: cds_code}}\n      target_year:",
        "tests/publishing/test_findings.py::test_a_click_on_a_districts_goal_does_not_lead_to_a_school",
    ),
)


def copied(scratch: Path) -> Path:
    """The project without what runs left behind."""
    project = scratch / "project"
    project.mkdir()
    skip = shutil.ignore_patterns("__pycache__", "target", "logs")
    for name in ROOMS:
        source = PROJECT / name
        if source.is_dir():
            # dbt_project/seeds is a link to the other copy
            shutil.copytree(source, project / name, ignore=skip, symlinks=True)
        elif source.exists():
            shutil.copy(source, project / name)
    return project


def environment(project: Path, scratch: Path) -> dict[str, str]:
    """A home with an empty, typed lake, in which every model builds and no row gets in the way of a unit test."""
    home = scratch / "home"
    places = Settings(
        home=home, config=project / "config", extracts=home / "extracts", public=read_settings().public, project=project
    )
    places.building.parent.mkdir(parents=True, exist_ok=True)
    return {**os.environ, **dbt_environment(places), "PYTHONPATH": str(project)}


def call(command: Sequence[str], project: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=variables, capture_output=True, text=True, check=False
    )


def turns_red(planted: Planted, project: Path, variables: dict[str, str]) -> bool:
    """Run the test on the damaged copy: true where it fails, and fails as a test."""
    if planted.test.startswith("tests/"):
        done = call(["-m", "pytest", "-q", "-x", planted.test], project, variables)
        return done.returncode == 1 and " failed" in done.stdout
    if planted.file.startswith("seeds/"):
        call(["-m", "dbt.cli.main", "seed", "--quiet"], project, variables)
    # parsed anew: a unit test keeps the seed's rows that it saw when it was parsed
    done = call(["-m", "dbt.cli.main", "--no-partial-parse", "test", "--select", planted.test], project, variables)
    return done.returncode == 1 and ("FAIL" in done.stdout or "ERROR=1" in done.stdout)


def plant(chosen: Sequence[Planted]) -> Iterator[tuple[Planted, bool]]:
    """Plant each error alone; yields it and whether its test turned red."""
    with tempfile.TemporaryDirectory(prefix="attendance-planted-") as folder:
        scratch = Path(folder)
        project = copied(scratch)
        variables = environment(project, scratch)
        made = call(["-m", "tests.planted", "--empty-lake"], project, variables)
        assert made.returncode == 0, made.stdout + made.stderr
        built = call(["-m", "dbt.cli.main", "build", "--quiet"], project, variables)
        assert built.returncode == 0, built.stdout + built.stderr
        for planted in chosen:
            path = project / planted.file
            sound = path.read_text(encoding="utf-8")
            assert planted.text in sound, f"{planted.file} no longer holds {planted.text!r}: mend tests/planted.py"
            path.write_text(sound.replace(planted.text, planted.becomes, 1), encoding="utf-8")
            try:
                yield planted, turns_red(planted, project, variables)
            finally:
                path.write_text(sound, encoding="utf-8")
                if planted.file.startswith("seeds/"):
                    call(["-m", "dbt.cli.main", "seed", "--quiet"], project, variables)


def make_empty_lake() -> None:
    settings = read_settings()
    prepare_lake(settings)
    write_reference(settings, read_registry(settings.config))


def main(arguments: Sequence[str]) -> int:
    """Print a line per error; returns 1 where a test stayed green."""
    if arguments == ["--empty-lake"]:
        make_empty_lake()
        return 0
    chosen = [
        planted
        for planted in PLANTED
        if not arguments or any(word in planted.file + planted.test for word in arguments)
    ]
    started = time.monotonic()
    green = 0
    for planted, red in plant(chosen):
        green += not red
        change = " ".join(planted.text.split())[:60]
        print(f"{'red  ' if red else 'GREEN'}  {planted.test}\n       {planted.file}: {change}", flush=True)
    print(f"{len(chosen) - green} passed, {green} failed ({time.monotonic() - started:.0f} s)")
    return 1 if green else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
