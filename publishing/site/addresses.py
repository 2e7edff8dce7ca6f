"""Where files lie, and how one leads to another: Spanish pages below ``es/``, data below ``data/``."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from publishing.definition import Language

FOLDERS: Mapping[Language, str] = {"en": "", "es": "es/"}
STYLE = "style.css"
SCRIPT = "site.js"
SEARCH = "search.js"
PLACES = "places.html"
MISSING = "404.html"


def relative(target: str, page: str) -> str:
    """How a page leads to a file; both are paths below the site."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")


def stem(path: str) -> str:
    """A page's path without its ending."""
    return path.removesuffix(".html")


def csv_file(path: str, card: str) -> str:
    """The csv of a card: one for all languages."""
    return f"data/{stem(path)}/{card}.csv"


def rest_file(language: Language, path: str, card: str) -> str:
    """The rows of a card that its page does not show, as a script."""
    return f"{FOLDERS[language]}data/{stem(path)}/{card}.js"


def workbook_file(language: Language, path: str) -> str:
    """The workbook of a page."""
    return f"{FOLDERS[language]}data/{stem(path)}.xlsx"


def definitions_file(dashboard: str) -> str:
    """What the columns of a dashboard's csv files are, in all languages."""
    return f"data/{dashboard.replace('_', '-')}-definitions.csv"
