"""A long-running program as a process of its own: its port of metrics, and every line of its log."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

PATIENCE_S = 60.0


class Running:
    """A program with its port and every line of its log."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "jinbao.cli.main", *words, "--metrics-port", "0", "--log", "json", "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines: list[dict[str, Any]] = []
        self.raw = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = self.told("serving")["port"]

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.raw += line
            self.lines.append(json.loads(line))

    def told(self, event: str, **fields: Any) -> dict[str, Any]:
        """The first log line of that event with those fields, waited for."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self.process.poll() is None:
            for line in list(self.lines):
                if line["event"] == event and fields.items() <= line.items():
                    return line
            time.sleep(0.05)
        raise AssertionError(f"no {event} {fields}: {self.raw}")

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def until_ready(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while self.get("/readyz")[0] != 200:
            assert time.monotonic() < until, self.raw
            time.sleep(0.05)

    def metrics(self) -> dict[tuple[str, ...], float]:
        """(name, label values …) → value."""
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(self.get("/metrics")[1])
            for sample in family.samples
        }

    def stop(self) -> Any:
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, self.raw
        return json.loads(out)
