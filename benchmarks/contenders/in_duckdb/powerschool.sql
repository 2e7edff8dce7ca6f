-- PowerSchool: docs/rules.md C.2. What a day is worth hangs on the conversion of its bell schedule.
create temp table powerschool_day as
with conversion as (
    select sent.sender, sent.year, csv.*
    from read_csv(
        getvariable('powerschool_attendance_conversion_items'), header = true, auto_detect = false,
        ignore_errors = true,
        columns = {
            'id': 'bigint', 'attendance_conversion_id': 'bigint', 'conversion_mode_code': 'varchar',
            'input_value': 'bigint', 'attendance_value': 'double'
        }
    ) as csv
    inner join sent
        on sent.source = 'powerschool_attendance_conversion_items' and csv.file_index = sent.file_index
),
worth as (
    select
        sender,
        year,
        attendance_conversion_id,
        max(input_value) filter (conversion_mode_code = 'periodday' and attendance_value = 0) as periods_worth_nothing,
        list(input_value) filter (conversion_mode_code = 'codeday' and attendance_value > 0) as codes_worth_something
    from conversion
    group by sender, year, attendance_conversion_id
),
bell as (
    select sent.sender, sent.year, csv.id, worth.periods_worth_nothing, worth.codes_worth_something
    from read_csv(
        getvariable('powerschool_bell_schedule'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'id': 'bigint', 'schoolid': 'integer', 'yearid': 'integer', 'name': 'varchar',
            'attendance_conversion_id': 'bigint'
        }
    ) as csv
    inner join sent on sent.source = 'powerschool_bell_schedule' and csv.file_index = sent.file_index
    left join worth
        on sent.sender = worth.sender
        and sent.year = worth.year
        and csv.attendance_conversion_id = worth.attendance_conversion_id
)
select
    here.place,
    day_of(csv.date_value, here.year) as day,
    csv.insession = 1 as is_in_session,
    -- so many periods missed leave a day that is worth nothing
    nullif(greatest(here.periods - coalesce(bell.periods_worth_nothing, 0), 0), 0) as periods_missed,
    bell.codes_worth_something
from read_csv(
    getvariable('powerschool_calendar_day'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'id': 'bigint', 'schoolid': 'integer', 'date_value': 'date', 'insession': 'integer',
        'membershipvalue': 'varchar', 'bell_schedule_id': 'bigint', 'type': 'varchar'
    }
) as csv
inner join here
    on here.source = 'powerschool_calendar_day' and csv.file_index = here.file_index and csv.schoolid = here.number
left join bell on here.sender = bell.sender and here.year = bell.year and csv.bell_schedule_id = bell.id;

insert into session
select place, day from powerschool_day where is_in_session;

create temp table powerschool_student as
select sent.sender, sent.year, sent.file_index, csv.*, student_of(csv.ssid, sent.sender, csv.student_number) as student
from read_csv(
    getvariable('powerschool_students'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'id': 'ubigint', 'dcid': 'varchar', 'student_number': 'varchar', 'ssid': 'bigint', 'last_name': 'varchar',
        'first_name': 'varchar', 'middle_name': 'varchar', 'dob': 'varchar', 'gender': 'varchar',
        'enroll_status': 'integer', 'street': 'varchar', 'city': 'varchar', 'state': 'varchar', 'zip': 'varchar',
        'home_phone': 'varchar', 'schoolid': 'integer', 'grade_level': 'varchar', 'entrydate': 'date',
        'exitdate': 'date', 'entrycode': 'varchar', 'exitcode': 'varchar', 'track': 'varchar', 'fteid': 'varchar'
    }
) as csv
inner join sent on sent.source = 'powerschool_students' and csv.file_index = sent.file_index;

