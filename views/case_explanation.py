"""Explanation of a case in plain words: where it stands, whose turn it is, what may come next, why each amount."""

from __future__ import annotations

from datetime import date
from typing import Any

from jinbao.language.words import Translator, Words, words_of
from jinbao.platform.aggregates.lump_sums import LumpSum
from jinbao.platform.aggregates.money import PaymentLine
from jinbao.platform.aggregates.state import State
from jinbao.platform.case_explanation import CaseExplanation, Next
from jinbao.platform.projections.case_board import BoardRow
from jinbao.platform.projections.clocks import ClockRow
from jinbao.platform.whole_case import WholeCase
from jinbao.presentation import case_labels, code_labels, formatting, labels, ledger_labels
from jinbao.rules.funds import Overlap
from jinbao.rules.funds_explanation import OVERLAP_TEXT, Explanation
from jinbao.rules.working_days import load_working_days
from jinbao.views.case_page import corrected_lines

_STANDING: dict[str, Words] = {
    State.APPLICATION_REVIEW: (
        "转入地已受理申请，正在审核。",
        "The destination has accepted the application and reviews it.",
    ),
    State.LETTER_ISSUED: ("联系函已发往转出地，等待签收。", "The contact letter is on its way to the origin."),
    State.ORIGIN_REVIEW: (
        "转出地收到联系函，正在核对本人和记录。",
        "The origin has the letter and verifies person and records.",
    ),
    State.TRANSFER: (
        "转出地审核通过，信息表和基金在办理中。",
        "The origin has passed the review; sheet and money are under way.",
    ),
    State.CONFIRMATION: (
        "信息表和基金都到了，转入地核对并办结。",
        "Sheet and money are in; the destination checks and completes.",
    ),
    State.MISMATCH: (
        "信息表与到账金额不符，钱在暂收，等待更正。",
        "Sheet and money differ; the money is held in suspense.",
    ),
    State.RETURNED: ("转出地退回了联系函。", "The origin has returned the letter."),
    State.FROZEN: (
        "业务已冻结：不开始新的步骤，在途的钱办完或退回。",
        "Frozen: nothing new begins, money under way is completed or returned.",
    ),
    State.UNASSIGNED: (
        "收到一笔不知属于哪笔业务的钱，放在暂收。",
        "Money came that nobody knows; it is held in suspense.",
    ),
    State.REFUSED: ("转入地书面不予接收，已了结。", "The destination refused in writing; the case is over."),
    State.WITHDRAWN: ("本人撤回了申请，已了结。", "The applicant withdrew; the case is over."),
    State.CLOSED: ("业务已终止。", "The case is closed."),
    State.COMPLETED: (
        "已办结，年限和账户都记到了转入地。",
        "Completed: years and account are credited at the destination.",
    ),
    State.REVERSED: ("办结后由一笔相反的转移转回。", "Completed, and undone by an opposite transfer."),
    State.MOVING: (
        "身份号码已更正，等新号码名下接续；接不了就恢复原状。",
        "The number was corrected; the case waits to be taken under the right one, or stands here again.",
    ),
    State.MOVED: (
        "身份号码已更正，业务在新号码下继续。",
        "The number was corrected; the case goes on under the right one.",
    ),
}


def explanation(tr: Translator, row: BoardRow, whole: WholeCase, why: CaseExplanation, on: date) -> list[str]:
    """The lines of the explanation."""
    route = f"{tr.of(labels.province(row.origin))} → {tr.of(labels.province(row.destination))}"
    return [
        f"{route}  {tr.of(case_labels.state(row.state))}  {row.transfer_id}",
        *corrected_lines(tr, whole),
        *_standing(tr, row, whole.clocks, why, on),
        *_may_come(tr, row, why),
        *_money(tr, why),
        *_figures(tr, why.figures),
    ]


