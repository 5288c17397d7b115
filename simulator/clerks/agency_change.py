"""Agency changes: an agency is merged or renamed while it holds cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.agency_change import AgencyChangedForm
from jinbao.simulator.clerks.case_file import CaseFile, Task
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.population.agencies import agency_of, change_of


class AgencyChanges(Clerk):
    """Says it in each case in which the agency takes part."""

    def agency_change(self, file: CaseFile, since: date) -> Iterator[Task]:
        """The agency was merged or renamed while it held the case, in which it takes part since that day."""
        change = change_of(self.province, self.clock)
        if change is None or file.wrote("AgencyChanged") or since >= change.valid_from:
            return
        form = AgencyChangedForm(
            reason=change.reason, valid_from=change.valid_from, agency=agency_of(self.province, change)
        )
        key = f"{file.case[:16]}-J"
        yield Task(change.valid_from, lambda today: self.write(file, today, form, key))
