"""Run commands on a host of the lab over SSH, as the controller does."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from hopthu.errors import LabError
from hopthu.lab.state import LabHost, LabState


def command(state: LabState, host: LabHost, argv: Sequence[str], *options: str) -> list[str]:
    """Return the local command that runs `argv` on `host`; no `argv` gives a shell there."""
    ssh = ["ssh", "-F", "none", "-i", str(state.key), *options]
    settings = {
        "UserKnownHostsFile": str(state.known_hosts),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "IdentitiesOnly": "yes",
        "ConnectTimeout": "10",
        "LogLevel": "ERROR",
    }
    for name, value in settings.items():
        ssh += ["-o", f"{name}={value}"]
    network = f"--net=/proc/{state.holder}/ns/net"
    return ["nsenter", network, "--", *ssh, f"root@{host.address}", *argv]


def run(state: LabState, host: LabHost, line: str, *, stdin: bytes = b"") -> str:
    """Run the shell `line` on `host` and return its output; raise `LabError` when it fails."""
    done = subprocess.run(
        command(state, host, [line], "-o", "BatchMode=yes"),
        input=stdin,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
        raise LabError(f"{host.name}: {line!r} failed: {said}")
    return done.stdout.decode()
