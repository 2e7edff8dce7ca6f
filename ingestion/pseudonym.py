"""Pseudonyms in SQL: HMAC-SHA256 (RFC 2104) over whole columns, the key never in the text of a query.

Tables that this module leaves in the database, for all deliveries of one sender:
    pads                 the key's two pads
    keys_<whose>_<type>  clear, key: the pseudonym of each identifier seen so far. Each is hashed once, and not once in
                         every month of attendance
"""

from __future__ import annotations

import hashlib

import duckdb

from ingestion.contract import Column
from ingestion.records import name_literal, text_literal

BLOCK = 64  # bytes of a SHA-256 block, RFC 2104 section 2
TYPES = {"text": "varchar", "integer": "bigint"}


def hand_over_key(database: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Give the database the key's two pads, and room for pseudonyms: parameters do not appear in errors or profiles."""
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
    database.execute("create table pads as select ?::blob as inner_pad, ?::blob as outer_pad", [inner, outer])
    for whose in ("lea", "state"):
        for name, kind in TYPES.items():
            database.execute(f"create table keys_{whose}_{name} (clear {kind}, key varchar)")


def hmac_sql(message: str) -> str:
    """SQL of the HMAC-SHA256 in hex of a text expression, in a query that also reads ``pads``."""
    return f"sha256(outer_pad || unhex(sha256(inner_pad || encode({message}))))"


def scope(pseudonym: str, sender: str) -> str:
    """What stands before the value: the LEA's code, so that two LEAs' number 17 differ, or ``state``."""
    return f"{sender if pseudonym == 'lea' else 'state'}|"


def look_up_keys(connection: duckdb.DuckDBPyConnection, column: Column, sender: str) -> str:
    """The table (clear, key) that has the pseudonym of each value that ``typed`` holds in a pseudonymous column."""
    if column.pseudonym is None:
        raise ValueError(f"{column.name} is not pseudonymous")
    keys, name = f"keys_{column.pseudonym}_{column.type}", name_literal(column.name)
    before = text_literal(scope(column.pseudonym, sender))
    connection.execute(f"""
        insert into {keys}
        select clear, {hmac_sql(f"{before} || cast(clear as varchar)")}
        from (select distinct {name} as clear from typed where {name} is not null) as found, pads
        where not exists (select 1 from {keys} as known where known.clear = found.clear)
    """)
    return keys
