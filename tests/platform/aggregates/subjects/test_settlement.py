"""Settlements between two provinces: stated, paid, received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import pytest

from jinbao.platform import limits
from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.deadlines import settlements
from jinbao.platform.projections.reconciliation import BankEntry, open_items
from jinbao.platform.projections.runner import Runner
from jinbao.platform.projections.settlement_cases import cases_of
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import settlement_id, settlement_relationship

YEAR = 2025
A, B = (1_365_425, 1_944_000), (300_000, 100_000)
"""What 51 owes 50, and what 50 owes 51."""
NET = sum(A) - sum(B)


@dataclass
class Between:
    """What platform and provinces say about a settlement, each message under an id of its own."""

    one: str = "50"
    other: str = "51"
    year: int = YEAR
    said: int = 0

    def say(self, kind: Any, sender: str, over: dict[str, Any], **values: Any) -> Any:
        self.said += 1
        envelope = m.Envelope(
            event_id=uuid5(UUID(int=7), f"{self.one} {self.other} {self.said}").bytes,
            relationship_id=over.pop("relationship_id", settlement_relationship(self.one, self.other).bytes),
            transfer_id=over.pop("transfer_id", settlement_id(self.one, self.other, self.year).bytes),
            sender=over.pop("sender", sender),
            operator="clerk",
            local_document=f"S-{self.said}",
            occurred_at=1_767_196_800_000_000,
        )
        return kind(envelope=envelope, year=self.year, **{**values, **over})

    def state(self, first_owes: Any = B, second_owes: Any = A, version: int = 1, **over: Any) -> Any:
        values = {"first_owes_personal": first_owes[0], "first_owes_pooling": first_owes[1]}
        values |= {"second_owes_personal": second_owes[0], "second_owes_pooling": second_owes[1]}
        values |= {"first": "50", "second": "51", "cases": 2, "statement_version": version}
        return self.say(m.SettlementStated, m.PLATFORM, over, **values)

    def pay(self, amount: int = NET, payment: int = 1, by: str = "51", **over: Any) -> Any:
        to = "50" if by == "51" else "51"
        line = {"payment_reference": self.reference(payment), "payment_line": 1, "amount": amount}
        return self.say(m.SettlementPaid, by, over, counterpart=to, paid_on=date(2026, 1, 8), **line)

    def receive(self, amount: int = NET, payment: int = 1, by: str = "50", **over: Any) -> Any:
        payer = "51" if by == "50" else "50"
        line = {"payment_reference": self.reference(payment), "payment_line": 1, "amount": amount}
        return self.say(m.SettlementReceived, by, over, counterpart=payer, received_on=date(2026, 1, 9), **line)

    @staticmethod
    def reference(payment: int) -> str:
        return make_payment_reference(f"JS2025P{payment}")


@pytest.fixture
def between():
    return Between()


@pytest.fixture
def pair(new_relationship, relationship, transfer_of, between):
    """The pair's relationship, with the cases' own postings put on the same books."""
    for number, (origin, parts) in enumerate((("51", A), ("50", B))):
        destination = "50" if origin == "51" else "51"
        case = transfer_of(person=number + 1, origin=origin, destination=destination, application=f"P-{number}")
        one = new_relationship()
        sheet = (0, parts[0], 0, parts[1])
        one.hear_all([*case.until_transfer(), case.sheet(1, sheet), case.sheet_received(), case.complete(1, sheet)])
        relationship.facts += one.facts
    return relationship


def standing(pair):
    """(account, province) → parts, of what is not zero."""
    totals: dict[tuple[str, str], tuple[int, int, int]] = {}
    for fact in pair.facts:
        for p in fact.then.postings:
            a, b, c = totals.get((p.account, p.province), (0, 0, 0))
            totals[p.account, p.province] = (a + p.personal_fen, b + p.pooling_fen, c + p.unallocated_fen)
    return {
        key: parts for key, parts in totals.items() if any(parts) and key[0] not in ("origin_fund", "destination_fund")
    }


def completed(transfer_of, number, origin, destination, parts=A):
    case = transfer_of(person=number, origin=origin, destination=destination, application=f"P-{number}")
    sheet = (0, parts[0], 0, parts[1])
    return [*case.until_transfer(), case.sheet(1, sheet), case.sheet_received(), case.complete(1, sheet)]


def test_the_statement_sets_the_smaller_direction_off_and_leaves_the_net(pair, between):
    pair.hear_all([between.state()])
    rest = (A[0] - B[0], A[1] - B[1], 0)
    assert standing(pair) == {
        ("settlement_owed", "51"): rest,
        ("settlement_due", "50"): (-rest[0], -rest[1], 0),
    }
    assert pair.aggregate.settlements[YEAR].owes("51") == NET == -pair.aggregate.settlements[YEAR].owes("50")


def test_the_payment_of_the_net_clears_it_part_by_part(pair, between):
    pair.hear_all([between.state(), between.pay()])
    assert pair.accounts()["in_transit"] == NET
    pair.hear_all([between.receive()])
    assert standing(pair) == {}
    assert pair.aggregate.settlements[YEAR].is_cleared


def test_the_receipt_may_come_before_the_notice(pair, between):
    pair.hear_all([between.state(), between.receive()])
    assert pair.accounts()["in_transit"] == -NET
    pair.hear_all([between.pay()])
    assert standing(pair) == {}


def test_it_may_be_paid_in_parts(pair, between):
    pair.hear_all([between.state(), between.pay(1_000_000), between.receive(1_000_000)])
    assert pair.aggregate.settlements[YEAR].owes("51") == NET - 1_000_000
    assert standing(pair)[("settlement_owed", "51")][2] == -1_000_000
    pair.hear_all([between.pay(NET - 1_000_000, 2), between.receive(NET - 1_000_000, 2)])
    assert standing(pair) == {}


def test_what_is_paid_too_much_the_other_pays_back(pair, between):
    pair.hear_all([between.state(), between.pay(NET + 500), between.receive(NET + 500)])
    assert pair.aggregate.settlements[YEAR].owes("50") == 500
    assert not pair.aggregate.settlements[YEAR].is_cleared
    assert pair.hear(between.pay(500, 2)) == Rejection("SETTLEMENT_NOT_OWED", "envelope.sender")
    pair.hear_all([between.pay(500, 3, by="50"), between.receive(500, 3, by="51")])
    assert standing(pair) == {}


def test_every_step_sums_to_zero_in_each_part_and_province_by_bank(pair, between):
    said = [between.state(), between.receive(NET + 500), between.pay(NET + 500)]
    said += [between.pay(500, 3, by="50"), between.receive(500, 3, by="51"), between.state(A, A, 2)]
    for message in said:
        fact = pair.hear_all([message])
        for part in ("personal_fen", "pooling_fen", "unallocated_fen"):
            assert sum(getattr(p, part) for p in fact.then.postings) == 0
    bank: dict[str, int] = {}
    for fact in pair.facts:
        for p in fact.then.postings:
            if p.account != "in_transit":
                bank[p.province] = bank.get(p.province, 0) + p.personal_fen + p.pooling_fen + p.unallocated_fen
    assert bank == {"51": -NET, "50": NET}


def test_only_the_platform_states_and_only_the_two_pay_or_receive(pair, between):
    assert pair.hear(between.state(sender="50")) == Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    assert pair.hear(between.pay()) == Waiting(), "nothing is stated yet"
    pair.hear_all([between.state()])
    assert pair.hear(between.pay(by="50")) == Rejection("SETTLEMENT_NOT_OWED", "envelope.sender")
    assert pair.hear(between.receive(by="51")) == Waiting(), "50 owes nothing: its notice must come first"
    foreign = Rejection("TRANSFER_ID_DIFFERS", "envelope.relationship_id")
    assert pair.hear(between.pay(sender="44")) == foreign
    assert pair.hear(between.pay(sender=m.PLATFORM)) == Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    assert pair.hear(between.pay(counterpart="51")) == Rejection("SAME_PROVINCE", "counterpart")
    assert pair.hear(between.pay(counterpart="99")) == Rejection("UNKNOWN_PROVINCE", "counterpart")
    other_year = settlement_id("50", "51", 2024).bytes
    assert pair.hear(between.pay(transfer_id=other_year)) == Rejection("TRANSFER_ID_DIFFERS", "envelope.transfer_id")


def test_a_payment_is_known_by_its_reference_and_keeps_its_amount_and_direction(pair, between):
    pair.hear_all([between.state(), between.pay()])
    assert pair.hear(between.pay()) == Rejection("ALREADY_RECORDED")
    assert pair.hear(between.receive(NET - 1)) == Rejection("AMOUNT_DIFFERS", "amount")
    assert pair.hear(between.pay(0, 2)) == Rejection("AMOUNT_DIFFERS", "amount")
    assert pair.hear(between.receive(by="51")) == Rejection("PAYMENT_UNKNOWN", "payment_reference")
    wrong = between.pay(payment_reference="RF00JS2025P1")
    assert pair.hear(wrong) == Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    pair.hear_all([between.receive()])
    assert pair.hear(between.receive()) == Rejection("ALREADY_RECORDED")


def test_the_payments_of_a_year_have_their_limit(pair, between, monkeypatch):
    monkeypatch.setattr(limits, "PAYMENT_LINES", limits.Limit(1, "payment_line"))
    pair.hear_all([between.state(), between.pay(100)])
    assert pair.hear(between.pay(100, 2)) == Rejection("LIMIT_REACHED", "payment_line")


def test_a_statement_of_nothing_to_pay_clears_at_once(pair, between):
    pair.facts = []
    pair.hear_all([between.state(B, (B[1], B[0]))])
    assert pair.aggregate.settlements[YEAR].is_cleared


def test_the_sweep_states_the_year_once_both_are_told_and_the_payment_clears(platform, transfer_of, between, at):
    platform.take(*completed(transfer_of, 1, "51", "50"), now=at("2025-03-03"))
    platform.take(*completed(transfer_of, 2, "50", "51", B), now=at("2025-12-31"))
    platform.sweep(at("2025-12-31", 17))
    assert "SettlementStated" not in {message.NAME for message in platform.inbox("50")}
    for day in ("2026-01-04", "2026-01-05"):
        platform.sweep(at(day))
    for province in ("50", "51"):
        [stated] = [message for message in platform.inbox(province) if message.NAME == "SettlementStated"]
        assert (stated.year, stated.cases, stated.second_owes_personal, stated.first_owes_pooling) == (
            YEAR,
            2,
            A[0],
            B[1],
        )
    platform.take(between.pay(), now=at("2026-01-08"))
    assert platform.inbox("50")[-1].NAME == "SettlementPaid"
    platform.take(between.receive(), now=at("2026-01-09"))
    assert platform.inbox("51")[-1].NAME == "SettlementReceived"
    left = "SELECT account, SUM(personal), SUM(pooling), SUM(unallocated) FROM ledger_balances GROUP BY account"
    assert {row[0] for row in platform.rows(left) if any(row[1:])} == {"origin_fund", "destination_fund"}
    with platform.store.read() as work:
        assert settlements.settlements_of(work, "51", "50")[YEAR].is_cleared
        cases = cases_of(work, "50", "51", YEAR)
    assert [(c.origin, c.day, c.total) for c in cases] == [("51", "2025-03-03", sum(A)), ("50", "2025-12-31", sum(B))]


def test_a_case_that_comes_to_be_known_later_makes_the_statements_next_version(platform, transfer_of, at):
    platform.take(*completed(transfer_of, 1, "51", "50"), now=at("2025-03-03"))
    platform.sweep(at("2026-01-04"))
    platform.take(*completed(transfer_of, 2, "50", "51", B), now=at("2025-12-31"))
    platform.sweep(at("2026-01-05"))
    versions = [msg.statement_version for msg in platform.inbox("50") if msg.NAME == "SettlementStated"]
    assert versions == [1, 2]


def test_nothing_is_stated_by_read_models_that_have_not_followed(new_platform, transfer_of, at):
    """The file of the read models was lost: half built it holds some of the cases, whose sum would be another one."""
    platform = new_platform()
    for person in range(1, 7):
        platform.take(*completed(transfer_of, person, "51", "50"), now=at("2025-03-03"))
    platform.sweep(at("2026-01-04"))
    platform.close()
    for file in platform.folder.glob("platform*projections*"):
        file.unlink()
    again = new_platform(follows=False)
    events = len(again.table("events"))
    runner = Runner(again.store, batch_size=events // 2)
    runner.step()
    assert 0 < len(again.table("settlement_cases")) < 6
    assert again.sweep(at("2026-01-05")) == 0
    assert again.national.sweep.waits_for == events
    runner.catch_up()
    again.sweep(at("2026-01-05", 12))
    assert again.national.sweep.waits_for is None
    assert [msg.cases for msg in again.inbox("50") if msg.NAME == "SettlementStated"] == [6]
    runner.close()


def test_the_banks_books_agree_with_the_settlement(platform, transfer_of, between, at):
    platform.take(*completed(transfer_of, 1, "51", "50"), now=at("2025-03-03"))
    platform.sweep(at("2026-01-04"))
    debit = BankEntry("51", UUID(bytes=settlement_id("50", "51", YEAR).bytes), between.reference(1), 1, -sum(A))
    with platform.store.read() as work:
        [item] = open_items(work, "51", [debit])
        assert (item.cause, item.difference) == ("remittance_not_reported", -sum(A))
    platform.take(between.pay(sum(A)), now=at("2026-01-08"))
    with platform.store.read() as work:
        assert open_items(work, "51", [debit]) == []
        assert open_items(work, "50", []) == []


def test_the_ids_are_those_that_the_documentation_gives(between):
    assert str(settlement_relationship("51", "50")) == "80a5474b-5de1-5b46-bfa5-3cfc2b0979aa"
    assert str(settlement_id("50", "51", 2025)) == "8d8cf56d-3d92-5d69-9be9-70d635f8349b"
