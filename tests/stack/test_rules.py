"""What every service of ``docker-compose.yml`` has to keep to: read from the file, since no engine runs here."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from attendance.airflow.running import airflow_environment
from attendance.settings import PROJECT, Settings
from attendance.spark.cluster import OF_ANY_CLUSTER
from publishing.serving.access_log import SERVER_SETTINGS
from publishing.serving.server import CONFIGURATION, OLDEST
from tests.stack.containers import DOCKERFILE, image_environment, in_the_image, read_compose

RAW = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
COMPOSE = read_compose()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"ready"}
# What an image writes beside itself; none of it was ever started here.
WRITES_TO_ITS_ROOT = {"metabase", "spark-master", "spark-worker", "spark-server"}
SECRET_NAME = re.compile(r"PASS|SECRET|KEY|TOKEN|CONN(?!ECT)|CREDENTIAL")
SECRET_PATH = re.compile(r"/run/secrets/([\w.]+)")
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+[\w.-]*")
each_service = pytest.mark.parametrize("name", SERVICES)


def texts(value: Any) -> Iterator[str]:
    """Every text below a piece of the file."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    else:
        yield str(value)


def secrets_of(name: str) -> dict[str, str]:
    """The secrets of a service, by the name of the file under which it sees them."""
    told = SERVICES[name].get("secrets", [])
    return {
        one if isinstance(one, str) else one["target"]: one if isinstance(one, str) else one["source"] for one in told
    }


def made_by_the_script() -> set[str]:
    """The names of the secrets that ``deploy/make-secrets.sh`` makes."""
    text = (PROJECT / "deploy" / "make-secrets.sh").read_text(encoding="utf-8")
    (roles,) = re.findall(r"^for role in ([\w ]+);", text, re.MULTILINE)
    named = re.findall(r"(?:\| keep|^later) (\w+)$", text, re.MULTILINE)
    return {*named, *(f"{role}_password" for role in roles.split())}


def test_the_file_is_valid_by_the_compose_specification() -> None:
    tool = Path(sys.executable).parent / "check-jsonschema"
    command = [tool, "--builtin-schema", "vendor.compose-spec", PROJECT / "docker-compose.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_the_services_of_a_county() -> None:
    by_default = {name for name, spec in SERVICES.items() if "profiles" not in spec}
    airflow = {"api-server", "scheduler", "dag-processor", "triggerer"}
    assert by_default == {"postgres", "ready", *airflow, "access-log", "metabase", "site"}
    assert {name: SERVICES[name]["profiles"] for name in SERVICES.keys() - by_default} == {
        "sftp": ["demo"],
        "spark-master": ["spark"],
        "spark-worker": ["spark"],
        "spark-server": ["spark"],
    }


@each_service
def test_a_service_is_asked_for_its_health_or_ends_by_itself(name: str) -> None:
    spec = SERVICES[name]
    if name in ONCE:
        waited = [one["depends_on"].get(name) for one in SERVICES.values() if "depends_on" in one]
        assert spec["restart"] == "no"
        assert {"condition": "service_completed_successfully"} in waited
        return
    health = spec["healthcheck"]
    assert health["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= health.keys()
    assert spec["restart"] == "unless-stopped"


@each_service
def test_an_image_is_pinned_to_a_version(name: str) -> None:
    image = SERVICES[name]["image"]
    assert PINNED.fullmatch(image), image
    assert "latest" not in image


def test_our_own_image_begins_with_a_pinned_one_and_ends_as_nobody_in_particular() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    (base,) = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base), base
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE)[-1] == "185:185"
    assert "--constraint requirements.lock" in text
    assert f"attendance:{version()}" == SERVICES["ready"]["image"]
    assert image_environment()["PYTHONPATH"] == "/opt/attendance"


def version() -> str:
    """Of the project."""
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    return re.findall(r'^version = "(.+)"', text, re.MULTILINE)[0]


def test_the_image_is_made_of_what_is_named_and_holds_no_secret() -> None:
    lines = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*"
    named = in_the_image()
    assert {path for path in named if not (PROJECT / path).exists()} == set()
    assert not {"secrets", "var", ".git", ".venv", "tests"} & set(named)
    # every room of the project that its code looks for beside itself
    assert {"attendance", "ingestion", "publishing", "simulation", "dags", "dbt_project", "seeds", "dashboards"} <= set(
        named
    )


