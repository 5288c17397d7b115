"""Pages of an office: the list of what waits, a case, a draft, what was submitted; and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinbao.language.words import Translator, words_of
from jinbao.presentation import case_labels, code_labels, formatting, labels, message_labels
from jinbao.presentation.labels import labelled
from jinbao.presentation.message_labels import ACTIONS
from jinbao.presentation.office_labels import FIELD_KINDS, GROUPS, ROLES, WHY
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import Draft, Field
from jinbao.regional_adapter.office.office import Office
from jinbao.regional_adapter.office.situation import NONE, Situation
from jinbao.regional_adapter.office.waiting import Reason, Waiting
from jinbao.views.table import Table, View, headings


def waiting_page(tr: Translator, found: Sequence[Waiting]) -> View:
    """A line for each case that waits."""
    heads = [("业务", "case"), ("身份", "role"), ("状态", "state"), ("轮到", "turn"), ("自", "since"), ("期限", "due")]
    heads += [("缓急", "urgency"), ("待办原因", "waits because")]
    rows = [
        (
            name_of(w.case),
            tr.of(labelled(ROLES, w.case.role)),
            _state(tr, w.situation),
            tr.of(labels.province(w.situation.turn)) if w.situation.turn else "",
            _since(w.situation),
            w.situation.due.isoformat() if w.situation.due else "",
            tr.of(GROUPS[w.situation.group]),
            "; ".join(_why(tr, why) for why in w.why),
        )
        for w in found
    ]
    count = tr(f"共 {len(found)} 件", formatting.counted(len(found), "case"))
    return [Table(headings(tr, heads), rows), count]


def waiting_as_json(w: Waiting) -> dict[str, Any]:
    """A case that waits."""
    return {**_situation(w.case, w.situation), "why": [{"code": why.code, "detail": why.detail} for why in w.why]}


def name_of(case: Case) -> str:
    """What a clerk calls the case: its own number, or the letter that began it elsewhere."""
    return case.letter.local_document if case.letter else case.number


def _state(tr: Translator, situation: Situation) -> str:
    """State of the transfer; of what is none, nothing."""
    return "" if situation.state == NONE else tr.of(labelled(case_labels.STATES, situation.state))


def _since(situation: Situation) -> str:
    return formatting.day_of_instant(situation.since) if situation.since else ""


def _why(tr: Translator, why: Reason) -> str:
    """In words; a rejection with the words of its code, a request or notice with those of its message."""
    label = tr.of(labelled(WHY, why.code))
    if why.code == "desk":
        return tr.of(words_of(why.detail))
    if not why.detail:
        return label
    kind, _, code = why.detail.partition(" ")
    words = [tr.of(labels.message(kind)), *([code] if code else [])]
    return f"{label}{tr('：', ': ')}{' '.join(words)}"


def _situation(case: Case, situation: Situation) -> dict[str, Any]:
    return {
        "case": case.number,
        "name": name_of(case),
        "role": case.role,
        "counterpart": case.counterpart,
        "state": situation.state,
        "turn": situation.turn or None,
        "since": formatting.in_shanghai(situation.since) if situation.since else None,
        "due": situation.due,
        "group": situation.group,
    }


def office_case_page(tr: Translator, office: Office, case: Case) -> View:
    """The situation, the documents in the order of time, and what can be done now."""
    now = office.situation(case)
    state, turn = _state(tr, now), tr.of(labels.province(now.turn)) if now.turn else "-"
    view: list[str | Table] = [f"{name_of(case)}  {tr.of(labelled(ROLES, case.role))}  {state}"]
    due = now.due.isoformat() if now.due else "-"
    view.append(tr(f"轮到：{turn}  期限：{due}  {tr.of(GROUPS[now.group])}", f"turn: {turn}  due: {due}  {now.group}"))
    for why in office.why(case):
        view.append(f"· {_why(tr, why)}")
    heads = [
        ("编号", "no."),
        ("时间（北京）", "time (Beijing)"),
        ("方向", "way"),
        ("文书", "document"),
        ("文书号", "number"),
    ]
    heads += [("状态", "state"), ("原因", "reason"), ("字段", "field")]
    rows = [row for _, row in sorted(_documents(tr, case), key=lambda d: d[0])]
    view.append(Table(headings(tr, heads), rows))
    heads = [("可办", "possible now"), ("名称", "name"), ("还需填写", "still to be said")]
    possible = [
        (a.name, tr.of(labelled(ACTIONS, a.name)), ", ".join(_needs(office, case, a.name)))
        for a in office.actions(case)
    ]
    return [*view, Table(headings(tr, heads), possible)]


def _documents(tr: Translator, case: Case) -> list[tuple[int, tuple[Any, ...]]]:
    """Rows of the documents in both directions, each with its instant."""
    out = tr("发出", "out")
    ours = [
        (d.written_at, (d.sequence, formatting.instant(d.written_at), out, *_own(tr, case, d))) for d in case.outgoing
    ]
    return [*ours, *((d.arrived_at, _received(tr, case, d)) for d in case.incoming)]


def _received(tr: Translator, case: Case, d: IncomingDocument) -> tuple[Any, ...]:
    state = "" if case.counts(d) else tr("已撤销", "annulled")
    sender, kind = tr.of(labels.province(d.sender)), tr.of(labels.message(d.kind))
    return None, formatting.instant(d.arrived_at), sender, kind, d.local_document, state, d.fields.get("code", ""), ""


def _own(tr: Translator, case: Case, d: LocalDocument) -> tuple[Any, ...]:
    state = tr.of(case_labels.document_state(d.state.name))
    if d.state is not DocumentState.REJECTED and not case.stands(d):
        state = tr("已撤销", "annulled")
    waits = d.state is DocumentState.PARKED
    why = f"{d.code} {tr.of(code_labels.why_not_taken(d.code, waits=waits))}" if d.code else ""
    return tr.of(labels.message(d.kind)), d.key, state, why, d.field or ""


def _needs(office: Office, case: Case, action: str) -> Sequence[str]:
    draft = office.draft_or_none(case, action)
    return draft.missing() if draft else ()


def case_as_json(office: Office, case: Case) -> dict[str, Any]:
    """A case with its documents in both directions and what can be done now."""
    person = case.person()
    return {
        **_situation(case, office.situation(case)),
        "transfer": case.transfer,
        "person": {"number": person.number, "name": person.name} if person else None,
        "why": [{"code": why.code, "detail": why.detail} for why in office.why(case)],
        "sent": [document_as_json(d, stands=case.stands(d)) for d in case.outgoing],
        "received": [
            {
                "document": d.kind,
                "number": d.local_document,
                "sender": d.sender,
                "arrived_at": formatting.in_shanghai(d.arrived_at),
                "stands": case.counts(d),
                "fields": d.fields,
            }
            for d in case.incoming
        ],
        "actions": [
            {"name": a.name, "zh": ACTIONS[a.name][0], "en": ACTIONS[a.name][1], "needs": _needs(office, case, a.name)}
            for a in office.actions(case)
        ],
    }


def document_as_json(d: LocalDocument, *, stands: bool) -> dict[str, Any]:
    """A document of the agency's own, and how it stands."""
    return {
        "sequence": d.sequence,
        "document": d.kind,
        "number": d.key,
        "attempt": d.attempt,
        "operator": d.operator,
        "written_at": formatting.in_shanghai(d.written_at),
        "state": d.state.name.lower(),
        "code": d.code,
        "field": d.field,
        "stands": stands,
        "fields": d.fields,
    }


