"""Everything that a province may say can be said at its office, and the platform takes it in a suited state."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from support.country import Clerk

from jinbao.platform.example_fields import example_fields
from jinbao.regional_adapter.files.form_rows import Row
from jinbao.regional_adapter.files.imports.decisions import Decisions
from jinbao.regional_adapter.forms import FORMS
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.office.actions import ACTIONS, by_name
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.working_days import day_of
from jinbao.schemas.codec import decode
from jinbao.schemas.messages import PLATFORM, SUBMISSIONS, SUBMISSIONS_TOPIC
from jinbao.simulator.form_rows import decision_row

PLATFORMS_OWN = {"deadline"}
CONTINUATION = {"CaseContinued", "ContinuationConfirmed", "ContinuationRefused", "SettlementStated"}
BY_THE_ADAPTER = {"ContactLetterReceived", "InformationSheetReceived"}
"""Receipts (回执): the adapter gives them for what its local system has taken, nobody has to think of them."""
DEEMED = {"ContactLetterDeemedReceived", "InformationSheetDeemedReceived"}


def provinces_may_send() -> set[str]:
    names = {kind.NAME for kind in SUBMISSIONS if kind.__module__.rpartition(".")[2] not in PLATFORMS_OWN}
    return names - CONTINUATION - DEEMED


def test_two_actions_of_one_name_are_refused() -> None:
    twin = replace(ACTIONS["complete"], name="close")
    with pytest.raises(TypeError, match=r"^two actions are called 'close'$"):
        by_name([*ACTIONS.values(), twin])


def test_every_message_of_a_province_has_an_action_or_is_the_adapters() -> None:
    said = {action.form.KIND for action in ACTIONS.values()} | {"FactAnnulled"} | BY_THE_ADAPTER
    assert said == provinces_may_send()
    assert FORMS.keys() == said - BY_THE_ADAPTER


def _usual(country: Any) -> None:
    """A mismatch, a top-up, a completion; months paid twice; notices; an agency renamed."""
    letter = country.to_sheet("A-1")
    country.say("41", "A-1", "change-agency", agency__name="合成新名社保中心")
    total = int(country.clerk("44").said["InformationSheetSent"].fields["total"])
    country.say("44", letter, "order-payment", amount=total - 100)
    country.say("41", "A-1", "report-funds")
    report = country.say("41", "A-1", "report-mismatch")
    assert report.fields["request"] == "top_up"
    top_up = country.say("44", letter, "order-payment")
    assert (top_up.fields["amount"], top_up.fields["purpose"]) == (100, "top_up")
    country.say("44", letter, "report-bounced-payment", reason_text="户名不符")
    again = country.say("44", letter, "order-payment")
    assert again.fields["payment_reference"] != top_up.fields["payment_reference"]
    country.say("41", "A-1", "report-funds")
    country.say("41", "A-1", "complete")
    country.say("41", "A-1", "inform-person")
    country.say("41", "A-1", "inform-employer")
    country.say("41", "A-1", "clear-overlap", first_month=201701, last_month=201701, months=1, refund=100)


def _findings(country: Any) -> None:
    """Two back-payments, one with a document asked of a third province; arrears paid, others not."""
    letter = country.to_letter("A-2", "44", "42")
    country.clerk("43")
    country.say("44", letter, "report-lump-sum", months=36, amount=1000, paid_on="2018-06-01", paid_in="43")
    country.say("44", letter, "request-lump-sum-document")
    asked = country.clerk("43").office.waiting(_now())
    assert [(why.code) for why in asked[0].why] == ["turn"]
    country.say(
        "43",
        asked[0].case.number,
        "supply-lump-sum-document",
        document="court",
        document_number="法1",
        document_date="2018-05-01",
    )
    country.say("44", letter, "report-lump-sum", months=40, amount=1000, paid_on="2019-06-01")
    country.say("44", letter, "notify-lump-sum")
    country.say("44", letter, "report-arrears", months=2, own_part=200)
    country.say("44", letter, "settle-arrears")


def _endings(country: Any) -> None:
    """A withdrawal by agreement; a refusal taken back; a returned case closed."""
    letter = country.to_letter("A-3", "45", "46")
    country.say("46", "A-3", "request-withdrawal", reason_text="不办了")
    country.say("45", letter, "return-letter", reason_code="WITHDRAWAL_AGREED")
    country.say("46", "A-3", "withdraw", reason_text="不办了")

    clerk = country.clerk("46")
    who = country.person("A-4")
    country.clerk("45")
    country.say("46", "A-4", "accept-application", personal__number=who.number, personal__name=who.name, origin="45")
    refused = country.say("46", "A-4", "refuse-application", reason_code="CERTIFICATE_INVALID")
    taken_back = clerk.office.annul(clerk.case("A-4"), refused.sequence, "误操作", "clerk-46", _now())
    country.settle()
    assert clerk.document(taken_back).state is DocumentState.ACCEPTED
    assert clerk.state("A-4")[0] == "application_review"
    letter = str(country.say("46", "A-4", "issue-letter").key)
    country.say("45", letter, "report-arrears", months=1, own_part=100)
    country.say("45", letter, "decline-arrears")
    country.say("45", letter, "return-letter", reason_code="PERSON_NOT_FOUND")
    country.say("46", "A-4", "close", reason_text="不再办理")


def _death(country: Any) -> None:
    """Money that is in goes back after a death, and the case is closed."""
    letter = country.to_confirmation("A-5", "44", "31")
    country.say("31", "A-5", "freeze", cause="death", happened_on=day_of(_now()).isoformat(), document_number="D1")
    country.say("31", "A-5", "return-funds")
    country.say("44", letter, "report-returned-funds")
    country.say("31", "A-5", "close", reason_text="业务终止")


def _identity(country: Any) -> None:
    right = country.person("A-6").number
    country.to_letter("A-6", "45", "32", number=right[:6] + right[8:17])
    country.say("32", "A-6", "correct-identity", reason="upgraded_15_to_18", personal__number=right)
    assert country.clerk("45").case("A-6-L1").personal()["number"] == right
    applicant = country.clerk("32").case("A-6").person()
    assert (applicant.number, applicant.name) == (right, country.person("A-6").name)


def _outside_transfers(country: Any) -> None:
    """A certificate, a temporary account and its offer; unknown money assigned, and given back."""
    who = country.person("LS-1")
    country.insure("44", who)
    number = {"personal__number": who.number, "personal__name": who.name}
    country.say("44", "PZ-1", "issue-certificate", **number)
    country.say("33", "LS-1", "open-account", **number)
    country.say(
        "33",
        "LS-1",
        "record-contributions",
        first_month=201201,
        last_month=201212,
        months=12,
        individual=8,
        employer=16,
    )
    country.say("33", "LS-1", "seal-account")
    offer = {"kind": "temporary_collection", "destination": "34", "account_number": "LS-1", **number}
    country.clerk("34")
    country.say("33", "GJ-1", "offer-transfer", **offer)

    money = {"payer": "45", "payment_line": 1, "amount": 500}
    country.say("34", "UF-1", "report-unknown-funds", payment_reference=make_payment_reference("U1"), **money)
    told = country.clerk("45").office.waiting(_now(), everything=True)
    (case,) = [w.case.number for w in told if w.case.received("UnassignedFundsReceived")]
    country.say("45", case, "order-payment", remitted_on=day_of(_now()).isoformat())
    country.say("34", "UF-1", "return-funds")
    country.say("45", case, "report-returned-funds")
    country.say("34", "UF-1", "close", reason_text="来款不属于任何业务")
    country.say("35", "UF-2", "report-unknown-funds", payment_reference=make_payment_reference("U2"), **money)
    country.to_letter("A-7", "45", "35")
    country.say(
        "35",
        "UF-2",
        "assign-unknown-funds",
        assigned_to=country.clerk("35").case("A-7").transfer_hex,
        reason_text="附言有误",
    )


def _reversal(country: Any) -> None:
    """A completed transfer is undone by an opposite one."""
    letter = country.to_confirmation("A-8", "44", "36")
    country.say("36", "A-8", "complete")
    first = country.clerk("36").case("A-8").transfer_hex
    person = {"personal__number": country.person("A-8").number}
    country.say("36", "CX-1", "offer-transfer", kind="reversal", destination="44", names=first, **person)
    country.say("36", "CX-1", "send-sheet")
    country.say("36", "CX-1", "order-payment")
    country.say("44", "CX-1", "report-funds")
    country.say("44", "CX-1", "complete")
    country.say("44", letter, "reverse", reason_text="误办")


def _offered(country: Any) -> None:
    """Whatever a form offers by itself, in the first state in which it does; what nobody prefills is an example."""
    for number, form in enumerate(form for form in FORMS.values() if form.OFFER):
        offer, case = form.OFFER, f"O-{number}"
        letter = country.to_letter(case, "37", "42")
        if "origin_review" not in offer.states:
            country.say("37", letter, "pass-review")
        if not {"origin_review", "transfer"} & set(offer.states):
            country.say("37", letter, "send-sheet")
            country.say("37", letter, "order-payment")
            country.say("42", case, "report-funds")
        province, name = ("37", letter) if offer.by == "origin" else ("42", case)
        clerk = country.clerk(province)
        missing = clerk.office.draft(clerk.case(name), offer.action, {}).missing()
        given = {field: value for field, value in example_fields(form, {}).items() if field in missing}
        country.say(province, name, offer.action, **given)
        assert (offer.action in clerk.can(name)) is (not offer.once and clerk.state(name)[0] in offer.states)


def _now() -> int:
    return time.time_ns() // 1_000


NO_DECISIONS = {"accept-application", "correct-identity", "change-agency", "pay-settlement", "report-settlement-funds"}
"""Without an application's form, with a form of its own, of the configuration's data, and what is said elsewhere."""


def _by_file(said: set[str], at_the_desk: Any) -> Any:
    """A clerk who decides in the province's own system: the action is a row of 办理决定, as far as one can say it."""

    def act(clerk: Clerk, name: str, action: str, **given: Any) -> Any:
        fields = {path.replace("__", "."): value for path, value in given.items()}
        documents = clerk.local.documents()
        number = f"{name}-L1" if action == "issue-letter" else f"D{len(documents) + 1}"
        row = decision_row(clerk.province, name, action, number, f"clerk-{clerk.province}", _now(), fields)
        if row is None or action in NO_DECISIONS:
            return at_the_desk(clerk, name, action, **given)
        said.add(action)
        assert Decisions(clerk.local, "import", clerk.office).take(Row(1, row), day_of(_now()))
        return clerk.local.documents()[-1]

    return act


def _kinds_on_the_bus(country: Any) -> set[str]:
    consumer = country.bus.consumer([SUBMISSIONS_TOPIC], "test")
    for partition in consumer.assignment():
        consumer.seek(partition, 0)
    found = set()
    while batch := consumer.poll(1_000):
        messages = [decode(record.value) for record in batch]
        found |= {m.NAME for m in messages if m.envelope.sender != PLATFORM}
    consumer.close()
    return found


@pytest.mark.parametrize("by_file", [False, True], ids=["at_the_desk", "by_file"])
def test_a_clerk_says_every_message_and_the_platform_takes_it(
    country: Any, by_file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: set[str] = set()
    if by_file:
        monkeypatch.setattr(Clerk, "act", _by_file(said, Clerk.act))
    for scene in (_usual, _findings, _endings, _death, _identity, _outside_transfers, _reversal, _offered):
        scene(country)
    settled = {"SettlementPaid", "SettlementReceived"}
    """Two provinces that settle by the year: test_settlement_payments."""
    assert _kinds_on_the_bus(country) == provinces_may_send() - settled
    assert said == (ACTIONS.keys() - NO_DECISIONS if by_file else set())
