"""Two payments that one bank entry may be, on the page: what tells them apart, or that nothing does; none is chosen."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from support.bank_messages import booked, entry, envelope, opened
from support.pages import PASSWORD, browser, sign_in
from support.platform_under_test import Platform
from support.told_transfer import Transfer, instant

from jinbao.cli.alert_watch import alert_watch, outside
from jinbao.schemas.messages import FundsRemitted
from jinbao.schemas.messages.bank import BookedPayment
from jinbao.service.settings import load_settings
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.application import Application
from jinbao.web.clock import Clock
from jinbao.web.national.nation import Nation
from jinbao.web.national.site import national_site

TOTAL = 3_309_425
NOW = instant("2025-05-06")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "Nothing but their numbers and cases tells them apart."),
        ({"remitted_on": date(2025, 3, 4)}, "They differ in: <strong>day of the order</strong>"),
    ],
)
def test_two_payments_that_fit_stand_beside_each_other_and_none_is_chosen(tmp_path: Path, changes, told):
    payer = UUID(int=44)
    paid_from = opened("44", envelope=msgspec.structs.replace(envelope(2, "44"), account_id=payer.bytes), kind="out")
    unnamed = [BookedPayment(payment_references=[], counterpart=payer.bytes)]
    credit = entry(1, TOTAL, payments=unnamed, booked_on=date(2025, 3, 5))
    other = [
        msgspec.structs.replace(message, **changes) if isinstance(message, FundsRemitted) else message
        for message in Transfer(person=2).whole()
    ]
    said = [*Transfer().whole(), *other]
    with closing(Platform(tmp_path)) as platform, closing(UsersFile(tmp_path)) as users:
        platform.take(paid_from, *said, opened(), booked(1, 500, credit, first_day=date(2025, 3, 1)), now=NOW)
        while platform.national.reconciler.step(NOW):
            platform.run()
        add_user(users, "finance41", "finance", "41", PASSWORD)
        settings = load_settings(tmp_path, {})
        with closing(alert_watch(settings, platform.store)) as watch:
            nation = Nation(platform.store, Clock(NOW), watch, *outside(settings))
            officer = browser(Application([national_site(nation)], users, "en").asgi)
            assert sign_in(officer, "finance41") == 303
            shown = officer.get("/finance/breaks?kind=unmatched_bank").text
    assert "2 payments fit; none is chosen beforehand." in shown
    assert told in " ".join(shown.split())
    assert [shown.count(f'aria-keyshortcuts="{key}"') for key in (1, 2, 3)] == [1, 1, 0]
    assert "checked" not in shown
