"""The fields of a message that is drawn by chance, about a transfer as the plain model knows it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

ALMOST = [0, 0, 0, 0, 0, 0, 1, -1]
PAYMENTS = ["p1", "p2", "p3", "p4"]
YUAN = [300, 300, 300, 100, 200, 400]


class Dice(Random):
    """Everything that is left to chance in one step; the step itself is what hypothesis keeps or drops."""

    def draw(self, choices: Sequence[Any]) -> Any:
        return choices[self.randrange(len(choices))]


def withheld(t: dict[str, Any]) -> dict[str, Any]:
    """What a right sheet says stays behind."""
    behind = [lump for lump in t["lumps"] if not lump["document"]]
    if not behind:
        return {}
    return {
        "withheld_months": sum(lump["months"] for lump in behind),
        "withheld_amount": sum(lump["amount"] for lump in behind) / 100,
    }


def lump_number(dice: Dice) -> dict[str, Any]:
    """Mostly without a number, as there is mostly one back-payment."""
    number = dice.draw([None, None, None, 1, 1, 2, 2, 3])
    return {} if number is None else {"lump_sum_number": number}


class DrawnFields:
    """Part of the machine that draws stories: needs its `model`, `ids`, `stage` and `parts`."""

    def fields(self, dice: Dice, name: str, course: str, t: dict[str, Any] | None) -> dict[str, Any]:
        """What a message of that name says about the transfer as it stands: mostly what is right, or nearly so."""
        for draw in (self._of_letters, self._of_payment, self._of_the_rest):
            found = draw(dice, name, course, t)
            if found is not None:
                return found
        return {}

    def _of_letters(self, dice: Dice, name: str, course: str, t: dict[str, Any] | None) -> dict[str, Any] | None:
        """Applications, letters and sheets."""
        letter, sheet = (t["letter"], t["sheet"]) if t else (0, 0)

        def almost(number: int) -> int:
            return max(1, number + dice.draw(ALMOST))

        match name:
            case "ContactLetterIssued":
                return {"letter_version": almost(letter + 1)}
            case "ContactLetterReceived" | "OriginReviewPassed" | "WithdrawalRequested":
                return {"letter_version": almost(letter)}
            case "TransferReturned":
                reasons = ["BANK_DATA_INVALID", "WITHDRAWAL_AGREED"]
                return {"letter_version": almost(letter), "reason_code": dice.draw(reasons)}
            case "ApplicationRefused":
                return {"reason_code": "NOT_INSURED_HERE"}
            case "InformationSheetSent":
                parts: dict[str, Any] = {"account_at_previous_year_end": dice.draw([200, 100, 0])}
                parts["pooling_total"] = dice.draw([100, 200, 0])
                if dice.draw((True, False)):
                    parts = self.parts(course)
                if dice.randrange(6) == 0:
                    wrong = [("first_month", 202413), ("last_month", 202312), ("last_month", 203001), ("months", 13)]
                    parts |= dict([dice.draw(wrong)])
                versions = {"letter_version": almost(letter), "sheet_version": almost(sheet + 1)}
                if dice.draw((True, False)):
                    parts |= {"withheld_months": 36, "withheld_amount": 50}
                elif t:
                    parts |= withheld(t)
                return {**versions, **parts}
            case "InformationSheetReceived":
                return {"sheet_version": almost(sheet)}
            case "ApplicationAccepted":
                number = dice.draw([None, "K-1"])
                return {} if number is None else {"certificate_number": number}
        return None

    def _of_payment(self, dice: Dice, name: str, course: str, t: dict[str, Any] | None) -> dict[str, Any] | None:
        """Payments, with or without a case."""
        match name:
            case "FundsRemitted" | "FundsReceived":
                return self.payment(dice, t, PAYMENTS, YUAN, back=False)
            case "PaymentBounced":
                back = dice.draw((True, False))
                under_way = [x for x in (t["lines"] if t else []) if x["told"] and not x["came"] and not x["bounced"]]
                line = self.payment(dice, t, PAYMENTS, YUAN, back=back)
                if under_way and dice.randrange(4):
                    chosen = dice.draw(under_way)
                    line, back = self.same(chosen), chosen["back"]
                by = "destination" if back == (dice.randrange(6) > 0) else "origin"
                return line | {"reason_text": "账号不符", "by": by}
            case "FundsReturned":
                fields = self.payment(dice, t, ["b1", "b2", "b3", "p1"], [100, 300, 50], back=True)
                came = [x for x in (t["lines"] if t else []) if x["came"] and not x["back"]]
                first = self.payment(dice, t, PAYMENTS, YUAN, back=False)
                if t and came and dice.randrange(4):
                    chosen = dice.draw(came)
                    stays = self.model.expected(t) if t["credited"] or t["state"] == "mismatch" else 0
                    excess = max(self.model.held(t) - stays, 0)
                    amount = min(chosen["amount"], excess) + 100 * abs(dice.draw(ALMOST))
                    fields = {"payment": f"b{len(t['lines'])}", "amount": amount / 100}
                    first = self.same(chosen)
                if "payment" in first:
                    return fields | {"returned": first["payment"]}
                returned = {"returned_reference": first["payment_reference"], "returned_line": first["payment_line"]}
                return fields | returned
            case "ReturnedFundsReceived":
                waited_for = [x for x in (t["lines"] if t else []) if x["back"] and not x["came"] and not x["bounced"]]
                if waited_for and dice.randrange(4):
                    return self.same(dice.draw(waited_for))
                return self.payment(dice, t, ["b1", "b2"], [100, 300, 50], back=True)
            case "UnassignedFundsReceived":
                return {"payer": "44", "payment": dice.draw(PAYMENTS), "amount": dice.draw(YUAN)}
            case "UnassignedFundsAssigned":
                return {
                    "assigned_to": dice.draw(["first", "first", "first", "second", "elsewhere", "unknown", "00" * 16])
                }
            case "OverlapCleared":
                refund = dice.draw([50, 100, 0])
                payment = dice.draw(["r1", "r2"])
                return {
                    "payment": payment,
                    "refund": refund,
                    "months": 2,
                    "first_month": 202401,
                    "last_month": 202402,
                    "kept_province": "41",
                }
        return None

    def _of_the_rest(self, dice: Dice, name: str, course: str, t: dict[str, Any] | None) -> dict[str, Any] | None:
        """What is reported of sheet and money together, and the exceptional procedures."""
        letter, sheet, split = (t["letter"], t["sheet"], t["split"]) if t else (0, 0, None)
        own, pooling = split or (20_000, 10_000)

        def almost(number: int) -> int:
            return max(1, number + dice.draw(ALMOST))

        match name:
            case "MismatchReported":
                held = self.model.held(t) if t else 0
                requests = ["top_up", "take_back_excess", "correct_sheet"]
                return {
                    "sheet_version": almost(sheet),
                    "expected": (self.model.expected(t) if t else own + pooling) / 100,
                    "received": (held + 100 * abs(dice.draw(ALMOST))) / 100,
                    "request": dice.draw(requests),
                }
            case "TransferCompleted":
                off = 100 * abs(dice.draw(ALMOST))
                return {
                    "sheet_version": almost(sheet),
                    "individual_total": (own + off) / 100,
                    "pooling_total": pooling / 100,
                }
            case "FactAnnulled":
                last = dice.draw(self.ids[-3:] or ["00" * 16])
                undo = t["undo"] if t else None
                if undo and dice.draw((True, False)):
                    return {"annulled_event_id": self.named(undo[0]), "by": undo[1]}
                return {"annulled_event_id": last} | self.either(dice)
            case "ArrearsReported":
                return {"letter_version": almost(letter), "months": 3, "own_part": 80}
            case "LumpSumFound":
                day, place = dice.draw(["2015-05-05", "2018-05-05"]), dice.draw(["32", "33"])
                found = {"letter_version": almost(letter), "months": 36, "amount": 50, "paid_on": day, "paid_in": place}
                return found | lump_number(dice)
        return self._of_exceptional_procedures(dice, name, course)

    def _of_exceptional_procedures(self, dice: Dice, name: str, course: str) -> dict[str, Any] | None:
        match name:
            case "LumpSumDocumentRequested":
                return {"paid_in": dice.draw(["32", "33"])} | lump_number(dice)
            case "LumpSumNoticeSent":
                return lump_number(dice)
            case "LumpSumDocumentSupplied":
                kinds = ["commitment", "court"]
                day = dice.draw(["2014-01-01", "2020-01-01"])
                by = dice.draw(["origin", "32"])
                return {"document": dice.draw(kinds), "document_date": day, "by": by} | lump_number(dice)
            case "ArrearsSettled":
                return {"amount": 80}
            case "TransferFrozen":
                return {"cause": dice.draw(["death", "pension_started"])} | self.either(dice)
            case "TransferReversed":
                return {"reversal": dice.draw(["reversal", "second"])}
            case "IdentityCorrected":
                return {"reason": "wrong_digit", "new_person": dice.draw(["right", "person"])}
            case "TransferOffered":
                fields = {"kind": dice.draw(self.kinds(course))}
                if fields["kind"].startswith("temporary"):
                    fields["account_number"] = "T-1"
                else:
                    fields["names"] = "first"
                return fields
            case "AgencyChanged":
                return {"reason": "merged"} | self.either(dice)
            case "PersonInformed":
                return {"about": "TransferCompleted", "reader": dice.draw(["person", "person", "heirs"])}
        return None

    def payment(
        self, dice: Dice, t: dict[str, Any] | None, names: list[str], amounts: list[int], *, back: bool
    ) -> dict[str, Any]:
        """A payment line that the case knows, or a new one."""
        known = [line for line in (t["lines"] if t else []) if line["back"] == back]
        if known and dice.randrange(3):
            line = dice.draw(known)
            amount = line["amount"] + 100 * abs(dice.draw(ALMOST))
            return {"payment_reference": line["reference"], "payment_line": line["line"], "amount": amount / 100}
        return {"payment": dice.draw(names), "amount": dice.draw(amounts)}

    def same(self, line: dict[str, Any]) -> dict[str, Any]:
        return {
            "payment_reference": line["reference"],
            "payment_line": line["line"],
            "amount": line["amount"] / 100,
        }

    def named(self, event_id: bytes) -> str:
        return next(name for name in self.ids if self.stage.player.messages[name].envelope.event_id == event_id)

    def either(self, dice: Dice) -> dict[str, Any]:
        return {"by": dice.draw(["destination", "origin"])}

    def kinds(self, course: str) -> list[str]:
        return {"temporary": ["temporary_collection", "temporary_collection", "temporary_move"]}.get(
            course, [course] if course in ("supplement", "reversal") else ["supplement"]
        )
