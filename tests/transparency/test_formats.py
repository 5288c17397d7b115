"""The formats hold against RFC 6962's own tree and against what Go's x/mod and torchwood wrote (`vectors.json`)."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from jinbao.transparency import check_proof as formats
from jinbao.transparency.check_proof import COSIGNATURE, NotValid, leaf_hash, node_hash
from jinbao.transparency.merkle import EMPTY_ROOT, check_consistency, consistency_proof, inclusion_path, root_at
from jinbao.transparency.proofs import policy_text, proof_text
from jinbao.transparency.signing import SigningKey, new_log_key, read_key, verify_fast
from jinbao.transparency.tiles import (
    LONGEST_ENTRY,
    TiledTree,
    TileKey,
    bundle,
    entries_of,
    parse_tile_path,
    stored_subtree,
    width_of,
)

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text())
ENTRIES = [f"entry {i}".encode() for i in range(1_000)]
RFC_6962 = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]


def grown(leaves: list[bytes], steps: list[int]) -> tuple[dict[TileKey, bytes], bytes]:
    """Tiles and root of a tree that grew by so many leaves at a time, each time read back from its tiles."""
    tiles: dict[TileKey, bytes] = {}
    at = 0
    root = EMPTY_ROOT
    for step in steps:
        tree = TiledTree(at, tiles.__getitem__)
        tree.extend(leaves[at : at + step])
        at, root = tree.size, tree.root()
        tiles.update(tree.changed)
    return tiles, root


@pytest.fixture(scope="module")
def tiles() -> dict[TileKey, bytes]:
    return grown([leaf_hash(e) for e in ENTRIES], [1, 254, 2, 743])[0]


def test_the_tree_of_rfc_6962() -> None:
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in RFC_6962]
    _, root = grown(leaves, [8])
    assert root.hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert EMPTY_ROOT.hex() == hashlib.sha256().hexdigest()


def test_roots_paths_and_consistency_are_those_of_go(tiles: dict[TileKey, bytes]) -> None:
    subtree = stored_subtree(tiles.__getitem__)
    roots = {int(size): b64decode(root) for size, root in VECTORS["roots"].items()}
    assert {size: root_at(size, subtree) for size in roots} == roots
    for case in VECTORS["inclusion"]:
        path = inclusion_path(case["Index"], case["Size"], subtree)
        assert path == [b64decode(each) for each in case["Path"]]
        found = formats.root_of_inclusion(leaf_hash(ENTRIES[case["Index"]]), case["Index"], case["Size"], path)
        assert found == roots[case["Size"]]
    for case in VECTORS["consistency"]:
        old, size = case["Old"], case["Size"]
        proof = consistency_proof(old, size, subtree)
        assert proof == [b64decode(each) for each in case["Proof"]]
        check_consistency(old, roots[old], size, roots[size], proof)
        if old < size:
            with pytest.raises(NotValid):
                check_consistency(old, leaf_hash(b"another"), size, roots[size], proof)


@given(st.lists(st.integers(1, 600), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_a_tree_is_the_same_however_it_grew(steps: list[int]) -> None:
    leaves = [hashlib.sha256(str(i).encode()).digest() for i in range(sum(steps))]
    assert grown(leaves, steps) == grown(leaves, [len(leaves)])


def test_a_root_is_that_of_the_definition() -> None:
    def defined(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        split = 1 << ((len(leaves) - 1).bit_length() - 1)
        return node_hash(defined(leaves[:split]), defined(leaves[split:]))

    leaves = [leaf_hash(e) for e in ENTRIES[:300]]
    assert all(grown(leaves[:n], [n])[1] == defined(leaves[:n]) for n in (1, 2, 3, 5, 255, 256, 257, 300))


def test_signatures_are_those_of_go_and_read_by_both_verifiers() -> None:
    log, witness = formats.parse_key(VECTORS["log_key"]), formats.parse_key(VECTORS["witness_key"])
    note = formats.parse_note(VECTORS["checkpoint"])
    for verify in (formats.verify_ed25519, verify_fast):
        assert note.signed_by([log, witness], verify) == [log, witness]
        other = note._replace(text=note.text.replace("1000", "1001"))
        for key in (log, witness):
            with pytest.raises(NotValid):
                other.signed_by([key], verify)
    assert (str(log), str(witness), witness.kind) == (VECTORS["log_key"], VECTORS["witness_key"], COSIGNATURE)


def test_a_log_signs_as_go_does(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(VECTORS["log_private_key"] + "\n")
    key = read_key(tmp_path / "key")
    checkpoint = formats.parse_checkpoint(formats.parse_note(VECTORS["checkpoint"]).text)
    assert str(key) == VECTORS["log_private_key"]
    assert VECTORS["checkpoint"].startswith(key.sign(str(checkpoint)))
    (tmp_path / "key").write_text("no key")
    with pytest.raises(NotValid):
        read_key(tmp_path / "key")


def test_two_logs_never_have_the_same_origin() -> None:
    assert new_log_key("example.com").verifier.name != new_log_key("example.com").verifier.name


def test_tiles_have_the_addresses_of_go() -> None:
    assert VECTORS["tile_paths"] == [
        str(parse_tile_path(path))
        for path in ("tile/0/000", "tile/2/067.p/5", VECTORS["tile_paths"][2], "tile/1/x001/000")
    ]
    for wrong in (
        "tile/0/1",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/64/000",
        "tile/x/000",
        "tile",
        "tile/0/x000/001",
    ):
        with pytest.raises(NotValid):
            parse_tile_path(wrong)
    assert [width_of((0, 3), 1_000), width_of((0, 4), 1_000), width_of((1, 0), 1_000)] == [232, 0, 3]


def test_a_bundle_holds_entries_of_any_length() -> None:
    entries = [b"", b"x", b"y" * LONGEST_ENTRY]
    assert entries_of(bundle(entries)) == entries
    with pytest.raises(NotValid):
        entries_of(bundle(entries)[:-1])


POLICY = policy_text(formats.parse_key(VECTORS["log_key"]), {"henan": formats.parse_key(VECTORS["witness_key"])})


def test_a_proof_is_written_as_go_writes_it_and_holds(tiles: dict[TileKey, bytes]) -> None:
    path = inclusion_path(333, 1_000, stored_subtree(tiles.__getitem__))
    text = proof_text(formats.Proof(333, tuple(path), VECTORS["checkpoint"], b"entry 333"))
    assert text == VECTORS["proof"]
    found = formats.check_proof(text, formats.parse_policy(POLICY))
    assert found == {
        "valid": True,
        "origin": "example.com/log",
        "index": 333,
        "size": 1000,
        "cosigned_by": ["henan"],
        "entry": "ZW50cnkgMzMz",
        "reason": None,
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("extra ZW50cnkgMzMz", "extra ZW50cnkgMzM0"),
        ("extra ZW50cnkgMzMz\n", ""),
        ("index 333", "index 334"),
        ("index 333", "index 1000"),
        ("example.com/log\n1000", "example.com/log\n1001"),
        ("— example.com/log", "— example.com/other"),
        ("— example.com/witness", "— example.com/nobody"),
        ("tlog-proof@v1", "tlog-proof@v2"),
    ],
)
def test_a_proof_that_was_changed_does_not_hold(old: str, new: str) -> None:
    assert old in VECTORS["proof"]
    found = formats.check_proof(VECTORS["proof"].replace(old, new, 1), formats.parse_policy(POLICY))
    assert not found["valid"]
    assert found["reason"]


def test_every_character_of_a_proof_matters() -> None:
    policy = formats.parse_policy(POLICY)
    text = VECTORS["proof"]
    witness = text.index("— example.com/witness")
    for at in [*range(0, witness, 7), *range(witness, len(text), 11)]:
        assert not formats.check_proof(text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :], policy)["valid"], at


def test_a_quorum_is_more_than_two_thirds() -> None:
    keys = {f"w{i}": SigningKey(f"w{i}", bytes([i]) * 32, COSIGNATURE).verifier for i in range(6)}
    policy = formats.parse_policy(policy_text(formats.parse_key(VECTORS["log_key"]), keys))
    assert not policy.is_enough(["w0", "w1", "w2", "w3"])
    assert policy.is_enough(["w0", "w1", "w2", "w3", "w4"])
    assert policy_text(formats.parse_key(VECTORS["log_key"]), {}).endswith("quorum none\n")


@pytest.mark.parametrize(
    "wrong",
    [
        "quorum none\nquorum none\n",
        "quorum w\n",
        "log x\nquorum none\n",
        f"log {VECTORS['witness_key']}\nquorum none\n",
        f"log {VECTORS['log_key']}\nlog {VECTORS['log_key']}\nquorum none\n",
        f"witness w {VECTORS['witness_key']}\ngroup g 2 w\nquorum g\n",
        f"witness w {VECTORS['witness_key']}\ngroup g 1 w\ngroup h 1 w\nquorum g\n",
        f"witness none {VECTORS['witness_key']}\nquorum none\n",
        "",
    ],
)
def test_a_policy_that_is_not_one_is_refused(wrong: str) -> None:
    with pytest.raises(NotValid):
        formats.parse_policy(wrong)


def test_the_checker_is_one_file_of_the_standard_library(tmp_path: Path) -> None:
    alone = tmp_path / "check_proof.py"
    alone.write_bytes(Path(formats.__file__).read_bytes())
    (tmp_path / "policy").write_text("# trusted\n" + POLICY)
    (tmp_path / "proof").write_text(VECTORS["proof"])
    command = [sys.executable, "-I", str(alone), str(tmp_path / "proof"), "--policy", str(tmp_path / "policy")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, json.loads(told.stdout)["valid"]) == (0, True)
    (tmp_path / "proof").write_text(VECTORS["proof"].replace("index 333", "index 332"))
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
    (tmp_path / "policy").unlink()
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2
