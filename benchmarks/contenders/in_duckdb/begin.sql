-- What the readers fill, in whole numbers: a place is a school's year, a day counts from July 1, a student is the SSID.
-- Given: tables place (place, year, sender, district, code, number, periods, leaves_on; year 2023 is 2023-24) and sent
-- (source, file_index, sender, year).
create macro day_of(date, year) as cast(date - make_date(year, 7, 1) as smallint);
create macro last_day(year) as day_of(make_date(year + 1, 6, 30), year);
create macro span(year) as format('{}-{:02d}', year, (year + 1) % 100);
-- without an SSID a student is the LEA's own: below zero, where no SSID is
create macro student_of(ssid, sender, local_id) as coalesce(ssid, -cast(hash(sender, local_id) >> 2 as bigint));
create macro grade_of(grade) as
    case
        when grade in ('TK', '-1') then -1
        when grade in ('K', 'KG', 'KN') then 0
        when grade in ('IN', 'PS', 'PK', 'AD', '-2') then 99
        else try_cast(grade as tinyint)
    end;
-- a student's groups are bits of one number
create macro categories() as [
    'TA', 'RH', 'RT', 'RI', 'RA', 'RP', 'RF', 'RB', 'RW', 'RD', 'GF', 'GM', 'GX', 'GZ', 'GRTKKN', 'GR13', 'GR46',
    'GR78', 'GR912', 'GRTK8', 'SD', 'SE', 'SF', 'SH', 'SM', 'SS'
];
create macro flag(code) as 1::integer << (list_position(categories(), code) - 1)::integer;
-- what is said of a day, the gravest last
create macro attended() as 0::tinyint;
create macro unmapped() as 1::tinyint;
create macro absent() as 2::tinyint;

-- the places that a file may tell of, by the school's number
create temp view here as
select sent.source, sent.file_index, place.place, place.number, place.sender, place.year, place.periods, place.leaves_on
from sent
inner join place using (sender, year);

-- days in session
create temp table session (place integer, day smallint);
-- under which number a system's marks know a student, at a place
create temp table record (place integer, record ubigint, student bigint);
create temp table enrolment (
    place integer, student bigint, first_day smallint, last_day smallint, grade tinyint, status varchar, reason varchar
);
-- one row per record and day of which anything is said
create temp table mark (place integer, record ubigint, day smallint, said tinyint);
