"""From marts to people: the dashboards' definitions, the static site made from ``open_data``, and its publication."""
