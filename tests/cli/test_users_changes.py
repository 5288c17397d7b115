"""`jinbao users`: each change of a user is noted by its file, and is an entry of the log where that is at hand."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from jinbao.cli.this_user import this_user
from jinbao.platform.audit.statements.roles import KIND, Changes
from jinbao.platform.audit.statements.statements import said
from jinbao.platform.store.store import Store
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import NAME, UsersFile


def test_users_added_disabled_and_given_another_role_are_entries(answer, jinbao, nation_folder, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("platform.sqlite", "platform-projections.sqlite"):
        shutil.copy(nation_folder / name, folder / name)
    shutil.copytree(nation_folder / "audit", folder / "audit")
    for words in (
        ("add", "henan", "--role", "service", "--province", "41"),
        ("role", "henan", "auditor"),
        ("disable", "henan"),
    ):
        assert jinbao("users", *words, "--data", folder).exit_code == 0
    refused = jinbao("users", "role", "henan", "clerk", "--data", folder)
    assert (refused.exit_code, "--province" in refused.output) == (2, True)
    with closing(Store(f"sqlite:///{folder / 'platform.sqlite'}")) as store, store.read() as work:
        told = [change for one in said(work.bulk, KIND, Changes) for change in one.body.changes]
    assert [(c.change, c.user, c.role, c.province) for c in told] == [
        ("added", "henan", "service", "41"),
        ("role", "henan", "auditor", None),
        ("disabled", "henan", "auditor", None),
    ]
    assert {c.by for c in told} == {this_user("")}
    assert [c["change"] for c in answer("users", "changes", "--data", folder)] == [c.change for c in told]
    assert answer("audit", "verify", "--data", folder)["ok"]


def test_nobody_changes_a_user_past_the_record(jinbao, answer, tmp_path):
    assert jinbao("users", "add", "henan", "--role", "service", "--province", "41", "--data", tmp_path).exit_code == 0
    with closing(sqlite3.connect(tmp_path / NAME)) as database, database:
        for statement in (
            "UPDATE users SET role = 'operator'",  # needs the function that says who
            "DELETE FROM changes",
            "UPDATE changes SET by = 'somebody'",
        ):
            with pytest.raises(sqlite3.Error):
                database.execute(statement)
    assert [c["change"] for c in answer("users", "changes", "--data", tmp_path)] == ["added"]


@pytest.fixture
def with_users(jinbao, nation_folder, tmp_path):
    """A nation's folder with two users whose roles the log has."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("platform.sqlite", "platform-projections.sqlite"):
        shutil.copy(nation_folder / name, folder / name)
    shutil.copytree(nation_folder / "audit", folder / "audit")
    for name in ("henan", "hebei"):
        assert jinbao("users", "add", name, "--role", "service", "--province", "41", "--data", folder).exit_code == 0
    assert jinbao("users", "disable", "hebei", "--data", folder).exit_code == 0
    assert jinbao("users", "role", "hebei", "auditor", "--data", folder).exit_code == 0
    return folder


PAST_THE_RECORD = "DROP TRIGGER users_changed; DROP TRIGGER users_added; DROP TRIGGER users_removed; "


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE users SET role = 'operator', province = NULL WHERE name = 'henan'", "henan"),
        ("UPDATE users SET disabled = 0 WHERE name = 'hebei'", "hebei"),
        ("DELETE FROM users WHERE name = 'henan'", "henan"),
        ("INSERT INTO users (name, role, password) VALUES ('intruder', 'auditor', 'x')", "intruder"),
    ],
)
def test_a_role_that_was_given_in_the_file_alone_is_named(answer, with_users, statement, named):
    assert answer("audit", "verify", "--data", with_users)["ok"]
    with closing(sqlite3.connect(with_users / NAME)) as database:
        database.executescript(PAST_THE_RECORD + statement)
    found = answer("audit", "verify", "--data", with_users, code=1)
    assert found["first_bad"]["code"] == "PROJECTION_DIFFERS"
    assert f"用户 {named} " in found["first_bad"]["text"]


def test_a_change_that_the_log_was_not_told_is_named_as_not_covered(answer, with_users):
    with closing(sqlite3.connect(with_users / NAME)) as database:
        database.create_function("jinbao_user", 0, lambda: "root")
        database.execute("UPDATE users SET role = 'operator', province = NULL WHERE name = 'henan'")
        database.commit()
    found = answer("audit", "verify", "--data", with_users)
    assert found["ok"]
    assert found["not_covered"][-1].endswith("尚未记入日志的用户变更：henan")


def test_another_file_of_users_than_the_log_knows_differs_until_the_log_is_told(answer, jinbao, with_users):
    assert answer("audit", "verify", "--data", with_users)["ok"]
    (with_users / NAME).unlink()
    with closing(UsersFile(with_users)) as file:  # past the command, which tells the log
        add_user(file, "henan", "operator", None, "a long password")
    found = answer("audit", "verify", "--data", with_users, code=1)
    assert found["first_bad"]["code"] == "PROJECTION_DIFFERS"
    assert "用户 henan " in found["first_bad"]["text"]
    assert jinbao("users", "disable", "henan", "--data", with_users).exit_code == 0
    assert answer("audit", "verify", "--data", with_users)["ok"]


def test_roles_that_were_not_held_against_the_log_are_named_as_not_covered(answer, with_users):
    def is_named(code=0):
        found = answer("audit", "verify", "--data", with_users, code=code)
        return any(NAME in line and "未与日志核对" in line for line in found["not_covered"])

    assert not is_named()
    (with_users / NAME).unlink()
    assert is_named(), "no file, though the log knows of one"
    UsersFile(with_users).close()
    assert is_named(), "a new file, in which nobody is"
    with closing(sqlite3.connect(with_users / "platform.sqlite")) as database, database:
        database.execute("UPDATE tree_statements SET body = replace(body, 'auditor', 'operator') WHERE kind = 'roles'")
    assert is_named(code=1), "the log itself does not hold"


def test_a_folder_without_users_of_which_the_log_was_never_told_lacks_nothing(answer, nation_folder):
    assert not any(NAME in line for line in answer("audit", "verify", "--data", nation_folder)["not_covered"])
