"""What hopthu knows of a daemon: one frozen record, read by everything that deals with daemons.

Deploys, renderers, pre-flight, packet filter, plans, health checks, drift and the documentation
read these records; no table elsewhere names a daemon. ARCHITECTURE.md says what a new one needs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal

from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context
from hopthu.render.files import Files

Activation = Literal["restart", "reload", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSet:
    """Files of a daemon that are tested and replaced together.

    `name` is kept on hosts and in plans, so it never changes. `activation` is what the daemon does
    to take up a change, `phrase` the sentence for it.
    """

    name: str
    render: Callable[[Context], Files]
    activation: Activation
    phrase: Message


@dataclass(frozen=True, slots=True)
class Version:
    """How the version of an installed Debian package must begin, and why."""

    package: str
    begins: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Ports that only some hosts of the centre may reach, on hosts with the role `role`.

    `sources` returns those hosts for a given one; `why` becomes a comment in the packet filter.
    """

    role: str
    ports: tuple[int, ...]
    sources: Callable[[Centre, Host], Iterable[Host]]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPassage:
    """Ports that the networks with the permission `may` (policy.networks) reach as well."""

    role: str
    ports: tuple[int, ...]
    may: str
    why: str


def _everywhere(_host: Host) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Service:
    """A systemd service that must run on every host of the daemon's roles for which `on` holds.

    When its main process dies systemd starts it again after `pause` seconds; `restart` is the word
    of systemd.service(5), empty where the unit is no process.
    """

    unit: str
    restart: Literal["on-failure", "always", ""] = "on-failure"
    pause: int = 2
    on: Callable[[Host], bool] = _everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A daemon, or a group of files that is deployed like one.

    - `name`: its folder in `templates/`.
    - `title`: what the steps of its deploy call it.
    - `roles`: hosts with any of them run it; empty means every host.
    - `after`: the daemons whose deploy comes first on a host, as in systemd units.
    - `deploy`: `module:function`, imported when a run needs it.
    - `file_sets`: what is rendered for it, in the order in which it is restored.
    - `packages`: by role, the Debian packages it is installed from; those under "" everywhere.
    - `versions`: what pre-flight asks of packages that are installed already.
    - `services`: what must run.
    - `watched`: further systemd units its deploy asks about, with their suffix.
    - `open_ports`: by role, the ports that every network reaches.
    - `passages`, `networks`: the ports that some hosts, or networks of the policy, reach.
    - `health`: by role, the checks of `hopthu/remote/health.py` that prove it after a change.
    - `probes`: ids of the probes of `hopthu verify` that prove it with real mail.
    - `probe_modules`: modules that hold such probes, beside hopthu's own.
    - `templates`: the folder of its templates, where a package brings the daemon.
    - `exempt`: duties that do not apply to it, each with the reason.
    """

    name: str
    title: str
    roles: tuple[str, ...]
    deploy: str
    after: tuple[str, ...] = ()
    file_sets: tuple[FileSet, ...] = ()
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    versions: tuple[Version, ...] = ()
    services: tuple[Service, ...] = ()
    watched: tuple[str, ...] = ()
    open_ports: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    networks: tuple[NetworkPassage, ...] = ()
    health: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    probe_modules: tuple[str, ...] = ()
    templates: Path | None = None
    exempt: Mapping[str, str] = field(default_factory=dict)

    def runs_on(self, host: Host) -> bool:
        """Tell whether `host` has one of the daemon's roles."""
        return not self.roles or host.has(*self.roles)

    def packages_on(self, roles: Collection[str]) -> tuple[str, ...]:
        """Return the Debian packages that a host with `roles` needs."""
        return tuple(
            package
            for role, packages in self.packages.items()
            if not role or role in roles
            for package in packages
        )

    def load_deploy(self) -> Callable[[], object]:
        """Import and return the deploy function."""
        module, _, function = self.deploy.partition(":")
        found: Callable[[], object] = getattr(import_module(module), function)
        return found
