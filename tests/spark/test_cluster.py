"""What is said where Spark cannot be had, and how a server is named. The cluster itself: tests/end_to_end."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from attendance.settings import Settings
from attendance.spark import cluster
from attendance.spark.cluster import ClusterError, Server, Shape, run_cluster


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, config=tmp_path, extracts=tmp_path, public=tmp_path)


@pytest.mark.parametrize("address", ["", "10000", "host:", ":10000", "host:port"])
def test_a_server_that_is_no_host_and_port_is_refused_with_what_to_write(address: str) -> None:
    with pytest.raises(ClusterError, match="host:port"):
        Server.of(address)


def test_a_server_is_named_to_dbt_by_two_variables() -> None:
    assert Server.of("spark.example.org:10000").variables() == {
        "ATTENDANCE_SPARK_HOST": "spark.example.org",
        "ATTENDANCE_SPARK_PORT": "10000",
    }


def test_without_the_extra_it_is_said_how_to_install_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _name: None)
    with pytest.raises(ClusterError, match="make setup-spark"), run_cluster(settings):
        pass


def _java_that_says(folder: Path, version: str) -> None:
    java = folder / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(java.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize("version", [None, "11.0.2", "1.8.0"])
def test_without_a_new_enough_java_it_is_said_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str | None
) -> None:
    monkeypatch.setattr(cluster, "_spark_home", lambda: tmp_path)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if version else str(tmp_path))
    if version:
        _java_that_says(tmp_path, version)
    with pytest.raises(ClusterError, match="openjdk-17-jre-headless"), run_cluster(settings):
        pass


def test_two_clusters_are_never_at_work_in_one_home(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cluster, "_spark_home", lambda: tmp_path)
    monkeypatch.setattr(cluster, "_java", lambda: "java")
    with cluster._alone(settings), pytest.raises(ClusterError, match="Another Spark cluster"), run_cluster(settings):
        pass
    # it was refused before it cleared away what the other works in
    assert not settings.spark_home.exists()


def test_the_secret_of_a_cluster_is_its_owners_alone(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "spark.conf"
    cluster._write_properties(path, cluster._properties(settings, Shape(), 4040))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "spark.authenticate true" in path.read_text()


def test_no_two_clusters_share_a_secret(settings: Settings) -> None:
    one, other = (cluster._properties(settings, Shape(), 4040)["spark.authenticate.secret"] for _ in range(2))
    assert one != other
