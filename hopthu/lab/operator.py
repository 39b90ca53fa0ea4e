"""The operator's host of a lab: it is given what an administrator gives it in production.

That is a clone with a `.venv`, the age identity and the SSH key. The clone's remote is a repository
on the host itself, which stands for the forge: what is applied to the lab is pushed there.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

from hopthu.daemons.operator import ACCOUNT, AGE_IDENTITY, HOME, SSH_KEY
from hopthu.errors import LabError
from hopthu.git.repository import UNKNOWN, Repository
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import CLONE
from hopthu.lab import remote
from hopthu.lab.libraries import LIBRARIES, PYTHON
from hopthu.lab.machine import Entry, archive
from hopthu.lab.state import FILE, LabHost, LabState, current, dumps

FORGE = "/srv/forge.git"
_LAB = f"{CLONE}/.lab"
_AS = f"runuser -u {ACCOUNT} -- env --chdir=/srv HOME={HOME}"
_GIT = f"{_AS} git -C {CLONE}"

_MAKE_FORGE = f"""set -eu
[ -d {FORGE} ] || {{
    install -d -o {ACCOUNT} -g {ACCOUNT} {FORGE}
    {_AS} git init --quiet --bare --initial-branch=main {FORGE}
    {_AS} git -C {FORGE} config receive.shallowUpdate true
}}
"""
# An editable installation, as `make setup` leaves one.
_CLONE_IT = f"""set -eu
cd {CLONE}
[ -d .git ] || {_AS} git clone --quiet {FORGE} {CLONE}
{_GIT} fetch --quiet
{_GIT} reset --quiet --hard origin/main
[ -d .venv ] || {{
    {_AS} python3 -m venv --without-pip {CLONE}/.venv
    printf '%s\\n' {CLONE} {LIBRARIES} >.venv/lib/python{PYTHON}/site-packages/lab.pth
    printf '%s\\n' '#!{CLONE}/.venv/bin/python' 'from hopthu.__main__ import run' 'run()' \\
        >.venv/bin/hopthu
    chmod +x .venv/bin/hopthu
}}
tar --extract --directory=/ --no-overwrite-dir
chown -R {ACCOUNT}:{ACCOUNT} .lab
"""


def provide(root: Path, inventory: Inventory) -> None:
    """Give the operator's host of the lab the commit of `root` that was applied, and all it needs.

    Does nothing if `inventory` is not the lab that is up, or the lab has no such host, or this is
    that host, or `root` has no commit. Raises `LabError`.
    """
    state = current()
    host = next((each for each in state.hosts.values() if each.operates), None) if state else None
    if state is None or host is None or state.within or Repository(root).head() == UNKNOWN:
        return
    known = inventory.data.get(host.name, {}).get("ssh_known_hosts_file")
    if known != str(state.known_hosts):
        return
    remote.run(state, host, _MAKE_FORGE)
    _push(state, host, root)
    remote.run(state, host, _CLONE_IT, stdin=archive(_files(state)))


def _push(state: LabState, host: LabHost, root: Path) -> None:
    *ssh, where = remote.command(state, host, [])
    done = subprocess.run(
        [
            # None of 61,000 people's files is packed smaller as its difference from another.
            *("git", "-C", str(root), "-c", "pack.window=0"),
            *("push", "--quiet", "--force", "--no-verify"),
            f"--receive-pack={_AS} git receive-pack",
            f"ssh://{where}{FORGE}",
            "HEAD:refs/heads/main",
        ],
        env={**os.environ, "GIT_SSH_COMMAND": shlex.join(ssh), "GIT_SSH_VARIANT": "ssh"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        what = Message("git {command}: {reason}", command="push", reason=done.stderr.strip())
        raise LabError(what)


def _files(state: LabState) -> dict[str, Entry]:
    """Return the lab as seen from its operator's host, and the keys."""
    inside = replace(state, within=True, directory=Path(_LAB))
    secrets = state.directory / "secrets"
    return {
        f"{_LAB[1:]}/{FILE}": Entry(dumps(inside).encode()),
        f"{_LAB[1:]}/ssh/known_hosts": Entry(state.known_hosts.read_bytes()),
        **{
            f"{_LAB[1:]}/secrets/{path.relative_to(secrets)}": Entry(path.read_bytes())
            for path in sorted(secrets.rglob("*"))
            if path.is_file()
        },
        SSH_KEY[1:]: Entry(state.key.read_bytes(), 0o600),
        f"{Path(AGE_IDENTITY).parent}/"[1:]: Entry(mode=0o700),
        AGE_IDENTITY[1:]: Entry((state.directory / "age.key").read_bytes(), 0o600),
    }
