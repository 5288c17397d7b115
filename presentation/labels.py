"""Labels of messages, facts, documents and provinces: on paper, on the screen, in lists."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.language.words import Words
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import PLATFORM

MESSAGES: Mapping[str, Words] = {
    "ApplicationAccepted": ("受理申请", "application accepted"),
    "ApplicationRefused": ("不予接收", "application refused"),
    "ContactLetterIssued": ("发出联系函", "letter sent"),
    "ContactLetterReceived": ("联系函回执", "letter received"),
    "ContactLetterDeemedReceived": ("联系函视为收到", "letter deemed received"),
    "OriginReviewPassed": ("转出地审核通过", "origin review passed"),
    "TransferReturned": ("退回联系函", "letter returned"),
    "InformationSheetSent": ("发出信息表", "sheet sent"),
    "InformationSheetReceived": ("信息表回执", "sheet received"),
    "InformationSheetDeemedReceived": ("信息表视为收到", "sheet deemed received"),
    "FundsRemitted": ("划出基金", "funds remitted"),
    "FundsReceived": ("基金到账", "funds received"),
    "FundsReturned": ("退还多划", "excess paid back"),
    "ReturnedFundsReceived": ("退款到账", "refund received"),
    "MismatchReported": ("表款不符", "sheet and money differ"),
    "TransferCompleted": ("办结", "completed"),
    "WithdrawalRequested": ("要求撤回", "withdrawal requested"),
    "TransferWithdrawn": ("撤回申请", "transfer withdrawn"),
    "TransferClosed": ("退回后终止", "returned case closed"),
    "DeadlineApproaching": ("期限将至", "due soon"),
    "DeadlineMissed": ("期限已过", "deadline missed"),
    "CertificateIssued": ("开具参保缴费凭证", "certificate issued"),
    "TemporaryAccountOpened": ("开立临时缴费账户", "temporary account opened"),
    "ContributionsRecorded": ("临时账户记账", "temporary account credited"),
    "TemporaryAccountSealed": ("封存临时缴费账户", "temporary account sealed"),
    "TransferOffered": ("转出地发起转移", "transfer offered"),
    "UnassignedFundsReceived": ("收到不明款项", "unknown money received"),
    "UnassignedFundsAssigned": ("认领款项", "unknown money assigned"),
    "SettlementStated": ("按期结算单", "settlement stated"),
    "SettlementPaid": ("结算款付出", "settlement paid"),
    "SettlementReceived": ("结算款到账", "settlement received"),
    "LumpSumFound": ("发现一次性缴费", "lump sum found"),
    "LumpSumDocumentRequested": ("索取缴费证明文书", "lump-sum document requested"),
    "LumpSumDocumentSupplied": ("提供缴费证明文书", "lump-sum document supplied"),
    "LumpSumNoticeSent": ("书面告知本人", "lump-sum notice sent"),
    "ArrearsReported": ("发现欠费", "arrears found"),
    "ArrearsSettled": ("欠费已补缴", "arrears settled"),
    "ArrearsDeclined": ("不补缴欠费", "arrears declined"),
    "PaymentBounced": ("银行退汇", "payment bounced"),
    "TransferFrozen": ("业务冻结", "transfer frozen"),
    "TransferReversed": ("转回", "transfer reversed"),
    "IdentityCorrected": ("更正身份号码", "identity corrected"),
    "CaseContinued": ("在新号码下继续", "continued under the right number"),
    "ContinuationConfirmed": ("新号码下已接续", "taken under the right number"),
    "ContinuationRefused": ("新号码下不能接续", "not taken under the right number"),
    "FactAnnulled": ("撤销误报", "mistake annulled"),
    "AgencyChanged": ("经办机构变更", "agency changed"),
    "OverlapCleared": ("清理重复缴费", "overlap cleared"),
    "ClockRedated": ("期限顺延或提前", "due day moved"),
    "PersonInformed": ("告知本人", "person informed"),
    "EmployerInformed": ("告知单位", "employer informed"),
    "ParkedMessageExpired": ("等待超时", "waited too long"),
    "SubmissionAnswered": ("未受理答复", "rejection"),
    "SubmissionOutcomes": ("受理结果", "outcomes"),
}
"""By message type, which is also the name of the fact that it becomes."""

DOCUMENT_TITLES: Mapping[str, str] = {
    **{name: zh for name, (zh, _) in MESSAGES.items()},
    "ContactLetterIssued": "联系函",
    "InformationSheetSent": "信息表",
}
"""Chinese title of a document by its kind; letter and sheet bear the names that the law gives them."""


def labelled(known: Mapping[str, Words], code: str) -> Words:
    """The words of a code, or the code itself where it has none."""
    return known.get(code, (code, code))


def message(name: str) -> Words:
    """Label of a message type, which is that of the fact that it becomes."""
    return labelled(MESSAGES, name)


def province(code: str) -> Words:
    """Short name of a party: one of the 32 provinces, or the platform itself."""
    if code == PLATFORM:
        return "全国平台", "platform"
    known = PROVINCES.get(code)
    return (known.short, known.name_en) if known else (code, code)


def _stored_name(message: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in message).lstrip("-")


FACTS: Mapping[str, Words] = {_stored_name(name): label for name, label in MESSAGES.items()}
"""By stored name of a fact, which is the name of its message in another form."""
