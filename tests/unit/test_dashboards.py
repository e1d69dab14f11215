"""The dashboard and the alert rules speak of metrics that the program has, with labels and words that it tells."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.adapters.observing.catalogue import CONDITIONS, HAPPENINGS, WORKS, Instrument
from bot.adapters.observing.metrics import Metrics
from bot.app.seeing import all_words
from tests.support.promql import Selector, parsed

CONFIG = Path(__file__).parents[2] / "config"
ALERTS, SCRAPING = CONFIG / "prometheus/alerts.yaml", CONFIG / "prometheus/prometheus.yaml"
DASHBOARD = CONFIG / "grafana/scoda.json"
RUNBOOK = CONFIG / "RUNBOOK.md"
OF_PROMETHEUS = frozenset({"instance", "job"})
PROMISES = ("ScodaAnswersLate", "ScodaUpdatesLost", "ScodaCopiesLate")
CALLED_FOR = (
    *PROMISES, "ScodaNotReady", "ScodaDegraded", "ScodaRestorePending", "ScodaBackupTooOld", "ScodaFlood",
    "ScodaLeaseLost", "ScodaDiskFillsUp", "ScodaModelBudget", "ScodaDown", "ScodaUpdatesWait", "ScodaTelegramUnreachable",
    "ScodaCopiesInDoubt", "ScodaCopiesLateAllHour", "ScodaNoBackup",
)  # fmt: skip


@cache
def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


@cache
def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    return found


def of_dashboard() -> Iterator[str]:
    yield from (target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ()))
    yield from (one["expr"] for one in dashboard()["annotations"]["list"])


def instruments() -> Iterator[Instrument]:
    yield from (one for table in (*WORKS.values(), *HAPPENINGS.values()) for one in table)
    yield from CONDITIONS.values()


@cache
def exported() -> dict[str, frozenset[str]]:
    """Every name that a scrape may hold, with the labels of its series."""
    named = {one.name: frozenset(one.labels) for one in instruments() if not one.buckets}
    for one in instruments():
        if one.buckets:
            labels = frozenset(one.labels)
            named |= {f"{one.name}_bucket": labels | {"le"}, f"{one.name}_sum": labels, f"{one.name}_count": labels}
    page = Metrics(all_words(), version="1").page().decode()
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return named | {sample.name: frozenset(sample.labels) for sample in samples if sample.name.startswith("process_")}


def borders() -> dict[str, frozenset[str]]:
    return {f"{one.name}_bucket": frozenset(map(str, one.buckets)) for one in instruments() if one.buckets}


def wrong_in(selector: Selector) -> list[str]:
    """What no scrape would ever match."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    if selector.metric in recorded | {"up"}:
        return []
    if selector.metric not in exported():
        return [f"{selector.metric} is not exported"]
    labels, words = exported()[selector.metric], all_words()
    wrong = [
        f"{selector.metric} has no label {name}" for name, *_ in selector.labels if name not in labels | OF_PROMETHEUS
    ]
    for name, operator, value in selector.labels:
        for one in value.split("|") if operator == "=~" else [value]:
            if name in labels and name != "le" and one not in words.of(name):
                wrong.append(f"{name} is never {one!r}")
            if name == "le" and one not in borders()[selector.metric]:
                wrong.append(f"{selector.metric} has no border {one}")
    return wrong


def wrong_of(expression: str) -> list[str]:
    found = parsed(expression)
    labels = {label for one in found.selectors for label in exported().get(one.metric, ())} | OF_PROMETHEUS
    return [one for selector in found.selectors for one in wrong_in(selector)] + [
        f"nothing in {expression!r} has the label {label}" for label in found.grouped_by - labels
    ]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_names_what_the_program_exports(rule: dict[str, Any]):
    assert wrong_of(rule["expr"]) == []


@pytest.mark.parametrize("expression", sorted(set(of_dashboard())))
def test_the_dashboard_shows_what_the_program_exports(expression: str):
    assert parsed(expression).selectors
    assert wrong_of(expression.replace('=~"$instance"', '=~".*"')) == []


