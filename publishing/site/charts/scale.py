"""Where an axis begins and ends."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """An axis from ``low`` to ``high``, in the unit of its values."""

    low: float
    high: float

    @property
    def size(self) -> float:
        """How far the ends lie from each other."""
        return self.high - self.low

    def part(self, value: float) -> float:
        """How far along the axis a value lies, from 0 to 1."""
        return (value - self.low) / self.size


def step_of(size: float, most: int = 5) -> float:
    """A round step (1, 2 or 5 times a power of ten) of which at most so many make up the size."""
    power = 10.0 ** math.floor(math.log10(size / most))
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power * most >= size * (1 - 1e-9))


def scale_of(values: Iterable[float], from_zero: bool = True) -> Scale:
    """A scale around values with round ends; it holds zero, unless it need not."""
    known = list(values) or [0.0, 1.0]
    low, high = min(known), max(known)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        high = low + 1.0
    step = step_of(high - low, 8)
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)
