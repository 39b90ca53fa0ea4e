"""A change that is valid and bad: hosts go back to what they had, and the records say so."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import Any

import pytest
from labs import Lab, copied, decide, git, papers

from hopthu.cli.clock import today

WITHIN = 60.0
"""Seconds in which mail must be as before."""
JOURNAL = "/var/lib/hopthu/journal.jsonl"
FORGED = f"""
import hashlib, json, pathlib
journal, before = pathlib.Path("{JOURNAL}"), "0" * 64
lines = journal.read_text().splitlines()[1:]
for number, line in enumerate(lines):
    lines[number] = line.replace(json.loads(line)["prev"], before, 1)
    before = hashlib.sha256(lines[number].encode()).hexdigest()
journal.write_text("".join(line + chr(10) for line in lines))
"""
"""The journal without its first line, with every digest right."""
READER, ADDRESS = "le-van-bay", "baylv@thanhhoa.gov.vn"
NEW, NEW_ADDRESS = "le-thi-kyp", "kyplt@thanhhoa.gov.vn"
PERSON = """
- id: le-thi-kyp
  name: Lê Thị Kýp
  category: civil_servant
  mailbox: {address: kyplt}
  posts:
    - {unit: so-noi-vu, title: Chuyên viên, from: %s, %s}
"""


@pytest.fixture(scope="module")
def root(centre: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout that the centre is applied from."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOPTHU_WHO", "Lê Văn Bình")
        root = copied(tmp_path_factory.mktemp("rollback") / "checkout")
        centre.hopthu("apply", "lab", "--yes", root=root)
        yield root


def spoil(lab: Lab, root: Path, number: int) -> None:
    """Make a slip that no check finds, 1 MiB where 30 was meant, and apply it."""
    limit(root, 1, number, "Thư lớn nhất")
    lab.hopthu("apply", "lab", "--yes", root=root)


def limit(root: Path, size: int, number: int, why: str) -> None:
    """Let letters have a size, by a decision of that number, and commit."""
    policy = root / "data" / "policy.yaml"
    rest = re.sub(r"(?m)^limits:.*\n", "", policy.read_text(encoding="utf-8"))
    policy.write_text(f"limits: {{message: {size} MiB}}\n{rest}", encoding="utf-8")
    decide(root, "limits.message", number, today())
    git(root, "commit", "--quiet", "--all", "--message", why)


def test_mail_is_as_before_within_a_minute(centre: Lab, root: Path) -> None:
    """Show 9: large letters are refused, then taken again; the record shows both runs."""
    people = root / "data" / "people.yaml"
    new = PERSON % (today(), papers(root, "so-noi-vu", "SNV", 9001, today()))
    people.write_text(people.read_text(encoding="utf-8") + new, encoding="utf-8")
    spoil(centre, root, 9001)
    assert "552" in send(centre, ADDRESS, "first")
    assert "250" in send(centre, NEW_ADDRESS, "second", size=100)
    foreseen = centre.hopthu("rollback", "lab", "--dry-run", root=root).stdout
    assert "+ /etc/postfix/main.cf  [postfix]" in foreseen
    assert re.search(rf"refused until the next apply: {NEW_ADDRESS}$", foreseen, re.M)
    assert "changed some of these: directory entries" in foreseen
    assert "552" in send(centre, ADDRESS, "third")

    started = time.monotonic()
    centre.hopthu("rollback", "lab", "--yes", root=root)
    said = send(centre, ADDRESS, "fourth")
    took = time.monotonic() - started
    assert "250" in said
    arrives(centre, READER, "fourth")
    sys.stdout.write(f"mail as before after {took:.1f} s\n")
    assert WITHIN > took
    assert "550" in send(centre, NEW_ADDRESS, "fifth", size=100)

    recorded(centre, root)
    # Neither mail nor entries went back, and nothing else is amiss.
    arrives(centre, NEW, "second")
    assert f"mail: {NEW_ADDRESS}" in centre.ssh("dir1", "slapcat -f /etc/ldap/slapd.conf")
    centre.hopthu("drift", "lab", root=root)

    limit(root, 30, 9002, "Bỏ giới hạn sai")
    centre.hopthu("apply", "lab", "--yes", root=root)
    assert "250" in send(centre, ADDRESS, "sixth")
    assert "250" in send(centre, NEW_ADDRESS, "seventh", size=100)
    assert [] == history(centre, root)["pending"]


def recorded(lab: Lab, root: Path) -> None:
    """See that the journal and every host tell the rollback, and the run it undid."""
    told = history(lab, root)
    back, bad = told["runs"][:2]
    assert ["rolled back", "applied"] == [back["result"], bad["result"]]
    assert ["Lê Văn Bình"] * 2 == [back["who"], bad["who"]]
    assert [f"back to before {bad['id']} [run {bad['id']}]"] == back["changes"]
    assert any("limits.message" in sentence for sentence in bad["changes"])
    assert {back["id"]} == {host["deployed"]["id"] for host in told["hosts"]}
    (waiting,) = told["pending"]
    assert ["Thư lớn nhất"] == [commit["subject"] for commit in waiting["commits"]]
    edge = history(lab, root, "edge1")
    assert [back["id"], bad["id"]] == [run["id"] for run in edge["runs"][:2]]
    assert "postfix: files restored: 1, removed: 0" in edge["runs"][0]["steps"]
    assert bad["id"] == history(lab, root, NEW)["runs"][0]["id"]
    # Whoever empties the journal is found out by what the hosts have on record.
    lab.ssh("dir1", f"cp -p {JOURNAL} {JOURNAL}.kept && truncate -s 0 {JOURNAL}")
    emptied = history(lab, root, expect=5)
    lab.ssh("dir1", f"cp -p {JOURNAL}.kept {JOURNAL} && rm {JOURNAL}.kept")
    assert back["id"] in emptied["journal"]["unrecorded"]
    # Whoever takes one line out and computes the others again, by what the hosts remember.
    lab.ssh("dir1", f"cp -p {JOURNAL} {JOURNAL}.kept && python3 -c {quote(FORGED)}")
    forged = history(lab, root, expect=5)["journal"]
    lab.ssh("dir1", f"cp -p {JOURNAL}.kept {JOURNAL} && rm {JOURNAL}.kept")
    others = ", ".join(sorted({*lab.hosts} - {"dir1"}))
    assert [] == forged["broken"]
    (told,) = forged["forgotten"]
    assert back["id"] in told
    assert others in told


def test_killed_the_next_one_finishes(centre: Lab, root: Path) -> None:
    """A rollback that dies leaves every host old or new; run again it ends what it began."""
    spoil(centre, root, 9003)
    rollback = subprocess.Popen(
        [sys.executable, "-m", "hopthu", "rollback", "lab", "--yes"],
        cwd=root,
        env={**os.environ, "HOPTHU_LAB": str(centre.folder), "PYTHONPATH": str(root)},
        stdout=subprocess.DEVNULL,
    )
    wait_for(centre, "access1", "[ -e /var/lib/hopthu/applying ]")
    rollback.send_signal(signal.SIGKILL)
    rollback.wait()
    for host in centre.hosts:
        free = '[ -z "$(ls -A /run/hopthu)" ] && [ ! -e /var/lib/hopthu/applying ]'
        wait_for(centre, host, free)
    centre.hopthu("drift", "lab", root=root)
    # A run that was killed has no line in the journal, though a host has it on record.
    results = deployed(centre, root, expect=5)
    assert ["rolled back", "applied"] == [results[host] for host in ("edge1", "dir1")]

    centre.hopthu("rollback", "lab", "--yes", root=root)
    assert "250" in send(centre, ADDRESS, "eighth")
    assert {"rolled back"} == {*deployed(centre, root).values()}
    again = centre.hopthu("rollback", "lab", "--yes", root=root, expect=2)
    assert "was itself a rollback" in again.stderr


def history(lab: Lab, root: Path, *asked: str, expect: int = 0) -> dict[str, Any]:
    """Return what `hopthu history` tells."""
    done = lab.hopthu("history", *asked, "--format", "json", root=root, expect=expect)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def deployed(lab: Lab, root: Path, expect: int = 0) -> dict[str, str]:
    """Return the result of the newest record of each host."""
    hosts = history(lab, root, expect=expect)["hosts"]
    return {h["host"]: h["deployed"]["result"] for h in hosts}


def send(lab: Lab, to: str, subject: str, size: int = 2_000_000) -> str:
    """Send a letter of so many bytes from outside; return what the edge host says of it."""
    letter = f"yes 'Kính gửi quý cơ quan' | head -c {size} >/tmp/letter"
    swaks = (
        "swaks --server 10.88.0.11 --tls --from cong-dan@example.org --hide-send"
        f" --to {to} --header 'Subject: {subject}' --body @/tmp/letter"
    )
    said = lab.ssh("internet", f"{letter}; {swaks} || true")
    answers: list[str] = re.findall(r"^<~[ *] +(\d{3} .*)", said, re.MULTILINE)
    return answers[-2]  # the last one is of QUIT


def arrives(lab: Lab, reader: str, subject: str) -> None:
    """Wait until a letter is in a mailbox of the first store."""
    wait_for(lab, "store1", f'[ -n "$(doveadm search -u {reader} subject {subject})" ]')


def wait_for(lab: Lab, host: str, condition: str) -> None:
    """Wait until a shell condition is true on a host."""
    deadline = time.monotonic() + 120
    while "yes" not in lab.ssh(host, f"if {condition}; then echo yes; fi"):
        assert time.monotonic() < deadline, f"{host}: {condition}"
        time.sleep(0.2)
