"""Run commands on a host of the lab over SSH, as the controller does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence

from hopthu.errors import LabError
from hopthu.i18n.message import Message
from hopthu.lab.machine import console
from hopthu.lab.state import LabHost, LabState

_BOOT_SECONDS = 120


def command(state: LabState, host: LabHost, argv: Sequence[str], *options: str) -> list[str]:
    """Return the local command that runs `argv` on `host`, or a shell if `argv` is empty."""
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
    """Run the shell `line` on `host` and return its output; raise `LabError` if it fails."""
    done = subprocess.run(
        command(state, host, [line], "-o", "BatchMode=yes"),
        input=stdin,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
        raise LabError(
            Message(
                "{host}: {command} failed: {reason}",
                host=host.name,
                command=repr(line),
                reason=reason,
            )
        )
    return done.stdout.decode()


def wait_ready(state: LabState, host: LabHost) -> str:
    """Wait until `host` answers SSH and has booted; return the names of failed units, or "".

    Raises `LabError` if it does not answer in time.
    """
    line = "systemctl is-system-running --wait >/dev/null; systemctl --failed --plain --no-legend"
    deadline = time.monotonic() + _BOOT_SECONDS
    while True:
        try:
            return " ".join(unit.split()[0] for unit in run(state, host, line).splitlines())
        except LabError as error:
            if time.monotonic() > deadline or not state.alive:
                raise LabError(
                    Message(
                        "{host} does not answer SSH: {reason}", host=host.name, reason=error.what
                    ),
                    fix=Message("read {log}", log=console(state, host)),
                ) from error
            time.sleep(0.1)
