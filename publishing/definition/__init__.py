"""A dashboard as code: the strict model of ``dashboards/*.yml``, read and checked.

One file is one dashboard: a title, the question that it answers, who may see it, and cards on a grid of 24 columns. A
card is SQL, a kind of a closed set, and words. The same definition serves the static site and Metabase, so it says what
is shown and never how a page draws it.

SQL takes named parameters, bound and never pasted in: ``$school_year`` (of the filter, else the latest), ``$last_year``
(the school year before), any other filter of the dashboard, ``$district`` and ``$school`` (14 digits, of the page's
place, where ``for_each`` names it; a school's page has both).

Words (``title``, ``says``, ``note``, ``empty``, labels) are Jinja templates over the card's rows, in English and in
Spanish: see ``publishing/site/words.py`` for what they may call.
"""

from publishing.definition.cards import (
    KINDS,
    Card,
    Chart,
    DotsCard,
    HeatmapCard,
    LineCard,
    MapCard,
    MatrixCard,
    RowCard,
    ScalarCard,
    ScatterCard,
    SentenceCard,
    TableCard,
    WithTable,
)
from publishing.definition.checks import DefinitionError, check_columns, read_dashboard, read_dashboards
from publishing.definition.dashboard import LATEST, SCHOOL_YEAR, Choice, Dashboard, Filter, Tab, Values, year_before
from publishing.definition.parts import (
    CHOICES,
    GRID,
    LANGUAGES,
    NUMBERS,
    At,
    Choose,
    Column,
    Compare,
    Figure,
    Format,
    Language,
    Link,
    Reference,
    Text,
    texts,
)

__all__ = [
    "CHOICES",
    "GRID",
    "KINDS",
    "LANGUAGES",
    "LATEST",
    "NUMBERS",
    "SCHOOL_YEAR",
    "At",
    "Card",
    "Chart",
    "Choice",
    "Choose",
    "Column",
    "Compare",
    "Dashboard",
    "DefinitionError",
    "DotsCard",
    "Figure",
    "Filter",
    "Format",
    "HeatmapCard",
    "Language",
    "LineCard",
    "Link",
    "MapCard",
    "MatrixCard",
    "Reference",
    "RowCard",
    "ScalarCard",
    "ScatterCard",
    "SentenceCard",
    "Tab",
    "TableCard",
    "Text",
    "Values",
    "WithTable",
    "check_columns",
    "read_dashboard",
    "read_dashboards",
    "texts",
    "year_before",
]
