"""Payments as matching reads them from the ledger's facts."""

from __future__ import annotations

from datetime import date

from jinbao.platform.projections.payment_reports import payments_reported

TOTAL = 3_309_425
LATER = date(2030, 1, 1)


def reported(platform, as_of=LATER):
    with platform.store.read() as work:
        return list(payments_reported(work, as_of))


def test_a_payment_that_both_report_has_payer_payee_and_line(platform, transfer):
    platform.take(*transfer.whole())
    (payment,) = reported(platform)
    assert (payment.reference, payment.payer, payment.payee) == (transfer.reference(1), "44", "41")
    assert payment.lines == ((transfer.transfer_id, TOTAL, TOTAL, 0),)
    assert {role: side.amount_fen for role, side in payment.sides.items()} == {"debit": -TOTAL, "credit": TOTAL}


def test_a_payee_is_known_before_it_reports(platform, transfer):
    platform.take(*[message for message in transfer.whole() if message.NAME != "FundsReceived"])
    (payment,) = reported(platform)
    assert (payment.payer, payment.payee, payment.lines[0].received_fen) == ("44", "41", None)
    assert payment.unreported_fen == TOTAL


def test_a_payer_that_reports_nothing_is_known(platform, transfer):
    platform.take(*[message for message in transfer.whole() if message.NAME != "FundsRemitted"])
    (payment,) = reported(platform)
    assert (payment.payer, payment.payee, payment.lines[0].ordered_fen) == ("44", "41", None)
    assert set(payment.sides) == {"credit"}


def test_a_payment_back_is_a_payment_of_its_own_in_the_other_direction(platform, transfer):
    platform.take(*transfer.until_mismatch(TOTAL + 700, "take_back_excess"), transfer.give_back(700))
    back = next(payment for payment in reported(platform) if payment.payer == "41")
    assert (back.payee, back.lines[0].ordered_fen, back.lines[0].received_fen) == ("44", 700, None)
    platform.take(transfer.complete(), transfer.got_back(700))
    back = next(payment for payment in reported(platform) if payment.payer == "41")
    assert back.lines[0].received_fen == 700


def test_what_was_ordered_after_the_day_is_not_there(platform, transfer):
    platform.take(*transfer.whole())
    (payment,) = reported(platform)
    assert reported(platform, date.fromordinal(payment.ordered_on.toordinal() - 1)) == []


def test_a_payment_that_bounced_keeps_its_debit_and_has_a_return(platform, transfer):
    platform.take(*transfer.until_transfer(), transfer.remit(), transfer.bounce())
    (payment,) = reported(platform)
    assert {role: side.amount_fen for role, side in payment.sides.items()} == {
        "debit": -TOTAL,
        "credit": 0,
        "return": TOTAL,
    }


def test_a_refund_to_a_person_has_no_payee(platform, transfer):
    platform.take(*transfer.whole(), transfer.clear_overlap(96_000))
    refund = next(payment for payment in reported(platform) if payment.payer == "41")
    assert (refund.payee, refund.lines[0].ordered_fen) == ("", 96_000)


def test_money_that_nobody_knew_counts_once_after_it_is_assigned(platform, transfer, transfer_of):
    holding = transfer_of(application="UNKNOWN-1")
    platform.take(*transfer.until_transfer(), holding.unknown_money(payment_reference=transfer.reference(1)))
    assert [(p.payer, p.payee, p.lines[0].ordered_fen) for p in reported(platform)] == [("44", "41", None)]
    platform.take(transfer.remit(), holding.assign_money(transfer.transfer_id), transfer.receive())
    (payment,) = reported(platform)
    assert (payment.payer, payment.payee, payment.lines[0][1:]) == ("44", "41", (TOTAL, TOTAL, 0))
