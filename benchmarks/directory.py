"""Measure the directory at the size of the province: `python benchmarks/directory.py`.

Needs a lab that is up and applied. The load runs in a second slapd on its provider, with the very
configuration of the first one and a database of its own, so the lab stays as it is. Disks of the
lab are in memory: on a real one, writes that wait for the disk take longer, reads do not.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.entries import MANAGED, UNIQUE, entries, suffix
from hopthu.directory.ldif import Entries, changes, parse, write_changes, write_entries
from hopthu.inventory.topology import Centre, Host
from hopthu.lab import remote, state
from hopthu.model.policy import GIB, Policy
from hopthu.remote.host import ldap
from hopthu.remote.host.packing import unpacked

T = TypeVar("T")
DOMAIN = "thanhhoa.gov.vn"
BASE = suffix(DOMAIN)
FOLDER = "/var/lib/hopthu/bench"
SOCKET = f"ldapi://{FOLDER.replace('/', '%2F')}%2Fldapi"

PREPARE = f"""
set -e
rm -rf {FOLDER}; mkdir -p {FOLDER}/quick {FOLDER}/live
for database in quick live; do
    sed -e 's|^directory .*|directory {FOLDER}/'$database'|' -e 's|/run/slapd|{FOLDER}|' \
        /etc/ldap/slapd.conf >{FOLDER}/$database.conf
    grep -qx "directory {FOLDER}/$database" {FOLDER}/$database.conf
done
gunzip >{FOLDER}/content.ldif
"""
START = (
    f"slapd -f {FOLDER}/live.conf -h {SOCKET} && until [ -S {FOLDER}/ldapi ]; do sleep 0.1; done"
)
STOP = f"kill $(cat {FOLDER}/slapd.pid); rm -rf {FOLDER}"


@dataclass(frozen=True)
class Row:
    """A figure in seconds, and the peer it is measured against in the same run."""

    what: str
    seconds: float
    peer: str
    peer_seconds: float


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return how long `work` took, and what it returned."""
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result


def province(people: int) -> Entries:
    """Make the entries of `people` people in 300 units."""
    one = Host("store1", f"store1.{DOMAIN}", "10.88.0.31", frozenset({"store"}), ("store1",))
    mailboxes = tuple(
        Mailbox(
            id=f"nguyen-thi-thu-ha-{number}",
            kind="personal",
            name=f"Nguyễn Thị Thu Hà {number}",
            addresses=(f"hantt{number}",),
            state="active",
            store="store1",
            quota=2 * GIB,
            unit=f"don-vi-{number % 300}",
            unit_name=f"Ủy ban nhân dân xã số {number % 300}",
            title="Chuyên viên",
        )
        for number in range(people)
    )
    desired = Desired(date(2026, 6, 1), DOMAIN, mailboxes, (), ())
    return entries(desired, Centre("bench", (one,)), Policy())


def measure(people: int) -> list[Row]:
    """Load, export, compare and change a directory of `people` people."""
    lab = state.required()
    provider = next(host for host in lab.hosts.values() if "directory" in host.roles)

    def on(line: str, stdin: bytes = b"") -> str:
        return remote.run(lab, provider, line, stdin=stdin)

    def search() -> str:
        at = ("-Q", "-Y", "EXTERNAL", "-H", SOCKET, "-b", BASE)
        command = shlex.join(["ldapsearch", *ldap.READ, *at, "(objectClass=*)", *MANAGED])
        return on(f"{command} | gzip -1n | base64 -w 0")

    making, wanted = timed(lambda: province(people))
    diffing, todo = timed(lambda: changes({}, wanted, UNIQUE))
    writing, _ = timed(lambda: write_changes(todo))
    on(PREPARE, gzip.compress(write_entries(wanted).encode(), 1))
    on(f"sed 's/^dn:.*/&\\nchangetype: add/' {FOLDER}/content.ldif >{FOLDER}/changes.ldif")
    modify = f"ldapmodify -Q -Y EXTERNAL -H {SOCKET}"
    try:
        quick, _ = timed(lambda: on(f"slapadd -q -f {FOLDER}/quick.conf -l {FOLDER}/content.ldif"))
        on(START)
        loading, _ = timed(lambda: on(f"{modify} -f {FOLDER}/changes.ldif >/dev/null"))
        dumping, _ = timed(lambda: on(f"slapcat -f {FOLDER}/quick.conf | gzip -1 | base64"))
        asking, packed = timed(search)
        reading, held = timed(lambda: parse(unpacked(packed)))
        comparing, nothing = timed(lambda: changes(held, wanted, UNIQUE))
        if nothing:
            raise SystemExit(f"{len(nothing)} changes where there should be none")
    finally:
        on(STOP)
    return [
        Row("entries from what is desired", making, "slapadd -q of them", quick),
        Row("changes of an empty directory", diffing + writing, "slapadd -q of them", quick),
        Row("these changes, by ldapmodify", loading, "slapadd -q of them", quick),
        Row("export to the operator", asking, "slapcat, the same way", dumping),
        Row("reading the export", reading, "export to the operator", asking),
        Row("comparing when nothing differs", comparing, "export to the operator", asking),
    ]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=60000)
    people = parser.parse_args().people
    rows = measure(people)
    print(f"{people} people; Python {platform.python_version()}; {os.cpu_count()} cores;")
    print(f"load average {os.getloadavg()[0]:.1f} at the end.\n")
    print("| what | seconds | against | seconds | ratio |\n|---|---|---|---|---|")
    for row in rows:
        against = f"{row.peer} | {row.peer_seconds:.2f} | {row.seconds / row.peer_seconds:.2f}"
        print(f"| {row.what} | {row.seconds:.2f} | {against} |")


if __name__ == "__main__":
    main()
