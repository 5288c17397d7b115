"""What `deploy/` ships for Prometheus and Grafana: rules that are right, and no metric that we do not have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from support.platform_under_test import Platform

from jinbao.service.adapter_metrics import AdapterMetrics
from jinbao.service.alerts.alert import ALERTS, level_of, runbook_of
from jinbao.service.alerts.key_limit_watch import refused_gauge
from jinbao.service.platform_metrics import PlatformMetrics

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
RULES, DASHBOARD = DEPLOY / "prometheus" / "alerts.yml", DEPLOY / "grafana" / "jinbao.json"


@pytest.fixture
def served(tmp_path: Path) -> dict[str, set[str]]:
    """Name → labels of all that a platform, an adapter and a key service tell, read as Prometheus reads it."""
    registry = CollectorRegistry()
    with closing(Platform(tmp_path)) as platform:
        platform.run()
        PlatformMetrics(registry, platform.store, platform.bus, platform.ingest.bus_time, tmp_path)
        AdapterMetrics(registry, "41")
        refused_gauge(registry)
        told = generate_latest(registry).decode()
        families = list(registry.collect())
    found: dict[str, set[str]] = {}
    declared = [(name, one) for one, names in registry._collector_to_names.items() for name in names]
    for name, one in [*declared, *((family.name, family) for family in families)]:
        found.setdefault(name, set()).update(getattr(one, "_labelnames", ()))  # also where there is no sample yet
    for family in text_string_to_metric_families(told):
        found.setdefault(family.name, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.parametrize("file", [RULES, DASHBOARD], ids=lambda file: file.name)
def test_every_metric_that_is_named_exists(file: Path, served: dict[str, set[str]]) -> None:
    text = file.read_text("utf-8")
    named = set(re.findall(r"\bjinbao_\w+", text))
    assert len(named) >= 8
    assert named <= served.keys()


def test_every_expression_of_the_dashboard_asks_for_metrics_and_labels_that_are_served(
    served: dict[str, set[str]],
) -> None:
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            grouped = re.findall(r"\b(?:by|without) \(([^)]*)\)", target["expr"])
            rest = re.sub(r"\b(?:by|without) \([^)]*\)|\[[^]]*\]|\{[^}]*\}", " ", target["expr"])
            metrics = re.findall(r"\b[a-z_][a-z0-9_]*\b(?!\s*\()", rest)
            assert metrics, target["expr"]
            assert set(metrics) <= served.keys(), target["expr"]
            labels = {label.strip() for group in grouped for label in group.split(",")} - {"instance", "job"}
            known = set().union(*(served[metric] for metric in metrics))
            assert labels <= known, target["expr"]


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
