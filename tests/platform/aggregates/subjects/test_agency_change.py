"""Agency change: an agency is merged or renamed while it holds a case."""

from __future__ import annotations


def test_an_agency_may_change_while_it_holds_a_case(platform, transfer):
    platform.take(*transfer.until_transfer(), transfer.change_agency(), transfer.change_agency(sender="41"))
    assert platform.inbox("41")[-1].NAME == "AgencyChanged"
    assert platform.inbox("44")[-1].NAME == "AgencyChanged"
    platform.take(*transfer.both_in(), transfer.complete(), transfer.change_agency())
    assert platform.outcomes()[-1] == ("REJECTED", "CASE_CLOSED")
