"""What can go wrong between a sender's folder and the lake, told in words that say what to do next."""

from __future__ import annotations

from attendance.errors import MendableError


class IngestionError(MendableError):
    """Something on our side stops the work: a folder, a contract, the ledger, the secret. It says what to do."""


class RefusedError(Exception):
    """A delivery cannot be used. The message goes to its ledger record, to the log and back to its sender.

    It names columns, counts and file names, never a value of a private or pseudonymous column.

    rows_in: rows that the file was seen to hold, 0 where it could not be read
    file:    the contract's file, where it was known by then
    """

    def __init__(self, message: str, rows_in: int = 0, file: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.rows_in = rows_in
        self.file = file
