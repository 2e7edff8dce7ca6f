-- Aeries: docs/rules.md C.1. Its absence codes are one character each, so a school's are one string.
insert into session
select here.place, day_of(csv.DT, here.year)
from read_csv(
    getvariable('aeries_DAY'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'SC': 'integer', 'DY': 'varchar', 'DT': 'date', 'HO': 'varchar', 'MO': 'varchar', 'T1': 'varchar',
        'EN': 'varchar', 'BL': 'varchar', 'AB': 'varchar', 'ML': 'varchar', 'PD': 'varchar', 'BS': 'varchar',
        'PAT': 'varchar'
    }
) as csv
inner join here on here.source = 'aeries_DAY' and csv.file_index = here.file_index and csv.SC = here.number
where csv.HO is null or csv.HO in ('%', '+');

create temp table aeries_codes as
with meaning as (
    select
        here.place,
        csv.CD,
        case
            when csv.SU = 'Y' then if(csv.AD = 'Y', attended(), absent())
            when csv.IS = 'C' then attended()
            when csv.IS = 'I' then absent()
            when csv.TY in ('1', '2', '3') then absent()
            when csv.TY in ('5', '6', '8', '9') then attended()
        end as said
    from read_csv(
        getvariable('aeries_ABS'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'SC': 'integer', 'CD': 'varchar', 'TI': 'varchar', 'AB': 'varchar', 'TY': 'varchar', 'SU': 'varchar',
            'IS': 'varchar', 'AD': 'varchar'
        }
    ) as csv
    inner join here on here.source = 'aeries_ABS' and csv.file_index = here.file_index and csv.SC = here.number
)
select
    place,
    coalesce(string_agg(CD, '') filter (said = absent()), '') as absent_codes,
    coalesce(string_agg(CD, '') filter (said is not null), '') as known_codes
from meaning
group by place;

create temp table aeries_student as
select here.place, here.sender, here.year, csv.SN, csv.ID, csv.CID
from read_csv(
    getvariable('aeries_STU'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'ID': 'varchar', 'SC': 'integer', 'SN': 'ubigint', 'CID': 'bigint', 'LN': 'varchar', 'FN': 'varchar',
        'MN': 'varchar', 'SX': 'varchar', 'GR': 'varchar', 'BD': 'varchar', 'LF': 'varchar', 'TG': 'varchar',
        'SP': 'varchar', 'AD': 'varchar', 'CY': 'varchar', 'ST': 'varchar', 'ZC': 'varchar', 'PG': 'varchar',
        'TL': 'varchar'
    }
) as csv
inner join here on here.source = 'aeries_STU' and csv.file_index = here.file_index and csv.SC = here.number;

insert into record
select place, SN, student_of(CID, sender, ID) from aeries_student;

insert into enrolment
with known as (
    select sender, year, ID, student_of(max(CID), sender, ID) as student
    from aeries_student
    group by sender, year, ID
)
select
    here.place,
    known.student,
    day_of(csv.ED, here.year),
    day_of(csv.LD, here.year) - here.leaves_on,
    grade_of(csv.GR),
    null,
    csv.ER
from read_csv(
    getvariable('aeries_ENR'), header = true, auto_detect = false, ignore_errors = true,
    columns = {
        'ID': 'varchar', 'SC': 'integer', 'SN': 'ubigint', 'YR': 'integer', 'TR': 'varchar', 'PR': 'varchar',
        'AP1': 'varchar', 'GR': 'varchar', 'ED': 'date', 'LD': 'date', 'ER': 'varchar'
    }
) as csv
inner join here
    on here.source = 'aeries_ENR' and csv.file_index = here.file_index and csv.SC = here.number and csv.YR = here.year
inner join known on here.sender = known.sender and here.year = known.year and csv.ID = known.ID;

insert into mark
with here_coded as (
    select here.*, coalesce(codes.absent_codes, '') as absent_codes, coalesce(codes.known_codes, '') as known_codes
    from here
    left join aeries_codes as codes using (place)
    where here.source = 'aeries_ATT'
),
coded as (
    select
        here.place,
        csv.SN,
        day_of(csv.DT, here.year) as day,
        csv.AL,
        concat(csv.A0, csv.A1, csv.A2, csv.A3, csv.A4, csv.A5, csv.A6, csv.A7, csv.A8, csv.A9) as heard,
        here.periods,
        here.absent_codes,
        here.known_codes
    from read_csv(
        getvariable('aeries_ATT'), header = true, auto_detect = false, ignore_errors = true,
        columns = {
            'SC': 'integer', 'SN': 'ubigint', 'DY': 'varchar', 'CD': 'varchar', 'PR': 'varchar', 'GR': 'varchar',
            'TR': 'varchar', 'TN': 'varchar', 'AL': 'varchar', 'A0': 'varchar', 'A1': 'varchar', 'A2': 'varchar',
            'A3': 'varchar', 'A4': 'varchar', 'A5': 'varchar', 'A6': 'varchar', 'A7': 'varchar', 'A8': 'varchar',
            'A9': 'varchar', 'DT': 'date', 'RS': 'varchar', 'NS': 'varchar', 'AP1': 'varchar', 'AP2': 'varchar',
            'HS': 'varchar', 'IT': 'varchar', 'NPS': 'varchar', 'ITD': 'varchar', 'ADA': 'varchar', 'ADT': 'varchar',
            'ACO': 'varchar', 'DEL': 'varchar', 'DTS': 'varchar'
        }
    ) as csv
    inner join here_coded as here on csv.file_index = here.file_index and csv.SC = here.number
    where csv.DEL is null or csv.DEL in ('0', 'N', 'False', 'false')
)
select
    place,
    SN,
    day,
    case
        when AL is not null
            then case
                when contains(absent_codes, AL) then absent()
                when contains(known_codes, AL) then attended()
                else unmapped()
            end
        when length(heard) - length(translate(heard, absent_codes, '')) >= periods then absent()
        -- an unknown code stands in the way of saying that a period was attended
        when length(heard) - length(translate(heard, absent_codes, '')) + length(translate(heard, known_codes, ''))
            >= periods
            then unmapped()
        else attended()
    end
from coded
-- rows for entering and leaving carry no code
where AL is not null or heard <> '';
