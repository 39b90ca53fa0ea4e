"""Bring the directory of this host to entries.ldif beside this file, by one change set.

Runs on the provider as a handler: only when that file changed. `BASE` is its argument.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOCAL = ["-Q", "-Y", "EXTERNAL", "-H", "ldapi:///"]

Entries = dict[str, dict[str, list[str]]]


def parse(text: str) -> Entries:
    """Read LDIF without folded lines."""
    entries: Entries = {}
    for record in text.split("\n\n"):
        lines = [line.partition(":") for line in record.split("\n") if line and line[0] != "#"]
        pairs = [(name, value(rest)) for name, _, rest in lines]
        if pairs:
            entry = entries.setdefault(pairs[0][1], {})
            for name, found in pairs[1:]:
                entry.setdefault(name, []).append(found)
    return entries


def value(rest: str) -> str:
    """Read what stands behind the first colon."""
    if rest.startswith(":"):
        return base64.b64decode(rest[1:]).decode()
    return rest[1:]


def line(name: str, found: str) -> str:
    """Write a value."""
    return f"{name}:: {base64.b64encode(found.encode()).decode()}\n"


def change_set(held: Entries, wanted: Entries, hashes: dict[str, str]) -> str:
    """Return the changes that make `wanted` of `held`."""
    text = ""
    for dn, attributes in wanted.items():
        if dn not in held:
            person = dn.partition(",")[0].removeprefix("uid=")
            first = {"userPassword": [hashes[person]]} if person in hashes else {}
            text += line("dn", dn) + "changetype: add\n"
            text += "".join(
                line(name, one) for name, all_ in (attributes | first).items() for one in all_
            )
            text += "\n"
            continue
        before = held[dn]
        differing = [
            name
            for name in sorted(before.keys() | attributes.keys())
            if sorted(before.get(name, [])) != sorted(attributes.get(name, []))
        ]
        if differing:
            text += line("dn", dn) + "changetype: modify\n"
            for name in differing:
                text += f"replace: {name}\n"
                text += "".join(line(name, one) for one in attributes.get(name, [])) + "-\n"
            text += "\n"
    return text


def main() -> None:
    """Compare, and change what differs."""
    wanted = parse((HERE / "entries.ldif").read_text(encoding="utf-8"))
    hashes = json.loads((HERE / "first_passwords.json").read_text(encoding="utf-8"))
    names = sorted({name for attributes in wanted.values() for name in attributes})
    search = ["ldapsearch", *LOCAL, "-LLL", "-o", "ldif-wrap=no", "-b", sys.argv[1]]
    held = subprocess.run(
        [*search, "objectClass=*", *names], capture_output=True, text=True, check=True
    ).stdout
    changes = change_set(parse(held), wanted, hashes)
    if changes:
        subprocess.run(
            ["ldapmodify", *LOCAL], input=changes, text=True, check=True, stdout=subprocess.DEVNULL
        )


if __name__ == "__main__":
    main()
