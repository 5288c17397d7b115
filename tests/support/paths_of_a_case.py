"""Every path that a case can take, told as messages: the ordinary ones, and the exceptional procedures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from support.told_transfer import TOTAL, Transfer


def every_path(people: Sequence[int] = range(1, 14)) -> list[Any]:
    said: list[Any] = []
    person = iter(people)
    said += Transfer(next(person)).whole()
    refused = Transfer(next(person))
    said += [refused.apply(), refused.refuse()]
    returned = Transfer(next(person), "32")
    said += [*returned.until_origin_review(), returned.return_letter(), returned.letter(2)]
    said += [returned.letter_received(2), returned.review(2), returned.receive(), returned.sheet(letter=2)]
    said += [returned.sheet_received(), returned.complete(), returned.remit()]
    short = Transfer(next(person), "33", "34")
    said += [*short.until_mismatch(TOTAL - 500, "top_up"), short.remit(2, 500), short.receive(2, 500), short.complete()]
    excess = Transfer(next(person), "31", "51")
    said += [*excess.until_mismatch(TOTAL + 700, "take_back_excess"), excess.give_back(700), excess.complete()]
    said += [excess.got_back(700)]
    wrong, less = Transfer(next(person), "11", "43"), (0, 933_425, 432_000, 1_943_000)
    said += [*wrong.until_mismatch(TOTAL - 1_000, "correct_sheet"), wrong.sheet(2, less), wrong.sheet_received(2)]
    said += [wrong.complete(2, less)]
    early = Transfer(next(person))
    said += [early.apply(), early.withdraw()]
    agreed = Transfer(next(person))
    said += [*agreed.until_transfer(), agreed.ask_withdrawal(), agreed.return_letter("WITHDRAWAL_AGREED")]
    said += [agreed.withdraw()]
    closed = Transfer(next(person))
    said += [*closed.until_origin_review(), closed.return_letter("PERSON_NOT_FOUND"), closed.close()]
    collector = next(person)
    first, second = Transfer(collector, "44", "41", "HA-10a"), Transfer(collector, "32", "41", "HA-10b")
    elsewhere = Transfer(collector, "11", "50", "CQ-10")
    said += [first.apply(), second.apply(), elsewhere.apply(), second.letter(), *first.until_transfer()[1:]]
    disordered = Transfer(next(person))
    said += [*reversed(disordered.until_transfer()), disordered.letter(sender="44"), disordered.close(sender="11")]
    repeated = Transfer(next(person))
    application = repeated.apply()
    other = repeated.apply(event_id=application.envelope.event_id, origin="45")
    said += [application, application, other, other, application]
    never = Transfer(next(person))
    said += [never.sheet(), never.letter()]
    return said


def every_exceptional_path(people: Sequence[int] = range(101, 126)) -> list[Any]:
    person = iter(people)
    return [
        *_partial_and_supplement(next(person)),
        *_lump_sum_with_document(next(person)),
        *_temporary_accounts(next(person), next(person)),
        *_several_origins(next(person)),
        *_money_astray(next(person), next(person), next(person)),
        *_undone(next(person)),
        *_frozen(next(person), next(person), next(person)),
        *_taken_back(next(person), next(person)),
        *_other_number(next(person), next(person)),
        *_aftermath(next(person)),
        *_settled_by_period(next(person)),
    ]


def _settled_by_period(person: int) -> list[Any]:
    case = Transfer(person, "51", "50", application="CQ-1")
    return [*case.until_transfer(), case.sheet(), case.sheet_received(), case.complete()]


def _partial_and_supplement(person: int) -> list[Any]:
    first, later, rest = Transfer(person), Transfer(person, application="GD-S1"), (0, 1_000_000, 0, 200_000)
    partial = first.both_in(withheld_months=40, withheld_amount=1_200_000)
    said = [*first.until_transfer(), first.lump_sum(), first.notice(), first.tell_person("LumpSumNoticeSent")]
    said += [*partial, first.complete(), first.document(), later.offer("supplement", first.transfer_id)]
    said += [later.sheet(1, rest), later.sheet_received(), later.remit(1, 1_200_000), later.receive(1, 1_200_000)]
    return [*said, later.complete(1, rest)]


def _lump_sum_with_document(person: int) -> list[Any]:
    t = Transfer(person, "33", "34")
    said = [t.certificate(), t.certificate(version=2), t.apply(certificate_number="PZ-1"), *t.until_transfer()[1:]]
    said += [
        t.lump_sum(paid_on="2019-05-06", paid_in="32"),
        t.ask_document("32"),
        t.document("commitment", sender="32"),
    ]
    said += [t.document("audit", "2019-05-05", sender="32"), t.arrears(), t.settle(), *t.both_in(), t.complete()]
    return said


def _temporary_accounts(collected: int, moved: int) -> list[Any]:
    whole = (0, 1_344_000, 0, 0)
    said: list[Any] = []
    for person, kind, day in (
        (collected, "temporary_collection", "2025-03-03"),
        (moved, "temporary_move", "2016-11-01"),
    ):
        t = Transfer(person)
        said += [t.open_account(), t.contribute()]
        said += [t.seal_account(), t.contribute()] if person == collected else []
        said += [t.offer(kind, account="LS-1", offered_on=date.fromisoformat(day)), t.sheet(1, whole)]
        said += [t.remit(1, 1_344_000), t.sheet_received(), t.receive(1, 1_344_000), t.complete(1, whole)]
    return said


def _several_origins(person: int) -> list[Any]:
    first, second, third = (Transfer(person, o, "41", f"HA-{o}") for o in ("44", "32", "33"))
    said = [first.apply(), second.apply(), third.apply(), third.letter(), second.letter(), second.letter_received()]
    said += [second.return_letter(), third.letter_received(), third.review(), third.lump_sum(paid_in="33")]
    said += [third.notice(), *first.until_transfer()[1:], *first.both_in(), second.letter(2), first.complete()]
    said += [*third.both_in(withheld_months=40, withheld_amount=1_200_000), second.letter_received(2), second.review(2)]
    return [*said, *second.both_in(letter=2), third.complete(), second.complete()]


def _money_astray(bounced: int, unknown: int, late: int) -> list[Any]:
    t = Transfer(bounced)
    said = [*t.until_transfer(), t.sheet(), t.sheet_received(), t.remit(), t.bounce(), t.receive()]
    said += [t.remit(2), t.receive(2), t.complete()]
    t, holding, other = (Transfer(unknown, application=a) for a in ("HA-U", "UNKNOWN-1", "UNKNOWN-2"))
    said += [*t.until_transfer(), t.sheet(), t.sheet_received(), t.remit()]
    said += [holding.unknown_money(payment_reference=t.reference(1)), holding.assign_money(t.transfer_id)]
    said += [t.receive(), t.complete(), other.unknown_money(), other.give_back(TOTAL), other.close()]
    t = Transfer(late, "31", "51")
    return [*said, *t.whole(), t.receive(2, 5_000), t.give_back(5_000, of=2), t.got_back(5_000)]


def _undone(person: int) -> list[Any]:
    first, back = Transfer(person), Transfer(person, "41", "44", "HA-B1")
    offer = back.offer("reversal", first.transfer_id)
    return [*first.whole(), offer, *back.both_in(), back.complete(), first.reverse(back.transfer_id)]


def _frozen(completed: int, given_back: int, taken_back: int) -> list[Any]:
    t = Transfer(completed)
    said = [*t.until_confirmation(), t.freeze(), t.complete()]
    t = Transfer(given_back, "11", "43")
    said += [*t.until_confirmation(), t.freeze("pension_started", sender="11"), t.close(), t.give_back(TOTAL)]
    said += [t.close(), t.got_back(TOTAL)]
    t = Transfer(taken_back)
    mistake = t.freeze("nationality_lost")
    return [*said, *t.until_transfer(), mistake, t.annul(mistake), *t.both_in(), t.complete()]


def _taken_back(letter: int, money: int) -> list[Any]:
    t = Transfer(letter)
    issued = t.letter()
    said = [t.apply(), issued, t.annul(issued), t.letter(), t.letter_received(), t.annul(issued)]
    t = Transfer(money)
    paid, sheet = t.remit(), t.sheet()
    said += [*t.until_transfer(), sheet, t.annul(sheet), t.sheet(), t.sheet_received(), paid, t.annul(paid)]
    return [*said, t.remit(1, TOTAL), t.receive(), t.complete()]


def _other_number(wrong: int, right: int) -> list[Any]:
    before = Transfer(wrong)
    after = Transfer(right, application=before.application, began_as=wrong)
    said = [*before.until_transfer(), before.sheet(), before.remit(), before.correct_identity(after.relationship_id)]
    after.said = 100
    said += [before.sheet_received(), after.sheet_received(), after.receive(payment_reference=before.reference(1))]
    live, stays = Transfer(right, "32", application="HA-live"), Transfer(wrong, "32", application="HA-stays")
    said += [after.complete(), live.apply(), *stays.until_origin_review()]
    return [*said, stays.correct_identity(after.relationship_id), stays.review()]


def _aftermath(person: int) -> list[Any]:
    t = Transfer(person)
    said = [*t.until_transfer(), t.change_agency(), t.arrears(), t.decline(), *t.both_in(), t.complete()]
    return [*said, t.clear_overlap(), t.clear_overlap(), t.tell_person(), t.tell_employer(), t.tell_person()]
