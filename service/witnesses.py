"""The adapters as witnesses: each one's line to the bus, and what they have kept, for whoever verifies here."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

from jinbao.bus.interface import Bus
from jinbao.platform.outbox.log_key import policy_in
from jinbao.presentation import formatting
from jinbao.regional_adapter.exchange.witness import Evidence, Witness, WitnessLine, kept_in
from jinbao.rules.provinces import PROVINCES
from jinbao.service.errors import Unavailable
from jinbao.service.province import Province

BEHIND_US = 60_000_000
"""So long may the platform take to prove that a longer log continues the one that was cosigned."""


def witness_line(stack: ExitStack, place: Province, bus: Bus) -> WitnessLine | None:
    """A province's witness on the bus, closed with the stack; None where no policy lies in the folder.

    Raises BusError, StoreError, UserError.
    """
    policy = policy_in(place.folder)
    if policy is None or not policy.logs:
        return None
    witness: Witness = stack.enter_context(closing(place.witness()))
    return stack.enter_context(closing(WitnessLine(bus, witness, policy, place.code)))


def kept_checkpoints(folder: Path) -> list[str]:
    """The checkpoints that adapters of this folder have cosigned last, and those that they were shown and refused."""
    files = [Province(folder, province).witness_file for province in sorted(PROVINCES)]
    kept = [kept_in(file) for file in files if file.is_file()]
    notes = [note for one in kept for note in (*one.notes, *(each.shown for each in one.evidence))]
    return list(dict.fromkeys(notes))


def trouble_of(witness: Witness, province: str, now_us: int) -> Unavailable | None:
    """What a witness has to tell its operator: evidence against the log, or messages that are not in it."""
    if evidence := witness.evidence():
        return evidence_told(province, evidence[-1])
    missing = witness.not_logged(now_us)
    if not missing:
        return _behind_told(witness, province, now_us)
    return Unavailable(
        f"NOT_LOGGED：{province} 的 {len(missing)} 件报文发出一分钟后仍不在任何已见证的检查点中，首件为 {missing[0]}",
        f"NOT_LOGGED: {len(missing)} messages of {province} are in no cosigned checkpoint a minute after they were "
        f"sent, the first is {missing[0]}",
    )


def _behind_told(witness: Witness, province: str, now_us: int) -> Unavailable | None:
    since = witness.behind_since()
    if since is None or now_us - since < BEHIND_US:
        return None
    told = formatting.instant(since)
    return Unavailable(
        f"自 {told} 起，平台给 {province} 的检查点没有一份能证明延续它见证过的日志",
        f"since {told} no checkpoint that the platform shows to {province} is proven to continue the log it cosigned",
    )


def evidence_told(province: str, evidence: Evidence) -> Unavailable:
    """What an adapter tells its operator of a refusal."""
    return Unavailable(
        f"{province} 的适配器拒绝见证：日志的检查点与它见证过的不是同一历史（FORKED）；"
        f"两份签名检查点见 jinbao adapter witness --province {province}",
        f"adapter {province} refuses to cosign: the log's checkpoint and the one that it cosigned are not of one "
        f"history (FORKED); see both by `jinbao adapter witness --province {province}`",
    )
