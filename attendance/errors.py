"""The one kind of error that is told in words: anything else is a fault of ours and keeps its traceback."""

from __future__ import annotations


class MendableError(Exception):
    """Something that a person can mend. The message says what is wrong, where, and what to do next."""
