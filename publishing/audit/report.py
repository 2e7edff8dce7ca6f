"""The audit of one publication, as a person reads it: how much is hidden, and what is not hidden well enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np

from attendance.settings import Settings
from publishing.audit.attack import Attack, attack
from publishing.audit.company import Company, enough_company
from publishing.audit.explain import Finding, explain
from publishing.audit.integers import IntegerAttack, attack_integers
from publishing.audit.knowledge import Knowledge, gather
from publishing.audit.primary import Hidden, count_hidden, shown_against_rule
from publishing.audit.public import read_public
from publishing.audit.releases import Exposed, Release, releases, remember

# Unsafe cells that are told with their equations; beyond, the headline alone.
MOST_EXPLAINED = 20


@dataclass(frozen=True)
class Audit:
    """What one attack found.

    findings: the hidden counts that are not safe, the first of them with the equations
    absent:   tables that are not in this publication
    exposed:  counts that an earlier release hid and this one would show, each as a line, and ``exposed_cells``
    against_rule: groups that are shown although the publication's own rule hides them, each as a line
    hidden:   how much is hidden
    integers: what integer programs found of a sample, where they were asked
    beside:   what an attack with earlier releases in hand found, where they tell anything; ``attack`` knows what is
        shown now and nothing else, so that an earlier figure that is no longer true weakens no other relation
    """

    knowledge: Knowledge
    attack: Attack
    findings: tuple[Finding, ...]
    absent: tuple[str, ...]
    exposed: tuple[str, ...]
    against_rule: tuple[str, ...]
    hidden: Hidden
    integers: IntegerAttack | None = None
    exposed_cells: tuple[int, ...] = ()
    beside: Attack | None = None

    @property
    def is_mendable(self) -> bool:
        """Whether hiding more can help: tables that contradict each other, or their own rule, must be mended first."""
        return not len(self.attack.contradictory) and not self.against_rule

    @property
    def is_safe(self) -> bool:
        """Whether this may be published: every hidden count is safe, and the tables agree with each other."""
        by_integers = self.integers.unsafe if self.integers else ()
        return not (self.findings or self.exposed or self.against_rule or by_integers or len(self.attack.contradictory))

    def lines(self, most: int = MOST_EXPLAINED) -> list[str]:
        """The report, line by line, with at most so many of each kind of finding."""
        return [*self._counts(), *self._contradictions(most), *self._leaks(most), *self._by_integers(most), self._end()]

    def _counts(self) -> list[str]:
        system = self.knowledge.system
        text = [
            f"{len(system.lower):,} counts, {int(system.judged.sum()):,} of them hidden, {len(system.row_lower):,} "
            "relations between them.",
            *self.hidden.lines(),
        ]
        if self.absent:
            text.append(f"Not in this publication: {', '.join(self.absent)}.")
        if len(self.attack.dropped):
            text.append(
                f"{len(self.attack.dropped):,} inequalities between a district and its schools, or the county and its "
                "districts, do not hold in what is public; an attacker sees that and goes without them."
            )
        if len(self.knowledge.told):
            text.append(
                f"{len(self.knowledge.told):,} hidden counts are known from earlier releases, nearly as they are: they "
                "are judged by what is shown now, and all others beside them too."
            )
        return text

    def _contradictions(self, most: int) -> list[str]:
        rows = self.attack.contradictory
        if not len(rows):
            return []
        return [
            f"{len(rows):,} relations cannot hold beside the others: tables contradict each other, or a rule is not "
            "what the audit takes it for. What they tie is judged without them:",
            *_listed([self.knowledge.relation(int(row)) for row in rows[:most]], len(rows), most),
        ]

    def _leaks(self, most: int) -> list[str]:
        text: list[str] = []
        for lines, what in (
            (self.against_rule, "groups are shown although the publication's own rule hides them"),
            (self.exposed, "counts that an earlier release hid would be shown"),
        ):
            if lines:
                text += [f"{len(lines):,} {what}:", *_listed(lines, len(lines), most)]
        if self.findings:
            text.append(f"{len(self.findings):,} hidden counts are not safe:")
            for finding in self.findings[:most]:
                text += [f"- {finding.headline()}", *(f"    {line}" for line in finding.equations)]
            if len(self.findings) > most:
                text.append(f"and {len(self.findings) - most:,} more.")
        return text

    def _by_integers(self, most: int) -> list[str]:
        asked = self.integers
        if asked is None:
            return []
        text = [
            f"Integer programs asked about {asked.cells:,} hidden counts of {len(asked.districts):,} districts and "
            f"their schools: {len(asked.unsafe):,} are not safe that linear programs took for safe, "
            f"{len(asked.undecided):,} remained undecided."
        ]
        told = [
            explain(self.knowledge, self.attack, cell, equations=False, bounds=(lower, upper)).headline()
            for cell, lower, upper in asked.unsafe[:most]
        ]
        return [*text, *_listed(told, len(asked.unsafe), most)]

    def _end(self) -> str:
        width = self.knowledge.rules.narrowest_bounds
        if self.is_safe:
            return f"Every hidden count is safe: its bounds lie at least {width} apart."
        return f"This must not be published: bounds must lie at least {width} apart. docs/privacy.md says what to do."


def _listed(lines: Sequence[str], count: int, most: int) -> list[str]:
    text = [f"- {line}" for line in lines[:most]]
    return [*text, f"and {count - most:,} more."] if count > most else text


def audit(
    database: Path,
    say: Callable[[str], None] = lambda _: None,
    *,
    earlier: Sequence[Release] = (),
    integers: int = 0,
    explained: int = MOST_EXPLAINED,
) -> Audit:
    """Attack what a database file would publish, with the earlier releases in hand."""
    public = read_public(database)
    exposed: list[Exposed] = []
    knowledge = gather(
        public, say, recall=lambda connection: exposed.extend(remember(connection, earlier, public.rules))
    )
    hidden = count_hidden(knowledge.connection, database, knowledge.rules)
    found = attack(knowledge.system, knowledge.rules.narrowest_bounds, say)
    beside = (
        attack(knowledge.beside_earlier(), knowledge.rules.narrowest_bounds, say)
        if len(knowledge.earlier.rows)
        else None
    )
    unsafe = [(found, int(cell)) for cell in found.unsafe]
    if beside:
        unsafe += [(beside, int(cell)) for cell in np.setdiff1d(beside.unsafe, found.unsafe)]
    findings = tuple(
        explain(knowledge, one, cell, equations=number < explained) for number, (one, cell) in enumerate(unsafe)
    )
    return Audit(
        knowledge,
        found,
        findings,
        public.absent,
        tuple(_exposed(knowledge, one) for one in exposed),
        shown_against_rule(knowledge.connection, knowledge.rules),
        hidden,
        attack_integers(knowledge, found, integers, say) if integers else None,
        tuple(one.cell for one in exposed),
        beside,
    )


def mend(
    database: Path, audited: Audit, earlier: Sequence[Release] = (), say: Callable[[str], None] = lambda _: None
) -> tuple[Company, ...]:
    """What else to hide, so that what this audit found of the same file is safe, as far as one can tell beforehand."""
    say(f"Looking for what to hide with {len(audited.findings) + len(audited.exposed_cells):,} hidden counts")

    def read(change: Callable[[duckdb.DuckDBPyConnection], None]) -> Knowledge:
        public = read_public(database)

        def recall(connection: duckdb.DuckDBPyConnection) -> None:
            change(connection)
            remember(connection, earlier, public.rules)

        return gather(public, recall=recall)

    def read_beside(change: Callable[[duckdb.DuckDBPyConnection], None]) -> Knowledge:
        knowledge = read(change)
        return replace(knowledge, system=knowledge.beside_earlier())

    chosen = set(enough_company(read, audited.attack, audited.exposed_cells, say))
    if audited.beside and len(audited.beside.unsafe):
        chosen.update(enough_company(read_beside, audited.beside, audited.exposed_cells, say))
    return tuple(sorted(chosen))


def audit_settings(
    settings: Settings,
    say: Callable[[str], None] = lambda _: None,
    *,
    database: Path | None = None,
    integers: int = 0,
    explained: int = MOST_EXPLAINED,
) -> Audit:
    """Attack a file, or what was built last and is not published yet, or what is published."""
    built = settings.building if settings.building.is_file() else settings.warehouse
    return audit(database or built, say, earlier=releases(settings), integers=integers, explained=explained)


def _exposed(knowledge: Knowledge, one: Exposed) -> str:
    cell = knowledge.describe(one.cell)
    return (
        f"{cell['table']}, {cell['school_year']}, {cell['entity_level']} {cell['entity']} ({cell['cds_code']}), "
        f"{cell['group']} ({cell['item']}): {cell['measure']} was hidden in {one.release} and would be shown now; "
        + (
            f"what both show of its family has changed by {one.within} at most, and so it was as much, nearly"
            if one.within
            else "nothing else of its family has changed, so it was the same then"
        )
    )
