"""Cause faults of a host for tests and drills: power, network cable, frozen processes.

Each fault can be ended: `stop` and `start`, `link_down` and `link_up`, `freeze` and `thaw`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from hopthu.errors import LabError
from hopthu.i18n.message import Message
from hopthu.lab import holder, machine, remote
from hopthu.lab.state import LabHost, LabState, recorded

_SECONDS = 30

# Kills all processes of the host at once, as when the plug is pulled; then removes what nspawn had
# no time to remove: a mount that would stop the next boot, and empty cgroups.
_PULL = 'cd "/sys/fs/cgroup/$LAB/$HOST" && echo 1 >cgroup.kill'
_CLEAR = """
set -eu
umount "/run/systemd/nspawn/unix-export/$HOST"
rmdir "/run/systemd/nspawn/unix-export/$HOST"
find "/sys/fs/cgroup/$LAB/$HOST" -mindepth 1 -depth -type d -exec rmdir {} +
"""


def stop(state: LabState, name: str) -> LabState:
    """Pull the plug of the host `name`: nothing is shut down or synced; its disk stays."""
    host = state.host(name)
    _in_cgroup(state, name, _PULL)
    _until(lambda: not holder.members(state, name), Message("{name} does not stop", name=name))
    # The kernel removes its network card later; the next boot must not come before that.
    remaining = Message("the bridge port of {name} is not removed", name=name)
    _until(lambda: _port(name) not in _links(state), remaining)
    _in_cgroup(state, name, _CLEAR)
    return _saved(state, replace(host, leader=0))


def start(state: LabState, name: str) -> LabState:
    """Switch the host `name` on again and wait until it answers."""
    host = state.host(name)
    if holder.members(state, name):
        raise LabError(Message("{name} is on already", name=name))
    host = machine.boot(state, host)
    remote.wait_ready(state, host)
    return _saved(state, host)


def link_down(state: LabState, name: str) -> None:
    """Pull the network cable of the host `name`."""
    holder.run(state, ["ip", "link", "set", _port(state.host(name).name), "down"])


def link_up(state: LabState, name: str) -> None:
    """Put the network cable of the host `name` back, and wait until it answers."""
    holder.run(state, ["ip", "link", "set", _port(name), "up"])
    remote.wait_ready(state, state.host(name))


def freeze(state: LabState, name: str) -> None:
    """Stop every process of the host `name` where it is; its kernel still answers a ping."""
    _in_cgroup(state, name, 'echo 1 >"/sys/fs/cgroup/$LAB/$HOST/cgroup.freeze"')


def thaw(state: LabState, name: str) -> None:
    """Let the processes of the host `name` go on."""
    _in_cgroup(state, name, 'echo 0 >"/sys/fs/cgroup/$LAB/$HOST/cgroup.freeze"')


def _port(name: str) -> str:
    """Return the name of the host's port on the bridge, as systemd-nspawn names it."""
    return f"vb-{name}"


def _links(state: LabState) -> list[str]:
    lines = holder.run(state, ["ip", "-oneline", "link", "show", "type", "veth"]).splitlines()
    return [line.split()[1].partition("@")[0].rstrip(":") for line in lines]


def _in_cgroup(state: LabState, name: str, line: str) -> None:
    environment = {"LAB": state.name, "HOST": state.host(name).name}
    holder.run(state, ["sh", "-c", line], environment=environment)


def _until(condition: Callable[[], bool], complaint: Message) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(complaint)
        time.sleep(0.05)


def _saved(state: LabState, host: LabHost) -> LabState:
    """Store the host's new pid in the latest state, which others may have changed by now."""
    latest = recorded(state.directory) or state
    latest = replace(latest, hosts={**latest.hosts, host.name: host})
    latest.save()
    return latest
