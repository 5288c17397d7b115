"""This tree beside an earlier commit, in pairs in one run: the same day of the nation, and the simulated nation.

    python benchmarks/compare.py 898e44d --pairs 3 --events 60000 [--engines real]

Both trees take in the same records, which this tree makes, on the same engines (one_day.py). Of each pair: how many
times as fast this tree is, by the clock and by the processor time of ingest, of ingest with the process of the read
models, and of the busier of the two, which limits a machine with a core for each. The same of the simulated nation.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from case_messages import record, submissions

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing

ROOT = Path(__file__).parents[1]
ONE_DAY = str(ROOT / "benchmarks" / "one_day.py")
NATION = ("simulate", "--transfers", "2000", "--days", "250", "--seed", "7", "--json")
SEED = 7


def run(tree: Path, *words: str) -> tuple[dict[str, Any], float]:
    """The JSON that a tree's program prints, and the seconds of processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(tree / ".typing")}
    done = subprocess.run([sys.executable, *words], cwd=tree, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{tree}: {' '.join(words)}\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return json.loads(done.stdout), after.ru_utime - before.ru_utime


def nation_ratio(earlier: Path) -> float:
    """The commit's processor time of the simulated nation over this tree's."""
    found = []
    for tree in (earlier, ROOT):
        with tempfile.TemporaryDirectory() as folder:
            found.append(run(tree, "-m", "jinbao.cli.main", *NATION, "--data", str(Path(folder) / "nation")))
    (one, then), (other, now) = found
    assert one["digest"] == other["digest"], "the same seed is the same nation"
    return then / now


def write_records(events: int, folder: Path) -> str:
    """The day's records in a file, as one_day.py reads them."""
    file = folder / "records.msgpack"
    with closing(EmbeddedKeyRing(folder / "keys.sqlite", bytes(64), seed=SEED)) as ring:
        made = (record(message) for message in submissions(events, ring, SEED))
        file.write_bytes(msgspec.msgpack.encode([(one.key, one.value, tuple(one.headers)) for one in made]))
    return str(file)


@contextmanager
def places(engines: str) -> Iterator[Iterator[Sequence[str]]]:
    """(bus, database) for one run after the other, on engines that are started for them and taken down."""
    if engines == "real":
        from real_engines import new_databases  # needs Kafka and PostgreSQL

        with new_databases() as found:
            yield found
        return
    with tempfile.TemporaryDirectory() as name:
        yield ((f"embedded:///{name}/bus{i}.sqlite", f"sqlite:///{name}/platform{i}.sqlite") for i in range(1_000))


def day(tree: Path, place: Sequence[str], records: str, *, fill: bool) -> dict[str, float]:
    """Microseconds an event."""
    found, _ = run(tree, ONE_DAY, *place, records, *(["--fill"] if fill else []))
    events, ingest, follower = (found[key] for key in ("events", "ingest_processor_s", "follower_processor_s"))
    seconds = {
        "ingest": found["ingest_s"],
        "caught_up": found["caught_up_s"],
        "processor_ingest": ingest,
        "processor_both": ingest + follower,
        "processor_busier": max(ingest, follower),
    }
    return {key: value / events * 1_000_000 for key, value in seconds.items()}


def main() -> None:
    """Run the pairs, the commit first in each, and print JSON."""
    parser = argparse.ArgumentParser(description="This tree beside an earlier commit")
    parser.add_argument("commit")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--engines", choices=["embedded", "real"], default="embedded")
    parser.add_argument("--only", choices=["day", "nation"])
    options = parser.parse_args()
    ratios: dict[str, list[float]] = {}
    times: dict[str, list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as name, places(options.engines) as where:
        earlier = Path(name) / "earlier"
        records = write_records(options.events, Path(name)) if options.only != "nation" else ""
        subprocess.run(["git", "worktree", "add", "-q", "--detach", str(earlier), options.commit], cwd=ROOT, check=True)
        try:
            for pair in range(options.pairs):
                if options.only != "day":
                    ratios.setdefault("simulated_nation", []).append(round(nation_ratio(earlier), 2))
                if options.only != "nation":
                    alone = options.engines == "real" and pair > 0
                    before = day(earlier, next(where), records, fill=not alone)
                    after = day(ROOT, next(where), records, fill=options.engines != "real")
                    for key, us in before.items():
                        ratios.setdefault(key, []).append(round(us / after[key], 2))
                        times.setdefault(f"{key}_us", []).append([round(us, 1), round(after[key], 1)])
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(earlier)], cwd=ROOT, check=True)
    sys.stdout.write(json.dumps({"ratios": ratios, "us_an_event": times}, indent=2) + "\n")


if __name__ == "__main__":
    main()
