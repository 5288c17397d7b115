"""The README's first real transfer on a Kafka and a PostgreSQL that it starts for itself."""

from __future__ import annotations

import runpy
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]


def test_the_readmes_four_commands_complete_the_transfer_on_kafka_and_postgresql(private_folder: Path) -> None:
    readme = runpy.run_path(str(TESTS / "test_readme.py"))
    jinbao = private_folder / "bin" / "jinbao"
    try:
        shown = readme["run_first_transfer"](
            "README.md", private_folder, before="export $(jinbao dev up)\nenv | grep ^JINBAO_ > engines.env\n"
        )
        assert "kafka://" in (private_folder / "engines.env").read_text()
        assert shown.startswith("Guangdong → Henan  completed\n")
    finally:
        subprocess.run([jinbao, "dev", "down", "--data", ".jinbao/first"], cwd=private_folder, capture_output=True)
