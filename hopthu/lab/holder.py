"""The holder: one process that owns a lab's namespaces; when it ends, everything in them ends.

`unshare --kill-child` creates a mount, a network and a process namespace. Every host runs inside,
so killing the holder ends all hosts and drops all mounts, in whatever state they are. Only cgroups
outlive it: `sweep` removes them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hopthu.errors import LabError
from hopthu.i18n.message import Message
from hopthu.lab.layout import CONTROLLER
from hopthu.lab.state import LabState, start_time

BRIDGE = "br0"

UNSHARE = (
    *("unshare", "--mount", "--propagation", "private"),
    *("--pid", "--fork", "--kill-child", "--mount-proc"),
)
"""The prefix of a command whose processes and mounts must end when unshare is killed."""

# Waits for input, so that no lab runs whose pid was not recorded. With SIGCHLD ignored the kernel
# reaps processes that end in the process namespace (wait(2), NOTES).
_HOLD = "echo held; read -r go && exec env --ignore-signal=CHLD sleep infinity"

# /sys/fs/cgroup: systemd from 256 on boots on cgroup2 only; a no-op where that is mounted.
# /run/systemd: nspawn's state, kept separate from this machine and from other labs.
# Hosts' disks: no limit of files, as 61,000 mailboxes are 3 million of them.
_PREPARE = """
set -eu
mkdir -p /run/systemd
mount -t tmpfs -o mode=755 tmpfs /run/systemd
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$LAB"
mkdir -p "$HOSTS"
mount -t tmpfs -o mode=755,nr_inodes=0 tmpfs "$HOSTS"
ip link set lo up
ip link add "$BRIDGE" type bridge
ip address add "$ADDRESS" dev "$BRIDGE"
ip link set "$BRIDGE" up
"""

# Cgroups are one tree for the whole machine, mounted or not: it is read through a private mount.
_SWEEP = """
mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
[ ! -d "/sys/fs/cgroup/$LAB" ] || find "/sys/fs/cgroup/$LAB" -depth -type d -exec rmdir {} +
"""


def start(state: LabState) -> LabState:
    """Start the holder of `state`, record it, set up its bridge and mounts; return the new state.

    Raises `LabError` if this machine does not allow namespaces.
    """
    arguments = [*UNSHARE, "--net", "sh", "-c", _HOLD]
    pipe = subprocess.PIPE
    # In its own session: Ctrl-C goes to `up`, which then ends the holder itself.
    process = subprocess.Popen(
        arguments, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    )
    if not (process.stdin and process.stdout and process.stderr):
        raise TypeError("Popen was called with pipes")
    with process.stdin, process.stdout, process.stderr:
        if process.stdout.readline() != b"held\n":
            raise LabError(
                Message(
                    "this machine cannot make namespaces: {reason}",
                    reason=process.stderr.read().decode().strip(),
                ),
                fix=Message("a container needs permission to unshare and mount (--privileged)"),
            )
        state = replace(state, holder=process.pid, started=start_time(process.pid))
        state.save()
        process.stdin.write(b"go\n")
    environment = {
        "LAB": state.name,
        "HOSTS": str(hosts_folder(state)),
        "BRIDGE": BRIDGE,
        "ADDRESS": str(CONTROLLER),
    }
    run(state, ["sh", "-c", _PREPARE], environment=environment)
    return state


def hosts_folder(state: LabState) -> Path:
    """Return the folder of the hosts' disks, as seen inside the holder's namespaces."""
    return state.directory / "hosts"


def command(state: LabState, argv: Sequence[str]) -> list[str]:
    """Return `argv` wrapped to run inside the holder's namespaces."""
    spaces = f"/proc/{state.holder}/ns"
    enter = (f"--mount={spaces}/mnt", f"--net={spaces}/net", f"--pid={spaces}/pid_for_children")
    return ["nsenter", *enter, "--", *argv]


def run(
    state: LabState,
    argv: Sequence[str],
    *,
    environment: dict[str, str] | None = None,
    stdin: bytes = b"",
) -> str:
    """Run `argv` inside the holder's namespaces and return its output; raise `LabError`."""
    done = subprocess.run(
        command(state, argv),
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()
        raise LabError(Message("inside the lab: {reason}", reason=reason))
    return done.stdout.decode()


def end(state: LabState) -> None:
    """End the holder, wait until the last process of the lab has ended, remove the cgroups.

    Raises `LabError` if processes or cgroups remain.
    """
    if not state.holder:
        return
    if state.alive:
        os.kill(state.holder, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while members(state):
        if time.monotonic() > deadline:
            raise LabError(Message("processes of the lab do not end: {pids}", pids=members(state)))
        time.sleep(0.05)
    # It is usually the child of an `up` that has ended, not of this process.
    with suppress(ChildProcessError):
        os.waitpid(state.holder, 0)
    sweep(state)


def sweep(state: LabState) -> None:
    """Remove the cgroups of a lab whose processes have ended; raise `LabError` if that fails."""
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", _SWEEP],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LAB": state.name},
    )
    if done.returncode != 0:
        raise LabError(
            Message("cgroups of the lab cannot be removed: {reason}", reason=done.stderr.strip())
        )


def members(state: LabState, host: str = "") -> list[int]:
    """Return the pids, as seen on this machine, of all processes of the lab or of one `host`."""
    prefix = f"/{state.name}/{host}/" if host else f"/{state.name}/"
    return sorted(
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and prefix in f"{_cgroup(entry)}/"
    )


def leader(state: LabState, host: str) -> int:
    """Return the pid of a host's init, as seen on this machine; 0 if the host is off."""
    return next((pid for pid in members(state, host) if _is_init(pid)), 0)


def _cgroup(process: Path) -> str:
    try:
        lines = (process / "cgroup").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return next((line for line in lines if line.startswith("0::")), "")


def _is_init(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
    # Pids on this machine, in the lab and in the host: at least three levels, 1 at the last.
    return len(numbers) >= 4 and numbers[-1] == "1"
