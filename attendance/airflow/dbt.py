"""What dbt's one process looks like from Airflow: which models there are, and how far each one of them is.

No Airflow and no dbt is imported here: the DAG folder reads this file each time that it is parsed.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from attendance.settings import DUCKDB, Settings

State = Literal["success", "failed", "skipped"]
Told = dict[str, Any]

GOOD = frozenset({"success", "pass", "warn", "no-op"})
SKIPPED = "skipped"
SEEDS, STAGING = "seeds", "staging"
TESTS = frozenset({"test", "unit_test"})

# Airflow's states of a task that will not report any more
OVER = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})

# dbt renders everything but its own comments, a `-- depends_on: {{ ref('x') }}` included
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_REF = re.compile(r"\bref\(\s*(?:['\"]\w+['\"]\s*,\s*)?['\"](\w+)['\"]")
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\(.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)


class ProjectError(RuntimeError):
    """The dbt project cannot be read; the message names the file."""


@dataclass(frozen=True)
class Node:
    """One seed or model of the dbt project.

    layer: ``seeds``, or the model's first folder below ``models`` (staging, intermediate, ...)
    reads: the names of the seeds and models that its text refers to
    """

    name: str
    layer: str
    reads: tuple[str, ...]


class _ReturnedError(Exception):
    """How a macro gives back something that is no text, as dbt's ``return`` does."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


def _paths(project: Path) -> tuple[list[Path], list[Path], list[Path]]:
    # Airflow has imported it already; the command line has not
    import yaml  # noqa: PLC0415

    file = project / "dbt_project.yml"
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise ProjectError(f"{file} is missing: without it there is no warehouse to build.") from missing
    models = [project / path for path in told.get("model-paths", ["models"])]
    seeds = [project / path for path in told.get("seed-paths", ["seeds"])]
    macros = [project / path for path in told.get("macro-paths", ["macros"])]
    return models, seeds, macros


def _read_macros(folders: Iterable[Path]) -> dict[str, str]:
    """The text of each macro by its name."""
    return {
        found[1]: found[0]
        for folder in folders
        for path in sorted(folder.rglob("*.sql"))
        for found in _MACRO.finditer(_COMMENT.sub("", path.read_text(encoding="utf-8")))
    }


def _reader(macros: Mapping[str, str]) -> Callable[[str], set[str]]:
    """Tells what a model refers to, rendered with its macros; all else that dbt would know is taken for nothing."""
    # Airflow has imported it already
    import jinja2  # noqa: PLC0415

    refs: set[str] = set()

    def ref(*names: str) -> str:
        refs.add(names[-1])
        return names[-1]

    def give_back(value: object) -> None:
        raise _ReturnedError(value)

    # dbt knows the tag `do`, too
    environment = jinja2.Environment(  # noqa: S701 - makes no page
        undefined=_nothing(jinja2.ChainableUndefined), extensions=["jinja2.ext.do"]
    )

    @cache
    def compiled(name: str) -> jinja2.Template:
        return environment.from_string(macros[name])

    def called(name: str) -> Callable[..., object]:
        def call(*values: object, **named: object) -> object:
            try:
                return getattr(compiled(name).module, name)(*values, **named)
            except _ReturnedError as returned:
                return returned.value

        return call

    environment.globals.update({"ref": ref, "return": give_back, **{name: called(name) for name in macros}})

    def read(text: str) -> set[str]:
        refs.clear()
        environment.from_string(text).render()
        return set(refs)

    return read


def _nothing(undefined: type[Any]) -> type[Any]:
    return type("Nothing", (undefined,), {"__call__": lambda self, *_values, **_named: self})


def read_nodes(project: Path) -> tuple[Node, ...]:
    """Every seed and model of the project, by layer and name, read from the files themselves.

    A manifest would have to be made before and could lag behind; a test holds this reading against dbt's own. Only
    the few models that call a macro which refers to others are rendered.
    """
    models, seeds, folders = _paths(project)
    macros = _read_macros(folders)
    refer = "|".join(name for name, text in macros.items() if re.search(r"\bref\(", text))
    rendered = _reader(macros)
    calls_one = re.compile(rf"\b(?:{refer})\(" if refer else r"(?!)")
    found = [Node(path.stem, SEEDS, ()) for folder in seeds for path in folder.rglob("*.csv")]
    for folder in models:
        for path in folder.rglob("*.sql"):
            below = path.relative_to(folder).parts
            text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
            layer = below[0] if len(below) > 1 else "models"
            refs = rendered(text) if calls_one.search(text) else set(_REF.findall(text))
            found.append(Node(path.stem, layer, tuple(sorted(refs - {path.stem}))))
    known = {node.name for node in found}
    kept = (Node(node.name, node.layer, tuple(name for name in node.reads if name in known)) for node in found)
    return tuple(sorted(kept, key=lambda node: (node.layer, node.name)))


