"""How fast banks' statements are read and taken in, beside PyPI's camt053, and whether more payments make it slower.

    python benchmarks/reconcile.py --entries 1000000

Prints JSON. `read_per_s`: entries a second of a camt.053.001.08 held against its official schema, each made to values;
`peak_mb`: memory of the reading process in MiB; `read_over_peer`: as fast as `peer_per_s`, camt053's iterator over the
first of them (a text in memory; it asks no schema), the best of three turns of each. `import_per_s`: entries a second
from the file through local system, adapter, bus and ingest until all are matched and nothing is left to say, by a
platform that runs already and has 200,000 payments, the others of which earlier statements explain; `growth_ratio`: its
time over that with 10,000 payments. All are of processor time. The peer comes into an environment of its own, unless
`--peer` names a Python that has it. All is synthetic.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from jinbao.bus.embedded import EmbeddedBus
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.projections.found_breaks import Standing, standing
from jinbao.platform.projections.payment_reports import PROJECTION as PAYMENT_REPORTS
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.statements.camt053 import Camt053
from jinbao.regional_adapter.statements.statement import Entry
from jinbao.regional_adapter.statements.statement_file import read_statements
from jinbao.regional_adapter.statements.statement_import import take_in
from jinbao.rules.payment_reference import make_payment_reference

ROOT = Path(__file__).parents[1]
NUMBER, OTHER = "4100000000000000017", "4400000000000000018"
DAYS, EARLIER_DAYS = 30, 360
FIRST_DAY = date.today() - timedelta(DAYS)
PEER_ENTRIES = 20_000
TURNS = 3
IMPORTED = 5_000
STORED = (10_000, 200_000)
PEER = """
import sys, time
from camt053.parse.statement_parser import iter_statement_entries
text = open(sys.argv[1], encoding="utf-8").read()
before = time.process_time()
entries = sum(1 for _ in iter_statement_entries(text))
print(entries / (time.process_time() - before))
"""


def reference(number: int) -> str:
    """The reference of a payment."""
    return make_payment_reference(f"{number:012}")


def fen(number: int) -> int:
    """The amount of a payment."""
    return 100_000 + number * 7_919 % 9_000_000


def entry(number: int, day: date) -> str:
    """What a bank writes of a payment: three of four times its reference in the field, else in the remark."""
    amount, named = f"{fen(number) // 100}.{fen(number) % 100:02}", reference(number)
    field, remark = ("NOTPROVIDED", f"转移 {named.lower()} 基金") if number % 4 == 3 else (named, "养老保险关系转移")
    return (
        f'<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd>'
        f"</Sts><BookgDt><Dt>{day}</Dt></BookgDt><BkTxCd><Prtry><Cd>转账</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs>"
        f'<EndToEndId>{field}</EndToEndId></Refs><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties>'
        f"<Dbtr><Pty><Nm>合成社保基金{number % 90 + 10}</Nm></Pty></Dbtr><DbtrAcct><Id><Othr><Id>{OTHER}</Id></Othr>"
        f"</Id></DbtrAcct></RltdPties><RmtInf><Ustrd>{remark}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )


def day_of(number: int, entries: int, stored: int) -> date:
    """When a payment is ordered and booked: the first ones in this month, the others in the year before it."""
    if number < entries:
        return FIRST_DAY + timedelta(number * DAYS // entries)
    return FIRST_DAY - timedelta(1 + (stored - 1 - number) * EARLIER_DAYS // (stored - entries))


def write_statement(file: Path, entries: int, stored: int = 0, *, is_earlier: bool = False) -> None:
    """A statement that adds up, an entry of each payment: of this month, or of the year before it."""
    earlier_fen = sum(map(fen, range(entries, stored)))
    numbers = range(entries, stored) if is_earlier else range(entries)
    opening_fen = 0 if is_earlier else earlier_fen
    closing_fen = opening_fen + sum(map(fen, numbers))
    days = [day_of(numbers[place], entries, stored) for place in (0, -1)]
    with file.open("w", encoding="utf-8") as stream:
        stream.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>S</MsgId>'
            f"<CreDtTm>{days[1]}T20:00:00+08:00</CreDtTm></GrpHdr><Stmt><Id>SYNTHETIC {days[1]}</Id>"
            f"<Acct><Id><Othr><Id>{NUMBER}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
        )
        for code, balance, day in (("OPBD", opening_fen, days[0]), ("CLBD", closing_fen, days[1])):
            stream.write(
                f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
                f'<Amt Ccy="CNY">{balance // 100}.{balance % 100:02}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
                f"<Dt><Dt>{day}</Dt></Dt></Bal>"
            )
        stream.writelines(entry(number, day_of(number, entries, stored)) for number in numbers)
        stream.write("</Stmt></BkToCstmrStmt></Document>\n")


def measure_reading(file: Path, results: multiprocessing.SimpleQueue[dict[str, float]]) -> None:
    """Read a file in a process of its own."""
    before = time.process_time()
    entries = sum(isinstance(one, Entry) for one in Camt053(file).read())
    used = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    results.put({"read_per_s": entries / used, "peak_mb": peak})


def read_apart(file: Path) -> dict[str, float]:
    """What `measure_reading` finds."""
    spawning = multiprocessing.get_context("spawn")
    results: multiprocessing.SimpleQueue[dict[str, float]] = spawning.SimpleQueue()
    process = spawning.Process(target=measure_reading, args=(file, results))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise SystemExit(1)
    return results.get()


def peer_python(folder: Path) -> Path:
    """A Python that has the peer, of the version that the schemas come from."""
    wheels = (ROOT / "dev" / "assets.txt").read_text("utf-8").splitlines()
    (peer,) = [line.split()[0] for line in wheels if line.startswith("camt053==")]
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer], check=True)
    return python


def peer_per_s(python: Path, file: Path) -> float:
    """Entries a second that the peer reads."""
    done = subprocess.run([python, "-c", PEER, file], check=True, capture_output=True, text=True)
    return float(done.stdout)


def reports(stored: int, imported: int) -> Iterator[tuple[Any, ...]]:
    """What two provinces report of each payment."""
    for number in range(stored):
        day = day_of(number, imported, stored).isoformat()
        for province, sign in (("44", -1), ("41", 1)):
            yield reference(number), 1, province, number, day, sign * fen(number), 0, 0, 0, ""


class Nation:
    """A platform, and the adapter of the province whose account it is."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        opened = stack.enter_context
        self.store = opened(closing(Store(f"sqlite:///{folder}/platform.sqlite")))
        bus = opened(closing(EmbeddedBus(folder / "bus.sqlite")))
        ring = opened(closing(EmbeddedKeyRing(folder / "keys.sqlite", bytes(64), seed=7)))
        self.platform = opened(closing(NationalPlatform(bus, self.store)))
        self.local = opened(closing(EmbeddedLocalSystem(folder / "41.sqlite", "41")))
        store = opened(closing(AdapterStore(folder / "adapter.sqlite")))
        adapter = RegionalAdapter("41", local=self.local, bus=bus, key_ring=ring, store=store)
        self.adapter = opened(closing(adapter))
        self.local.bank.add_account(NUMBER, "in", "benchmark", self.now())
        self.run()

    @staticmethod
    def now() -> int:
        """Microseconds since 1970 UTC."""
        return time.time_ns() // 1_000

    def run(self) -> None:
        """Until nothing is left to do or to say."""
        while True:
            done = self.adapter.step(self.now()) + self.platform.step(self.now())
            if not done and not self.platform.reconciler.step(self.now()):
                return

    def take_in(self, statement: Path) -> Standing:
        """Import a statement; how the account stands then."""
        taken = take_in(self.local.bank, NUMBER, read_statements(statement, None, NUMBER), "benchmark", self.now())
        assert taken.new, "all is new"
        self.run()
        (own,) = self.local.bank.accounts()
        assert own.account is not None, "it was opened"
        with self.store.read() as work:
            return standing(work, own.account)