def explanation_as_json(row: BoardRow, whole: WholeCase, why: CaseExplanation, on: date) -> dict[str, Any]:
    """The same for machines."""
    zh, en = _STANDING[row.state]
    return {
        "transfer": row.transfer_id,
        "state": row.state,
        "relationships": whole.relationships,
        "standing": {"zh": zh, "en": en},
        "waiting_for": row.waiting_for or None,
        "clocks": [
            {"clock": c.clock, "run": c.run, "responsible": c.responsible, "due": c.due, "procedure": c.procedure}
            for c in whole.clocks
            if c.ended_at is None
        ],
        "may_come_next": [{"message": n.message, "role": n.role, "everyday": n.everyday} for n in why.next],
        "sheet_version": why.sheet.sheet_version if why.sheet else None,
        "figures": [{"figure": f.figure, "fen": f.amount, "text": f.text, "article": f.article} for f in why.figures],
        "held_fen": why.held_fen,
        "lump_sums": [
            {"number": lump.number, "months": lump.months, "fen": lump.amount, "paid_on": lump.paid_on}
            | {"paid_in": lump.paid_in, "document": lump.document, "noticed": lump.noticed, "withheld": lump.withheld}
            for lump in why.transfer.lump_sums
        ],
        "overlaps": [
            {"first_month": o.first_month, "last_month": o.last_month, "months": o.months, "provinces": o.provinces}
            for o in why.overlaps
        ],
        "payments": [
            {"reference": p.payment_reference, "line": p.payment_line, "fen": p.amount, "backwards": p.backwards}
            | {"announced": p.announced, "arrived": p.arrived, "bounced": p.bounced}
            for p in why.transfer.payments
        ],
    }


def _standing(tr: Translator, row: BoardRow, clocks: list[ClockRow], why: CaseExplanation, on: date) -> list[str]:
    lines = [tr.of(_STANDING[row.state])]
    if row.reason and row.state in (State.REFUSED, State.RETURNED, State.CLOSED, State.FROZEN):
        known = case_labels.FREEZE_CAUSES.get(row.reason) or code_labels.reason(row.reason)
        lines.append(tr("原因：", "Reason: ") + tr.of(known))
    if row.waiting_for:
        who, since = tr.of(labels.province(row.waiting_for)), formatting.instant(row.waiting_since)
        lines.append(tr(f"轮到{who}（自 {since}）。", f"It is the turn of {who} (since {since})."))
    else:
        lines.append(tr("现在不用谁办。", "Nobody has to act now."))
    for clock in clocks:
        if clock.ended_at is None:
            lines.append(_running(tr, clock, on))
    lines += (_lump_sum(tr, lump) for lump in why.transfer.lump_sums)
    lines += (_overlap(tr, overlap) for overlap in why.overlaps)
    if why.transfer.withheld is not None:
        months, held_back = why.transfer.withheld
        amount = formatting.yuan(held_back)
        lines.append(
            tr(
                f"部分转移：{months} 个月、{amount} 元留在转出地，文书找到后可以补转。",
                f"A partial transfer: {months} months, {amount} yuan stay with the origin and can follow.",
            )
        )
    return lines


def _lump_sum(tr: Translator, lump: LumpSum) -> str:
    where, money = tr.of(labels.province(lump.paid_in)), formatting.yuan(lump.amount)
    if lump.document is not None:
        zh, en = code_labels.lump_sum_document(lump.document)
        known = tr(f"文书：{zh}", f"document: {en}")
    else:
        known = (
            tr("没有文书，已书面告知", "no document, the person was told")
            if lump.noticed
            else tr("没有文书", "no document")
        )
    return tr(
        f"一次性缴费第 {lump.number} 笔：{where} {lump.paid_on}，{lump.months} 个月，{money} 元；{known}。",
        f"Lump sum {lump.number}: {where}, {lump.paid_on}, {lump.months} months, {money} yuan; {known}.",
    )


def _overlap(tr: Translator, overlap: Overlap) -> str:
    where = tr("和", " and ").join(tr.of(labels.province(code or "")) for code in overlap.provinces)
    first, last = formatting.month(overlap.first_month), formatting.month(overlap.last_month)
    zh, en = words_of(OVERLAP_TEXT)
    return tr(f"{first} 至 {last}，{where}：{zh}。", f"{first} to {last}, {where}: {en}.")


