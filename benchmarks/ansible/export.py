"""Write what the playbook needs: inventory, variables of each host, and its files.

`python -m benchmarks.ansible.export INVENTORY OUT`, in the checkout whose data it is. The files are
those hopthu renders, so that both leave the same; what it costs to make them is in neither figure.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from hopthu.daemons.registry import render
from hopthu.daemons.site import Site, load_site
from hopthu.directory.entries import entries, suffix
from hopthu.directory.ldif import write_entries
from hopthu.inventory import loader as inventories
from hopthu.render.files import File

HERE = Path(__file__).parent
SCRATCH = "/var/lib/bench"
SCRIPTS = ("change_entries.py", "make_mailboxes.sh")

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "": ("nftables", "ssl-cert", "ca-certificates", "openssl", "zstd"),
    "directory": ("slapd", "ldap-utils", "lmdb-utils"),
    "scanners": (
        "clamav", "clamav-daemon", "clamav-freshclam", "clamdscan", "valkey-server", "valkey-tools",
        "rspamd", "postfix", "postfix-lmdb",
    ),
    "mail": ("dovecot-core", "dovecot-imapd", "dovecot-ldap", "dovecot-managesieved"),
    "store": ("dovecot-lmtpd", "dovecot-sieve", "dovecot-flatcurve"),
}  # fmt: skip
"""What `deploys/` install, by the roles below."""

ROLES: Mapping[str, tuple[str, ...]] = {
    "directory": ("directory", "access", "store"),
    "scanners": ("edge", "access"),
    "mail": ("access", "store"),
    "store": ("store",),
}


def _write(folder: Path, path: str, file: File) -> dict[str, str]:
    """Put a file of a host below `folder`; return what the playbook must know of it."""
    target = folder / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(file.content)
    return {"path": path, "owner": file.owner, "group": file.group, "mode": f"0{file.mode:o}"}


def _host(site: Site, name: str, data: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """Write the files of a host; return its variables."""
    context = site.context(name)
    folder = out / "files" / name
    sets = {
        kind: [_write(folder, path, file) for path, file in files.items()]
        for kind, files in render(context).items()
    }
    roles = [role for role, of in ROLES.items() if context.host.has(*of)]
    if context.host.has("store"):
        here = [m for m in site.desired.live() if site.centre.store_host(m.store) == context.host]
        kinds = {"personal": "people", "unit": "units"}
        text = "".join(f"{kinds[mailbox.kind]}/{mailbox.id}\n" for mailbox in here)
        (folder / "mailboxes").write_text(text, encoding="utf-8")
    if context.host == site.centre.provider:
        wanted = entries(site.desired, site.centre, site.policy)
        (folder / "entries.ldif").write_text(write_entries(wanted), encoding="utf-8")
        shutil.copy(data["first_passwords"], folder / "first_passwords.json")
    for script in SCRIPTS:
        shutil.copy(HERE / script, folder / script)
    folders = {str(Path(file["path"]).parent) for files in sets.values() for file in files}
    folders.add(SCRATCH)
    return {
        "ansible_host": data["ssh_hostname"],
        "ansible_user": data["ssh_user"],
        "ansible_ssh_private_key_file": data["ssh_key"],
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={data['ssh_known_hosts_file']}",
        "files": str(folder),
        "sets": sets,
        "packages": [p for role in ("", *roles) for p in PACKAGES[role]],
        # What packages bring is there.
        "folders": sorted(f for f in folders if "hopthu" in f or f.endswith((".d", SCRATCH))),
    }


def export(root: Path, inventory: str, on: date, out: Path) -> None:
    """Write everything below `out`."""
    found = inventories.load(root, inventory)
    site = load_site(root, on, found)
    hosts = {
        name: _host(site, name, found.data[name], out)
        for name in (h.name for h in site.centre.hosts)
    }
    groups: dict[str, Any] = {
        role: {"hosts": dict.fromkeys(h.name for h in site.centre.with_role(role))}
        for role in ("edge", "access", "store", "directory")
    }
    provider = site.centre.provider
    groups["provider"] = {"hosts": {provider.name: None}}
    groups["all"] = {
        "hosts": hosts,
        "vars": {"base": suffix(site.desired.domain), "provider": provider.address},
    }
    (out / "hosts.json").write_text(json.dumps(groups, indent=1), encoding="utf-8")


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inventory")
    parser.add_argument("out", type=Path)
    parser.add_argument("--on", type=date.fromisoformat, default=date.today())  # noqa: DTZ011
    chosen = parser.parse_args()
    export(Path.cwd(), chosen.inventory, chosen.on, chosen.out)


if __name__ == "__main__":
    main()
