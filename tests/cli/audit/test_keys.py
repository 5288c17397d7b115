"""`jinbao audit keys`: a key is made, asked for by one person, approved by another, revoked by two."""

from __future__ import annotations


def test_a_key_lives_by_two_persons_at_each_step(answer, jinbao, tmp_path):
    answer("simulate", "--transfers", 1, "--days", 1, "--seed", 7, "--data", tmp_path)
    assert answer("audit", "keys", "show", "--data", tmp_path)["begun"]
    (other := tmp_path / "other").mkdir()
    key = jinbao("audit", "keys", "make", "41", "--data", other).stdout.strip()
    assert jinbao("audit", "keys", "make", "41", "--data", other).stdout.strip() == key
    key_id = key.split("+")[1]

    def keys(*words):
        return jinbao("--lang", "en", "audit", "keys", *words, "--data", tmp_path)

    def state():
        return next(one for one in answer("audit", "keys", "show", "--data", tmp_path)["keys"] if one["key"] == key)

    assert keys("request", "41", key, "--user", "a", "--expires", "2030-01-01T00:00").exit_code == 0
    alone = keys("approve", "41", key_id, "--user", "a")
    assert (alone.exit_code, state()["state"]) == (2, "requested")
    assert "a second person must" in alone.stderr
    assert "approved" in keys("approve", "41", key_id, "--user", "b").stdout
    assert "another person must confirm" in keys("revoke", "41", key_id, "--user", "a", "--reason", "lost").stdout
    assert "another person must confirm" in keys("revoke", "41", key_id, "--user", "a", "--reason", "lost").stdout
    assert state()["state"] == "approved"
    assert "revoked" in keys("revoke", "41", key_id, "--user", "b").stdout
    assert (state()["approved_by"], state()["revocation_by"], state()["revoked_by"]) == ("b", "a", "b")
    assert keys("approve", "41", "00000000", "--user", "b").exit_code == 2
    assert answer("audit", "verify", "--data", tmp_path)["ok"]


def test_a_lost_adapter_store_is_declared_by_two_persons(answer, jinbao, tmp_path):
    answer("simulate", "--transfers", 1, "--days", 1, "--seed", 7, "--data", tmp_path)

    def declare(*words):
        return jinbao("--lang", "en", "audit", "keys", "begun-anew", *words, "--data", tmp_path)

    assert declare("41", "--user", "a").exit_code == 2, "a reason is needed"
    assert "another person must confirm" in declare("41", "--user", "a", "--reason", "disk broke").stdout
    assert declare("41", "--user", "a", "--reason", "disk broke").exit_code == 2
    assert "confirmed, 1 in all" in declare("41", "--user", "b").stdout
    assert declare("99", "--user", "b", "--reason", "x").exit_code == 2
    assert answer("audit", "verify", "--data", tmp_path)["ok"]


def test_a_key_is_made_for_no_province_that_there_is_not(jinbao, tmp_path):
    refused = jinbao("--lang", "en", "audit", "keys", "request", "99", "--user", "a", "--data", tmp_path)
    assert (refused.exit_code, "99: not a province's code" in refused.stderr) == (2, True)
    assert list(tmp_path.rglob("*.signing-key")) == []
