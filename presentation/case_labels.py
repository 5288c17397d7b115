"""Labels of a case: states, clocks, outcomes, causes of a freeze, states of a province's documents."""

from __future__ import annotations

from jinbao.language.words import Words
from jinbao.presentation.labels import labelled
from jinbao.rules.procedures import load_procedures

STATES: dict[str, Words] = {
    "application_review": ("申请审核", "application review"),
    "letter_issued": ("联系函已发出", "letter on its way"),
    "origin_review": ("转出地审核", "origin review"),
    "transfer": ("转出办理", "transfer"),
    "confirmation": ("转入地确认", "confirmation"),
    "mismatch": ("表款不符", "mismatch"),
    "returned": ("已退回", "returned"),
    "frozen": ("已冻结", "frozen"),
    "unassigned": ("款项待认领", "money not assigned"),
    "refused": ("不予接收", "refused"),
    "withdrawn": ("已撤回", "withdrawn"),
    "closed": ("退回后终止", "closed"),
    "completed": ("已办结", "completed"),
    "reversed": ("已转回", "reversed"),
    "moving": ("正转入新号码", "moving to the corrected number"),
    "moved": ("已随更正转入新号码", "moved to the corrected number"),
}
"""By state of a transfer, in the order in which a transfer passes them."""

_SHORT_STATES: dict[str, Words] = {
    "unassigned": ("待认领", "unassigned"),
    "moving": ("更正中", "moving"),
    "moved": ("已更正", "moved"),
}

CLOCK_ENDS: dict[str, Words] = {
    "met": ("按期", "met"),
    "missed": ("逾期", "missed"),
    "cancelled": ("已取消", "cancelled"),
}

_CLOCK_STANDS: dict[str, Words] = {
    **CLOCK_ENDS,
    "running": ("进行中", "running"),
    "late": ("已逾期，未办", "overdue"),
}

FREEZE_CAUSES: dict[str, Words] = {
    "death": ("参保人死亡", "the person died"),
    "nationality_lost": ("丧失中国国籍", "Chinese nationality lost"),
    "pension_started": ("已领取养老金", "a pension is being drawn"),
}

DOCUMENT_STATES: dict[str, Words] = {
    "written": ("未报送", "written, not sent"),
    "sent": ("已报送，待答复", "sent, not answered"),
    "parked": ("等待先行报文", "waits for an earlier message"),
    "rejected": ("未受理", "rejected"),
    "accepted": ("已受理", "accepted"),
}
"""How far a province's document has come, by the name of its state."""

RESULTS: dict[str, Words] = {
    "completed": ("办结", "completed"),
    "refused": ("不予接收", "refused"),
    "returned": ("退回", "returned"),
    "withdrawn": ("撤回", "withdrawn"),
    "reversed": ("转回", "reversed"),
    "open": ("未结", "open"),
    "received": ("收到", "received"),
    "accepted": ("接受", "accepted"),
    "duplicate": ("重复", "duplicate"),
    "no_duplicates": ("重复以外的全部", "all but duplicates"),
    "parked": ("等待先行报文", "waiting"),
    "rejected": ("拒绝", "rejected"),
    "dead_letter": ("无法识读", "dead letters"),
    "set_aside": ("适配器搁置", "set aside"),
    "met": ("按期", "met"),
    "missed": ("逾期", "missed"),
    "out": ("转出", "out"),
    "in_transit": ("在途", "in transit"),
    "in": ("转入", "in"),
    "suspense": ("暂收", "suspense"),
    "settlement": ("两省结算", "settlement"),
    "sum": ("合计", "sum"),
}
"""By name of a count or amount in a result."""


def state(code: str) -> Words:
    """Label of a state."""
    return labelled(STATES, code)


def state_short(code: str) -> Words:
    """Label of a state where there is little room."""
    return _SHORT_STATES.get(code) or state(code)


def clock(name: str) -> Words:
    """Label of a clock, as its procedure titles it; one without a title keeps its own name."""
    return labelled(load_procedures().clock_titles, name)


def clock_end(outcome: str | None) -> Words:
    """Label of how a clock ended; empty while it runs."""
    return labelled(CLOCK_ENDS, outcome) if outcome else ("", "")


def document_state(name: str) -> Words:
    """Label of how far a province's document has come."""
    return labelled(DOCUMENT_STATES, name.lower())


def clock_stands(outcome: str) -> Words:
    """Label of how a clock ended, or of how it runs."""
    return labelled(_CLOCK_STANDS, outcome)
