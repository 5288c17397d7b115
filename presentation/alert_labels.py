"""Labels of the alerts: their names, levels and states, and what to do about each (docs/operations.md says more)."""

from __future__ import annotations

from jinbao.language.words import Words

NAMES: dict[str, Words] = {
    "ingest_stopped": ("收文停止", "ingest has stopped"),
    "projection_behind": ("读模型落后", "a read model is behind"),
    "ledger_not_zero": ("资金账不平", "the ledger does not balance"),
    "money_unexplained": ("银行资金未解释", "money on a bank is not explained"),
    "statement_missing": ("缺银行对账单", "a bank statement is missing"),
    "disk_low": ("磁盘空间不足", "little disk space is left"),
    "not_logged": ("报文未入日志", "messages are not in the log"),
    "quorum_missing": ("日志见证不足", "the log has too few witnesses"),
    "dead_letters": ("死信", "dead letters"),
    "adapter_silent": ("适配器无声", "an adapter is silent"),
    "set_aside": ("适配器搁置", "an adapter has set something aside"),
    "parked_old": ("报文久候", "messages parked for long"),
    "key_limit": ("密钥查询达上限", "look-ups at the key service are used up"),
}
LEVELS: dict[str, Words] = {"wakes": ("立即处理", "wakes somebody"), "waits": ("上班处理", "waits for the morning")}
STATES: dict[str, Words] = {
    "raised": ("持续", "holds"),
    "clearing": ("已消失，待确认", "gone, being confirmed"),
    "unknown": ("无法判断", "unknown"),
}
RUNBOOKS: dict[str, tuple[Words, ...]] = {
    "ingest_stopped": (
        (
            "看平台是否在运行：jinbao bus lag，以及各平台的 /readyz；它会说明受阻的原因。",
            "See whether a platform runs: jinbao bus lag, and /readyz of each; it tells what is in its way.",
        ),
        (
            "没有运行就启动：jinbao platform run。时钟跳变时：jinbao platform confirm-time。",
            "Start it where none does: jinbao platform run. After a clock has jumped: jinbao platform confirm-time.",
        ),
        (
            "其间不丢报文，期限仍按总线时间计算。",
            "Nothing is lost meanwhile, and clocks count from the bus's time.",
        ),
    ),
    "projection_behind": (
        (
            "页面、清单和巡查所见是较早的状态；收文不受影响。",
            "Pages, lists and the sweep show an older state; what is taken in is not harmed.",
        ),
        (
            "jinbao projections status 指出是哪个读模型；平台的日志说明原因。没有说明就重启平台。",
            "jinbao projections status names it, the platform's log the reason. Where it has none, restart it.",
        ),
        (
            "读模型本身有错时重建：jinbao projections rebuild。",
            "Where the read model itself is wrong, build it anew: jinbao projections rebuild.",
        ),
    ),
    "ledger_not_zero": (
        ("jinbao ledger 指出有误的分录和账户。", "jinbao ledger names the entries and accounts that are wrong."),
        (
            "重建读模型：jinbao projections rebuild fund_ledger。",
            "Build the read model anew: jinbao projections rebuild fund_ledger.",
        ),
        (
            "其后仍不平，则是日志有误：什么也不要停，备份数据库，通知程序维护方。",
            "Wrong afterwards, the log is: stop nothing, back the database up, tell whoever mends the program.",
        ),
    ),
    "money_unexplained": (
        (
            "平台停止对账时会如此：看平台是否在运行，jinbao projections status 是否落后。",
            "It is so while nothing is reconciled: does a platform run, are the read models behind "
            "(jinbao projections status)?",
        ),
        (
            "jinbao reconcile 指出是哪个账户；读模型有错时重建 bank_findings。",
            "jinbao reconcile names the account. Where the read model is wrong, build bank_findings anew.",
        ),
        (
            "其后仍有未解释的金额：不要签封月份，备份数据库，通知程序维护方。",
            "If money is unexplained afterwards: seal no month, back the database up, tell whoever mends the program.",
        ),
    ),
    "statement_missing": (
        (
            "询问该省财务：对账单是否已从银行取得，是否已导入（jinbao bank import）。",
            "Ask the province's finance officer: is the statement there, was it taken in (jinbao bank import)?",
        ),
        (
            "缺对账单的日子不能签封月份；对账单到后告警自行结束。",
            "A month that lacks one cannot be sealed; the alert ends once the statement has come.",
        ),
    ),
    "disk_low": (
        (
            "移走数据目录所在磁盘上的其他文件，或扩大磁盘。",
            "Move away what is not ours from the data folder's disk, or give it more room.",
        ),
        (
            "磁盘满时不丢数据：总线和数据库拒收，腾出空间后自行继续。",
            "Full, nothing is lost: bus and database refuse, and go on once there is room.",
        ),
    ),
    "dead_letters": (
        (
            "在收文页选“无法识读”查看每一封及其原因。",
            "The page of intake shows each of them with its reason.",
        ),
        (
            "原因消除后重发：收文页，或 jinbao dead-letters replay。",
            "Send them again once the cause is gone: there, or by jinbao dead-letters replay.",
        ),
        (
            "INTERNAL_ERROR 是程序缺陷：保存其事件编号的日志。",
            "INTERNAL_ERROR is a defect of the program: keep the log of its incident.",
        ),
    ),
    "adapter_silent": (
        (
            "询问该省运维：适配器是否在运行，能否连上总线，其 /readyz 怎么说。",
            "Ask whoever runs it in that province: does it run, does it reach the bus, what does its /readyz say?",
        ),
        (
            "满一个工作日视为已收到，该省的期限照常计算，而当地无人看到。",
            "After a working day the document counts as received: the province's clock runs, unseen there.",
        ),
        (
            "该省一有报文，告警即结束。",
            "It ends when anything comes from that province.",
        ),
    ),
    "set_aside": (
        (
            "在收文页选“适配器搁置”查看每一件及其原因。",
            "The page of intake shows each of them with its reason.",
        ),
        (
            "缺钥匙的每分钟重试；升级后全部重办。立即重办：jinbao adapter set-aside retry --province PP。",
            "A missing key is looked for each minute, an upgraded adapter works all again. At once: "
            "jinbao adapter set-aside retry --province PP.",
        ),
    ),
    "not_logged": (
        (
            "该省发出的报文一分钟后仍无证明在日志中：看收文是否停止（jinbao bus lag），看日志见证是否不足。",
            "What the province sent is not proved to be in the log: see whether ingest has stopped (jinbao bus lag) "
            "or the log has too few witnesses.",
        ),
        (
            "两者都正常时，有报文被略过：jinbao audit verify 的 population.gaps 指出总线上的位置；保留证据，报告审计。",
            "Where neither is so a message was passed over: population.gaps of jinbao audit verify names its place on "
            "the bus. Keep it as it is and tell the auditors.",
        ),
    ),
    "quorum_missing": (
        (
            "收文照常；未见证的尾部还不能对外证明。看各省适配器是否在运行：jinbao bus lag。",
            "Ingest goes on; the end of the log proves nothing to others yet. See which adapters run: jinbao bus lag.",
        ),
        (
            "适配器在运行而拒绝见证时，平台的 /readyz 指出是谁和原因（FORKED、ROLLED_BACK）："
            "停止平台，保留数据库，报告审计。",
            "Where they run and refuse, the platform's /readyz names who and why (FORKED, ROLLED_BACK): stop the "
            "platform, keep the database as it is and tell the auditors.",
        ),
    ),
    "parked_old": (
        (
            "在收文页选“等待先行报文”查看它们在等什么，或 jinbao intake list --outcome parked。",
            "The page of intake, or jinbao intake list --outcome parked, names them and what they wait for.",
        ),
        (
            "询问本应报送先行报文的省；满十个工作日即被拒收。",
            "Ask the province that should have sent it; after ten working days they are rejected.",
        ),
    ),
    "key_limit": (
        (
            "问该省今天是否有这么多新业务；没有，就废止其令牌：jinbao users tokens，jinbao users revoke。",
            "Ask the province whether it has so many new cases today; if not, end its token: jinbao users tokens, "
            "jinbao users revoke.",
        ),
        (
            "属正常业务的，提高密钥服务的 key_look_ups_a_day；每一次查询都记在它的 key-uses.sqlite 里。",
            "If it has, raise key_look_ups_a_day at the key service; its key-uses.sqlite has each look-up.",
        ),
    ),
}
"""What to do, step by step."""
