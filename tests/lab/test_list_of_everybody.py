"""A letter to everybody in a province, into mailboxes on disk (Art. 7.1)."""

import os
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from labs import Lab, copied, git
from test_letters_to_lists import (
    DOMAIN,
    HEAD,
    HOST,
    MEMBER,
    MOVES,
    TODAY,
    TOMORROW,
    UNIT,
    named,
    send,
    shown,
    signed_in,
    staff,
    transfer,
)

from hopthu.lab import holder
from hopthu.model.address_naming import stem

PEOPLE = int(os.environ.get("HOPTHU_PEOPLE", "60000"))
"""Of so many the province has, 60,000; HOPTHU_PEOPLE=2000 to try the drill itself."""
SINGLE, SENDERS = 400, 8
MAIL = "/var/vmail"
ORDER = f"qd-9004-ubnd-{TODAY.year}"
ALLOWED = (
    f"- {{id: {ORDER}, kind: decision, number: 9004/QĐ-UBND, issuer: ubnd-tinh, date: {TODAY}, "
    "acts: [allowance]}\n"
)
ALLOWANCE = f"""
allowances:
  - {{guard: create, scope: all, document: {ORDER}, until: {TOMORROW}}}
"""
# A folder of this machine becomes one of a host, whose own disk is in memory (open_tree(2)).
_MOUNT = """
import ctypes, os, sys
folder, process, at = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    found = libc.syscall(number, *arguments)
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found
tree = call(428, -100, folder.encode(), 1)
call(308, os.open(f"/proc/{process}/ns/mnt", os.O_RDONLY), 0)
call(429, tree, b"", -100, at.encode(), 4)
"""
_EMPTY = 'until [ -z "$(find incoming active deferred maildrop -type f)" ]; do sleep 0.5; done'


@pytest.fixture
def lab(single: Lab, tmp_path: Path) -> Iterator[tuple[Lab, Path]]:
    """Everybody works in one department, and the mail of the store is on the disk."""
    root = copied(tmp_path / "checkout")
    staff(root, PEOPLE)
    policy = root / "data" / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + ALLOWANCE, encoding="utf-8")
    with (root / "data" / "documents.yaml").open("a", encoding="utf-8") as documents:
        documents.write(ALLOWED)
    single.hopthu("format", root=root)
    transfer(single, root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Everybody")
    # /tmp may be in memory, too.
    mail = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="hopthu-mail-"))
    init = str(holder.leader(single.state, HOST))
    subprocess.run([sys.executable, "-c", _MOUNT, str(mail), init, "/mnt"], check=True)
    single.ssh(
        HOST,
        f"systemctl stop dovecot.socket dovecot.service; cp -a {MAIL}/. /mnt && "
        f"chown --reference={MAIL} /mnt && chmod --reference={MAIL} /mnt && "
        f"mount --bind /mnt {MAIL} && umount /mnt && systemctl start dovecot",
    )
    single.hopthu("apply", "lab", "--yes", root=root)
    try:
        yield single, root
    finally:
        single.ssh(HOST, f"systemctl stop dovecot.socket dovecot.service; umount {MAIL}")
        shutil.rmtree(mail)


def emptied(lab: Lab) -> None:
    """Wait until nothing is in the queue, whose 60,000 recipients are too many to ask for."""
    lab.ssh(HOST, f"cd /var/spool/postfix && timeout 7000 sh -c '{_EMPTY}'")


def inboxes(lab: Lab, token: str) -> tuple[Counter[str], float]:
    """Return how many copies of a letter lie in whose INBOX, and when the last one came."""
    found = lab.ssh(
        HOST,
        f"find {MAIL}/people {MAIL}/units -mindepth 4 -maxdepth 4 "
        f"\\( -path '*/Maildir/new/*' -o -path '*/Maildir/cur/*' \\) -type f "
        # grep exits with 1 if none of those it was given has it.
        f'-exec sh -c \'grep -lZ "^Subject: {token}" "$@" || [ $? -eq 1 ]\' sh {{}} + '
        "| xargs -0 -r stat -c '%.Y %n'",
    )
    came = [line.partition(" ") for line in found.splitlines()]
    return Counter(path.split("/")[4] for _, _, path in came), max(float(at) for at, _, _ in came)


def letter_by_letter(lab: Lab, person: str, address: str, first: int) -> float:
    """Send letters to one person each; return the seconds until the last one had its letter.

    They go to every so many people, as cold in the memory of the store as those on the list, and
    by several programs at once, so that the centre always has one to take.
    """
    token = f"rieng5{address}"
    people = [*named(PEOPLE)][first :: PEOPLE // SINGLE][:SINGLE]

    def write(smtp: smtplib.SMTP, to: Sequence[tuple[str, int]]) -> None:
        for name, key in to:
            one = f"{stem(name)}{key}@{DOMAIN}"
            assert 250 == send(smtp, f"{address}@{DOMAIN}", [one], token)

    with ExitStack() as stack, ThreadPoolExecutor(SENDERS) as pool:
        programs = [stack.enter_context(signed_in(lab, person, address)) for _ in range(SENDERS)]
        started = time.time()
        list(pool.map(write, programs, (people[n::SENDERS] for n in range(SENDERS))))
    emptied(lab)
    copies, last = inboxes(lab, token)
    assert {1: SINGLE} == Counter(copies.values())
    return last - started


@pytest.mark.drill
@pytest.mark.parametrize("people", [PEOPLE])
def test_a_letter_to_everybody(lab: tuple[Lab, Path], people: int) -> None:
    """Show 3: one copy each, with a transfer in the middle of it, faster than letter by letter."""
    single, root = lab
    unit, to = f"{UNIT}@{DOMAIN}", f"canbo_{UNIT}@{DOMAIN}"
    before, after = (shown(lab, to, str(day)) for day in (TODAY, TOMORROW))
    assert len(after) > people
    assert before - {MOVES} == after

    # The first letter makes all mailboxes, and the day of the transfer comes meanwhile.
    with signed_in(single, HEAD, "binhlv") as smtp:
        assert 250 == send(smtp, unit, [to], "moinguoi5")
    single.hopthu("apply", "lab", "--yes", "--on", str(TOMORROW), root=root)
    emptied(single)
    assert dict.fromkeys(before, 1) == inboxes(single, "moinguoi5")[0]

    one_by_one = [letter_by_letter(single, HEAD, "binhlv", 0)]
    used, started = _seconds(single), time.time()
    with signed_in(single, HEAD, "binhlv") as smtp:
        assert 250 == send(smtp, unit, [to], "moinguoi6")
    answered = time.time() - started
    emptied(single)
    copies, last = inboxes(single, "moinguoi6")
    assert dict.fromkeys(after, 1) == copies
    one_by_one.append(letter_by_letter(single, MEMBER, "annv", 1))
    took = last - started
    together, alone = len(after) / took, 2 * SINGLE / sum(one_by_one)
    sys.stdout.write(
        f"{len(after)} on the list: answered after {answered:.1f} s, delivered after {took:.0f} s "
        f"with {_seconds(single) - used:.0f} s of CPU for Postfix; {together:.0f}/s, letter by "
        f"letter {alone:.0f}/s\n"
    )
    assert answered < 5
    assert together >= 1.5 * alone


def _seconds(lab: Lab) -> float:
    """Return the CPU time that Postfix has taken."""
    said = lab.ssh(HOST, "systemctl show postfix -p CPUUsageNSec --value")
    return int(said) / 1e9