def draft_page(tr: Translator, action: str, draft: Draft) -> View:
    """The prefilled form: each field, what it holds, and what is still to be said."""
    view: list[str | Table] = [f"{tr.of(labelled(ACTIONS, action))}  {action}"]
    heads = [("字段", "field"), ("名称", "label"), ("内容", "value"), ("应为", "expected")]
    kind = draft.form.KIND
    rows = [(f.name, tr.of(message_labels.field(f.name, kind)), _shown(f), _expected(tr, f)) for f in draft.fields()]
    view.append(Table(headings(tr, heads), rows))
    if missing := draft.missing():
        view.append(tr(f"还需填写：{'、'.join(missing)}", f"still to be said: {', '.join(missing)}"))
    return view


def _shown(field: Field) -> str:
    if field.value is None:
        return ""
    if field.kind == "amount":
        return formatting.yuan(int(field.value))
    if field.kind == "rows":
        return f"{len(field.value)}"
    return str(field.value)


def _expected(tr: Translator, field: Field) -> str:
    choices = f" {', '.join(field.choices)}" if field.choices and len(field.choices) <= 6 else ""
    optional = "" if field.required else tr("（可不填）", " (may be left out)")
    return f"{tr.of(FIELD_KINDS[field.kind])}{choices}{optional}"


def draft_as_json(action: str, draft: Draft) -> dict[str, Any]:
    """The prefilled form; amounts in fen."""
    return {
        "action": action,
        "message": draft.form.KIND,
        "fields": [
            {"name": f.name, "kind": f.kind, "required": f.required, "value": f.value, "choices": f.choices}
            for f in draft.fields()
        ],
        "missing": draft.missing(),
    }


def submitted_page(tr: Translator, written: Sequence[LocalDocument]) -> View:
    """What was written, and that the platform's answer is still to come."""
    view = []
    for d in written:
        kind = tr.of(labels.message(d.kind))
        if d.state is DocumentState.REJECTED:
            zh, en = (
                f"{d.sequence}：{kind} {d.key} 未被受理，不再待办",
                f"{d.sequence}: {kind} {d.key} was refused; it rests",
            )
            view.append(tr(zh, en))
            continue
        after = ("", "")
        if d.follows is not None:
            after = (f"待第 {d.follows} 号撤销受理后", f" once annulment {d.follows} is accepted")
        view.append(
            tr(
                f"已写入 {d.sequence}：{kind} {d.key}，{after[0]}由适配器报送；受理与否见 desk show",
                f"written as {d.sequence}: {kind} {d.key}; the adapter sends it{after[1]}, desk show tells its outcome",
            )
        )
    return view


def submitted_as_json(written: Sequence[LocalDocument]) -> list[dict[str, Any]]:
    """What was written."""
    return [document_as_json(d, stands=d.state is not DocumentState.REJECTED) for d in written]
