"""Labels of facts: what happened, and its details in plain words."""

from __future__ import annotations

from jinbao.language.words import Words
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.money import PaymentLine
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
from jinbao.presentation import case_labels, code_labels, labels
from jinbao.presentation.formatting import payment_number, yuan

_REQUESTS: dict[str, Words] = {
    "correct_sheet": ("请更正信息表", "asks for a corrected sheet"),
    "top_up": ("请补划差额", "asks for the missing money"),
    "take_back_excess": ("请收回多划", "asks to take the excess back"),
}

_OFFERS: dict[str, Words] = {
    "temporary_move": ("临时账户随人转移", "temporary account moves on"),
    "temporary_collection": ("待遇领取地归集临时账户", "temporary account collected by the benefit place"),
    "supplement": ("补转此前未转部分", "what stayed behind follows"),
    "reversal": ("转回", "reversal"),
}


def happened(fact: Fact) -> Words:
    """What happened; after a death it is the heirs who are told."""
    if isinstance(fact, PersonInformed) and fact.reader == "heirs":
        return "告知继承人", "heirs informed"
    return labels.FACTS[fact.TOPIC]


def details(fact: Fact) -> Words:
    """Details of a fact beyond its name, in plain words; empty where the name says it all."""
    match fact:
        case ApplicationAccepted():
            return f"申请号 {fact.application}", f"application {fact.application}"
        case ApplicationRefused() | TransferReturned():
            return code_labels.reason(fact.reason_code)
        case ContactLetterIssued():
            return f"第 {fact.letter_version} 版，函号 {fact.letter_number}", (
                f"version {fact.letter_version}, letter {fact.letter_number}"
            )
        case InformationSheetSent():
            whole, parts = yuan(fact.individual_total + fact.pooling_total), (fact.individual_total, fact.pooling_total)
            account, pooling = map(yuan, parts)
            return (
                f"{whole} 元（个人 {account}，统筹 {pooling}），第 {fact.sheet_version} 版",
                f"{whole} yuan (personal {account}, pooling {pooling}), version {fact.sheet_version}",
            )
        case MoneyFact():
            return _payment(fact.payment)
        case MismatchReported():
            zh, en = labels.labelled(_REQUESTS, fact.request)
            expected, received = yuan(fact.expected), yuan(fact.received)
            return f"应收 {expected} 元，实收 {received} 元，{zh}", f"expected {expected}, received {received}; {en}"
        case TransferCompleted():
            return f"入账 {yuan(fact.amount)} 元", f"{yuan(fact.amount)} yuan credited"
        case DeadlineApproaching() | DeadlineMissed():
            zh, en = case_labels.clock(fact.clock)
            return f"{zh}，{fact.due} 到期", f"{en}, due {fact.due}"
        case ContactLetterReceived() | OriginReviewPassed():
            return _version(fact.letter_version)
        case InformationSheetReceived():
            return _version(fact.sheet_version)
        case _:
            return _exceptional_details(fact)


def _version(number: int) -> Words:
    return f"第 {number} 版", f"version {number}"


def _to_relationship(relationship: bytes) -> Words:
    new = relationship.hex()[:8]
    return f"转到关系 {new}", f"to relationship {new}"


def _exceptional_details(fact: Fact) -> Words:
    """The same for the facts of exceptional procedures."""
    match fact:
        case TransferOffered():
            return labels.labelled(_OFFERS, fact.kind)
        case LumpSumFound():
            amount, (zh, en) = yuan(fact.amount), labels.province(fact.paid_in)
            return f"第 {fact.lump_sum_number} 笔，{zh}，{fact.months} 个月，{amount} 元", (
                f"number {fact.lump_sum_number}, {en}, {fact.months} months, {amount} yuan"
            )
        case LumpSumDocumentSupplied():
            zh, en = code_labels.lump_sum_document(fact.document)
            return f"{zh} {fact.document_number}", f"{en} {fact.document_number}"
        case ArrearsReported():
            return f"{fact.months} 个月，本人应补 {yuan(fact.own_part)} 元", (
                f"{fact.months} months, own part {yuan(fact.own_part)} yuan"
            )
        case ArrearsSettled():
            return f"{yuan(fact.amount)} 元", f"{yuan(fact.amount)} yuan"
        case PaymentBounced() | UnassignedFundsReceived():
            return _payment(fact.payment)
        case IdentityCorrected() | ContinuationConfirmed() | ContinuationRefused():
            return _to_relationship(fact.new_relationship_id)
        case CaseContinued():
            old = fact.old_relationship_id.hex()[:8]
            return f"由关系 {old} 转来", f"from relationship {old}"
        case TransferFrozen():
            return labels.labelled(case_labels.FREEZE_CAUSES, fact.cause)
        case OverlapCleared():
            zh, en = labels.province(fact.kept_province)
            return f"{fact.months} 个月，保留{zh}，清退 {yuan(fact.refund)} 元", (
                f"{fact.months} months, {en} stays, {yuan(fact.refund)} yuan refunded"
            )
        case ClockRedated():
            zh, en = case_labels.clock(fact.restarted.clock)
            days = f"{fact.old_due} → {fact.restarted.due}"
            return f"{zh}：{days}", f"{en}: {days}"
        case PersonInformed() | EmployerInformed():
            return labels.message(fact.about)
        case SettlementPaid() | SettlementReceived():
            return _payment(fact.payment)
        case _:
            return "", ""


def _payment(line: PaymentLine) -> Words:
    number = payment_number(line.payment_reference, line.payment_line)
    return f"{yuan(line.amount)} 元，付款号 {number}", f"{yuan(line.amount)} yuan, payment {number}"
