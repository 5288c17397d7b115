"""The words for what the platform keeps as codes: states, clocks, facts, accounts, in Chinese and English.

Also how provinces, instants and amounts are written for a reader. Nothing here decides anything.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from jinbao.cli.language import tr
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.money import PaymentLine
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects.application import ApplicationAccepted, ApplicationRefused
from jinbao.platform.aggregates.subjects.arrears import ArrearsReported, ArrearsSettled
from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.aggregates.subjects.contact_letter import ContactLetterIssued
from jinbao.platform.aggregates.subjects.deadline import ClockRedated, DeadlineApproaching, DeadlineMissed
from jinbao.platform.aggregates.subjects.identity_correction import (
    CaseContinued,
    ContinuationConfirmed,
    ContinuationRefused,
    IdentityCorrected,
)
from jinbao.platform.aggregates.subjects.information_sheet import InformationSheetSent
from jinbao.platform.aggregates.subjects.lump_sum import LumpSumDocumentSupplied, LumpSumFound
from jinbao.platform.aggregates.subjects.mismatch import MismatchReported
from jinbao.platform.aggregates.subjects.notification import EmployerInformed, PersonInformed
from jinbao.platform.aggregates.subjects.origin_review import OriginReviewPassed, TransferReturned
from jinbao.platform.aggregates.subjects.overlap import OverlapCleared
from jinbao.platform.aggregates.subjects.payment import MoneyFact, PaymentBounced
from jinbao.platform.aggregates.subjects.receipt import ContactLetterReceived, InformationSheetReceived
from jinbao.platform.aggregates.subjects.settlement import SettlementPaid, SettlementReceived
from jinbao.platform.aggregates.subjects.suspension import TransferFrozen
from jinbao.platform.aggregates.subjects.transfer_offer import TransferOffered
from jinbao.platform.aggregates.subjects.unassigned_funds import UnassignedFundsReceived
from jinbao.presentation.labels import MESSAGES, Words
from jinbao.regional_adapter.local.local_system import DocumentState
from jinbao.rules.lump_sum_documents import DOCUMENT_KINDS
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.reason_codes import REASON_CODES
from jinbao.rules.working_days import SHANGHAI
from jinbao.schemas.messages import PLATFORM


def _stored_name(message: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in message).lstrip("-")


_EPOCH = datetime(1970, 1, 1, 8, tzinfo=SHANGHAI)

STATES: dict[str, Words] = {
    State.APPLICATION_REVIEW: ("申请审核", "application review"),
    State.LETTER_ISSUED: ("联系函已发出", "letter on its way"),
    State.ORIGIN_REVIEW: ("转出地审核", "origin review"),
    State.TRANSFER: ("转出办理", "transfer"),
    State.CONFIRMATION: ("转入地确认", "confirmation"),
    State.MISMATCH: ("表款不符", "mismatch"),
    State.RETURNED: ("已退回", "returned"),
    State.FROZEN: ("已冻结", "frozen"),
    State.UNASSIGNED: ("款项待认领", "money not assigned"),
    State.REFUSED: ("不予接收", "refused"),
    State.WITHDRAWN: ("已撤回", "withdrawn"),
    State.CLOSED: ("退回后终止", "closed"),
    State.COMPLETED: ("已办结", "completed"),
    State.REVERSED: ("已转回", "reversed"),
    State.MOVING: ("正转入新号码", "moving to the corrected number"),
    State.MOVED: ("已随更正转入新号码", "moved to the corrected number"),
}
"""By state, in the order in which a transfer passes them."""

CLOCKS: dict[str, Words] = {
    "application_review": ("申请审核", "application review"),
    "origin_review": ("转出地审核", "origin review"),
    "transfer": ("转出办理", "transfer"),
    "origin_transfer": ("转出审核与划款", "origin review and transfer"),
    "confirmation": ("转入地确认", "confirmation"),
    "lump_sum_notice": ("一次性缴费书面告知", "lump-sum notice"),
    "case": ("全程", "whole case"),
}
"""By clock of the shipped procedures."""

CLOCK_ENDS: dict[str, Words] = {
    "met": ("按期", "met"),
    "missed": ("逾期", "missed"),
    "cancelled": ("已取消", "cancelled"),
}

ACCOUNTS: dict[str, Words] = {
    "origin_fund": ("转出地基金", "origin fund"),
    "in_transit": ("在途", "in transit"),
    "destination_fund": ("转入地基金", "destination fund"),
    "suspense": ("暂收", "suspense"),
    "returned": ("退回", "returned"),
    "refunded": ("清退本人", "refunded to the person"),
    "settlement_owed": ("应付结算", "settlement owed"),
    "settlement_due": ("应收结算", "settlement due"),
    "moving": ("随更正转户", "moving to the corrected number"),
}

MONEY_WAYS: dict[str, Words] = {
    "none": ("只转信息，不转钱。", "Information only: no money moves."),
    "by_period": (
        "不单独划款：办结后金额记入两省之间的结算账，按期结算。",
        "No payment of its own: on completion the sum is booked between the two provinces and settled by period.",
    ),
}
"""How money moves where no payment goes with a case."""

FACTS: dict[str, Words] = {_stored_name(name): label for name, label in MESSAGES.items()}
"""By stored name of a fact, which is the name of its message in another form."""

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
    "parked": ("等待先行报文", "waiting"),
    "rejected": ("拒绝", "rejected"),
    "dead_letter": ("无法识读", "dead letters"),
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

DOCUMENT_STATES: dict[DocumentState, Words] = {
    DocumentState.WRITTEN: ("未报送", "written, not sent"),
    DocumentState.SENT: ("已报送，待答复", "sent, not answered"),
    DocumentState.PARKED: ("等待先行报文", "waits for an earlier message"),
    DocumentState.REJECTED: ("未受理", "rejected"),
    DocumentState.ACCEPTED: ("已受理", "accepted"),
}
"""How far a province's document has come."""

