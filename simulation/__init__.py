"""The simulated county: ten invented districts, written as files exactly as districts would send them.

Nothing here knows how the files are read: the room imports the registry (who sends what, from where) and nothing else
of the project, and it writes only what a district could send. Everybody in it is invented: first names are trees, last
names are minerals, telephone numbers end in 555-01xx, ZIP codes lie above the highest one in use.

    from simulation.county import simulate
    report = simulate(read_registry(settings.config), Path("county"))

The same seed writes the same bytes. How a year comes to be, module by module:

    places      the registry's schools, each with its size, grades and habits
    calendars   180 school days a year, with holidays, breaks and one emergency closure
    people      invented students and the groups that they belong to
    cohorts     who is at which school in which grade, and where they go the year after
    stints      when they come and leave: movers, late exits, no-shows
    planted     the students and files at the edges of the rules, planted exactly
    attendance  what happened on each expected day
    interventions  who was offered what, and what it changed
    world       all of that, year by year

and how it is sent, from a district's year (sending). marks says once what each school marked, month by month, and
rosters who is on the books; each system's writers only translate that, so that the same county says the same in each:

    aeries, powerschool, infinite_campus, synergy  each with its attendance in a module of its own
    systems     which district is written in which, or all in one
    calpads (with calpads_layouts), chks, intervention_log
    ladder      letters, review cases and home visits of districts that log interventions, where they are asked for
    plans       goals whose every status is found, from what measures says of two years (goals: those of a county like a
                published one)
    directory, dashboard  the state's files of the invented schools, which the county office hands on

with grades spelled as the system spells them; text writes the lines, folder replaces the whole, county says what was
written. truth keeps what no sender knows, for tests.

Where the systems say the same in other ways: a half day at Ironwood and Juniper is a reason for one half in Synergy,
the first or second period in Aeries, a code worth half a day in PowerSchool, one of two periods in Infinite Campus. A
whole day with two reasons has the gravest one where a system has room for one only. Records that are not to be counted
(no-shows told by a flag, stateExclude, serviceType N, EXCLUDE_ADA_ADM, periods without instruction) stand in their own
system only: they change nothing.
"""
