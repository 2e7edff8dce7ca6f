"""All checks of planted truths; ``make truths`` asks every one of them."""

from __future__ import annotations

from tests.truths import certified, days, followups, interventions, risk, silence
from tests.truths.checks import Check

CHECKS: tuple[Check, ...] = (
    interventions.CHECK,
    followups.CHECK,
    days.CHECK,
    silence.CHECK,
    certified.CHECK,
    risk.CHECK,
)
