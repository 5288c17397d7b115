"""The adapters as witnesses: each one's line to the bus, and what they have kept, for whoever verifies here."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import UUID

from jinbao.bus.interface import Bus
from jinbao.bus.packed_headers import Headers
from jinbao.platform.outbox.log_key import policy_in
from jinbao.presentation import formatting
from jinbao.regional_adapter.exchange.witness import (
    Evidence,
    NotLogged,
    Witness,
    WitnessLine,
    kept_in,
    not_logged_in,
)
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.headers import ID
from jinbao.service.errors import Unavailable
from jinbao.service.province import Province

BEHIND_US = 60_000_000
"""So long may the platform take to prove that a longer log continues the one that was cosigned."""


class ProvincesWitness:
    """A province's witness on the bus, which is told of what its adapter sent and of what the platform answered."""

    def __init__(self, witness: Witness, line: WitnessLine, province: str) -> None:
        self._witness, self._line, self._province = witness, line, province
        self._sent: list[bytes] = []
        self._answered: list[bytes] = []

    def observe(self, what: str, headers: Headers) -> None:
        """As the adapter's `Observer`."""
        event_id = dict(headers).get(ID) if what == "sent" else None
        if event_id is not None:
            self._sent.append(UUID(event_id.decode()).bytes)

    def answered(self, event_ids: Sequence[bytes]) -> None:
        """As the adapter's `Answered`."""
        self._answered.extend(event_ids)

    def step(self, now_us: int) -> int:
        """Keep what was told, and answer the log's newest checkpoint; 1 where there was one. Raises BusError."""
        self._witness.watch(self._sent, self._answered, now_us)
        self._sent.clear()
        self._answered.clear()
        return self._line.step(now_us)

    def not_logged(self, now_us: int) -> int:
        """How many messages are `NOT_LOGGED`."""
        found = self._witness.not_logged(now_us)
        return 0 if found is None else found.number

    def trouble(self, now_us: int) -> Unavailable | None:
        """What it has to tell its operator."""
        return trouble_of(self._witness, self._province, now_us)


def provinces_witness(stack: ExitStack, place: Province, bus: Bus) -> ProvincesWitness | None:
    """A province's witness, closed with the stack; None where no policy lies in the folder.

    Raises BusError, StoreError, UserError.
    """
    policy = policy_in(place.folder)
    if policy is None or not policy.logs:
        return None
    witness: Witness = stack.enter_context(closing(place.witness()))
    line = stack.enter_context(closing(WitnessLine(bus, witness, policy, place.code)))
    return ProvincesWitness(witness, line, place.code)


def kept_checkpoints(folder: Path) -> list[str]:
    """The checkpoints that adapters of this folder have cosigned last, and those that they were shown and refused."""
    files = [Province(folder, province).witness_file for province in sorted(PROVINCES)]
    kept = [kept_in(file) for file in files if file.is_file()]
    notes = [note for one in kept for note in (*one.notes, *(each.shown for each in one.evidence))]
    return list(dict.fromkeys(notes))


def not_logged_here(folder: Path, now_us: int) -> dict[str, NotLogged]:
    """Province → messages of it that are not in the log, by what the adapters of this folder keep.

    Raises sqlite3.Error.
    """
    files = {province: Province(folder, province).witness_file for province in sorted(PROVINCES)}
    found = {province: not_logged_in(file, now_us) for province, file in files.items() if file.is_file()}
    return {province: missing for province, missing in found.items() if missing is not None}


def trouble_of(witness: Witness, province: str, now_us: int) -> Unavailable | None:
    """What a witness has to tell its operator: evidence against the log, or messages that are not in it."""
    if evidence := witness.evidence():
        return evidence_told(province, evidence[-1])
    missing = witness.not_logged(now_us)
    if missing is None:
        return _behind_told(witness, province, now_us)
    return Unavailable(
        f"NOT_LOGGED：{province} 的 {missing.number} 件报文发出一分钟后仍不在任何已见证的检查点中，"
        f"首件为 {missing.first}",
        f"NOT_LOGGED: {missing.number} messages of {province} are in no cosigned checkpoint a minute after they were "
        f"sent, the first is {missing.first}",
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
