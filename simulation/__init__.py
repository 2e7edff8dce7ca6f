"""The simulated county: four invented districts, written as files exactly as districts would send them.

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

and how it is sent: aeries (with aeries_attendance), calpads (with calpads_layouts), chks and intervention_log, each
from a district's year (sending), with grades spelled as the system spells them; text writes the lines, folder replaces
the whole, county says what was written. truth keeps what no sender knows, for tests.
"""
