# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alert rules and dashboard of the Keymaster: Prometheus's own tool shows each alert firing and not firing."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.promtool import PromtoolMissing, program
from tests.unit.plugins.module_utils.keymaster_world import Engine, Report, Service, transfer

FILES = Path(__file__).resolve().parents[2] / "roles" / "keymaster" / "files"
RULES = FILES / "alerts.yml"
DASHBOARD = json.loads((FILES / "dashboard.json").read_text(encoding="utf-8"))
WALLET = {"environment": "staging", "network": "kovan", "agent": "relayer", "address": "0x7099"}
KOVAN = {"environment": "staging", "network": "kovan"}
STAGING = {"environment": "staging"}
BUILD = {"environment": "staging", "version": "1.0.0"}
FAILED = {**KOVAN, "kind": "fee_cap"}

Series = tuple[str, dict[str, str], str]
Case = tuple[str, str, list[Series], dict[str, str] | None, str]

# Alert, what is the case, series by minutes, labels of the alert at minute 60 (None: it does not fire), its value.
CASES: list[Case] = [
    (
        "KeymasterWalletLow",
        "low for an hour",
        [("wallet_balance", WALLET, "0.5x60"), ("wallet_threshold", WALLET, "1x60")],
        WALLET,
        "0.5",
    ),
    (
        "KeymasterWalletLow",
        "low, and topped up after some minutes",
        [("wallet_balance", WALLET, "2x50 0.5x5 2x5"), ("wallet_threshold", WALLET, "1x60")],
        None,
        "",
    ),
    (
        "KeymasterWalletLow",
        "nobody knows",
        [("wallet_balance", WALLET, "0.5x10 _x50"), ("wallet_threshold", WALLET, "1x60")],
        None,
        "",
    ),
    ("KeymasterBankLow", "lasts for two", [("bank_top_ups_left", KOVAN, "2x60")], KOVAN, "2"),
    ("KeymasterBankLow", "lasts for ten", [("bank_top_ups_left", KOVAN, "10x60")], None, ""),
    (
        "KeymasterTopUpFailing",
        "a failure in each pass",
        [("failures_total", FAILED, "0+1x60"), ("sending", STAGING, "1x60")],
        FAILED,
        "",
    ),
    (
        "KeymasterTopUpFailing",
        "failures long ago",
        [("failures_total", FAILED, "0+1x10 10x50"), ("sending", STAGING, "1x60")],
        None,
        "",
    ),
    (
        "KeymasterTopUpFailing",
        "nothing is to be sent",
        [("failures_total", FAILED, "0+1x60"), ("sending", STAGING, "0x60")],
        None,
        "",
    ),
    (
        "KeymasterTopUpFailing",
        "a dead node has an alert of its own",
        [("failures_total", {**KOVAN, "kind": "rpc"}, "0+1x60"), ("sending", STAGING, "1x60")],
        None,
        "",
    ),
    ("KeymasterRpcDead", "dead", [("network_up", KOVAN, "1x30 0x30")], KOVAN, "0"),
    ("KeymasterRpcDead", "recovered", [("network_up", KOVAN, "1x30 0x20 1x10")], None, ""),
    ("KeymasterPassOverdue", "the service says so", [("overdue", STAGING, "0x50 1x10")], STAGING, ""),
    (
        "KeymasterPassOverdue",
        "the last pass is long ago",
        [("overdue", STAGING, "0x60"), ("last_pass_timestamp_seconds", STAGING, "600x60")],
        STAGING,
        "",
    ),
    (
        "KeymasterPassOverdue",
        "a pass a minute",
        [("overdue", STAGING, "0x60"), ("last_pass_timestamp_seconds", STAGING, "0+60x60")],
        None,
        "",
    ),
    ("KeymasterDown", "gone", [("build_info", BUILD, "1x40 _x20")], BUILD, ""),
    ("KeymasterDown", "there", [("build_info", BUILD, "1x60")], None, ""),
    ("KeymasterTransactionStuck", "stuck", [("transfers_stuck", KOVAN, "0x40 1x20")], KOVAN, "1"),
    ("KeymasterTransactionStuck", "free again", [("transfers_stuck", KOVAN, "0x20 1x20 0x20")], None, ""),
]


