-- Synergy: docs/rules.md C.4. Attendance knows the enrollment, by a long text: its hash is the record.
insert into session
select here.place, day_of(csv.CAL_DATE, here.year)
from read_csv(
    getvariable('synergy_calendar'), header = true, auto_detect = false, ignore_errors = true,
    columns = {'SCHOOL_CODE': 'integer', 'CAL_DATE': 'date', 'IN_SESSION': 'varchar', 'HOLIDAY': 'varchar'}
) as csv
inner join here
    on here.source = 'synergy_calendar' and csv.file_index = here.file_index and csv.SCHOOL_CODE = here.number
where csv.IN_SESSION = 'Y';

create temp table synergy_stint as
select
    here.place,
    here.sender,
    here.year,
    here.periods,
    here.leaves_on,
    hash(csv.ENROLLMENT_GU) as record,
    student_of(student.ssid, here.sender, csv.SIS_NUMBER) as student,
    csv.GRADE,
    csv.ENTER_DATE,
    csv.LEAVE_DATE,
    csv.LEAVE_CODE
from read_csv(
    getvariable('synergy_enrollment'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'ENROLLMENT_GU': 'varchar', 'SIS_NUMBER': 'varchar', 'SCHOOL_CODE': 'integer', 'SCHOOL_YEAR': 'integer',
        'GRADE': 'varchar', 'ENTER_DATE': 'date', 'LEAVE_DATE': 'date', 'LEAVE_CODE': 'varchar',
        'EXCLUDE_ADA_ADM': 'varchar'
    }
) as csv
inner join here
    on here.source = 'synergy_enrollment'
    and csv.file_index = here.file_index
    and csv.SCHOOL_CODE = here.number
    and csv.SCHOOL_YEAR = here.year
left join (
    select sent.sender, sent.year, csv.SIS_NUMBER, csv.ssid
    from read_csv(
        getvariable('synergy_students'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'SIS_NUMBER': 'varchar', 'ssid': 'bigint', 'LAST_NAME': 'varchar', 'FIRST_NAME': 'varchar',
            'MIDDLE_NAME': 'varchar', 'BIRTH_DATE': 'varchar', 'GENDER': 'varchar', 'ADDRESS': 'varchar',
            'CITY': 'varchar', 'ZIP': 'varchar', 'PHONE': 'varchar'
        }
    ) as csv
    inner join sent on sent.source = 'synergy_students' and csv.file_index = sent.file_index
) as student
    on here.sender = student.sender and here.year = student.year and csv.SIS_NUMBER = student.SIS_NUMBER
-- an enrollment at a second school is left out of attendance
where csv.EXCLUDE_ADA_ADM is null or csv.EXCLUDE_ADA_ADM in ('0', 'N');

insert into record
select place, record, student from synergy_stint;

insert into enrolment
select
    stint.place,
    stint.student,
    day_of(stint.ENTER_DATE, stint.year),
    day_of(stint.LEAVE_DATE, stint.year) - stint.leaves_on,
    grade_of(upper(stint.GRADE)),
    null,
    stint.LEAVE_CODE
from synergy_stint as stint;

create temp table synergy_reason as
select
    here.place,
    csv.ABBREVIATION as code,
    case
        when upper(csv.TYPE) in ('UNE', 'EXC', 'UNV', 'SUS', 'ISI') then absent()
        when upper(csv.TYPE) in ('ISS', 'ISC', 'TDY', 'TDE', 'TDU', 'ACT') then attended()
        else unmapped()
    end as said
from read_csv(
    getvariable('synergy_codes'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'SCHOOL_CODE': 'integer', 'SCHOOL_YEAR': 'integer', 'ABBREVIATION': 'varchar', 'DESCRIPTION': 'varchar',
        'TYPE': 'varchar'
    }
) as csv
inner join here
    on here.source = 'synergy_codes'
    and csv.file_index = here.file_index
    and csv.SCHOOL_CODE = here.number
    and csv.SCHOOL_YEAR = here.year;

insert into mark
with half as (
    select
        stint.place,
        stint.record,
        day_of(csv.ABS_DATE, stint.year) as day,
        if(csv.CODE_ABS_REAS1 is null, attended(), coalesce(morning.said, unmapped())) as morning,
        if(csv.CODE_ABS_REAS2 is null, attended(), coalesce(afternoon.said, unmapped())) as afternoon
    from read_csv(
        getvariable('synergy_daily'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'DAILY_ATTEND_GU': 'varchar', 'ENROLLMENT_GU': 'varchar', 'ABS_DATE': 'date', 'CODE_ABS_REAS1': 'varchar',
            'CODE_ABS_REAS2': 'varchar', 'ABS_FTE1': 'varchar', 'ABS_FTE2': 'varchar', 'NOTE': 'varchar'
        }
    ) as csv
    inner join sent on sent.source = 'synergy_daily' and csv.file_index = sent.file_index
    inner join synergy_stint as stint
        on sent.sender = stint.sender and sent.year = stint.year and hash(csv.ENROLLMENT_GU) = stint.record
    left join synergy_reason as morning on stint.place = morning.place and csv.CODE_ABS_REAS1 = morning.code
    left join synergy_reason as afternoon on stint.place = afternoon.place and csv.CODE_ABS_REAS2 = afternoon.code
    where csv.CODE_ABS_REAS1 is not null or csv.CODE_ABS_REAS2 is not null
)
-- the lighter of the two halves: a day is missed in both
select place, record, day, least(morning, afternoon) from half;

insert into mark
with period as (
    select
        stint.place,
        stint.record,
        day_of(csv.ABS_DATE, stint.year) as day,
        stint.periods,
        coalesce(reason.said, unmapped()) as said
    from read_csv(
        getvariable('synergy_period'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'PERIOD_ATTEND_GU': 'varchar', 'DAILY_ATTEND_GU': 'varchar', 'ENROLLMENT_GU': 'varchar',
            'ABS_DATE': 'date', 'BELL_PERIOD': 'varchar', 'CODE_ABS_REAS': 'varchar'
        }
    ) as csv
    inner join sent on sent.source = 'synergy_period' and csv.file_index = sent.file_index
    inner join synergy_stint as stint
        on sent.sender = stint.sender and sent.year = stint.year and hash(csv.ENROLLMENT_GU) = stint.record
    left join synergy_reason as reason on stint.place = reason.place and csv.CODE_ABS_REAS = reason.code
    where csv.CODE_ABS_REAS is not null
)
select
    place,
    record,
    day,
    case
        when count(*) filter (said = absent()) >= periods then absent()
        when count(*) filter (said > attended()) >= periods then unmapped()
        else attended()
    end
from period
group by place, record, day, periods;
