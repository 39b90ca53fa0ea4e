"""A process of a store delivers to one person after another: docs/decisions/deliveries.md."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from labs import Lab
from test_limits import full

from hopthu.model.policy import Policy

PROGRAM = Path(__file__).with_name("deliveries.py").read_text(encoding="utf-8")
FULL, FILTERED, OTHER, UNIT = "le-van-bay", "le-van-binh", "nguyen-van-an", "so-tai-chinh"
ADDRESSES = {FULL: "baylv", FILTERED: "binhlv", OTHER: "annv", UNIT: "stc"}
FILTER = 'require "fileinto"; fileinto "Trash";'


def on_store(lab: Lab, scene: str) -> Any:
    """Run lines behind the program of deliveries on a store; return what they leave in `told`."""
    program = f"{PROGRAM}\nimport json\n{scene}\nprint(json.dumps(told))\n"
    return json.loads(lab.ssh("store1", f"python3 -c {shlex.quote(program)}"))


@pytest.fixture
def tidied(centre: Lab) -> Iterator[Lab]:
    """Take away the letters of a test, and what it made Dovecot log."""
    yield centre
    expunge = "xargs -n 1 -I {} doveadm expunge -u {} mailbox '*' header subject thu"
    forget = "journalctl --quiet --rotate && journalctl --quiet --vacuum-time=1s"
    centre.ssh("store1", f"printf '%s\\n' {' '.join(ADDRESSES)} | {expunge} && {forget}")


@pytest.fixture
def filtered(tidied: Lab) -> Iterator[Lab]:
    """Have somebody's filter file all letters elsewhere."""
    script = f"doveadm sieve {{}} -u {FILTERED} thu"
    put = f"printf %s {shlex.quote(FILTER)} | {script.format('put')}"
    tidied.ssh("store1", f"{put} && {script.format('activate')}")
    yield tidied
    tidied.ssh("store1", f"doveadm sieve deactivate -u {FILTERED} && {script.format('delete')}")


def test_each_is_delivered_to_by_their_own_settings(filtered: Lab) -> None:
    """Who was before them in the same process leaves nothing: no limit, no filter, no open file."""
    order = [FULL, OTHER, FILTERED, OTHER, FULL, UNIT, FILTERED, OTHER]
    folders = [(person, name) for person in (OTHER, FILTERED, UNIT) for name in ("INBOX", "Trash")]
    scene = f"""
answers = [deliver(name) for name in {[ADDRESSES[person] for person in order]!r}]
told = [answers, [held(process) for process in waiting()]]
told += [[found(*folder) for folder in {folders!r}]]
"""
    with full(filtered, f"people/{FULL}", Policy().quotas.personal):
        answers, open_files, found = on_store(filtered, scene)
    assert [552 if person == FULL else 250 for person in order] == [code for code, _ in answers]
    assert len(order) > len({process for _, process in answers}), "each had a process of its own"
    assert [[] for _ in open_files] == open_files
    assert [3, 0, 0, 2, 1, 0] == found


def test_a_delivery_that_crashes_hurts_no_other(tidied: Lab) -> None:
    """Its sender has no answer and tries again; who is delivered to meanwhile notices nothing.

    The one that lives ends first: a TLS connection that breaks leaves an error behind, and Python
    reports it again for the next connection that the same thread reads
    (https://github.com/python/cpython/issues/148594).
    """
    scene = f"""
import os, signal
with Delivery() as dies, Delivery() as lives:
    dies.begin({ADDRESSES[OTHER]!r})
    lives.begin({ADDRESSES[FULL]!r})
    os.kill(dies.process, signal.SIGSEGV)
    told = [gone([dies.process]), lives.end(), dies.end(), deliver({ADDRESSES[OTHER]!r})[0]]
"""
    assert [[], 250, 0, 250] == on_store(tidied, scene)


def test_a_reload_ends_whoever_waits_and_lets_deliveries_end(tidied: Lab) -> None:
    """No letter is lost, and nothing delivers by the settings of before."""
    scene = f"""
deliver({ADDRESSES[OTHER]!r})
with Delivery() as under_way:
    under_way.begin({ADDRESSES[OTHER]!r})
    before = waiting()
    subprocess.run(["systemctl", "reload", "dovecot"], check=True)
    others = gone([process for process in before if process != under_way.process])
    told = [others, under_way.end()]
told += [gone(before), deliver({ADDRESSES[OTHER]!r})[0]]
"""
    assert [[], 250, [], 250] == on_store(tidied, scene)
