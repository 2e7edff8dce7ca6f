"""What a web server of ours says to a browser with every answer: one file, read by nginx and by the local server."""

from __future__ import annotations

import re
from functools import cache

from attendance.settings import PROJECT
from publishing.errors import PublishingError

FILE = PROJECT / "deploy" / "web" / "headers.conf"
LINE = re.compile(r'add_header (?P<name>[A-Za-z-]+) "(?P<value>[^"]+)" always;')


class HeadersError(PublishingError):
    """A line of the file is not understood; the message names it."""


@cache
def security_headers() -> tuple[tuple[str, str], ...]:
    """Name and value of each header, in the file's order; HeadersError for a line that is neither one nor a comment."""
    found = []
    for number, line in enumerate(FILE.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        header = LINE.fullmatch(text)
        if header is None:
            raise HeadersError(f'{FILE}, line {number} is not of the form: add_header NAME "VALUE" always;')
        found.append((header["name"], header["value"]))
    return tuple(found)
