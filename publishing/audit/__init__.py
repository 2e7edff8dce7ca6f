"""The audit: an attack on what is about to be published, with nothing in hand but what is public.

It shares no code with the suppression in dbt and reads none of its tables: ``public`` copies ``open_data``,
``knowledge`` writes down what anyone may know of it, ``attack`` bounds each hidden count, ``explain`` and ``report``
say it in words.
"""
