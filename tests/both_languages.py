"""Definitions for tests that care for no words: written in English alone, read as if they said the same in Spanish."""

from __future__ import annotations

import re

_VALUE = r'"(?:[^"\\]|\\.)*"'
_LINE = re.compile(rf"(?m)^( *(?:- )?)(title|question|says|note|empty): ((?!\{{en|>-|\|){_VALUE}|(?![\"{{>|])[^\n]+)$")
_LABEL = re.compile(rf"\blabel: ((?!\{{){_VALUE}|(?![\"{{])[^,}}\n]+)")


def in_both_languages(definition: str) -> str:
    """The same definition with ``{en: ..., es: ...}`` wherever it has one text."""

    def twice(text: str) -> str:
        quoted = text if text.startswith('"') else '"' + text.strip().replace('"', '\\"') + '"'
        return f"{{en: {quoted}, es: {quoted}}}"

    lines = _LINE.sub(lambda match: f"{match[1]}{match[2]}: {twice(match[3])}", definition)
    return _LABEL.sub(lambda match: f"label: {twice(match[1])}", lines)