_REQUESTS: dict[str, Words] = {
    "correct_sheet": ("请更正信息表", "asks for a corrected sheet"),
    "top_up": ("请补划差额", "asks for the missing money"),
    "take_back_excess": ("请收回多划", "asks to take the excess back"),
}


FREEZE_CAUSES: dict[str, Words] = {
    "death": ("参保人死亡", "the person died"),
    "nationality_lost": ("丧失中国国籍", "Chinese nationality lost"),
    "pension_started": ("已领取养老金", "a pension is being drawn"),
}

_OFFERS: dict[str, Words] = {
    "temporary_move": ("临时账户随人转移", "temporary account moves on"),
    "temporary_collection": ("待遇领取地归集临时账户", "temporary account collected by the benefit place"),
    "supplement": ("补转此前未转部分", "what stayed behind follows"),
    "reversal": ("转回", "reversal"),
}


def spoken(words: Words) -> str:
    """The words in the language spoken now."""
    return tr(*words)


def state(code: str) -> str:
    """A state, spoken."""
    return spoken(STATES.get(code, (code, code)))


_SHORT_STATES: dict[str, Words] = {
    State.UNASSIGNED: ("待认领", "unassigned"),
    State.MOVING: ("更正中", "moving"),
    State.MOVED: ("已更正", "moved"),
}


def state_short(code: str) -> str:
    """A state, spoken, where there is little room."""
    return spoken(_SHORT_STATES[code]) if code in _SHORT_STATES else state(code)


def clock(name: str) -> str:
    """A clock, spoken; a provincial procedure's own clock by its own name."""
    return spoken(CLOCKS.get(name, (name, name)))


def province_words(code: str) -> Words:
    """A party by its short name: one of the 32 provinces, or the platform itself."""
    if code == PLATFORM:
        return "全国平台", "platform"
    known = PROVINCES.get(code)
    return (known.short, known.name_en) if known else (code, code)


def province(code: str) -> str:
    """A party by its short name, spoken."""
    return spoken(province_words(code))


def message_words(name: str) -> Words:
    """A message type by what it says, like the fact that it becomes."""
    return MESSAGES.get(name, (name, name))


def reason_words(code: str) -> Words:
    """What a reason code means."""
    known = REASON_CODES.get(code)
    return (known.text_zh, known.text_en) if known else (code, code)


_WAITS = ("须先到的报文还没有到，到了即办理", "what must come first has not come yet; it is taken then")


def why_words(code: str, *, waits: bool) -> Words:
    """Why a message was not taken; while it waits, that is neither late nor refused."""
    return _WAITS if waits else reason_words(code)


def yuan(amount_fen: int) -> str:
    """Fen as yuan with two decimals and thousands separators, like "33,094.25"."""
    sign, magnitude = "-" if amount_fen < 0 else "", abs(amount_fen)
    return f"{sign}{magnitude // 100:,}.{magnitude % 100:02d}"


def in_shanghai(instant_us: int) -> datetime:
    """An instant (microseconds since 1970 UTC) as time in Shanghai."""
    return _EPOCH + timedelta(microseconds=instant_us)


def instant(instant_us: int) -> str:
    """An instant as date and minute in Shanghai."""
    return in_shanghai(instant_us).strftime("%Y-%m-%d %H:%M")


def day(value: date) -> str:
    """A date with its weekday."""
    return f"{value.isoformat()} {tr('周' + '一二三四五六日'[value.weekday()], value.strftime('%a'))}"


