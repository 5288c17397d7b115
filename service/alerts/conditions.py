"""Conditions of the alerts: pure functions of what was observed, each to the findings for which it holds.

Whether a condition has held long enough to be raised is decided in `history.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.language.words import Words
from jinbao.platform.outbox.witnessed import Tail
from jinbao.platform.projections.unexplained import MissingDays, Unexplained
from jinbao.presentation import formatting
from jinbao.rules.working_days import end_of_day
from jinbao.service.alerts.alert import Finding, Thresholds
from jinbao.service.alerts.observation import Backlog, Behind, Disk, Held, Letters, Waiting, WrongLedger
from jinbao.service.key_service.uses import Refused
from jinbao.service.witnessing import unwitnessed_told


def ingest_stopped(backlog: Backlog) -> list[Finding]:
    """Submissions lie on the bus, and none has been taken in since."""
    if not backlog.waiting:
        return []
    since = max(backlog.oldest_us, backlog.last_recorded_us)
    words = (
        f"总线上有 {backlog.waiting:,} 件报文未收，自 {formatting.instant(since)} 起没有收文",
        f"{formatting.counted(backlog.waiting, 'submission')} on the bus not taken in; "
        f"nothing has been since {formatting.instant(since)}",
    )
    return [Finding(None, since, words)]


def projection_behind(behind: Behind | None) -> list[Finding]:
    """A read model does not hold what the log does."""
    if behind is None:
        return []
    words = (
        f"读模型 {'、'.join(behind.names)} 停在第 {behind.position:,} 号事件，落后 {behind.events:,} 个",
        f"read models {', '.join(behind.names)} stand at event {behind.position:,}, {behind.events:,} behind the log",
    )
    return [Finding(None, behind.since_us, words)]


def ledger_not_zero(ledger: WrongLedger | None, now_us: int) -> list[Finding]:
    """A fact's entries do not sum to zero, or a balance is not the sum of its entries."""
    if ledger is None:
        return []
    words = (
        f"资金账不平：{ledger.entries:,} 笔分录合计不为零，{ledger.balances:,} 个账户余额与分录不符",
        f"the ledger does not balance: {ledger.entries:,} entries of facts that do not sum to zero, "
        f"{ledger.balances:,} balances that are not the sum of their entries",
    )
    return [Finding(None, ledger.since_us or now_us, words)]


def money_unexplained(left: Unexplained | None) -> list[Finding]:
    """A bank has booked what no match, class or break explains."""
    if left is None:
        return []
    yuan = formatting.yuan(left.fen)
    words = (
        f"银行已记 {left.entries:,} 笔、{yuan} 元未解释",
        f"{formatting.counted(left.entries, 'booking')} of banks, {yuan} yuan, not explained",
    )
    return [Finding(None, left.since_us, words)]


def statement_missing(missing: Mapping[str, MissingDays]) -> list[Finding]:
    """No bank statement of a province tells of a working day."""
    return [
        Finding(
            province,
            end_of_day(days.first),
            (
                f"{days.number:,} 个工作日没有对账单，最早 {days.first}",
                f"no bank statement for {formatting.counted(days.number, 'working day')}, the first {days.first}",
            ),
        )
        for province, days in missing.items()
    ]


def disk_low(disk: Disk, limits: Thresholds, now_us: int) -> list[Finding]:
    """The data folder's disk has less room than is safe."""
    if disk.free_bytes >= limits.disk_free * disk.size_bytes:
        return []
    free = f"{disk.free_bytes / 2**30:,.1f} GB"
    share = f"{100 * disk.free_bytes / disk.size_bytes:.0f} %"
    return [
        Finding(
            None,
            now_us,
            (f"数据目录所在磁盘仅余 {free}（{share}）", f"the data folder's disk has {free} ({share}) left"),
        )
    ]


