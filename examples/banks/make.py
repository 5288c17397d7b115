"""Makes statements of one synthetic month: four in CSV, each as another bank exports it, and one in camt.053.

python examples/banks/make.py [FOLDER], in the developers' environment
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

from jinbao.simulator.bank_statements.bank_forms import FORMS, BookedRow as Row, StatementRows

ENTRIES = [
    Row(
        "2025-04-08", Decimal("21345.67"), "合成社保基金44", "4400000000000000018", "养老保险关系转移",
        "RF18539007547034", "转账", "0001",
    ),
    Row(
        "2025-04-08", Decimal("1234.50"), "合成社保基金44", "4400000000000000018", "养老转移 rf18 5390 0754 7034 补款",
        "", "转账", "0002",
    ),
    Row("2025-04-15", Decimal("-10.50"), "", "", "汇划手续费", "", "手续费", "0003"),
    Row("2025-04-18", Decimal("-20000.00"), "合成专户41", "4100000000000000025", "归集\t上划", "", "归集", "0004"),
    Row("2025-04-21", Decimal("88.05"), "", "", "结息", "", "利息", "0005"),
    Row("2025-04-25", Decimal("21345.67"), "合成社保基金51", "5100000000000000013", "转移款", "", "转账", "0006"),
    Row(
        "2025-04-28", Decimal("-21345.67"), "合成社保基金51", "5100000000000000013", "退回户名不符", "", "退汇", "0007"
    ),
]  # fmt: skip
PENDING = Row("2025-04-30", Decimal("77.00"), "", "", "", "", "转账", "0008")
MONTH = StatementRows(
    "SYNTHETIC-41-202504", "4100000000000000017", Decimal("100000.00"), "2025-04-01", "2025-04-30", ENTRIES, [PENDING]
)
ORDER = ("two-columns", "signed-amount", "words-for-direction", "no-order", "camt053")


def main(folder: Path) -> None:
    """Write all statements and their index; the mappings are written by hand."""
    index = []
    for name in ORDER:
        is_camt = name == "camt053"
        file = f"{name}/202504.{'xml' if is_camt else 'csv'}"
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(FORMS[name](MONTH))
        mapping = None if is_camt else f"{name}/mapping.toml"
        index.append(
            {"name": name, "format": "camt.053" if is_camt else "bank-csv", "mapping": mapping, "files": [file]}
        )
    (folder / "index.json").write_text(json.dumps(index, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
