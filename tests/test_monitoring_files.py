"""What `deploy/` ships for Prometheus and Grafana: rules that are right, and no metric that we do not have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from support.platform_under_test import Platform

from jinbao.service.adapter_metrics import AdapterMetrics
from jinbao.service.alerts.alert import ALERTS, level_of, runbook_of
from jinbao.service.alerts.key_limit_watch import refused_gauge
from jinbao.service.platform_metrics import PlatformMetrics

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
RULES, DASHBOARD = DEPLOY / "prometheus" / "alerts.yml", DEPLOY / "grafana" / "jinbao.json"


@pytest.fixture
def metrics(tmp_path: Path) -> set[str]:
    """Names of all that a platform, an adapter and a key service tell."""
    registry = CollectorRegistry()
    with closing(Platform(tmp_path)) as platform:
        platform.run()
        PlatformMetrics(registry, platform.store, platform.bus, platform.ingest.bus_time, tmp_path)
        AdapterMetrics(registry, "41")
        refused_gauge(registry)
        families = list(registry.collect())
    return {name for family in families for name in (family.name, *(sample.name for sample in family.samples))}


@pytest.mark.parametrize("file", [RULES, DASHBOARD], ids=lambda file: file.name)
def test_every_metric_that_is_named_exists(file: Path, metrics: set[str]) -> None:
    text = file.read_text("utf-8")
    named = set(re.findall(r"\bjinbao_\w+", text))
    assert len(named) >= 8
    assert named <= metrics


def test_prometheus_accepts_the_rules_and_each_fault_raises_its_alert() -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    for words in (["check", "rules", RULES], ["test", "rules", RULES.with_name("alerts_test.yml")]):
        done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_of_our_alerts_has_its_rule_with_its_level_and_a_section_that_says_what_to_do() -> None:
    text, manual = RULES.read_text("utf-8"), (DEPLOY.parent / "docs" / "operations.md").read_text("utf-8")
    rules = {re.match(r"(\w+)", rule)[1]: rule for rule in text.split("- alert: ")[1:]}  # type: ignore[index]
    assert set(rules) == set(ALERTS)
    for alert, rule in rules.items():
        assert f"severity: {level_of(alert)}}}" in rule
        assert f"runbook: {runbook_of(alert)}\n" in rule
        assert f"\n### {alert}\n" in manual


def test_the_dashboard_has_a_query_in_every_panel() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    assert len(panels) > 10
    assert all(target["expr"] for panel in panels for target in panel["targets"])
