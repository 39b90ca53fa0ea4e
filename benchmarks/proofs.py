"""What must be true for a figure to count: each check ends the program where it is not."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from benchmarks.driving import Centre
from hopthu.daemons.postfix import TABLES

_SIGN_IN = """\
import imaplib, ssl, sys
password, user, address, ca = sys.stdin.read().split("\\n")[:4]
with imaplib.IMAP4_SSL(address, ssl_context=ssl.create_default_context(cafile=ca)) as session:
    session.login(user, password)
    sys.exit(session.select("INBOX")[0] != "OK")
"""


def prove(centre: Centre, person: str) -> None:
    """End the program unless `person` can be written to from outside, and can sign in."""
    hosts = {role: h for h in centre.lab.hosts.values() for role in h.roles}
    held = json.loads((centre.lab.directory / "passwords.json").read_text(encoding="utf-8"))
    look = f"postmap -s lmdb:{TABLES}/mailboxes | awk '$2 == \"{person}\" {{ print $1 }}'"
    address = centre.ssh(hosts["edge"].name, look).strip()
    swaks = f"swaks --silent 2 --server {hosts['edge'].address} --quit-after RCPT"
    centre.ssh("internet", f"{swaks} --from cong-dan@example.org --to {address}")
    ca = centre.lab.directory / "secrets" / "ca.pem"
    subprocess.run(
        ["nsenter", f"--net=/proc/{centre.lab.holder}/ns/net", sys.executable, "-c", _SIGN_IN],
        input="\n".join([held[person], address, hosts["access"].address, str(ca)]),
        text=True,
        check=True,
    )


def expect_changes(lines: list[tuple[float, str]], number: int) -> None:
    """End the program unless an apply says that so many steps changed something."""
    told = [line for _, line in lines if re.match(r"\d+ of \d+ steps changed something", line)]
    if len(told) != 1 or not told[0].startswith(f"{number} of "):
        sys.exit(
            f"{number} steps should have changed something:\n"
            + "\n".join(line for _, line in lines)
        )


def expect_playbook(said: str, *, changed: bool) -> None:
    """End the program unless the playbook says that it changed something, or nothing."""
    found = sum(map(int, re.findall(r"changed=(\d+)", said)))
    if bool(found) != changed:
        sys.exit(f"the playbook changed {found} things:\n{said}")
