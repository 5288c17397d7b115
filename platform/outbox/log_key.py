"""The transparency log's key, in `DIR/audit/log.key`, and the policy that trusts it, in `DIR/audit/policy`.

Both lie outside the database: who can only write to that cannot sign. A new folder gets a key of its own, and with it
an origin that no other nation has.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from jinbao.language.system_errors import system_reason
from jinbao.platform.outbox.checkpoints import ORIGIN
from jinbao.platform.store.store import StoreError
from jinbao.storage.new_file import write_new, write_over
from jinbao.transparency.check_proof import NotValid, Policy, VerifierKey, parse_policy
from jinbao.transparency.proofs import policy_text
from jinbao.transparency.signing import SigningKey, new_log_key, read_key
from jinbao.transparency.witnessing import witness_addresses

FOLDER, KEY, POLICY = "audit", "log.key", "policy"


def open_log_key(data: Path) -> SigningKey:
    """The key of the log in that folder, made where there is none. Raises StoreError."""
    path = data / FOLDER / KEY
    try:
        if not path.exists():
            _make(path)
        return read_key(path)
    except OSError as error:
        zh, en = system_reason(error)
        raise StoreError(f"日志的私钥 {path}：{zh}", f"the log's key {path}: {en}") from error
    except NotValid as error:
        raise StoreError(*error.words) from error


def _make(path: Path) -> None:
    """Of two processes at once the first one's key is it."""
    write_new(path, f"{new_log_key(ORIGIN)}\n".encode())
    write_over(path.with_name(POLICY), policy_text(read_key(path).verifier, {}).encode())


def policy_in(data: Path) -> Policy | None:
    """The policy of that folder; None where it has none. Raises StoreError."""
    path = data / FOLDER / POLICY
    try:
        return parse_policy(path.read_text("utf-8", "surrogateescape"))
    except FileNotFoundError:
        return None
    except OSError as error:
        zh, en = system_reason(error)
        raise StoreError(f"策略文件 {path}：{zh}", f"policy {path}: {en}") from error
    except NotValid as error:
        zh, en = error.words
        raise StoreError(f"{path}：{zh}", f"{path}: {en}") from error


def addresses_in(data: Path) -> dict[str, str]:
    """Name → address of the witnesses elsewhere that the folder's policy names."""
    with suppress(OSError):
        return witness_addresses((data / FOLDER / POLICY).read_text("utf-8", "surrogateescape"))
    return {}


def name_witnesses(data: Path, witnesses: dict[str, VerifierKey]) -> Policy:
    """Let the folder's policy ask for more than two thirds of these witnesses, unless it names any. Raises StoreError.

    For a nation whose parties are all made here; elsewhere the ministry writes the policy.
    """
    policy = policy_in(data)
    if policy is None or not policy.witnesses:
        path = data / FOLDER / POLICY
        write_over(path, policy_text(open_log_key(data).verifier, witnesses).encode())
        policy = policy_in(data)
    assert policy is not None
    return policy
