"""Views of personal data by `jinbao desk`: recorded in the province's log, and in the nation's where it is at hand."""

from __future__ import annotations

from contextlib import ExitStack

from jinbao.cli.reading import opened
from jinbao.cli.this_user import this_user
from jinbao.regional_adapter.office.case import Case
from jinbao.service.errors import UserError
from jinbao.service.settings import Settings
from jinbao.web.national.accesses import AccessesHere
from jinbao.web.province.views_log import Seen, views_log


def record_view(settings: Settings, province: str, case: Case, action: str, now_us: int) -> None:
    """Record that the user of this machine is about to see the personal fields of a case; then they may be shown.

    Raises UserError, Unavailable, StoreError where it cannot be recorded.
    """
    seen = Seen(this_user("desk"), "clerk", case.number, "desk", "", action, str(case.transfer or ""), "command")
    with views_log(settings.data, province) as log, ExitStack() as stack:
        try:
            store = stack.enter_context(opened(settings, with_read_models=False))
        except UserError:  # a province apart from the nation: its application tells it
            log.record(seen, now_us)
            return
        AccessesHere(store).record(province, log, lambda: log.record(seen, now_us), now_us)
