"""How fast a province's file is registered, beside the csv module alone: histories in GB18030, ten years a person.

    python benchmarks/files.py --rows 1000000

Prints JSON: rows a second of the import (`rows_per_s`: from the file to the rows committed in the local system) and of
`csv.reader` on the decoded file (`plain_rows_per_s`), both by the clock and, with `_cpu`, by processor time, and the
peak memory of the importing process in MiB. The persons are synthetic.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from contextlib import closing
from datetime import date
from pathlib import Path

from jinbao.regional_adapter.files.import_layouts import HISTORY
from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.files.mapping.mapping_file import load_mapping
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.rules.identity import check_digit

HEADER = "经办省份,身份证号码,姓名,缴费地,年度,起始月,缴费月数,缴费基数合计,记账比例,累计缴费月数,是否停保,数据性质"
YEARS = 10
FIELDS = (*HISTORY.required, "数据性质")
TODAY = date(2026, 1, 1)


def write_histories(file: Path, rows: int) -> None:
    """A file of `rows` rows, ten of each person."""
    with file.open("w", encoding="gb18030", newline="") as stream:
        stream.write(HEADER + "\r\n")
        for person in range(-(-rows // YEARS)):
            day = f"{1960 + person % 40:04}{1 + person // 40 % 12:02}{1 + person // 480 % 28:02}"
            first17 = f"440000{day}{person // 13_440 % 1_000:03}"
            number, name = first17 + check_digit(first17), f"合成{chr(0x4E00 + person % 5_000)}"
            years = min(YEARS, rows - person * YEARS)
            for year in range(years):
                base = f"{48_000 + year * 1_200}.{person % 100:02}"
                stream.write(f"44,{number},{name},44,{2010 + year},1,12,{base},8,{years * 12},是,合成\r\n")


def write_mapping(file: Path) -> None:
    """The mapping of such a file."""
    columns = "\n".join(f'"{c}" = "{f}"' for c, f in zip(HEADER.split(","), FIELDS, strict=True))
    head = 'name = "bench"\nversion = 1\nvalid_from = 2025-01-01\nformat = "csv"\nencoding = "gb18030"\n'
    file.write_text(f'{head}[forms."缴费历史".columns]\n{columns}\n', "utf-8")


def measure_import(folder: Path, results: multiprocessing.SimpleQueue[dict[str, float]]) -> None:
    mapping = load_mapping(folder / "mapping.toml")
    with closing(EmbeddedLocalSystem(folder / "44.sqlite", "44")) as local:
        clock, cpu = time.perf_counter(), time.process_time()
        report = import_file(folder / "history.csv", local, today=TODAY, mapping=mapping)
        took, used = time.perf_counter() - clock, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    assert report.bad == [], report.bad[:3]
    results.put({"rows_per_s": report.rows / took, "rows_per_s_cpu": report.rows / used, "peak_mib": peak})


def measure_plain(file: Path) -> dict[str, float]:
    clock, cpu = time.perf_counter(), time.process_time()
    with file.open(encoding="gb18030", newline="") as stream:
        rows = sum(1 for _ in csv.reader(stream)) - 1
    took, used = time.perf_counter() - clock, time.process_time() - cpu
    return {"plain_rows_per_s": rows / took, "plain_rows_per_s_cpu": rows / used}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_histories(folder / "history.csv", rows)
        write_mapping(folder / "mapping.toml")
        spawning = multiprocessing.get_context("spawn")
        results: multiprocessing.SimpleQueue[dict[str, float]] = spawning.SimpleQueue()
        process = spawning.Process(target=measure_import, args=(folder, results))
        process.start()
        process.join()
        if process.exitcode != 0:
            raise SystemExit(1)
        measured = {**results.get(), **measure_plain(folder / "history.csv")}
        size = (folder / "history.csv").stat().st_size
    print(json.dumps({"rows": rows, "bytes": size, **{key: round(value, 1) for key, value in measured.items()}}))


if __name__ == "__main__":
    main()
