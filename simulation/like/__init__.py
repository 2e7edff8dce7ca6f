"""A county that equals the published one: every count that the state shows of a school comes out of its students' days.

    from simulation.like.county import simulate_like

How it comes to be, module by module:

    published   the state's file and its directory of schools, as counts
    fill        counts for the cells that the state hides
    sample      a part of the county, for less than all of it
    slots       a row for each student whom a school counts, with labels dealt so that its cells are met
    links       which students of two schools are one, so that districts and county come out too
    lives       when they come and leave, how many days they miss; and those whom no school counts
    people      who they are from year to year, and all else that a file says of somebody
    senders     who sends what: the registry
    days        on which days exactly so many are missed
    treatments  what is offered to whom, and what it truly changes
    states      each day's reason
    dirt        what is wrong in the files
    sender      one sender's year, from its stays to its files, by the writers of the example county
    county      all of it, senders side by side

draws holds the random numbers that belong to a student for good. What no sender knows goes into ``truth``.
"""
