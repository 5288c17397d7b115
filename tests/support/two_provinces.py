"""Two provinces with adapters, automatic desks and file exchange, and the real platform between them."""

from __future__ import annotations

import csv
import runpy
from datetime import date
from pathlib import Path
from typing import Any

from jinbao.platform.national_platform import NationalPlatform
from jinbao.regional_adapter.adapter_config import load_adapter_config
from jinbao.regional_adapter.files.exports.file_exchange import FileExchange
from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.office.automatic_desk import Desk
from jinbao.rules.working_days import end_of_day
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

EXAMPLES = Path(__file__).parents[2] / "examples"


TODAY = date(2025, 3, 10)


NOW_US = end_of_day(TODAY) - 3_600_000_000


PARTIES = ("41", "44")


class Run:
    """Platform, adapters, desks and file exchange on one bus."""

    def __init__(self, nation: Any, folder: Path, platform: NationalPlatform) -> None:
        self.folder = folder
        self.nation = nation
        self.platform = platform
        self.desks = {}
        self.files = {}
        self.parties = [*PARTIES]
        for code in PARTIES:
            province = nation.province(code)
            agency = load_adapter_config(EXAMPLES / f"adapter-{code}.toml", code).agency
            self.desks[code] = Desk(province.local, agency)
            self.write_files(code)

    def write_files(self, code: str) -> None:
        province = self.nation.province(code)
        self.files[code] = FileExchange(province.local, self.folder / "local" / code, province.store.set_aside)

    def settle(self) -> None:
        """Step everything until all is idle."""
        for _ in range(100):
            done = self.platform.step(NOW_US)
            for code in self.parties:
                done += self.nation.province(code).adapter.step(NOW_US)
                if code in self.files:
                    done += self.files[code].step(NOW_US)
                if code in self.desks:
                    done += self.desks[code].step(NOW_US)
            if done == 0:
                return
        raise AssertionError("the nation does not come to rest")

    def take(self, file: Path, code: str) -> None:
        assert import_file(file, self.nation.province(code).local, today=TODAY).bad == []
        self.settle()

    def bank(self, amount: str | None = None) -> None:
        """Let the banks turn all payment orders into slips, and Henan take them in."""
        slips = self.folder / "slips"
        runpy.run_path(str(EXAMPLES / "bank.py"))["main"](self.folder / "local" / "44" / "out", slips)
        file = slips / "到账回单-41.csv"
        if amount is not None:
            with file.open(encoding="gb18030", newline="") as stream:
                rows = [{**row, "金额(元)": amount} for row in csv.DictReader(stream)]
            with file.open("w", encoding="gb18030", newline="") as stream:
                writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        self.take(file, "41")

    def sent(self, code: str) -> list[str]:
        return [d.kind for d in self.nation.province(code).local.documents()]

    def count(self) -> int:
        return sum(self.nation.bus.end_offsets(SUBMISSIONS_TOPIC).values())


def import_both(run: Run) -> None:
    run.take(EXAMPLES / "applications-41.csv", "41")
    run.take(EXAMPLES / "history-44.csv", "44")


def yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02}"
