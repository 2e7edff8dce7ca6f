-- Infinite Campus: docs/rules.md C.3. A day is missed in every instructional period; a daily school has one.
create temp table campus_calendar as
with instructional as (
    select sent.sender, sent.year, csv.calendarID, count(*) as periods
    from read_csv(
        getvariable('infinite_campus_Period'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'periodID': 'bigint', 'calendarID': 'bigint', 'name': 'varchar', 'seq': 'varchar',
            'nonInstructional': 'integer'
        }
    ) as csv
    inner join sent on sent.source = 'infinite_campus_Period' and csv.file_index = sent.file_index
    where coalesce(csv.nonInstructional, 0) = 0
    group by sent.sender, sent.year, csv.calendarID
)
select here.place, here.sender, here.year, csv.calendarID, instructional.periods
from read_csv(
    getvariable('infinite_campus_Calendar'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'calendarID': 'bigint', 'schoolID': 'varchar', 'schoolNumber': 'integer', 'endYear': 'integer',
        'name': 'varchar', 'startDate': 'varchar', 'endDate': 'varchar'
    }
) as csv
inner join here
    on here.source = 'infinite_campus_Calendar' and csv.file_index = here.file_index and csv.schoolNumber = here.number
left join instructional
    on here.sender = instructional.sender
    and here.year = instructional.year
    and csv.calendarID = instructional.calendarID;

insert into session
-- distinct, because a school with several calendars is in session where one of them is
select distinct calendar.place, day_of(csv.date, calendar.year)
from read_csv(
    getvariable('infinite_campus_Day'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'dayID': 'bigint', 'calendarID': 'bigint', 'date': 'date', 'schoolDay': 'integer', 'instruction': 'integer',
        'attendance': 'integer'
    }
) as csv
inner join sent on sent.source = 'infinite_campus_Day' and csv.file_index = sent.file_index
inner join campus_calendar as calendar
    on sent.sender = calendar.sender and sent.year = calendar.year and csv.calendarID = calendar.calendarID
where csv.schoolDay = 1 and csv.instruction = 1 and csv.attendance = 1;

create temp table campus_stint as
select
    calendar.place,
    calendar.year,
    csv.personID as record,
    student_of(student.stateID, sent.sender, student.studentNumber) as student,
    csv.grade,
    csv.serviceType,
    csv.startDate,
    csv.endDate,
    csv.endStatus
from read_csv(
    getvariable('infinite_campus_Enrollment'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'enrollmentID': 'bigint', 'personID': 'ubigint', 'calendarID': 'bigint', 'endYear': 'varchar',
        'grade': 'varchar', 'serviceType': 'varchar', 'startDate': 'date', 'endDate': 'date',
        'startStatus': 'varchar', 'endStatus': 'varchar', 'noShow': 'integer', 'stateExclude': 'integer'
    }
) as csv
inner join sent on sent.source = 'infinite_campus_Enrollment' and csv.file_index = sent.file_index
inner join campus_calendar as calendar
    on sent.sender = calendar.sender and sent.year = calendar.year and csv.calendarID = calendar.calendarID
inner join (
    select sent.sender, sent.year, csv.personID, csv.stateID, csv.studentNumber
    from read_csv(
        getvariable('infinite_campus_Student'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'personID': 'ubigint', 'stateID': 'bigint', 'studentNumber': 'varchar', 'lastName': 'varchar',
            'firstName': 'varchar', 'middleName': 'varchar', 'birthdate': 'varchar', 'gender': 'varchar',
            'address': 'varchar', 'city': 'varchar', 'zip': 'varchar', 'guardian': 'varchar', 'phone': 'varchar'
        }
    ) as csv
    inner join sent on sent.source = 'infinite_campus_Student' and csv.file_index = sent.file_index
) as student
    on sent.sender = student.sender and sent.year = student.year and csv.personID = student.personID
-- what is not reported to the state, and who never came
where csv.serviceType <> 'N' and coalesce(csv.stateExclude, 0) = 0 and coalesce(csv.noShow, 0) = 0;

insert into record
select distinct place, record, student from campus_stint;

insert into enrolment
select
    place,
    student,
    day_of(startDate, year),
    day_of(endDate, year),
    grade_of(upper(grade)),
    -- a second school; whether P is primary or short-term, CALPADS says
    if(serviceType = 'S', '20', null),
    endStatus
from campus_stint;

insert into mark
with excuse as (
    select sent.sender, sent.year, csv.excuseID, csv.status, csv.excuse, csv.stateCode
    from read_csv(
        getvariable('infinite_campus_AttendanceExcuse'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'excuseID': 'bigint', 'calendarID': 'bigint', 'code': 'varchar', 'description': 'varchar',
            'status': 'varchar', 'excuse': 'varchar', 'stateCode': 'varchar'
        }
    ) as csv
    inner join sent on sent.source = 'infinite_campus_AttendanceExcuse' and csv.file_index = sent.file_index
),
no_instruction as (
    select sent.sender, sent.year, csv.periodID
    from read_csv(
        getvariable('infinite_campus_Period'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'periodID': 'bigint', 'calendarID': 'bigint', 'name': 'varchar', 'seq': 'varchar',
            'nonInstructional': 'integer'
        }
    ) as csv
    inner join sent on sent.source = 'infinite_campus_Period' and csv.file_index = sent.file_index
    where csv.nonInstructional = 1
),
exception as (
    select
        calendar.place,
        csv.personID as record,
        day_of(csv.date, calendar.year) as day,
        calendar.calendarID,
        calendar.periods,
        case
            -- lunch and the like says nothing of the day, but that somebody marked it
            when no_instruction.periodID is not null then null
            when excuse.stateCode in ('100', '130') then absent()
            when excuse.stateCode in ('110', '120') then attended()
            when coalesce(csv.status, excuse.status) = 'A'
                then case coalesce(csv.excuse, excuse.excuse, 'K')
                    when 'X' then attended()
                    else absent()
                end
            when coalesce(csv.status, excuse.status) in ('T', 'E') then attended()
            else unmapped()
        end as said
    from read_csv(
        getvariable('infinite_campus_Attendance'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'attendanceID': 'bigint', 'personID': 'ubigint', 'calendarID': 'bigint', 'date': 'date',
            'periodID': 'bigint', 'excuseID': 'bigint', 'status': 'varchar', 'excuse': 'varchar',
            'comments': 'varchar', 'presentMinutes': 'varchar'
        }
    ) as csv
    inner join sent on sent.source = 'infinite_campus_Attendance' and csv.file_index = sent.file_index
    inner join campus_calendar as calendar
        on sent.sender = calendar.sender and sent.year = calendar.year and csv.calendarID = calendar.calendarID
    left join excuse
        on sent.sender = excuse.sender and sent.year = excuse.year and csv.excuseID = excuse.excuseID
    left join no_instruction
        on sent.sender = no_instruction.sender
        and sent.year = no_instruction.year
        and csv.periodID = no_instruction.periodID
)
select
    place,
    record,
    day,
    case
        when count(*) filter (said = absent()) >= periods then absent()
        when count(*) filter (said in (absent(), unmapped())) >= periods then unmapped()
        else attended()
    end
from exception
group by place, record, day, calendarID, periods;