def dead_letters(letters: Letters | None) -> list[Finding]:
    """Something could not be read or worked lately and has not been taken since."""
    if letters is None:
        return []
    codes = ", ".join(letters.codes)
    words = (
        f"{letters.number:,} 封死信尚未处理（{codes}）",
        f"{formatting.counted(letters.number, 'dead letter')} not settled ({codes})",
    )
    return [Finding(None, letters.since_us, words)]


NEVER_HEARD: Words = (
    "已列为启用（expected_provinces），从未报送",
    "said to be in service (expected_provinces), and never heard of",
)


def adapter_silent(
    unreceipted: Mapping[str, list[int]],
    heard: Mapping[str, int],
    raised: Mapping[str | None, int],
    expected: Mapping[str, int] | None = None,
) -> list[Finding]:
    """A province has said nothing since something was delivered that its adapter receipts by itself, or never anything.

    `unreceipted`: province → when each such thing was delivered; `heard`: when it last said anything; `raised`: since
    when a province is known as silent, which it stays until it is heard, whatever else becomes of what it left;
    `expected`: since when each province that is in service could have been heard.
    """
    found = []
    never_heard = {province: since for province, since in (expected or {}).items() if province not in heard}
    for province in sorted({*unreceipted, *never_heard, *filter(None, raised)}):
        last = heard.get(province, 0)
        since = raised.get(province)
        if since is None or last > since:
            since = min((at for at in unreceipted.get(province, ()) if at > last), default=None)
        if since is None and province in never_heard:
            found.append(Finding(province, never_heard[province], NEVER_HEARD))
        elif since is not None:
            said = formatting.instant(last) if last else None
            words = (
                f"{formatting.instant(since)} 送达后没有回执，" + (f"最后一次报文 {said}" if said else "从未报送"),
                f"no receipt for what was delivered {formatting.instant(since)}; "
                + (f"last heard of {said}" if said else "never heard of"),
            )
            found.append(Finding(province, since, words))
    return found


def set_aside(held: Mapping[str, Held]) -> list[Finding]:
    """An adapter has set something aside that it cannot work."""
    return [
        Finding(
            province,
            kept.since_us,
            (f"适配器搁置 {kept.number:,} 件", f"the adapter has set {kept.number:,} aside"),
        )
        for province, kept in sorted(held.items())
        if kept.number
    ]


def key_limit(refused: Mapping[str, Refused]) -> list[Finding]:
    """A province has asked the key service for more new relationships today than it may."""
    return [
        Finding(
            province,
            today.since_us,
            (
                f"今天向密钥服务的新查询已达上限，另有 {today.times:,} 次被拒",
                f"its new look-ups of today at the key service are used up, {today.times:,} more were refused",
            ),
        )
        for province, today in sorted(refused.items())
    ]


def not_logged(missing: Mapping[str, Held]) -> list[Finding]:
    """A message that an adapter sent is in no cosigned checkpoint a minute later: `NOT_LOGGED`."""
    return [
        Finding(
            province,
            found.since_us,
            (
                f"NOT_LOGGED：{found.number:,} 件报文发出后不在任何已见证的检查点中",
                f"NOT_LOGGED: {formatting.counted(found.number, 'message')} sent and in no cosigned checkpoint",
            ),
        )
        for province, found in sorted(missing.items())
    ]


def quorum_missing(tail: Tail | None) -> list[Finding]:
    """The end of the log has too few witnesses."""
    return [] if tail is None else [Finding(None, tail.since_us, unwitnessed_told(tail))]


def parked_old(waiting: Waiting | None) -> list[Finding]:
    """A message has long waited for another that must come first."""
    if waiting is None:
        return []
    since = formatting.instant(waiting.since_us)
    words = (
        f"{waiting.number:,} 件报文在等候，最早自 {since}",
        f"{formatting.counted(waiting.number, 'message')} parked, the oldest since {since}",
    )
    return [Finding(None, waiting.since_us, words)]