@dataclass(frozen=True)
class Step:
    """Nodes that one task builds with their tests, where several tasks build at a time.

    select: how dbt is told of them
    reads:  the names of the steps that come before
    """

    name: str
    layer: str
    select: str
    reads: tuple[str, ...]


def step_of(node: Node) -> str:
    """The step that builds a node: all seeds are one, each system's staging is one, and each model behind them.

    A process of dbt's takes seconds before it begins, and seeds and views are made in a blink: they share one.
    """
    if node.layer == SEEDS:
        return SEEDS
    return node.name.partition("__")[0] if node.layer == STAGING else node.name


def steps_of(nodes: Iterable[Node]) -> tuple[Step, ...]:
    """The steps of a build by several processes, in the order of their names."""
    built: dict[str, list[Node]] = {}
    for node in nodes:
        built.setdefault(step_of(node), []).append(node)
    steps = {node.name: step for step, own in built.items() for node in own}
    select = {SEEDS: "resource_type:seed", STAGING: "path:models/" + STAGING + "/{system}"}
    return tuple(
        Step(
            name=step,
            layer=own[0].layer,
            select=select.get(own[0].layer, step).format(system=step.removeprefix("stg_")),
            reads=tuple(sorted({steps[name] for node in own for name in node.reads} - {step})),
        )
        for step, own in sorted(built.items())
    )


def left_by_the_steps(manifest: Mapping[str, Any], nodes: Iterable[Node]) -> tuple[str, ...]:
    """The names of tests that dbt runs with no step, because they read something that none of them builds or reads.

    With a step it runs a test of which all parents are the step's own or before it: ``--indirect-selection buildable``.
    """
    parents = manifest["parent_map"]

    @cache
    def so_far(unique_id: str) -> frozenset[str]:
        return frozenset({unique_id}).union(*map(so_far, parents.get(unique_id, ())))

    ids = {
        node["name"]: unique_id for unique_id, node in manifest["nodes"].items() if node["resource_type"] not in TESTS
    }
    built: dict[str, set[str]] = {}
    for node in nodes:
        built.setdefault(step_of(node), set()).add(ids[node.name])
    known = {step: frozenset().union(*map(so_far, own)) for step, own in built.items()}
    left = []
    for unique_id, test in manifest["nodes"].items():
        needed = {parent for parent in parents.get(unique_id, ()) if parent in manifest["nodes"]}
        runs = any(needed & own and needed <= known[step] for step, own in built.items())
        if test["resource_type"] in TESTS and needed and not runs:
            left.append(str(test["name"]))
    return tuple(sorted(left))


def check_the_rest(settings: Settings) -> tuple[str, ...]:
    """Run the tests that no step could run by itself; returns their names. Raises BuildError where one fails."""
    from attendance.dbt import BuildError, dbt_environment, invoke  # noqa: PLC0415 - dbt is for those who build

    parsed = invoke(settings, "parse", "--quiet")
    manifest = json.loads((Path(dbt_environment(settings)["DBT_TARGET_PATH"]) / "manifest.json").read_text())
    left = left_by_the_steps(manifest, read_nodes(settings.dbt_project))
    result = invoke(settings, "test", "--quiet", "--select", *left) if left else parsed
    if not result.success:
        raise BuildError(f"Of {', '.join(left)}, some failed: the lines above say which.")
    return left


