"""Draws that belong to a student for good, whoever asks and in whatever order: hashed from the student's number."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from simulation.arrays import Floats, Ints, Texts, texts

# The constants of the splitmix64 generator.
STEP, FIRST, SECOND = (np.uint64(each) for each in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Well mixed 64 bits of each number (splitmix64)."""
    value = numbers + STEP
    value = (value ^ (value >> np.uint64(30))) * FIRST
    value = (value ^ (value >> np.uint64(27))) * SECOND
    return np.asarray(value ^ (value >> np.uint64(31)))


def uniform(numbers: Ints, seed: int, *names: str) -> Floats:
    """For each number a draw from [0, 1) that depends on nothing but the number, the seed and the names."""
    salt = mixed(np.array([zlib.crc32("|".join((str(seed), *names)).encode())], dtype=np.uint64))
    return np.asarray((mixed(numbers.astype(np.uint64) ^ salt) >> np.uint64(11)) / np.float64(2**53))


def chosen(numbers: Ints, choices: tuple[str, ...], seed: int, *names: str) -> Texts:
    """For each number one of the texts, all alike likely."""
    return texts(choices)[(uniform(numbers, seed, *names) * len(choices)).astype(np.int64)]


def rank_within(group: Ints, *scores: Floats) -> Ints:
    """The rank of each row within its group, from 0, by the scores, lowest first."""
    order = np.lexsort((*reversed(scores), group))
    ordered = group[order]
    position = np.arange(len(order))
    begins = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(order) else np.zeros(0, dtype=np.bool_)
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = position - np.maximum.accumulate(np.where(begins, position, 0))
    return ranks
