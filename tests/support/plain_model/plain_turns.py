"""Lump sums, arrears, frozen, reversed, corrected and annulled cases in the plain model."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from support.plain_model.plain_law import OVER, WAIT, meant_lumps


class Turns:
    """Part of `PlainModel`."""

    def _hear_lump_sum_found(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version > t["letter"]:
            return WAIT
        if t["split"] is not None:
            return "STATE_CONFLICT"
        number = len(t["lumps"]) + 1
        if (msg.lump_sum_number or 0) > number:
            return WAIT
        if number > 32:
            return "STATE_CONFLICT"
        paid = {name: getattr(msg, name) for name in ("months", "amount", "paid_on", "paid_in")}
        t["lumps"].append({**paid, "number": number, "document": False, "noticed": False, "behind": False})
        return None

    def unheard_of(self, t: dict[str, Any]) -> str:
        """Nobody has reported a lump sum or arrears; until the sheet is out that may still come."""
        return WAIT if t["split"] is None else "STATE_CONFLICT"

    def _hear_lump_sum_document_requested(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        open_ = [lump for lump in meant_lumps(t, msg) if not lump["document"]]
        if not open_:
            return self.unheard_of(t)
        return None if len(open_) == 1 else "LUMP_SUM_NOT_NAMED"

    def _hear_lump_sum_document_supplied(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        open_ = [lump for lump in meant_lumps(t, msg) if not lump["document"]]
        if not open_:
            return self.unheard_of(t)
        if len(open_) > 1:
            return "LUMP_SUM_NOT_NAMED"
        paid_on = open_[0]["paid_on"]
        enough = paid_on.isoformat() < "2016-11-28" or (msg.document != "commitment" and msg.document_date < paid_on)
        if not enough:
            return "LUMP_SUM_DOCUMENT_INVALID"
        open_[0]["document"] = True
        return None

    def _hear_lump_sum_notice_sent(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if (msg.lump_sum_number or 1) > len(t["lumps"]):
            return self.unheard_of(t)
        for lump in t["lumps"]:
            lump["noticed"] = lump["noticed"] or msg.lump_sum_number in (None, lump["number"])
        return None

    def _hear_arrears_reported(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version > t["letter"]:
            return WAIT
        if t["split"] is not None:
            return "STATE_CONFLICT"
        t["arrears"] = "reported"
        return None

    def _hear_arrears_settled(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if not t["arrears"]:
            return self.unheard_of(t)
        if t["arrears"] != "reported":
            return "STATE_CONFLICT"
        t["arrears"] = msg.NAME.removeprefix("Arrears").lower()
        return None

    _hear_arrears_declined = _hear_arrears_settled

    def _hear_transfer_frozen(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        t |= {"frozen": msg.cause, "board_reason": msg.cause, "owed": "sheet" if t["owed"] == "sheet" else ""}
        return None

    def _hear_transfer_reversed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        other = self.transfer(msg.envelope.relationship_id, msg.reversal)
        if other is None:
            return WAIT
        if other["kind"] != "reversal" or other["names"] != t["id"]:
            return "REVERSAL_OF_ANOTHER"
        if other["state"] != "completed":
            return "REVERSAL_OF_ANOTHER" if other["state"] in OVER else WAIT
        return None

    def _hear_identity_corrected(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.new_relationship_id == msg.envelope.relationship_id:
            return "INVALID_REQUEST"
        there = deepcopy(t)
        there |= {"undo": None, "late": 0}
        there["runs_before"] = self.runs(t)
        there["clocks"] = [dict(c, warned=False, missed=False) for c in there["clocks"] if c["outcome"] is None]
        there["board_reason"] = there["frozen"] or there["return_reason"]
        self.elsewhere.append((msg.new_relationship_id, there, person, t))
        return None

    def _hear_fact_annulled(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if t["undo"] is None:
            return "CANNOT_ANNUL"
        event_id, said_by, before, ran, _ = t["undo"]
        if event_id != msg.annulled_event_id or said_by != msg.envelope.sender:
            return "CANNOT_ANNUL"
        comes_back = t["state"] in OVER and before["state"] not in OVER
        if (
            comes_back
            and t["kind"] not in ("reversal", "unassigned")
            and self.in_the_way(person, t["origin"], t["destination"])
        ):
            return "CANNOT_ANNUL"
        clocks, runs, late = t["clocks"], self.runs(t), t["late"] + self.reported_late(msg, at)
        since = t["receipt_since"]
        for i, clock in enumerate(clocks):
            if clock["outcome"] is None and i not in ran:
                clock["outcome"] = "cancelled"
        for i in ran:
            if clocks[i]["outcome"] is not None:
                name = clocks[i]["clock"]
                clocks.append(dict(clocks[i], run=runs[name] + 1, outcome=None, warned=False, missed=False))
        t.clear()
        t |= {**before, "clocks": clocks, "receipt_since": since, "late": late}
        t["board_reason"] = t["frozen"] or t["return_reason"]
        t["owed"] = self.outstanding(t)
        return None

    def _hear_agency_changed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        return None

    def _hear_person_informed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        """After a death the heirs are told, and neither person nor employer."""
        if (getattr(msg, "reader", "employer") == "heirs") != (t["frozen"] == "death"):
            return "WRONG_READER"
        t["told"].add((msg.NAME, msg.about))
        return None

    _hear_employer_informed = _hear_person_informed