def owned_tests(manifest: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Which tests count to which seed or model, both by dbt's unique id.

    A generic test counts to the node under which it is written, a unit test to its model. A singular test counts to
    the node with whose name its own begins (``<model>__<sentence>``), else to every node that it reads.
    """
    owned = {
        unique_id: node["name"]
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in {"model", "seed", "snapshot"}
    }
    found: dict[str, list[str]] = {}
    for unique_id, test in [*manifest["nodes"].items(), *manifest.get("unit_tests", {}).items()]:
        if test["resource_type"] not in TESTS:
            continue
        reads = [parent for parent in test["depends_on"]["nodes"] if parent in owned]
        attached = test.get("attached_node")
        named = [parent for parent in reads if test["name"].startswith(f"{owned[parent]}__")]
        for parent in [attached] if attached in owned else named or reads:
            found.setdefault(parent, []).append(unique_id)
    return {parent: tuple(tests) for parent, tests in found.items()}


@dataclass
class BuildProgress:
    """What has become of each seed and model while dbt runs, told as a small dictionary that grows.

    tests:   which tests count to which node (see ``owned_tests``), asked for at the first finished node, when dbt
             has written its manifest
    push:    called with ``{"ended": bool, "nodes": {name: {"state": ..., "lines": [...]}}}``, at most once in
             ``seconds_between`` seconds, from whichever thread of dbt's comes by, and once more at the end
    """

    tests: Callable[[], Mapping[str, Iterable[str]]]
    push: Callable[[Told], None]
    seconds_between: float = 0.5
    _finished: dict[str, tuple[str, str]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _told: dict[str, Told] = field(default_factory=dict)
    _owned: dict[str, tuple[str, ...]] | None = None
    _pushed: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """dbt is about to start."""
        with self._lock:
            self._tell(ended=False)

    def see(self, event: Any) -> None:  # noqa: ANN401 - dbt's events are generated classes without types
        """Take one event of dbt's; what is not the end of a node is let pass."""
        if event.info.name == "NodeFinished":
            node = event.data.node_info
            message = event.data.run_result.message
            self.finished(node.unique_id, node.node_name, node.resource_type, node.node_status, message)

    def finished(self, unique_id: str, name: str, kind: str, status: str, message: str) -> None:
        """A node of dbt's has come to its end."""
        with self._lock:
            if self._owned is None:
                self._owned = {parent: tuple(tests) for parent, tests in self.tests().items()}
            self._finished[unique_id] = (status, f"{name}: {' '.join(message.split()) or status}")
            if kind not in TESTS:
                self._names[unique_id] = name
            self._tell(ended=False)

    def end(self) -> None:
        """dbt has ended: tell what is known, whatever it is."""
        with self._lock:
            self._tell(ended=True)

    def _tell(self, *, ended: bool) -> None:
        for unique_id in [waiting for waiting in self._names if self._names[waiting] not in self._told]:
            if told := self._state(unique_id, ended=ended):
                self._told[self._names[unique_id]] = told
        moment = time.monotonic()
        if ended or moment - self._pushed >= self.seconds_between:
            self._pushed = moment
            self.push({"ended": ended, "nodes": dict(self._told)})

    def _state(self, unique_id: str, *, ended: bool) -> Told | None:
        """The state of a node whose own end and whose tests' ends are known; None while some are still out."""
        tests = (self._owned or {}).get(unique_id, ())
        known = [self._finished[test] for test in tests if test in self._finished]
        if len(known) < len(tests) and not ended:
            return None
        own, line = self._finished[unique_id]
        bad = [text for status, text in known if status not in GOOD and status != SKIPPED]
        out = [text for status, text in known if status == SKIPPED]
        if own not in GOOD and own != SKIPPED:
            bad.insert(0, line)
        state: State = "failed" if bad else "skipped" if own == SKIPPED or out or len(known) < len(tests) else "success"
        return {"state": state, "lines": bad or [line, *(out or [f"{len(known)} tests passed"])]}


def outcome(state: str | None, told: Told | None, name: str) -> tuple[str, list[str]] | None:
    """The state of one node, and lines for its log, from the building task's state and what it told; None: not yet.

    A report that has ended while its task runs is that of an earlier try.
    """
    over = state in OVER
    told = told or {"ended": False, "nodes": {}}
    if over or (state == "running" and not told["ended"]):
        if node := told["nodes"].get(name):
            return node["state"], node["lines"]
        if state == "success":
            return "success", ["dbt had nothing to do for it: it is disabled or ephemeral."]
        if over:
            return "skipped", [f"dbt ended ({state}) before it came to this one."]
    return None


def build_and_tell(settings: Settings, push: Callable[[Told], None]) -> None:
    """Let dbt build on DuckDB in this process and tell through ``push`` what becomes of each seed and model.

    Raises BuildError where a model or a test failed.
    """
    from attendance.dbt import build, dbt_environment  # noqa: PLC0415 - dbt is for those who build

    # the run's parameter has chosen, whatever the settings say
    settings = replace(settings, target=DUCKDB)
    manifest = Path(dbt_environment(settings)["DBT_TARGET_PATH"]) / "manifest.json"
    progress = BuildProgress(tests=lambda: owned_tests(json.loads(manifest.read_text(encoding="utf-8"))), push=push)
    progress.begin()
    try:
        build(settings, on_event=progress.see)
    finally:
        progress.end()
