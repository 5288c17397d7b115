"""The special cases that the law knows: which of them a transfer takes, and how often, and nothing else.

Shares are our own [assumed]: nothing is published about them. A turn is taken by transfers that else go straight, in
time and without an incident.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from jinbao.schemas.messages import FreezeCause


class SpecialCase(StrEnum):
    """A special case of a case."""

    LUMP_SUM_COMMITMENT = "lump_sum_commitment"
    """A back-payment of three years or more, with the origin's written commitment."""
    LUMP_SUM_THIRD_PROVINCE = "lump_sum_third_province"
    """Made in a third province, which supplies a court's decision through the origin."""
    LUMP_SUM_LEFT_BEHIND = "lump_sum_left_behind"
    """No document: the person is told in writing, the rest moves."""
    LUMP_SUM_FOLLOWS = "lump_sum_follows"
    """As before, and the document is found later: what stayed behind follows."""
    LUMP_SUM_SEVERAL = "lump_sum_several"
    """Two of them: an old one with a commitment, and one made in a third province, with a court's decision."""
    ARREARS_SETTLED = "arrears_settled"
    ARREARS_DECLINED = "arrears_declined"
    PAYMENT_BOUNCES = "payment_bounces"
    """The bank gives the payment back; it is paid again."""
    MONEY_ASSIGNED = "money_assigned"
    """The payment names a case that nobody knows, until somebody finds out whose it is."""
    UNKNOWN_MONEY_RETURNED = "unknown_money_returned"
    """A payment that belongs to no case at all is paid back."""
    PAID_TWICE = "paid_twice"
    """The origin pays a second time after completion, and gets it back."""
    REVERSED = "reversed"
    """The completed transfer is undone by an opposite one."""
    DIES_BEFORE_COMPLETION = "dies_before_completion"
    DRAWS_PENSION = "draws_pension"
    DIES_AFTER_REMITTANCE = "dies_after_remittance"
    """All money goes back, and the case is closed."""
    LOSES_NATIONALITY = "loses_nationality"
    """Before any money moved: the case is closed."""
    NUMBER_UPGRADED = "number_upgraded"
    """Both provinces know the person by 15 digits."""
    NUMBER_MISTYPED = "number_mistyped"
    """The destination got a digit wrong; the origin corrects it."""
    PERMIT_TO_CITIZEN = "permit_to_citizen"
    """A resident of Hong Kong, Macao or Taiwan has become a citizen with a number of the mainland."""
    REFUSAL_TAKEN_BACK = "refusal_taken_back"
    RETURN_TAKEN_BACK = "return_taken_back"
    OVERLAP = "overlap"
    """Months in two relationships: cleared after completion, the other's account is refunded."""
    ONWARD = "onward"
    """The first years were paid in another province and came to the origin by an earlier transfer."""


SPECIAL_CASES: Mapping[str, float] = {
    SpecialCase.LUMP_SUM_COMMITMENT: 0.002,
    SpecialCase.LUMP_SUM_THIRD_PROVINCE: 0.002,
    SpecialCase.LUMP_SUM_LEFT_BEHIND: 0.002,
    SpecialCase.LUMP_SUM_FOLLOWS: 0.002,
    SpecialCase.ARREARS_SETTLED: 0.003,
    SpecialCase.ARREARS_DECLINED: 0.002,
    SpecialCase.PAYMENT_BOUNCES: 0.003,
    SpecialCase.MONEY_ASSIGNED: 0.002,
    SpecialCase.UNKNOWN_MONEY_RETURNED: 0.002,
    SpecialCase.PAID_TWICE: 0.002,
    SpecialCase.REVERSED: 0.002,
    SpecialCase.DIES_BEFORE_COMPLETION: 0.002,
    SpecialCase.DRAWS_PENSION: 0.0015,
    SpecialCase.DIES_AFTER_REMITTANCE: 0.002,
    SpecialCase.LOSES_NATIONALITY: 0.0015,
    SpecialCase.NUMBER_UPGRADED: 0.002,
    SpecialCase.NUMBER_MISTYPED: 0.002,
    SpecialCase.PERMIT_TO_CITIZEN: 0.0015,
    SpecialCase.REFUSAL_TAKEN_BACK: 0.002,
    SpecialCase.RETURN_TAKEN_BACK: 0.002,
    SpecialCase.OVERLAP: 0.005,
    SpecialCase.ONWARD: 0.05,
    SpecialCase.LUMP_SUM_SEVERAL: 0.002,
}
"""Share of the transfers that are free for it, all [assumed]."""
CERTIFICATE_SHARE, REISSUED_SHARE = 0.06, 0.01
"""Transfers whose origin issues the certificate over the platform, and issues it again [assumed]."""

LUMP_SUMS = frozenset(r for r in SpecialCase if r.value.startswith("lump_sum"))
PAID_IN_THIRD = frozenset({SpecialCase.LUMP_SUM_THIRD_PROVINCE, SpecialCase.LUMP_SUM_SEVERAL})
"""A third province has the document."""
LEFT_BEHIND = frozenset({SpecialCase.LUMP_SUM_LEFT_BEHIND, SpecialCase.LUMP_SUM_FOLLOWS})
"""Without a document while the sheet is written."""
CORRECTED = frozenset({SpecialCase.NUMBER_UPGRADED, SpecialCase.NUMBER_MISTYPED, SpecialCase.PERMIT_TO_CITIZEN})
TAKEN_BACK = frozenset({SpecialCase.REFUSAL_TAKEN_BACK, SpecialCase.RETURN_TAKEN_BACK})
FREEZES: Mapping[SpecialCase, FreezeCause] = {
    SpecialCase.DIES_BEFORE_COMPLETION: "death",
    SpecialCase.DRAWS_PENSION: "pension_started",
    SpecialCase.DIES_AFTER_REMITTANCE: "death",
    SpecialCase.LOSES_NATIONALITY: "nationality_lost",
}
"""What happened to the person."""
MONEY_FIRST = frozenset({SpecialCase.DIES_AFTER_REMITTANCE})
ALONE = CORRECTED | LUMP_SUMS
"""Turns of a person who has no other transfer under way."""

LEAST_MONTHS: Mapping[SpecialCase, int] = {
    **dict.fromkeys(LUMP_SUMS, 156),
    SpecialCase.ARREARS_SETTLED: 12,
    SpecialCase.ARREARS_DECLINED: 12,
    SpecialCase.NUMBER_UPGRADED: 108,
    SpecialCase.ONWARD: 30,
    SpecialCase.OVERLAP: 12,
}
"""Contributions that the turn needs, in months."""