def _running(tr: Translator, clock: ClockRow, on: date) -> str:
    left = tr.of(formatting.days_left(load_working_days().between(on, date.fromisoformat(clock.due))))
    who, name, limit = (
        tr.of(labels.province(clock.responsible)),
        tr.of(case_labels.clock(clock.clock)),
        clock.limit_working_days,
    )
    basis = f"{clock.procedure} v{clock.procedure_version}"
    mark = tr("（暂定）", " (provisional)") if clock.provisional else ""
    return tr(
        f"期限「{name}」：{who}须在 {clock.due}{mark} 前办完（{limit} 个工作日，{left}；依据 {basis}）。",
        f"Clock “{name}”: {who} has until {clock.due}{mark} ({limit} working days, {left}; by {basis}).",
    )


def _may_come(tr: Translator, row: BoardRow, why: CaseExplanation) -> list[str]:
    lines = []
    for everyday, zh, en in ((True, "接下来可以：", "What may come next:"), (False, "少见的情形：", "Rarer turns:")):
        chosen = [n for n in why.next if n.everyday == everyday]
        if chosen:
            lines.append(tr(zh, en))
            lines += [
                f"  - {_who(tr, row, n)}{tr('：', ': ')}{_named(tr, chosen, n.role)}" for n in _one_per_role(chosen)
            ]
    return lines


def _one_per_role(chosen: list[Next]) -> list[Next]:
    return list({n.role: n for n in chosen}.values())


def _named(tr: Translator, chosen: list[Next], role: str) -> str:
    return tr("、", ", ").join(tr.of(labels.message(n.message)) for n in chosen if n.role == role)


def _who(tr: Translator, row: BoardRow, n: Next) -> str:
    match n.role:
        case "origin":
            return tr.of(labels.province(row.origin))
        case "destination":
            return tr.of(labels.province(row.destination))
        case "document_holder":
            return tr("补缴发生地或转出地", "where the lump sum was paid, or the origin")
        case _:
            return tr("任何一方", "either side")


def _money(tr: Translator, why: CaseExplanation) -> list[str]:
    payments = why.transfer.payments
    if not payments:
        known = ledger_labels.MONEY_WAYS.get(why.transfer.money)
        return [tr.of(known)] if known else []
    lines = [tr("钱：", "Money:")]
    lines += [f"  - {_payment(tr, payment)}" for payment in payments]
    total = why.transfer.sheet_total
    held = formatting.yuan(why.held_fen)
    if total is None:
        lines.append(
            tr(
                f"  转入地收着 {held} 元；信息表未到，还不能分个人和统筹。",
                f"  The destination holds {held} yuan; without a sheet it is not divided yet.",
            )
        )
    elif not why.transfer.is_paid or why.held_fen == total:
        lines.append(
            tr(
                f"  转入地收着 {held} 元，与信息表合计相符。",
                f"  The destination holds {held} yuan, which agrees with the sheet.",
            )
        )
    else:
        differ = formatting.yuan(abs(why.held_fen - total))
        more = why.held_fen > total
        lines.append(
            tr(
                f"  转入地收着 {held} 元，比信息表合计{'多' if more else '少'} {differ} 元。",
                f"  The destination holds {held} yuan, {differ} {'more' if more else 'less'} than the sheet says.",
            )
        )
    return lines


def _payment(tr: Translator, payment: PaymentLine) -> str:
    amount = formatting.yuan(payment.amount)
    way = tr("退回转出地", "back to the origin") if payment.backwards else tr("转出地付出", "from the origin")
    stand = tr.of(ledger_labels.payment_stands(payment.announced, payment.arrived, payment.bounced))
    return f"{payment.payment_reference}/{payment.payment_line}  {way} {amount}  {stand}"


def _figures(tr: Translator, figures: tuple[Explanation, ...]) -> list[str]:
    if not figures:
        return []
    lines = [tr("金额由来（按信息表原件）：", "Why each amount (from the sheet itself):")]
    for figure in figures:
        zh, en = words_of(figure.text)
        name = tr.of(ledger_labels.figure(figure.figure))
        indent = "  " if "." not in figure.figure else "    "
        article = formatting.article(tr, figure.article)
        lines.append(f"{indent}{name} {formatting.yuan(figure.amount)}{tr('：', ': ')}{tr(zh, en)}  [{article}]")
    return lines