@each_service
def test_a_service_is_a_user_by_number_who_is_not_root_and_has_no_privileges(name: str) -> None:
    spec = SERVICES[name]
    uid, gid = spec["user"].split(":")
    assert int(uid) > 0
    assert int(gid) > 0
    assert spec["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in spec["security_opt"]
    forbidden = {"privileged", "cap_add", "devices", "pid", "ipc", "userns_mode", "uts", "cgroup_parent"}
    assert forbidden & spec.keys() == set()
    assert spec.get("network_mode") in {None, "none"}
    assert "docker.sock" not in " ".join(texts(spec))


@each_service
def test_a_service_cannot_write_to_its_own_programs(name: str) -> None:
    assert SERVICES[name].get("read_only", False) == (name not in WRITES_TO_ITS_ROOT)


@each_service
def test_what_a_service_prints_is_kept_within_bounds(name: str) -> None:
    log = SERVICES[name]["logging"]
    assert log["driver"] == "json-file"
    assert log["options"] == {"max-size": "10m", "max-file": "5"}


@each_service
def test_a_service_shows_itself_to_this_machine_alone(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), port
    for port in RAW["services"][name].get("ports", []):
        # only what anyone may read can be shown to others without a change of the file
        assert port.startswith("127.0.0.1:" if name != "site" else "${ATTENDANCE_SITE_LISTEN:-127.0.0.1}:"), port


@each_service
def test_a_secret_comes_from_a_file_and_stands_nowhere_else(name: str) -> None:
    spec = SERVICES[name]
    for variable, value in spec.get("environment", {}).items():
        assert not re.search(r"://[^/@\s]*:[^/@\s%$]+@", str(value)), variable
        if SECRET_NAME.search(variable) and not variable.startswith("AIRFLOW__SECRETS__BACKEND"):
            assert variable.endswith(("_FILE", "_CMD")), f"{variable} would hold the secret itself"
    told = SECRET_PATH.findall(
        " ".join(texts([spec.get(part, []) for part in ("environment", "command", "entrypoint")]))
    )
    for mount in spec.get("volumes", []):
        if mount.startswith("./deploy/") and mount.split(":")[0].endswith(".sh"):
            told += SECRET_PATH.findall((PROJECT / mount.split(":")[0]).read_text(encoding="utf-8"))
    # a service sees the secrets that it names, and no other
    assert set(told) == set(secrets_of(name))


def test_every_secret_lies_in_a_folder_that_is_not_kept_and_is_made_by_the_script() -> None:
    secrets = COMPOSE["secrets"]
    assert {name: one["file"] for name, one in secrets.items()} == {name: f"./secrets/{name}" for name in secrets}
    assert set(secrets) == made_by_the_script()
    assert {one for name in SERVICES for one in secrets_of(name).values()} == set(secrets)
    assert "/secrets/" in (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_key_of_the_pseudonyms_is_seen_by_those_who_load_and_nobody_else() -> None:
    seeing = {name for name in SERVICES if "attendance_secret" in secrets_of(name)}
    assert seeing == {"ready", "api-server", "scheduler", "dag-processor", "triggerer"}


@each_service
def test_what_a_service_keeps_lies_in_a_named_volume(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        source, target, *how = mount.split(":")
        assert target.startswith("/")
        if source.startswith("./"):
            assert how == ["ro"], f"{mount}: a file of the project is for reading"
            assert (PROJECT / source).exists(), source
        else:
            assert source in COMPOSE["volumes"], f"{mount} is no volume of the file"


def test_every_volume_is_used() -> None:
    used = {mount.split(":")[0] for spec in SERVICES.values() for mount in spec.get("volumes", [])}
    assert set(COMPOSE["volumes"]) <= used


@each_service
def test_a_service_says_what_it_waits_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in ONCE else "service_healthy"
        assert how == {"condition": wanted}, other
        assert other in SERVICES
        # never one that starts only for those who ask, or for others who ask
        assert set(SERVICES[other].get("profiles", [])) <= set(SERVICES[name].get("profiles", []))


def test_the_web_server_has_the_pages_and_reaches_no_other_service() -> None:
    site = SERVICES["site"]
    assert [mount for mount in site["volumes"] if not mount.startswith("./deploy/web/")] == ["pages:/srv/pages:ro"]
    assert site["networks"] == ["pages"]
    assert [name for name, spec in SERVICES.items() if "pages" in spec.get("networks", [])] == ["site"]
    assert "secrets" not in site


def test_airflow_is_set_as_the_command_line_sets_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings = Settings(home=home, config=home, extracts=home, public=home)
    by_hand = airflow_environment(settings)
    here = SERVICES["scheduler"]["environment"]
    # where things lie, who listens where, and what is secret
    places = {
        "CORE__DAGS_FOLDER", "CORE__EXECUTION_API_SERVER_URL", "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
        "DATABASE__SQL_ALCHEMY_CONN", "LOGGING__BASE_LOG_FOLDER", "API__HOST", "API__PORT", "CORE__FERNET_KEY",
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY", "API__BASE_URL", "API__SECRET_KEY",
        "API_AUTH__JWT_SECRET",
    }  # fmt: skip
    same = {
        name: value
        for name, value in by_hand.items()
        if name.startswith("AIRFLOW__") and name.removeprefix("AIRFLOW__") not in places
    }
    assert len(same) > 15
    assert {name: here.get(name) for name in same} == same
    for name in places:
        assert {f"AIRFLOW__{name}", f"AIRFLOW__{name}_CMD"} & here.keys(), name
    silent = ("DO_NOT_TRACK", "SCARF_ANALYTICS", "SCARF_NO_ANALYTICS", "DBT_SEND_ANONYMOUS_USAGE_STATS", "NO_COLOR")
    assert {name: here.get(name) for name in silent} == {name: by_hand[name] for name in silent}


def test_postgresql_is_set_as_the_server_of_our_own_and_its_log_can_be_fetched() -> None:
    spec = SERVICES["postgres"]
    assert spec["command"][0] == "postgres"
    assert spec["command"][1::2] == ["-c"] * (len(spec["command"]) // 2)
    here = dict(option.split("=", 1) for option in spec["command"][2::2])
    ours = {**CONFIGURATION, **SERVER_SETTINGS}
    differs = {
        name: here.pop(name, None) for name in ("listen_addresses", "log_directory", "log_file_mode", "hba_file")
    }
    assert differs == {
        "listen_addresses": "*",
        "log_directory": "/var/lib/postgresql/reads",
        "log_file_mode": "0640",
        "hba_file": "/etc/postgresql/pg_hba.conf",
    }
    assert here == {name: value for name, value in ours.items() if name in here}
    assert ours.keys() - here.keys() == {
        "listen_addresses",
        "log_directory",
        "log_file_mode",
        "unix_socket_permissions",
    }
    assert int(re.findall(r"postgres:(\d+)\.", spec["image"])[0]) >= OLDEST


def test_the_cluster_is_set_as_any_must_be_and_its_version_is_the_locks() -> None:
    locked = (PROJECT / "requirements-spark.lock").read_text(encoding="utf-8")
    images = {spec["image"] for name, spec in SERVICES.items() if name.startswith("spark-")}
    assert images == {f"apache/spark:{re.findall(r'pyspark==([0-9.]+)', locked)[0]}"}
    set_to = dict(
        value.split("=", 1) for name, value in pairwise(SERVICES["spark-server"]["command"]) if name == "--conf"
    )
    assert OF_ANY_CLUSTER.items() <= set_to.items()
    told = (PROJECT / "docs" / "spark.md").read_text(encoding="utf-8")
    assert [name for name, value in OF_ANY_CLUSTER.items() if f"| `{name}` | `{value}` |" not in told] == []
    # who shares a volume shares the user
    sharing = {spec["user"] for spec in SERVICES.values() if "state:/var/attendance" in spec.get("volumes", [])}
    assert sharing == {"185:185"}


def test_what_can_be_set_and_what_is_secret_stands_in_the_operators_guide() -> None:
    guide = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    text = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    settable = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert {name for name in settable if f"`{name}`" not in guide + readme} == set()
    assert {name for name in COMPOSE["secrets"] if f"`{name}`" not in guide} == set()
    assert {name for name in SERVICES if f"`{name}`" not in guide} == set()
    assert {name for name in COMPOSE["volumes"] if f"`{name}`" not in guide} == set()


def test_the_guide_puts_back_what_the_backups_are_read_with_and_metabase_does_not_run_meanwhile() -> None:
    guide = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    restore = guide.partition("\n## Restore\n")[2].partition("\n## ")[0]
    before, _, rest = restore.partition("```sh\n")
    # each of them is made anew by make-secrets.sh, and something restored is of the old one
    needed = {"attendance_secret", "connections", "metabase_api_key", "metabase_key"}
    assert needed == set(re.findall(r"`(\w+)`", before)) & set(COMPOSE["secrets"])
    commands = rest.partition("```")[0].splitlines()
    places = {
        what: next(number for number, line in enumerate(commands) if what in line)
        for what in ("attendance restore", "--wait postgres", "stop metabase", "pg_restore", "attendance publish")
    }
    everything = commands.index("docker compose up --detach")
    order = [*places.values()]
    assert order == sorted(order)
    assert places["pg_restore"] < everything < places["attendance publish"]
    # nor does what is started before bring it up
    assert "metabase" not in SERVICES["postgres"].get("depends_on", {})


def test_secrets_are_made_once_for_their_owner_and_each_is_another(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    script = ["sh", str(PROJECT / "deploy" / "make-secrets.sh"), str(folder)]
    subprocess.run(script, check=True, capture_output=True)
    made = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert len(set(made.values())) == len(made)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # a service reads its secret as a user of its own: what nobody else on this machine may enter is the folder
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    assert {name for name, text in made.items() if len(text) < 24} == {"connections", "metabase_api_key"}
    # a password stands in addresses as it is
    assert {name for name, text in made.items() if not re.fullmatch(r"[0-9a-f]+", text)} == {
        "connections",
        "airflow_fernet_key",
        "metabase_api_key",
    }
    (folder / "sftp_password").unlink()
    again = subprocess.run(script, check=True, capture_output=True, text=True)
    assert again.stdout.splitlines() == [f"made {folder}/sftp_password"]
    assert {
        path.name: path.read_text() for path in folder.iterdir() if path.name != "sftp_password"
    }.items() <= made.items()