def counted(number: int, one: str) -> str:
    """A number of things in English, named in the singular."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def days_left(working_days: int) -> str:
    """How many working days are left until a due day."""
    if working_days < 0:
        return tr(f"已过 {-working_days} 天", f"{counted(-working_days, 'day')} over")
    return (
        tr("今天到期", "due today")
        if working_days == 0
        else tr(f"余 {working_days} 天", f"{counted(working_days, 'day')} left")
    )


def said(fact: Fact) -> Words:
    """What a fact says beyond its name, in plain words; empty where the name says it all."""
    match fact:
        case ApplicationAccepted():
            return f"申请号 {fact.application}", f"application {fact.application}"
        case ApplicationRefused() | TransferReturned():
            return reason_words(fact.reason)
        case ContactLetterIssued():
            return f"第 {fact.version} 版，函号 {fact.letter}", f"version {fact.version}, letter {fact.letter}"
        case InformationSheetSent():
            whole, parts = yuan(fact.individual_total + fact.pooling_total), (fact.individual_total, fact.pooling_total)
            account, pooling = map(yuan, parts)
            return (
                f"{whole} 元（个人 {account}，统筹 {pooling}），第 {fact.version} 版",
                f"{whole} yuan (personal {account}, pooling {pooling}), version {fact.version}",
            )
        case MoneyFact():
            return _payment(fact.payment)
        case MismatchReported():
            zh, en = _REQUESTS.get(fact.request, (fact.request, fact.request))
            expected, received = yuan(fact.expected), yuan(fact.received)
            return f"应收 {expected} 元，实收 {received} 元，{zh}", f"expected {expected}, received {received}; {en}"
        case TransferCompleted():
            return f"入账 {yuan(fact.amount)} 元", f"{yuan(fact.amount)} yuan credited"
        case DeadlineApproaching() | DeadlineMissed():
            zh, en = CLOCKS.get(fact.clock, (fact.clock, fact.clock))
            return f"{zh}，{fact.due} 到期", f"{en}, due {fact.due}"
        case ContactLetterReceived() | InformationSheetReceived() | OriginReviewPassed():
            return f"第 {fact.version} 版", f"version {fact.version}"
        case _:
            return _said_of_rare(fact)


def _to_relationship(relationship: bytes) -> Words:
    new = relationship.hex()[:8]
    return f"转到关系 {new}", f"to relationship {new}"


def _said_of_rare(fact: Fact) -> Words:
    """The same for the rarer facts."""
    match fact:
        case TransferOffered():
            return spoken_words(_OFFERS, fact.kind)
        case LumpSumFound():
            amount, (zh, en) = yuan(fact.amount), province_words(fact.paid_in)
            return f"第 {fact.number} 笔，{zh}，{fact.months} 个月，{amount} 元", (
                f"number {fact.number}, {en}, {fact.months} months, {amount} yuan"
            )
        case LumpSumDocumentSupplied():
            zh, en = document_words(fact.document)
            return f"{zh} {fact.number}", f"{en} {fact.number}"
        case ArrearsReported():
            return f"{fact.months} 个月，本人应补 {yuan(fact.own_part)} 元", (
                f"{fact.months} months, own part {yuan(fact.own_part)} yuan"
            )
        case ArrearsSettled():
            return f"{yuan(fact.amount)} 元", f"{yuan(fact.amount)} yuan"
        case PaymentBounced() | UnassignedFundsReceived():
            return _payment(fact.payment)
        case IdentityCorrected() | ContinuationConfirmed() | ContinuationRefused():
            return _to_relationship(fact.new_relationship)
        case CaseContinued():
            old = fact.old_relationship.hex()[:8]
            return f"由关系 {old} 转来", f"from relationship {old}"
        case TransferFrozen():
            return spoken_words(FREEZE_CAUSES, fact.cause)
        case OverlapCleared():
            zh, en = province_words(fact.kept_province)
            return f"{fact.months} 个月，保留{zh}，清退 {yuan(fact.refund)} 元", (
                f"{fact.months} months, {en} stays, {yuan(fact.refund)} yuan refunded"
            )
        case ClockRedated():
            zh, en = CLOCKS.get(fact.restarted.clock, (fact.restarted.clock, fact.restarted.clock))
            days = f"{fact.old_due} → {fact.restarted.due}"
            return f"{zh}：{days}", f"{en}: {days}"
        case PersonInformed() | EmployerInformed():
            return message_words(fact.about)
        case SettlementPaid() | SettlementReceived():
            return _payment(fact.payment)
        case _:
            return "", ""


def fact_words(fact: Fact) -> Words:
    """What happened; after a death it is the heirs who are told."""
    if isinstance(fact, PersonInformed) and fact.reader == "heirs":
        return "告知继承人", "heirs informed"
    return FACTS[fact.TOPIC]


def document_words(kind: str) -> Words:
    """A kind of document for a lump sum."""
    known = DOCUMENT_KINDS.get(kind)
    return (known.zh, known.en) if known else (kind, kind)


def spoken_words(known: dict[str, Words], code: str) -> Words:
    """The words of a code, or the code itself where it has none."""
    return known.get(code, (code, code))


def _payment(line: PaymentLine) -> Words:
    number = line.reference if line.line == 1 else f"{line.reference}/{line.line}"
    return f"{yuan(line.amount)} 元，付款号 {number}", f"{yuan(line.amount)} yuan, payment {number}"
