"""The cases of tests/alerts.yaml, as `promtool test rules` reads them."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from hopthu.daemons.monitor import RUNBOOKS, rules

CASES: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("alerts.yaml").read_text("utf-8")
)

PAGE = (Path(__file__).parents[1] / RUNBOOKS).read_text("utf-8")


def commands() -> list[list[str]]:
    """Return the commands that the runbooks tell, in words: code of several words is one."""
    found = (each for code in re.findall("`([^`]+)`", PAGE) for each in code.split(" | "))
    return [words for each in found if len(words := each.replace("'", "").split()) > 1]


def units() -> set[str]:
    """Return the systemd units, or patterns of some, that the runbooks name."""
    words = {word for command in commands() if command[0] == "systemctl" for word in command[2:]}
    words |= {
        word
        for command in commands()
        if command[0] == "journalctl"
        for option, word in pairwise(command)
        if option == "-u"
    }
    return {word for word in words if "<" not in word}


def promtool_tests() -> dict[str, str]:
    """Return a file of tests for each step in time that cases take, of the rules in rules.yml."""
    known = {rule["alert"]: rule for rule in json.loads(rules())["groups"][0]["rules"]}
    steps = {name: case.get("step", "10s") for name, case in CASES.items()}
    return {
        step: json.dumps({
            "rule_files": ["rules.yml"],
            "evaluation_interval": step,
            "tests": [
                _test(name, case, known[name], step)
                for name, case in CASES.items()
                if steps[name] == step
            ],
        })
        for step in {*steps.values()}
    }  # fmt: skip


def _test(name: str, case: dict[str, Any], rule: dict[str, Any], step: str) -> dict[str, Any]:
    each = case["labels"] if isinstance(case["labels"], list) else [case["labels"]]
    raised = [{"exp_labels": labels, "exp_annotations": rule["annotations"]} for labels in each]
    return {
        "name": name,
        "interval": step,
        "input_series": [{"series": s, "values": v} for s, v in case["series"].items()],
        "alert_rule_test": [
            {"alertname": name, "eval_time": case["quiet"], "exp_alerts": []},
            {"alertname": name, "eval_time": case["fires"], "exp_alerts": raised},
        ],
    }
