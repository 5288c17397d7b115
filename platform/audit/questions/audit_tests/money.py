"""Tests of money: paid twice, paid in parts, gone and come back, accounts that two agencies share or one changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from jinbao.platform.aggregates.subjects.payment import FundsRemitted, PaymentBounced
from jinbao.platform.audit.questions.audit_tests.act import Act
from jinbao.platform.audit.questions.audit_tests.audit_test import Hit, hit
from jinbao.presentation import formatting
from jinbao.rules.working_days import load_working_days


class _OfPayments:
    """Base of the tests of what an origin has paid for each case, without what the bank gave back."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.of: dict[int, list[Act]] = defaultdict(list)
        self.population = 0

    def see(self, act: Act) -> None:
        """Look at payments alone."""
        if isinstance(act.fact, FundsRemitted) and not act.fact.payment.backwards:
            self.population += 1
            self.of[act.case].append(act)
        elif isinstance(act.fact, PaymentBounced):
            line = act.fact.payment
            self.of[act.case] = [
                one
                for one in self.of[act.case]
                if (one.fact.payment.payment_reference, one.fact.payment.payment_line)  # type: ignore[attr-defined]
                != (line.payment_reference, line.payment_line)
            ]


def _amount(act: Act) -> int:
    assert isinstance(act.fact, FundsRemitted)
    return act.fact.payment.amount


class DuplicatePayments(_OfPayments):
    """The same amount paid twice for one case."""

    name = "duplicate_payments"
    words = ("重复付款", "one amount paid twice")

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        found = []
        for paid in self.of.values():
            for place, act in enumerate(paid):
                same = [one for one in paid[:place] if _amount(one) == _amount(act)]
                if same:
                    yuan = formatting.yuan(_amount(act))
                    found.append(hit(act, f"{yuan} 元付了两次", f"{yuan} yuan were paid twice", same[0]))
        return found


class SplitPayments(_OfPayments):
    """Several payments of different amounts for one case within a few working days."""

    name = "split_payments"
    words = ("拆分付款", "payments in parts")

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self._within = int(parameters["working_days"])
        self._days = load_working_days()

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        found = []
        for paid in self.of.values():
            near = [act for act in paid[1:] if self._near(paid[0], act) and _amount(act) != _amount(paid[0])]
            if near:
                parts = " + ".join(formatting.yuan(_amount(one)) for one in (paid[0], *near))
                found.append(hit(near[-1], f"分次付款 {parts} 元", f"paid in parts: {parts} yuan", paid[0]))
        return found

    def _near(self, first: Act, act: Act) -> bool:
        assert isinstance(first.fact, FundsRemitted)
        assert isinstance(act.fact, FundsRemitted)
        return 0 <= self._days.between(first.fact.day, act.fact.day) <= self._within


class RoundTrips:
    """A person's money that goes from one province to another and back."""

    name = "round_trips"
    words = ("转去又转回", "there and back")

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._within_us = int(parameters["days"]) * 86_400_000_000
        self._paid: dict[tuple[int, str, str], Act] = {}
        self._hits: dict[int, Hit] = {}
        self.population = 0

    def see(self, act: Act) -> None:
        """Look at payments between the provinces of a person's cases."""
        if not isinstance(act.fact, FundsRemitted) or act.fact.payment.backwards:
            return
        self.population += 1
        payer, payee = act.route
        self._paid.setdefault((act.stream, payer, payee), act)
        before = self._paid.get((act.stream, payee, payer))
        if before is not None and act.received_at - before.received_at <= self._within_us:
            text = f"{payee} 转来的资金又由 {payer} 转回"
            self._hits.setdefault(act.case, hit(before, text, f"what came from {payee} went back from {payer}", act))

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        return list(self._hits.values())


class _OfAccounts:
    """Base of the tests of the bank accounts that agencies' letters have named, in order."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.named: list[tuple[str, Act]] = []

    def see(self, act: Act) -> None:
        """Look at what names an agency's account."""
        agency = getattr(act.message, "agency", None)
        if agency is not None:
            self.named.append((agency.account_number, act))

    @property
    def population(self) -> int:
        """Documents that name an account."""
        return len(self.named)

    def owners(self) -> dict[str, str]:
        """Account → the agency that names it most."""
        counted: dict[str, Counter[str]] = defaultdict(Counter)
        for number, act in self.named:
            counted[number][act.sender] += 1
        return {number: senders.most_common(1)[0][0] for number, senders in counted.items()}


class SharedAccounts(_OfAccounts):
    """A letter that names the account of another agency."""

    name = "shared_account"
    words = ("共用账户", "an account of another agency")

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        owners = self.owners()
        return [
            hit(act, f"所列账户属于 {owners[number]}", f"it names the account of {owners[number]}")
            for number, act in self.named
            if owners[number] != act.sender
        ]


class ChangedAccounts(_OfAccounts):
    """A letter that names an account which the agency named neither before nor after."""

    name = "changed_account"
    words = ("一次性账户", "an account named once")

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        owners = self.owners()
        by_agency: dict[str, list[tuple[str, Act]]] = defaultdict(list)
        for number, act in self.named:
            if owners[number] == act.sender:
                by_agency[act.sender].append((number, act))
        found = []
        for named in by_agency.values():
            for place, (number, act) in enumerate(named):
                cases = {one.case for other, one in named if other == number}
                before, after = {n for n, _ in named[:place]}, {n for n, _ in named[place + 1 :]}
                if cases == {act.case} and (before & after) - {number}:
                    found.append(hit(act, "所列账户此前此后都未用过", "it names an account that stands in no other"))
        return list({one.about: one for one in found}.values())