def rules() -> dict[str, dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


@pytest.fixture(scope="module")
def promtool() -> Path:
    try:
        return program()
    except PromtoolMissing as exc:
        pytest.skip(str(exc))


def run(promtool: Path, *arguments: str) -> str:
    done = subprocess.run([str(promtool), *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def filled(text: str, labels: dict[str, str], value: str) -> str:
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda match: labels.get(match[1], ""), text).replace(
        "{{ $value }}", value
    )


def as_test(case: Case) -> dict[str, Any]:
    alert, _what, series, fires, value = case
    rule = rules()[alert]
    expected = {
        "exp_labels": {**(fires or {}), **rule["labels"]},
        "exp_annotations": {name: filled(text, fires or {}, value) for name, text in rule["annotations"].items()},
    }
    return {
        "interval": "1m",
        "input_series": [
            {
                "series": "agent_ops_{}{{{}}}".format(
                    name, ", ".join(f'{key}="{held}"' for key, held in labels.items())
                ),
                "values": values,
            }
            for name, labels, values in series
        ],
        "alert_rule_test": [
            {"eval_time": "60m", "alertname": alert, "exp_alerts": [expected] if fires is not None else []}
        ],
    }


def test_the_rules_are_right(promtool: Path) -> None:
    assert f"{len(rules())} rules found" in run(promtool, "check", "rules", str(RULES))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}: {case[1]}")
def test_an_alert_fires_when_it_is_to(promtool: Path, tmp_path: Path, case: Case) -> None:
    file = tmp_path / "test.yml"
    # A case's last value holds on, so that minute 60 has one.
    content = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [as_test(case)]}
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    run(promtool, "test", "rules", str(file))


def test_each_alert_is_seen_to_fire_and_not_to_fire() -> None:
    for fires in (True, False):
        assert {case[0] for case in CASES if (case[3] is not None) is fires} == set(rules())


def names() -> set[str]:
    """Return the name of every series that the service can have."""
    service = Service(Engine([Report(transfers=[transfer()])]))
    service.metrics.rpc_request("kovan", "eth_chainId")
    service.metrics.rpc_seconds("kovan", "eth_chainId", 0.1)
    service.keymaster.once()
    return {sample.name for family in service.metrics.registry.collect() for sample in family.samples}


def queried(text: str) -> set[str]:
    return set(re.findall(r"\bagent_ops_[a-z_]+", text))


def expressions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def test_alerts_and_dashboard_ask_for_what_there_is() -> None:
    there = names()
    for rule in rules().values():
        assert queried(rule["expr"]) <= there
    asked = set().union(*(queried(expression) for expression in expressions()))
    asked |= set().union(
        *(queried(one["definition"]) for one in DASHBOARD["templating"]["list"] if "definition" in one)
    )
    assert asked <= there
    # What is measured is shown, but for what only tells one series of another.
    parts = ("_created", "_sum", "_count")
    unseen = {name for name in there - asked if not name.endswith(parts)}
    assert unseen == {
        "agent_ops_block_height",
        "agent_ops_last_pass_timestamp_seconds",
        "agent_ops_overdue",
        "agent_ops_passes_total",
        "agent_ops_wallet_state",
        "agent_ops_wallet_target",
    }


def test_the_queries_of_the_dashboard_are_right(promtool: Path, tmp_path: Path) -> None:
    written = [
        {"record": f"panel:{number}", "expr": re.sub(r"\$__rate_interval", "5m", expression)}
        for number, expression in enumerate(expressions())
    ]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": written}]}), encoding="utf-8")
    assert f"{len(written)} rules found" in run(promtool, "check", "rules", str(file))


def test_the_dashboard_is_one() -> None:
    assert DASHBOARD["uid"] == "agent-ops-keymaster"
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource", "environment", "network"]
    source = {"type": "prometheus", "uid": "${datasource}"}
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        assert panel["type"] in {"stat", "timeseries", "bargauge"}
        assert panel["title"]
        assert panel["datasource"] == source
        assert all(target["datasource"] == source and target["expr"] for target in panel["targets"])
        assert [target["refId"] for target in panel["targets"]] == list("ABC"[: len(panel["targets"])])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
