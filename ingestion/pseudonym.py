"""Pseudonyms in SQL: HMAC-SHA256 (RFC 2104) over whole columns, the key never in the text of a query."""

from __future__ import annotations

import hashlib

import duckdb

BLOCK = 64  # bytes of a SHA-256 block, RFC 2104 section 2


def hand_over_key(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Give the connection the key's two pads as table ``pads``: parameters do not appear in errors or profiles."""
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
    connection.execute(
        "create or replace temp table pads as select ?::blob as inner_pad, ?::blob as outer_pad", [inner, outer]
    )


def hmac_sql(message: str) -> str:
    """SQL of the HMAC-SHA256 in hex of a text expression, in a query that also reads ``pads``."""
    return f"sha256(outer_pad || unhex(sha256(inner_pad || encode({message}))))"


def scope(pseudonym: str, sender: str) -> str:
    """What stands before the value: the LEA's code, so that two LEAs' number 17 differ, or ``state``."""
    return f"{sender if pseudonym == 'lea' else 'state'}|"
