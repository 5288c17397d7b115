"""Writing of proofs and policies; they are read by `check_proof.py`."""

from __future__ import annotations

import base64

from jinbao.transparency.check_proof import PROOF_HEADER, Proof, VerifierKey


def proof_text(proof: Proof) -> str:
    """The text of a proof (c2sp.org/tlog-proof)."""
    lines = [PROOF_HEADER]
    if proof.extra is not None:
        lines.append(f"extra {base64.b64encode(proof.extra).decode()}")
    lines.append(f"index {proof.index}")
    lines += [base64.b64encode(each).decode() for each in proof.path]
    return "\n".join(lines) + "\n\n" + proof.note


def policy_text(log: VerifierKey, witnesses: dict[str, VerifierKey]) -> str:
    """A policy (c2sp.org/tlog-policy) that trusts one log and asks for more than two thirds of the witnesses."""
    lines = [f"log {log}", *(f"witness {name} {key}" for name, key in witnesses.items())]
    if witnesses:
        lines += [f"group witnesses {len(witnesses) * 2 // 3 + 1} {' '.join(witnesses)}", "quorum witnesses"]
    else:
        lines.append("quorum none")
    return "\n".join(lines) + "\n"
