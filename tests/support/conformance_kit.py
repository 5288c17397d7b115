"""A conformance kit's harness in a folder of the test, and what a report says of cases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from jinbao.conformance.harness import DATABASE, Harness
from jinbao.conformance.kit import Report
from jinbao.platform.store.store import Store


@cache
def _empty() -> TemporaryDirectory[str]:
    """An empty database of a kit: its tables are made once."""
    folder = TemporaryDirectory()
    with closing(Store(f"sqlite:///{folder.name}/{DATABASE}", durable=False)) as store:
        store.create()
        with store.write() as work:
            work.mark_simulated()
    return folder


@contextmanager
def harness_in(folder: Path, province: str = "41") -> Iterator[Harness]:
    """On an embedded bus in that folder."""
    if not (folder / DATABASE).exists():
        shutil.copytree(_empty().name, folder, dirs_exist_ok=True)
    url = f"embedded:///{folder}/bus.sqlite"
    with closing(Harness(folder, url, province, timeout_s=20, quiet_s=1)) as made:
        yield made


def verdicts(report: Report, verdict: str) -> set[str]:
    """Cases with that verdict."""
    return {result.case.id for result in report.results if result.verdict == verdict}


def not_passed(report: Report) -> dict[str, tuple[str, str]]:
    """What was expected and seen where a case was not passed."""
    return {r.case.id: (r.expected[1], r.seen[1]) for r in report.results if r.verdict != "passed"}