create temp table powerschool_stint as
with stint as (
    select sender, year, student, id, schoolid, grade_level, entrydate, exitdate, exitcode
    from powerschool_student
    -- below zero: registered for a time to come
    where entrydate is not null and coalesce(enroll_status, 0) >= 0
    union all
    select
        known.sender, known.year, known.student, known.id, csv.schoolid, csv.grade_level, csv.entrydate, csv.exitdate,
        csv.exitcode
    from read_csv(
        getvariable('powerschool_reenrollments'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'id': 'bigint', 'studentid': 'ubigint', 'schoolid': 'integer', 'grade_level': 'varchar',
            'entrydate': 'date', 'exitdate': 'date', 'entrycode': 'varchar', 'exitcode': 'varchar',
            'track': 'varchar', 'fteid': 'varchar'
        }
    ) as csv
    inner join sent on sent.source = 'powerschool_reenrollments' and csv.file_index = sent.file_index
    inner join powerschool_student as known
        on sent.sender = known.sender and sent.year = known.year and csv.studentid = known.id
)
select place.place, place.year, stint.student, stint.id, stint.grade_level, stint.entrydate, stint.exitdate, stint.exitcode
from stint
inner join place on stint.sender = place.sender and stint.year = place.year and stint.schoolid = place.number;

insert into record
select distinct place, id, student from powerschool_stint;

insert into enrolment
-- the exit date is the first day on which the student is no longer expected
select
    place, student, day_of(entrydate, year), day_of(exitdate, year) - 1, grade_of(grade_level), null, exitcode
from powerschool_stint;

create temp table powerschool_mark as
with code as (
    select
        sent.sender,
        sent.year,
        csv.id,
        case
            when lower(csv.calpads_category) in (
                'excused', 'unexcused', 'unverified', 'out-of-school suspension',
                'non-ada-generating independent study'
            ) then absent()
            when lower(csv.calpads_category) in (
                'in-school suspension', 'ada-generating independent study', 'tardy', 'present'
            ) then attended()
            when csv.presence_status_cd = 'Absent' then absent()
            else attended()
        end as said
    from read_csv(
        getvariable('powerschool_attendance_code'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'id': 'bigint', 'schoolid': 'integer', 'yearid': 'integer', 'att_code': 'varchar',
            'description': 'varchar', 'presence_status_cd': 'varchar', 'calpads_category': 'varchar',
            'calculate_ada_yn': 'varchar'
        }
    ) as csv
    inner join sent on sent.source = 'powerschool_attendance_code' and csv.file_index = sent.file_index
)
select
    here.place,
    csv.studentid as record,
    day_of(csv.att_date, here.year) as day,
    csv.att_mode_code = 'ATT_ModeMeeting' as is_by_period,
    csv.periodid,
    csv.attendance_codeid,
    coalesce(code.said, unmapped()) as said
from read_csv(
    getvariable('powerschool_attendance'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'id': 'bigint', 'studentid': 'ubigint', 'schoolid': 'integer', 'yearid': 'varchar', 'att_date': 'date',
        'att_mode_code': 'varchar', 'attendance_codeid': 'bigint', 'calendar_dayid': 'varchar', 'periodid': 'integer',
        'att_comment': 'varchar'
    }
) as csv
inner join here
    on here.source = 'powerschool_attendance' and csv.file_index = here.file_index and csv.schoolid = here.number
left join code on here.sender = code.sender and here.year = code.year and csv.attendance_codeid = code.id
-- a row without a code is a student who was there
where csv.attendance_codeid is not null;

insert into mark
select
    marked.place,
    marked.record,
    marked.day,
    -- an absence that is worth some of a day is not a day
    if(
        marked.said = absent() and coalesce(list_contains(known.codes_worth_something, marked.attendance_codeid), false),
        attended(), marked.said
    )
from powerschool_mark as marked
left join powerschool_day as known using (place, day)
where not marked.is_by_period;

insert into mark
with period as (
    -- two classes may meet in one period: the graver mark stands
    select place, record, day, periodid, max(said) as said
    from powerschool_mark
    where is_by_period
    group by place, record, day, periodid
),
days as (
    select
        place,
        record,
        day,
        count(*) filter (said = absent()) as missed,
        count(*) filter (said = unmapped()) as unknown
    from period
    group by place, record, day
)
select
    days.place,
    days.record,
    days.day,
    case
        when days.missed >= known.periods_missed then absent()
        when days.missed + days.unknown >= known.periods_missed then unmapped()
        else attended()
    end
from days
left join powerschool_day as known using (place, day);
