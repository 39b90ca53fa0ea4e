"""What commands print of a centre that is up, under a Vietnamese locale: all is translated."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from labs import CHECKOUT, Lab, copied, decide, git

import pseudo
from hopthu.cli.clock import today
from hopthu.plan.diff import KINDS
from hopthu.verify.catalogue import PROBES

TESTS = CHECKOUT / "tests"
LINES = (
    "apply lab --yes",
    "apply lab --dry-run",
    "plan --live lab",
    "drift lab",
    "history --inventory lab",
    "history store1 --inventory lab",
    "rollback lab --dry-run",
    "verify lab --probe case --probe wrong-password --probe scanner-down",
    "lab status",
    "lab status --next-steps",
)
NAMES = {
    *("centre", "lab", "edge", "access", "store", "directory", "internet", "client", "dir", "mx"),
    *("running", "degraded"),  # states of systemd
    *re.findall(r"[a-z]+", " ".join(probe.id for probe in PROBES)),
    *("test", "Test", "root", "hopthu", "IMAP", "postfix", "dovecot", "openldap", "rspamd"),
    *("MiB", "GiB", "TLS", "vm"),
    *KINDS,  # of what a recorded change is about, before its id
}

RECORDED = re.compile(r"^    .*$", re.MULTILINE)
"""What a run recorded, which is kept as it was written: the journal is in English."""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which one limit differs, so that every kind of daemon has a step to do."""
    root = copied(tmp_path_factory.mktemp("tour") / "checkout")
    policy = root / "data" / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(f"{text}\nlimits: {{message: 29 MiB}}\n", encoding="utf-8")
    decide(root, "limits.message", 9001, today())
    git(root, "commit", "--quiet", "--all", "--message", "29 MiB")
    return root


@pytest.fixture(scope="module")
def hopthu(centre: Lab, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Run hopthu on the centre with the pseudo-locale; return all it prints."""
    folder = tmp_path_factory.mktemp("locale")
    pseudo.make(folder / "locale")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    environment |= {"LANG": "vi_VN.UTF-8", "HOPTHU_LAB": str(centre.folder), "COLUMNS": "200"}

    def run(line: str, root: Path = CHECKOUT) -> str:
        done = subprocess.run(
            [sys.executable, str(TESTS / "pseudo.py"), str(folder / "locale")],
            cwd=root, env=environment | {"PYTHONPATH": f"{root}:{TESTS}"},
            input=json.dumps([line.split()]), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert 0 == done.returncode, done.stderr
        (printed,) = json.loads(done.stdout)
        return str(printed)

    return run


def known(root: Path) -> set[str]:
    """Return the words of the data and of the names above."""
    texts = [path.read_text(encoding="utf-8") for path in (root / "data").rglob("*.yaml")]
    return NAMES | set(re.findall(r"[^\W\d_]+", " ".join(texts)))


def administrators(lab: Lab) -> set[str]:
    """Return the words of the names under which runs are on record."""
    runs = json.loads(lab.hopthu("history", "--inventory", "lab", "--format", "json").stdout)
    return set(re.findall(r"[^\W\d_]+", " ".join(run["who"] for run in runs["runs"])))


@pytest.mark.parametrize("line", LINES)
def test_output_is_translated(line: str, centre: Lab, hopthu: Callable[..., str]) -> None:
    """Every line comes from a message or from data."""
    printed = hopthu(line)
    assert pseudo.OPEN in printed
    names = known(CHECKOUT)
    if line.startswith(("history", "rollback")):  # the latter tells what it undoes
        printed = RECORDED.sub("", printed)
        names |= administrators(centre)
    assert [] == pseudo.english(printed, names), printed


@pytest.mark.parametrize("line", ["apply lab --dry-run", "plan --live lab"])
def test_changes_are_translated(line: str, changed: Path, hopthu: Callable[..., str]) -> None:
    """The steps of hosts too, each below its host."""
    printed = hopthu(line, changed)
    assert pseudo.OPEN in printed
    assert [] == pseudo.english(printed, known(changed)), printed
