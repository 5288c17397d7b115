"""Two provinces on one platform, and what their clerks and banks hand in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.two_provinces import NOW_US, TODAY, Run, import_both

from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.forms.information_sheet import information_sheet
from jinbao.regional_adapter.forms.origin_review import OriginReviewPassedForm
from jinbao.regional_adapter.forms.payment import remittance
from jinbao.rules.payment_reference import make_payment_reference


@pytest.fixture
def run(nation_of_the_platform: Any, tmp_path: Path) -> Run:
    nation, platform = nation_of_the_platform
    return Run(nation, tmp_path, platform)


@pytest.fixture
def bus_clock() -> Callable[[], int]:
    """Bus, platform and desks live on the same day."""
    return lambda: NOW_US


@pytest.fixture
def nation_of_the_platform(bare_nation: Any, tmp_path: Path) -> Any:
    store = Store(f"sqlite:///{tmp_path}/platform.sqlite", durable=False)
    bare_nation.bus._clock = lambda: NOW_US  # one day for bus and platform
    platform = NationalPlatform(bare_nation.bus, store)
    yield bare_nation, platform
    platform.close()
    store.close()


@pytest.fixture
def announce(run: Run) -> Callable[[int | None], Any]:
    """Guangdong sends the first case's sheet, and says that it pays where an amount is given."""
    desk = run.desks.pop("44")
    import_both(run)
    guangdong = run.nation.province("44").local
    letter = guangdong.incoming("ContactLetterIssued")[0]
    account = guangdong.account(letter.fields["personal"]["number"])
    rows = guangdong.contributions(account.number)
    sheet = information_sheet(letter, rows, account, desk._agency, TODAY, "44").form
    reference = make_payment_reference("TEST")

    def say(amount: int | None) -> tuple[Any, Any, str]:
        said = [("V", OriginReviewPassedForm(letter_version=1)), ("S", sheet)] if not run.sent("44") else []
        if amount is not None:
            said.append((f"{reference}-1", remittance(amount, reference, 1, TODAY)))
        for key, form in said:
            guangdong.write_document(form.KIND, key, letter.transfer_id.hex, form.fields, "clerk", NOW_US)
        run.settle()
        return letter, sheet, reference

    return say


@pytest.fixture
def slips(run: Run, tmp_path: Path) -> Callable[..., Any]:
    """Henan takes in a file of slips (到账回单) with these amounts for one payment line."""

    def take(letter: Any, reference: str, *amounts: str) -> Any:
        head = "收款省份,收款日期,付款编号,付款行号,金额(元),附言"
        rows = [f'41,{TODAY},{reference},1,"{amount}",{letter.local_document}' for amount in amounts]
        file = tmp_path / "slips.csv"
        file.write_text("\n".join([head, *rows, ""]), encoding="gb18030")
        report = import_file(file, run.nation.province("41").local, today=TODAY)
        run.settle()
        return report

    return take
