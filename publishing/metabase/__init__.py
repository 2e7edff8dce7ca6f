"""The dashboards in Metabase: what should be there, what is there, and the difference carried out.

``wanted`` makes everything that should be there from ``dashboards/*.yml``, the table of roles and the published
warehouse; ``there`` reads what Metabase has; ``plan`` is the difference; ``carry_out`` makes it so; ``told`` says it in
words. Metabase is reached through ``transport`` alone, and only bodies that ``bodies`` knows are sent.
"""
