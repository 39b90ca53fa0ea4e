"""Measure an apply at the size of a province: `python -m benchmarks.scale`.

The lab of five hosts and 61,000 people: first load, nothing to do, somebody new, a department
merged; beside slapadd and postmap on the hosts, and beside a playbook of Ansible that does the same
job (benchmarks/ansible/), in the same run. Operator, Ansible's controller and all hosts share the
cores of this machine, which hurts Ansible more than a fleet of its own would.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import edits
from benchmarks.driving import Centre, give_passwords, install_ansible, up
from benchmarks.proofs import expect_changes, expect_playbook, prove
from benchmarks.province import Province, write
from benchmarks.rows import Row, against, table
from hopthu.daemons.postfix import TABLES

Say = Callable[[str], None]

_LOAD = (
    "Directory | Update the entries of the directory",
    "Directory | Wait for the replica to catch up",
    "Postfix | Write the tables of addresses, routes and senders",
    "Postfix | Index the tables",
)
_BY_HAND = """\
set -e
work=$(mktemp -d); trap 'rm -rf $work' EXIT
mkdir $work/made
sed "s|^directory .*|directory $work/made|" /etc/ldap/slapd.conf >$work/slapd.conf
slapcat -f /etc/ldap/slapd.conf >$work/content
started=$(date +%s.%N)
slapadd -q -f $work/slapd.conf -l $work/content
echo "$started $(date +%s.%N)"
"""
_INDEX = f"""\
set -e
work=$(mktemp -d); trap 'rm -rf $work' EXIT
cp {TABLES}/* $work; rm -f $work/*.lmdb
started=$(date +%s.%N)
for table in $work/*; do [ $table = $work/main.cf ] || postmap -c $work lmdb:$table; done
echo "$started $(date +%s.%N)"
"""


def first_load(centre: Centre) -> tuple[float, float]:
    """Apply for the first time; return seconds in all, and those of entries and tables."""
    total, lines = centre.apply()
    steps, before = dict.fromkeys(_LOAD, 0.0), 0.0
    for second, line in lines:
        for step in steps:
            if line.strip().startswith(f"✓ {step}: "):
                steps[step] += second - before
        before = second
    if missing := [step for step, seconds in steps.items() if not seconds]:
        sys.exit(f"the first apply says nothing of {missing}")
    return total, sum(steps.values())


def by_hand(centre: Centre) -> float:
    """Return the seconds of slapadd and postmap for the same entries and tables."""
    seconds = 0.0
    for host, script in (("dir1", _BY_HAND), ("access1", _INDEX)):
        begun, ended = centre.ssh(host, script).split()[-2:]
        seconds += float(ended) - float(begun)
    return seconds


def nothing(centre: Centre) -> float:
    """Apply when there is nothing to do; return the seconds of the better of two runs."""
    runs = [centre.apply() for _ in range(2)]
    for _, lines in runs:
        expect_changes(lines, 0)
    return min(seconds for seconds, _ in runs)


def newcomer(centre: Centre, number: int) -> tuple[float, int]:
    """Apply somebody new; return seconds and bytes sent.

    Ends the program unless they can be written to and can sign in, and no daemon has noticed.
    """
    person = edits.recruit(centre.root / "data", number)
    centre.commit("Somebody new")
    give_passwords(centre)
    states, before = centre.states(), centre.sent()
    seconds, _ = centre.apply()
    sent = centre.sent() - before
    prove(centre, person)
    if states != (after := centre.states()):
        changed = [host for host in states if states[host] != after[host]]
        sys.exit(f"daemons were restarted or reloaded on {changed}")
    return seconds, sent


def beside_ansible(centre: Centre) -> tuple[float, float]:
    """Return the seconds of the playbook for nothing to do, and for somebody new.

    What it leaves is what hopthu wants: an apply after it finds nothing to change.
    """
    centre.ansible()  # brings what it alone needs
    runs = [centre.ansible() for _ in range(2)]
    for _, said in runs:
        expect_playbook(said, changed=False)
    person = edits.recruit(centre.root / "data", 1)
    centre.commit("Somebody new, by Ansible")
    give_passwords(centre)
    seconds, said = centre.ansible()
    expect_playbook(said, changed=True)
    prove(centre, person)
    expect_changes(centre.apply()[1], 0)
    return min(run[0] for run in runs), seconds


def merged(centre: Centre) -> tuple[float, float]:
    """Return the seconds of hopthu, and of the playbook, for a department merged."""
    edits.merge(centre.root / "data", "so-ngoai-vu", "so-noi-vu", 990)
    centre.commit("A department merged")
    ours, _ = centre.apply()
    centre.ansible()
    edits.merge(centre.root / "data", "so-dan-toc-va-ton-giao", "so-noi-vu", 991)
    centre.commit("Another one, by Ansible")
    theirs, said = centre.ansible()
    expect_playbook(said, changed=True)
    return ours, theirs


def bytes_for_one(folder: Path, people: int, say: Say) -> int:
    """Return the bytes sent to hosts for somebody new in a smaller province."""
    with up(folder, _province(people)) as centre:
        say(f"first apply, {people} people")
        centre.apply()
        say(f"somebody new, {people} people")
        return newcomer(centre, 2)[1]


def _province(people: int) -> Callable[[Path], None]:
    """Return what writes a province: people in files by unit whatever their number."""
    return lambda root: write(Province(people, 1), root, one_file=False)


def measure(folder: Path, say: Say, people: int = 61_000, fewer: int = 6_000) -> list[Row]:
    """Take every figure."""
    few = bytes_for_one(folder / "few", fewer, say)
    with up(folder / "many", _province(people)) as centre:
        install_ansible(centre)
        say(f"first apply, {people} people")
        total, load = first_load(centre)
        hand = by_hand(centre)
        say(f"first apply {total:.1f} s, {load:.1f} s beside {hand:.1f} s; nothing to do")
        idle = nothing(centre)
        say(f"nothing to do {idle:.1f} s; Ansible")
        idle_theirs, new_theirs = beside_ansible(centre)
        say(f"Ansible {idle_theirs:.1f} s, somebody new {new_theirs:.1f} s; somebody new")
        new, sent = newcomer(centre, 2)
        say(f"somebody new {new:.1f} s; a department merged")
        centre.ansible()
        merge, merge_theirs = merged(centre)
    what = f"{people:,} people, five hosts: "
    return [
        against(f"{what}first apply", total, 8 * hand, "8 × slapadd, postmap"),
        against(f"{what}first load of entries and tables", load, hand, "slapadd, postmap"),
        against(f"{what}nothing to do", idle, 15, "limit"),
        against(f"{what}nothing to do", idle, idle_theirs, "Ansible"),
        against(f"{what}somebody new", new, new_theirs, "Ansible"),
        Row(f"{what}somebody new, sent", f"{sent:,} B", f"{fewer:,} people {few:,} B", sent / few),
        against(f"{what}a department merged", merge, merge_theirs, "Ansible"),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--people", type=int, default=61_000)
    parser.add_argument("--fewer", type=int, default=6_000)
    chosen = parser.parse_args()
    started = time.monotonic()

    def say(step: str) -> None:
        print(f"{time.monotonic() - started:7.1f} … {step}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="hopthu-scale-") as folder:
        print(table(measure(Path(folder), say, chosen.people, chosen.fewer)))


if __name__ == "__main__":
    main()
