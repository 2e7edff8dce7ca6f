"""A county of two districts, as small as dashboards can be made of, and dashboards of each audience."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb

from attendance.project import DbtProject
from attendance.settings import PROJECT, Settings
from tests.both_languages import in_both_languages
from tests.metabase.stand_in import KEY

YEARS = ("2022-23", "2023-24")
ENTITIES = (
    ("county", "19000000000000", "Los Angeles County", None),
    ("district", "19990010000000", "Alder Unified", None),
    ("district", "19990020000000", "Birch Elementary", None),
    ("school", "19990019910101", "Alder Creek Elementary", "19990010000000"),
    ("school", "19990019910201", "Alder Middle", "19990010000000"),
    ("school", "19990029920101", "Birch Park Elementary", "19990020000000"),
)
AUDIENCES = ("public", "county", "district-99001", "district-99002")

FRONT = in_both_languages("""
title: "{{ county }}"
question: Where, and for whom, is attendance slipping?
audience: public
filters:
  school_year: {label: School year, default: latest}
cards:
  - id: finding
    title: The finding
    kind: sentence
    at: {row: 0, column: 0, width: 24, height: 3}
    sql: |
      select chronic_rate from open_data.chronic_absence
      where entity_level = 'county' and reporting_category = 'TA' and school_year = $school_year
    says: "{{ fraction(chronic_rate) | sentence }} students ({{ percent(chronic_rate) }})."
  - id: rate
    title: Chronically absent
    kind: scalar
    at: {row: 3, column: 0, width: 8, height: 4}
    sql: |
      select chronic_rate, eligible_enrollment, suppression_reason from open_data.chronic_absence
      where entity_level = 'county' and reporting_category = 'TA' and school_year = $school_year
    value: {column: chronic_rate, format: percent, of: eligible_enrollment}
    compare: {to: last_year}
    reason: suppression_reason
    note: Absent on 10 percent or more of the days expected.
  - id: districts
    title: Where it is slipping
    kind: row
    at: {row: 8, column: 0, width: 12, height: 8}
    sql: |
      select district.entity_name as district_name, district.cds_code, absence.chronic_rate,
          absence.eligible_enrollment, absence.suppression_reason, before.chronic_rate as last_rate
      from open_data.entities as district
      inner join open_data.chronic_absence as absence
          on absence.cds_code = district.cds_code and absence.reporting_category = 'TA'
          and absence.school_year = $school_year
      left join open_data.chronic_absence as before
          on before.cds_code = district.cds_code and before.reporting_category = 'TA'
          and before.school_year = $last_year
      where district.entity_level = 'district'
      order by absence.chronic_rate desc nulls last, district.entity_name
    columns:
      district_name: {label: District, link: {page: district, key: cds_code}}
      chronic_rate: {label: Chronically absent, format: percent}
      eligible_enrollment: {label: Students counted, format: count}
    reason: suppression_reason
    x: chronic_rate
    y: district_name
    says: Some districts.
""")
DISTRICT = in_both_languages("""
title: "{{ place }}"
question: How is it here?
audience: public
for_each: district
filters:
  school_year: {label: School year, default: latest}
cards:
  - id: finding
    title: The finding
    kind: sentence
    at: {row: 0, column: 0, width: 24, height: 3}
    sql: |
      select chronic_rate from open_data.chronic_absence
      where cds_code = $district and reporting_category = 'TA' and school_year = $school_year
    says: "In {{ place }}, {{ percent(chronic_rate) }}."
  - id: schools
    title: Schools
    kind: table
    at: {row: 3, column: 0, width: 24, height: 8}
    sql: |
      select school.entity_name, absence.chronic_rate, absence.eligible_enrollment, absence.suppression_reason
      from open_data.entities as school
      inner join open_data.chronic_absence as absence
          on absence.cds_code = school.cds_code and absence.reporting_category = 'TA'
          and absence.school_year = $school_year
      where school.district_cds_code = $district and school.entity_level = 'school'
      order by school.entity_name
    columns:
      entity_name: {label: School}
      chronic_rate: {label: Chronically absent, format: percent, bar: 100}
      eligible_enrollment: {label: Students counted, format: count}
    reason: suppression_reason
    note: "{{ place }} alone."