def measure_import(folder: Path, stored: int, imported: int) -> float:
    """Seconds of processor time that a statement's import takes with so many payments stored."""
    folder.mkdir()
    (part,) = PAYMENT_REPORTS.parts
    with ExitStack() as stack:
        nation = Nation(folder, stack)
        with nation.store.write_models() as work:
            work.bulk.upsert(part.target, reports(stored, imported))
        if stored > imported:
            write_statement(folder / "earlier.xml", imported, stored, is_earlier=True)
            nation.take_in(folder / "earlier.xml")
        write_statement(folder / "statement.xml", imported, stored)
        before = time.process_time()
        stands = nation.take_in(folder / "statement.xml")
        used = time.process_time() - before
    assert stands == Standing(stored, 0, 0), stands
    return used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--imported", type=int, default=IMPORTED)
    parser.add_argument("--peer", type=Path, help="a Python that has camt053")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_statement(folder / "all.xml", options.entries)
        write_statement(folder / "first.xml", min(options.entries, PEER_ENTRIES))
        measured = read_apart(folder / "all.xml")
        python = options.peer or peer_python(folder / "peer")
        turns = [
            (read_apart(folder / "first.xml")["read_per_s"], peer_per_s(python, folder / "first.xml"))
            for _ in range(TURNS)
        ]
        ours, peer = map(max, zip(*turns, strict=True))
        measured |= {"peer_per_s": peer, "read_over_peer": ours / peer}
        few, many = (measure_import(folder / str(stored), stored, options.imported) for stored in STORED)
    measured |= {"import_per_s": options.imported / many, "growth_ratio": many / few}
    print(json.dumps({"entries": options.entries, **{key: round(value, 2) for key, value in measured.items()}}))


if __name__ == "__main__":
    main()
