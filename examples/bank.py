"""Stands for the banks: turns the payment orders of one province into the bank slips of the others, one file each.

    python examples/bank.py DIR/local/44/out SLIPS_FOLDER

It waits until orders are there and no more come, credits each on the day on which it was given and writes
SLIPS_FOLDER/到账回单-<province>.csv.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import defaultdict
from pathlib import Path

ENCODING = "gb18030"
ORDERS = "付款指令-*.csv"
PATIENCE_S, QUIET_S = 60.0, 3.0
"""How long the first order is waited for, and how long no other has come when all are there."""


def wait_for_orders(folder: Path) -> None:
    """Return when the folder holds orders and no more come; end the program with a message where none came."""
    until, seen = time.monotonic() + PATIENCE_S, 0
    while time.monotonic() < until:
        found = len(list(folder.glob(ORDERS)))
        if found and found == seen:
            return
        seen = found
        time.sleep(QUIET_S if found else 0.2)
    if not seen:
        sys.exit(f"{folder}: 没有付款指令 / no payment orders: do the platform and both adapters run?")


def main(orders_folder: Path, slips_folder: Path) -> None:
    """Read all orders, write one file of slips for each province that is paid; for this user's eyes only."""
    os.umask(0o077)
    slips: dict[str, list[dict[str, str]]] = defaultdict(list)
    for file in sorted(orders_folder.glob(ORDERS)):
        with file.open(encoding=ENCODING, newline="") as stream:
            for order in csv.DictReader(stream):
                slips[order["收款省份"]].append({"收款日期": order["付款日期"], **order})
    slips_folder.mkdir(parents=True, exist_ok=True)
    for province, rows in slips.items():
        target = slips_folder / f"到账回单-{province}.csv"
        with target.open("w", encoding=ENCODING, newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    wait_for_orders(Path(sys.argv[1]))
    main(Path(sys.argv[1]), Path(sys.argv[2]))
