"""Readers have the passwords again that they had when the backup was made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from attendance.backup import BackupError, give_logins
from publishing.publish import publish
from publishing.serving.logins import LoginError, set_password, verifiers
from tests.serving.conftest import Place


def test_a_readers_password_is_taken_along_as_the_server_keeps_it_and_given_back(place: Place, tmp_path: Path) -> None:
    with place.connect() as connection, pytest.raises(LoginError, match="no roles yet"):
        verifiers(connection)
    publish(place.settings)
    file = tmp_path / "logins.json"
    with place.connect() as connection:
        password = set_password(connection, "district_99001")
        set_password(connection, "district_99002")
        kept = verifiers(connection)
        assert set(kept) == {"district_99001", "district_99002"}
        assert {verifier.partition("$")[0] for verifier in kept.values()} == {"SCRAM-SHA-256"}
        assert password not in json.dumps(kept)
        file.write_text(json.dumps({**kept, "district_99999": kept["district_99001"]}), encoding="utf-8")
        # as after a restore: the roles are made anew, one of them has a password already
        connection.execute("alter role district_99001 password null")
        newer = set_password(connection, "district_99002")
    told = give_logins(place.settings, file)
    assert (told.given, told.kept, told.gone) == (("district_99001",), ("district_99002",), ("district_99999",))
    for role, word in (("district_99001", password), ("district_99002", newer)):
        with place.connect(user=role, password=word) as reader:
            assert reader.execute("select min(district_code) from marts.student_attendance").fetchone() == (role[-5:],)
    with place.connect() as connection:
        for role in ("district_99001", "district_99002"):
            connection.execute(f"alter role {role} password null")


def test_who_may_not_see_passwords_is_told_where_they_are(place: Place) -> None:
    publish(place.settings)
    with place.connect() as connection:
        connection.execute("set session authorization county_analyst")
        with pytest.raises(LoginError, match="that server's own backup"):
            verifiers(connection)


def test_a_file_that_has_no_logins_is_refused(place: Place, tmp_path: Path) -> None:
    (tmp_path / "logins.json").write_text("not json")
    with pytest.raises(BackupError, match="cannot be read as the logins"):
        give_logins(place.settings, tmp_path / "logins.json")
