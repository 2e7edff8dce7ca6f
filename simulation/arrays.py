"""Tables as frozen dataclasses of equally long NumPy arrays: take rows, stack tables, turn columns into text."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Dates = NDArray[np.datetime64]
Texts = NDArray[np.object_]
States = NDArray[np.uint8]

Table = TypeVar("Table")


def stream(seed: int, *names: str) -> np.random.Generator:
    """A random generator of its own for each named purpose, so that a change in one leaves the others alone."""
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def length(table: Any) -> int:  # noqa: ANN401 (any dataclass of arrays)
    """The number of rows of a table."""
    return len(getattr(table, fields(table)[0].name))


def take(table: Table, which: Ints | Flags) -> Table:
    """The rows of a table that an index or a mask names, in that order."""
    columns: Any = {field.name: getattr(table, field.name)[which] for field in fields(table)}  # type: ignore[arg-type]
    return type(table)(**columns)


def stack(tables: Sequence[Table]) -> Table:
    """Tables of one kind, one below the other."""
    names = [field.name for field in fields(tables[0])]  # type: ignore[arg-type]
    columns: Any = {name: np.concatenate([getattr(table, name) for table in tables]) for name in names}
    return type(tables[0])(**columns)


def texts(values: Iterable[str]) -> Texts:
    """Text values as an object array, which indexes faster than fixed-width text."""
    return np.array(list(values), dtype=object)


def constant(value: str, rows: int) -> Texts:
    """One text, repeated."""
    return np.full(rows, value, dtype=object)


def pick(flags: Flags, yes: str, no: str) -> Texts:
    """One text where the flag is set, another elsewhere."""
    return texts([no, yes])[flags.astype(np.int64)]


def numbers_as_text(values: Ints) -> Texts:
    """Whole numbers as text; each distinct number is formatted once."""
    distinct, place = np.unique(values, return_inverse=True)
    return texts(map(str, distinct.tolist()))[place]


def dates_as_text(values: Dates, pattern: str = "%Y-%m-%d") -> Texts:
    """Dates as text, blank where there is none (NaT); each distinct date is formatted once."""
    distinct, place = np.unique(values.astype("datetime64[D]"), return_inverse=True)
    formatted = ["" if date is None else date.strftime(pattern) for date in distinct.tolist()]
    return texts(formatted)[place]


def choose(rng: np.random.Generator, shares: Mapping[str, float], rows: int) -> Texts:
    """Draw a text for each row; the shares are scaled to sum to one."""
    weights = np.array(list(shares.values()))
    return texts(shares)[rng.choice(len(weights), size=rows, p=weights / weights.sum())]
