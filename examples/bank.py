"""Stands for the banks: turns the payment orders of one province into the bank slips of the others, one file each.

    python examples/bank.py DIR/local/44/out SLIPS_FOLDER

It credits each order on the day on which it was given and writes SLIPS_FOLDER/到账回单-<province>.csv.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import defaultdict
from pathlib import Path

ENCODING = "gb18030"
ORDERS = "付款指令-*.csv"


def main(orders_folder: Path, slips_folder: Path) -> None:
    """Read all orders, write one file of slips for each province that is paid; for this user's eyes only."""
    os.umask(0o077)
    slips: dict[str, list[dict[str, str]]] = defaultdict(list)
    for file in sorted(orders_folder.glob(ORDERS)):
        with file.open(encoding=ENCODING, newline="") as stream:
            for order in csv.DictReader(stream):
                slips[order["收款省份"]].append({"收款日期": order["付款日期"], **order})
    if not slips:
        sys.exit(f"{orders_folder}: 没有付款指令 / no payment orders: have platform and adapters run?")
    slips_folder.mkdir(parents=True, exist_ok=True)
    for province, rows in slips.items():
        target = slips_folder / f"到账回单-{province}.csv"
        with target.open("w", encoding=ENCODING, newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
