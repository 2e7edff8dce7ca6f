"""The audit of one publication, as a person reads it: how much is hidden, and what is not hidden well enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from publishing.audit.attack import Attack, attack
from publishing.audit.explain import Finding, explain
from publishing.audit.knowledge import Knowledge, gather
from publishing.audit.public import read_public
from publishing.audit.releases import Exposed, Release, remember

# Unsafe cells that are told with their equations; beyond, the headline alone.
MOST_EXPLAINED = 20


@dataclass(frozen=True)
class Audit:
    """What one attack found.

    findings: the hidden counts that are not safe, the first of them with the equations
    absent:   tables that are not in this publication
    exposed:  counts that an earlier release hid and this one would show, each as a line
    """

    knowledge: Knowledge
    attack: Attack
    findings: tuple[Finding, ...]
    absent: tuple[str, ...]
    exposed: tuple[str, ...] = ()

    @property
    def is_safe(self) -> bool:
        """Whether every hidden count is."""
        return not self.findings and not self.exposed


def audit(
    database: Path,
    say: Callable[[str], None] = lambda _: None,
    *,
    earlier: Sequence[Release] = (),
    explained: int = MOST_EXPLAINED,
) -> Audit:
    """Attack what a database file would publish, with the earlier releases in hand."""
    public = read_public(database)
    exposed: list[Exposed] = []
    knowledge = gather(public, say, recall=lambda connection: exposed.extend(remember(connection, earlier)))
    found = attack(knowledge.system, knowledge.rules.narrowest_bounds, say)
    findings = tuple(
        explain(knowledge, found, int(cell), equations=number < explained) for number, cell in enumerate(found.unsafe)
    )
    told = []
    for one in exposed:
        cell = knowledge.describe(one.cell)
        told.append(
            f"{cell['table']}, {cell['school_year']}, {cell['entity_level']} {cell['entity']} ({cell['cds_code']}), "
            f"{cell['group']} ({cell['item']}): {cell['measure']} was hidden in {one.release} and would be shown now; "
            "nothing else of its family has changed, so it was the same then"
        )
    return Audit(knowledge, found, findings, public.absent, tuple(told))


def lines(audited: Audit, most: int = MOST_EXPLAINED) -> list[str]:
    """The report, line by line."""
    system, found = audited.knowledge.system, audited.attack
    hidden = int(system.judged.sum())
    text = [
        f"{len(system.lower):,} counts, {hidden:,} hidden, {len(system.row_lower):,} relations between them.",
    ]
    if audited.absent:
        text.append(f"Not in this publication: {', '.join(audited.absent)}.")
    if len(found.dropped):
        text.append(
            f"{len(found.dropped):,} inequalities between a district and its schools (or the county and its districts) do "
            "not hold in what is public; an attacker sees that and goes without them."
        )
    if len(found.contradictory):
        text.append(
            f"{len(found.contradictory):,} other relations contradict each other: the tables do not agree. The first: "
            + audited.knowledge.relation(int(found.contradictory[0]))
        )
    if audited.is_safe:
        text.append(
            f"Every hidden count is safe: its bounds lie at least {audited.knowledge.rules.narrowest_bounds} apart."
        )
        return text
    if audited.exposed:
        text.append(f"{len(audited.exposed):,} counts that an earlier release hid would be shown:")
        text.extend(f"- {line}" for line in audited.exposed[:most])
    if not audited.findings:
        return text
    text.append(f"{len(found.unsafe):,} hidden counts are not safe:")
    for finding in audited.findings[:most]:
        text.append(f"- {finding.headline()}")
        text.extend(f"    {line}" for line in finding.equations)
    if len(audited.findings) > most:
        text.append(f"and {len(audited.findings) - most:,} more.")
    return text
