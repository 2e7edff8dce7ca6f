-- CALPADS: docs/rules.md A.1 to A.6. Fields by number; the row tells its school year, the file its sender.
create macro calpads_date(text, year) as day_of(try_cast(try_strptime(text, '%Y%m%d') as date), year);
create macro starts_in(academic_year) as try_cast(academic_year[:4] as integer);

create temp table state_enrolment as
select
    place.place,
    place.sender,
    place.year,
    try_cast(csv.f08 as bigint) as student,
    calpads_date(csv.f22, place.year) as first_day,
    calpads_date(csv.f25, place.year) as last_day,
    grade_of(csv.f24) as grade,
    csv.f23 as status,
    csv.f26 as reason
from read_csv(
    getvariable('calpads_SENR'), delim = '^', quote = '', header = false, auto_detect = false, null_padding = true,
    ignore_errors = true, columns = getvariable('calpads_SENR_columns')
) as csv
inner join sent on sent.source = 'calpads_SENR' and csv.file_index = sent.file_index
inner join place on sent.sender = place.sender and csv.f05 = place.code and starts_in(csv.f07) = place.year
where csv.f02 is distinct from 'D';

-- a student's year at a school, in hundredths of a day
create temp table summary as
select
    place.place,
    try_cast(csv.f07 as bigint) as student,
    coalesce(csv.f13 = 'Y', false) as is_exempt,
    cast(round(100 * coalesce(try_cast(csv.f15 as double), 0)) as integer) as expected,
    cast(
        round(
            100 * (
                coalesce(try_cast(csv.f17 as double), 0)
                + coalesce(try_cast(csv.f19 as double), 0)
                + coalesce(try_cast(csv.f20 as double), 0)
                + coalesce(try_cast(csv.f21 as double), 0)
            )
        ) as integer
    ) as absent
from read_csv(
    getvariable('calpads_STAS'), delim = '^', quote = '', header = false, auto_detect = false, null_padding = true,
    ignore_errors = true, columns = getvariable('calpads_STAS_columns')
) as csv
inner join sent on sent.source = 'calpads_STAS' and csv.file_index = sent.file_index
inner join place on sent.sender = place.sender and csv.f05 = place.code and starts_in(csv.f06) = place.year
where csv.f02 is distinct from 'D';

-- who a student is, from a day on; Hispanic first, then several races, then the one
create temp table person as
with told as (
    select
        place.place,
        place.year,
        try_cast(csv.f09 as bigint) as student,
        calpads_date(csv.f04, place.year) as first_day,
        csv.f19 as gender,
        csv.f23 = 'Y' as is_hispanic,
        -- a code's first digit tells the group
        list_distinct([
            race[:1]
            for race in [csv.f25, csv.f26, csv.f27, csv.f28, csv.f29]
            if race[:1] in ('1', '2', '3', '4', '6', '7')
        ]) as races,
        csv.f38 = '14' as is_of_parents_without_diploma
    from read_csv(
        getvariable('calpads_SINF'), delim = '^', quote = '', header = false, auto_detect = false,
        null_padding = true, ignore_errors = true, columns = getvariable('calpads_SINF_columns')
    ) as csv
    inner join sent on sent.source = 'calpads_SINF' and csv.file_index = sent.file_index
    inner join place on sent.sender = place.sender and csv.f07 = place.code
        and starts_in(csv.f08) = place.year
    where csv.f02 is distinct from 'D'
)
select
    place,
    year,
    student,
    first_day,
    case gender when 'F' then 'GF' when 'M' then 'GM' when 'X' then 'GX' else 'GZ' end as gender,
    case
        when is_hispanic then 'RH'
        when len(races) > 1 then 'RT'
        when len(races) = 1
            then case races[1]
                when '1' then 'RI' when '2' then 'RA' when '3' then 'RP' when '4' then 'RF' when '6' then 'RB'
                when '7' then 'RW'
            end
        else 'RD'
    end as race,
    coalesce(is_of_parents_without_diploma, false) as is_of_parents_without_diploma
from told;

-- from when to when a student is in a group, wherever
create temp table programme as
select
    place.year,
    try_cast(csv.f07 as bigint) as student,
    csv.f13 as program,
    calpads_date(csv.f15, place.year) as first_day,
    coalesce(calpads_date(csv.f16, place.year), last_day(place.year)) as last_day
from read_csv(
    getvariable('calpads_SPRG'), delim = '^', quote = '', header = false, auto_detect = false, null_padding = true,
    ignore_errors = true, columns = getvariable('calpads_SPRG_columns')
) as csv
inner join sent on sent.source = 'calpads_SPRG' and csv.file_index = sent.file_index
inner join place on sent.sender = place.sender and csv.f05 = place.code and starts_in(csv.f06) = place.year
where csv.f02 is distinct from 'D' and csv.f13 in ('135', '144', '181', '182', '190', '191', '193');

create temp table language as
-- distinct, because two schools may report the same status
select distinct
    place.year,
    try_cast(csv.f07 as bigint) as student,
    csv.f13 as status,
    calpads_date(csv.f14, place.year) as first_day
from read_csv(
    getvariable('calpads_SELA'), delim = '^', quote = '', header = false, auto_detect = false, null_padding = true,
    ignore_errors = true, columns = getvariable('calpads_SELA_columns')
) as csv
inner join sent on sent.source = 'calpads_SELA' and csv.file_index = sent.file_index
inner join place on sent.sender = place.sender and csv.f05 = place.code and starts_in(csv.f06) = place.year
where csv.f02 is distinct from 'D';
