"""This tree beside an earlier commit, in pairs in one run: the day of the nation, and the simulated nation.

    python benchmarks/compare.py 898e44d --pairs 3 --events 60000

Of each key the ratios of the pairs, this tree's figure over the commit's; of the simulated nation its processor time,
the commit's over this tree's. Above 1 is better everywhere but for `growth_ratio` and `memory_grown_mib`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NATION = ("simulate", "--transfers", "2000", "--days", "250", "--seed", "7", "--json")


def run(tree: Path, *words: str) -> tuple[dict[str, Any], float]:
    """The JSON that a tree's program prints, and the seconds of processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(tree / ".typing")}
    done = subprocess.run([sys.executable, *words], cwd=tree, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{tree}: {' '.join(words)}\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return json.loads(done.stdout), after.ru_utime - before.ru_utime


def nation_s(tree: Path) -> tuple[str, float]:
    """Digest and processor time of the simulated nation."""
    with tempfile.TemporaryDirectory() as folder:
        found, seconds = run(tree, "-m", "jinbao.cli.main", *NATION, "--data", str(Path(folder) / "nation"))
    return found["digest"], seconds


def main() -> None:
    """Run the pairs, the commit first in each, and print JSON."""
    parser = argparse.ArgumentParser(description="This tree beside an earlier commit")
    parser.add_argument("commit")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--engines", choices=["embedded", "real"], default="embedded")
    parser.add_argument("--only-nation", action="store_true")
    options = parser.parse_args()
    ratios: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        earlier = Path(name) / "earlier"
        subprocess.run(["git", "worktree", "add", "--detach", str(earlier), options.commit], cwd=ROOT, check=True)
        try:
            for _ in range(options.pairs):
                (one, then), (other, now) = nation_s(earlier), nation_s(ROOT)
                assert one == other, "the same seed is the same nation"
                ratios.setdefault("simulated_nation", []).append(round(then / now, 2))
                if not options.only_nation:
                    words = ("benchmarks/national_day.py", "--events", str(options.events), "--engines")
                    before, after = (run(tree, *words, options.engines)[0] for tree in (earlier, ROOT))
                    before["caught_up_per_s"] = before["ingest_per_s"]  # its ingest wrote the read models itself
                    for key, value in before.items():
                        if isinstance(value, int | float) and key != "events" and after.get(key):
                            ratios.setdefault(key, []).append(round(after[key] / value, 2))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(earlier)], cwd=ROOT, check=True)
    sys.stdout.write(json.dumps(ratios, indent=2) + "\n")


if __name__ == "__main__":
    main()