""")
STAFF = """
title: Not suppressed
question: How many, exactly?
audience: county
cards:
  - id: counts
    title: Places
    kind: table
    at: {row: 0, column: 0, width: 24, height: 8}
    sql: select entity_name, students from marts.chronic_absence order by entity_name, students
    columns:
      entity_name: {label: Place}
      students: {label: Students, format: count}
"""
DASHBOARDS = {"county": FRONT, "district": DISTRICT, "staff": STAFF}


def build(path: Path) -> Path:
    """Write the county's warehouse."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema open_data")
        connection.execute("create schema marts")
        connection.execute("create table open_data.about as select '19' as county_code, true as is_simulated")
        connection.execute(
            "create table open_data.entities "
            "(entity_level varchar, cds_code varchar, entity_name varchar, district_cds_code varchar)"
        )
        connection.executemany("insert into open_data.entities values (?, ?, ?, ?)", ENTITIES)
        connection.execute(
            "create table open_data.chronic_absence as select year as school_year, entity_level, cds_code, "
            "'TA' as reporting_category, cast(20 + length(entity_name) / 10.0 as decimal(5, 1)) as chronic_rate, "
            "100 * length(entity_name)::integer as eligible_enrollment, cast(null as varchar) as suppression_reason "
            "from open_data.entities, unnest(?) as years (year)",
            [list(YEARS)],
        )
        connection.execute(
            "create table marts.dim_entities as select nullif(substr(cds_code, 3, 5), '00000') as district_code, "
            "nullif(substr(cds_code, 8), '0000000') as school_code, entity_name from open_data.entities"
        )
        connection.execute(
            "create table marts.chronic_absence as select *, 10 * length(entity_name)::integer as students "
            "from marts.dim_entities"
        )
    return path


def tables(path: Path, project: DbtProject) -> dict[str, list[dict[str, Any]]]:
    """The tables by schema, with what PostgreSQL's comments say of them."""
    with duckdb.connect(str(path), read_only=True) as connection:
        listed = connection.execute(
            "select schema_name, table_name, list(column_name) from duckdb_columns() where not internal group by all"
        ).fetchall()
    found: dict[str, list[dict[str, Any]]] = {}
    for schema, name, columns in listed:
        said = project.by_label[f"{schema}.{name}"]
        says = {column.name: column.description for column in said.columns}
        table = {"schema": schema, "name": name, "description": said.description}
        found.setdefault(schema, []).append({**table, "columns": {column: says.get(column) for column in columns}})
    return found


def settle(folder: Path, warehouse: Path, url: str) -> Settings:
    """A home in which the county is published, with dashboards that a test may change."""
    project = folder / "project"
    (project / "dashboards").mkdir(parents=True)
    (project / "dbt_project").symlink_to(PROJECT / "dbt_project")
    home = folder / "home"
    settings = Settings(
        home=home,
        config=PROJECT / "config",
        extracts=home,
        public=home,
        project=project,
        postgres="postgresql://owner:not-told@db.example.org:5432/attendance",
        metabase_url=url,
        metabase_key=KEY,
    )
    settings.warehouse.parent.mkdir(parents=True)
    settings.warehouse.symlink_to(warehouse)
    settings.copies.mkdir()
    for audience in AUDIENCES:
        (settings.copies / f"{audience}.duckdb").symlink_to(warehouse)
    for name, text in DASHBOARDS.items():
        write(settings, name, text)
    return settings


def write(settings: Settings, name: str, text: str) -> None:
    """Write a dashboard of the county's."""
    (settings.dashboards / f"{name}.yml").write_text(text, encoding="utf-8")


def remove(settings: Settings, name: str) -> None:
    """Take a dashboard away."""
    (settings.dashboards / f"{name}.yml").unlink()


def forget(settings: Settings) -> None:
    """Lose the record of what was published."""
    for path in (settings.home / "metabase").glob("*.json"):
        path.unlink()
    shutil.rmtree(settings.home / "metabase", ignore_errors=True)