@pytest.mark.parametrize(
    "expression",
    [
        "scoda_questions_all",
        'scoda_questions_total{visitor="1"}',
        'scoda_questions_total{outcome="refused"}',
        'scoda_reply_seconds_bucket{le="4.0"}',
        "sum by (chat) (scoda_questions_total)",
    ],
)
def test_the_check_finds_what_is_not_exported(expression: str):
    assert wrong_of(expression)


def test_every_metric_is_on_the_dashboard():
    shown = {selector.metric for one in of_dashboard() for selector in parsed(one).selectors}
    shown |= {selector.metric for rule in rules() for selector in parsed(rule["expr"]).selectors}
    needed = {one.name for one in instruments()}
    unseen = {name for name in needed if not any(seen.startswith(name) for seen in shown)}
    assert unseen <= {
        "scoda_update_seconds",  # what a person waits for is shown
        "scoda_announcement_claim_seconds", "scoda_copies_planned_total", "scoda_copies_claimed_total",
        "scoda_lease_expires_timestamp_seconds",
    }  # fmt: skip


def test_what_somebody_must_be_called_for_calls_somebody():
    assert set(CALLED_FOR) <= {alert["alert"] for alert in alerts()}
    pages = {alert["alert"] for alert in alerts() if alert["labels"]["severity"] == "page"}
    assert set(PROMISES) <= pages


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_says_how_bad_it_is_what_it_is_and_where_to_read_on(alert: dict[str, Any]):
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["annotations"]["summary"].endswith(".")
    assert re.fullmatch(r"config/RUNBOOK\.md#[a-z0-9-]+", alert["annotations"]["runbook_url"])
    for label in re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]):
        named = parsed(alert["expr"])
        kept = named.grouped_by or {one for selector in named.selectors for one in exported().get(selector.metric, ())}
        assert label in kept | OF_PROMETHEUS, f"the summary names {label}, which the expression does not keep"


def anchors_without_a_chapter(runbook: str) -> set[str]:
    """Anchors that alerts name and no heading of the runbook has, by the rules of GitHub's anchors."""
    headings = re.findall(r"^#+ (.+)$", runbook, re.MULTILINE)
    there = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return {alert["annotations"]["runbook_url"].partition("#")[2] for alert in alerts()} - there


def test_every_alert_has_its_chapter_in_the_runbook_once_there_is_one():
    if RUNBOOK.exists():
        assert anchors_without_a_chapter(RUNBOOK.read_text("utf-8")) == set()
    assert "429-storm" in anchors_without_a_chapter("# Runbook\n\n## Restore\n")
    assert "429-storm" not in anchors_without_a_chapter("## 429 storm\n")


def test_the_example_asks_the_bot_where_it_listens_and_loads_the_rules():
    settings = yaml.safe_load(SCRAPING.read_text("utf-8"))
    assert [ALERTS.parent / name for name in settings["rule_files"]] == [ALERTS]
    [job] = settings["scrape_configs"]
    assert job["job_name"] == "scoda"
    assert job["static_configs"] == [{"targets": ["127.0.0.1:8082"]}]


def test_panels_neither_overlap_nor_share_a_number():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def promtool(*arguments: str) -> str:
    """Prometheus's own word on a file; empty where all is well."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: apt install promtool)")
    ended = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


def test_prometheus_itself_takes_the_rules_and_the_example():
    assert promtool("check", "config", str(SCRAPING)) == ""


def test_prometheus_itself_takes_every_expression_of_the_dashboard(tmp_path: Path):
    found = sorted({one.replace("$instance", ".*") for one in of_dashboard()})
    recorded = [{"record": f"dashboard:expression{number}", "expr": one} for number, one in enumerate(found)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}), encoding="utf-8")
    assert promtool("check", "rules", str(file)) == ""


@pytest.mark.nightly
def test_alerts_fire_when_they_should_and_are_still_when_all_is_well():
    assert promtool("test", "rules", str(Path(__file__).with_name("alerts_fire.yaml"))) == ""
