"""Reversals: the first transfer is undone once the opposite one is complete."""

from __future__ import annotations

from datetime import date

from jinbao.regional_adapter.forms.reversal import TransferReversedForm
from jinbao.simulator.clerks.case_file import CaseFile
from jinbao.simulator.clerks.clerk import Clerk

_PAID_IN_ERROR = "转移有误，双方商定撤销"


class Reversals(Clerk):
    """Says that the first transfer counts as reversed."""

    def _undo(self, file: CaseFile, today: date) -> None:
        """The first transfer counts as reversed."""
        offered = file.got("TransferOffered")
        assert offered is not None
        assert file.first is not None
        form = TransferReversedForm(reversal=offered.transfer_id, reason_text=_PAID_IN_ERROR)
        self.write(file.first, today, form, f"{offered.local_document}-X")
