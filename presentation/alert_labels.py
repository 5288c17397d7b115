"""Labels of the alerts: their names, levels and states."""

from __future__ import annotations

from jinbao.language.words import Words

NAMES: dict[str, Words] = {
    "ingest_stopped": ("收文停止", "ingest has stopped"),
    "projection_behind": ("读模型落后", "a read model is behind"),
    "ledger_not_zero": ("资金账不平", "the ledger does not balance"),
    "disk_low": ("磁盘空间不足", "little disk space is left"),
    "dead_letters": ("死信", "dead letters"),
    "adapter_silent": ("适配器无声", "an adapter is silent"),
    "set_aside": ("适配器搁置", "an adapter has set something aside"),
    "parked_old": ("报文久候", "messages parked for long"),
}
LEVELS: dict[str, Words] = {"wakes": ("立即处理", "wakes somebody"), "waits": ("上班处理", "waits for the morning")}
STATES: dict[str, Words] = {
    "raised": ("持续", "holds"),
    "clearing": ("已消失，待确认", "gone, being confirmed"),
    "unknown": ("无法判断", "unknown"),
}
