"""The description of a daemon: one frozen record, used by everything that handles daemons.

Deploys, renderers, pre-flight, packet filter, plans, health checks, drift and the documentation
read these records; no table elsewhere names a daemon. ARCHITECTURE.md lists what a new one needs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hopthu.daemons.accounts import Account
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context
from hopthu.render.files import Files

Activation = Literal["restart", "reload", "nothing"]
Script = str | Callable[[Files], str]
"""Shell commands, or what makes them of the files of a set."""
UNITS = "/etc/systemd/system/"
LOAD_UNITS = "systemctl daemon-reload"
"""The command with which systemd loads them; none is started or stopped."""


def _everywhere(_host: Host) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that exists before the files of a set are written, or a file that is empty at first.

    It is for its `owner` alone, unless `mode` lets in its `group`, by default the one named like
    the owner. Hosts for which `on` returns true have it.
    """

    path: str
    owner: str
    group: str = ""
    mode: int = 0o700
    folder: bool = True
    on: Callable[[Host], bool] = _everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSet:
    """Files of a daemon that are tested and replaced together, then loaded.

    - `name`: it is stored on hosts and in plans, so it never changes.
    - `render`: returns the files of a host; none if the host needs nothing of the set.
    - `configure`, `activate`: the names of the steps that write the files and load them; no second
      one if the daemon reads them anew by itself.
    - `activation`: how the daemon activates a change, and `phrase` the sentence for it in a plan.
    - `command`: makes the daemon load the files.
    - `test`: run in the folder `{stage}`, which mirrors `/`, before any file is replaced.
    - `places`: folders and files that must exist before the files of the set are written.
    - `first`: written before the packages are installed, because Debian starts what it installs.
    - `beside`: earlier sets of the daemon whose changes `command` loads as well.
    - `content`: the files are data that the daemon serves, not its configuration.
    - `reads_certificate`: beginnings of the paths of programs that read the host's certificate each
      time. Whatever else names it keeps what it has loaded, so its files have the digest of the
      certificate (`Context.certificate`): a new one changes and activates them.
    """

    name: str
    render: Callable[[Context], Files]
    configure: Message
    activate: Message | None = None
    activation: Activation
    phrase: Message
    command: Script = LOAD_UNITS
    test: Script = ""
    places: tuple[Place, ...] = ()
    first: bool = False
    beside: tuple[str, ...] = ()
    content: bool = False
    reads_certificate: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """The prefix that the version of an installed Debian package must have, and why."""

    package: str
    begins: str
    why: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Ports that only some hosts of the centre may reach, on hosts with the role `role`.

    An empty role means every host. `sources` returns the hosts that may reach a given one, itself
    among them if something on it does, and `accounts` are those that may there, besides root; None
    if every account may. `why` becomes a comment in the packet filter.
    """

    role: str
    ports: tuple[int, ...]
    sources: Callable[[Centre, Host], Iterable[Host]]
    accounts: tuple[Account, ...] | None = ()
    why: str

    def concerns(self, host: Host) -> bool:
        """Return whether the ports are those of `host`."""
        return not self.role or host.has(self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPassage:
    """Ports that networks with the permission `may` (policy.networks) may reach as well."""

    role: str
    ports: tuple[int, ...]
    may: str
    why: str

    def concerns(self, host: Host) -> bool:
        """Return whether the ports are those of `host`; an empty role means every host."""
        return not self.role or host.has(self.role)


def itself(_centre: Centre, host: Host) -> tuple[Host, ...]:
    """Return the host alone: the sources of a passage on loopback."""
    return (host,)


def hosts_with(*roles: str) -> Callable[[Centre, Host], Iterable[Host]]:
    """Return the sources of a passage for the hosts with any of `roles`, from wherever they are."""
    return lambda centre, _host: tuple(host for host in centre.hosts if host.has(*roles))


@dataclass(frozen=True, slots=True)
class Service:
    """A systemd service that must run on the hosts of the daemon for which `on` returns true.

    If its main process dies, systemd starts it again after `pause` seconds. `restart` is the value
    of `Restart=` (systemd.service(5)), or empty if the unit has no main process. `kill_mode` is the
    value of `KillMode=` (systemd.kill(5)): "mixed" ends at once what has outlived a dead main
    process. `left` is a shell command that prints what the service has still to do: while it prints
    anything after a stop, the service goes on.
    """

    unit: str
    restart: Literal["on-failure", "always", ""] = "on-failure"
    pause: int = 2
    kill_mode: Literal["control-group", "mixed"] = "control-group"
    on: Callable[[Host], bool] = _everywhere
    left: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alarm that a monitor raises for each series that `expr` has for `lasting` seconds.

    `name` is also the heading of its runbook, in docs/canh-bao.md. Each series has the label
    `host`. `expr` is PromQL: https://prometheus.io/docs/prometheus/latest/querying/basics/
    """

    name: str
    expr: str
    summary: Message
    lasting: int = 0


def _nothing(_context: Context) -> Mapping[str, Sequence[str]]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A daemon, or a group of files that is deployed like one.

    - `name`: its folder in `templates/`.
    - `title`: the heading of its steps.
    - `roles`: hosts with any of them run it; empty means every host.
    - `after`: the daemons that are deployed before it on a host, as in systemd units.
    - `file_sets`: its rendered files, in the order in which they are written and restored.
    - `packages`: Debian packages to install, by role; those under "" on every host.
    - `versions`: version requirements that pre-flight checks on installed packages.
    - `services`: the systemd services that must run.
    - `units`: further systemd units, with their suffix, that must run where a file set has their
      file or a drop-in file of theirs.
    - `need_mail`: its systemd services, without suffix, that need the mail: on a host of a pair
      they start only where that is, and stop before it goes; then it rests where a host stands by.
    - `open_ports`: by role, the ports that every network may reach.
    - `passages`, `networks`: the ports that some hosts, or networks of the policy, may reach.
    - `health`: by role, the checks of `hopthu/remote/host/health.py` that test it after a change.
    - `probes`: ids of the probes of `hopthu verify` that test it with real mail.
    - `probe_modules`: modules with further probes.
    - `measures`: functions of `hopthu/remote/host/measures.py` whose values the monitor reads from
      a host, with their arguments; that its services run is watched without.
    - `alerts`: what the monitor alarms of.
    - `templates`: the folder of its templates, if a package provides the daemon.
    - `exempt`: duties that do not apply to it, each with the reason.
    """

    name: str
    title: Message
    roles: tuple[str, ...]
    after: tuple[str, ...] = ()
    file_sets: tuple[FileSet, ...] = ()
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    versions: tuple[Version, ...] = ()
    services: tuple[Service, ...] = ()
    units: tuple[str, ...] = ()
    need_mail: tuple[str, ...] = ()
    open_ports: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    networks: tuple[NetworkPassage, ...] = ()
    health: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    probe_modules: tuple[str, ...] = ()
    measures: Callable[[Context], Mapping[str, Sequence[str]]] = _nothing
    alerts: tuple[Alert, ...] = ()
    templates: Path | None = None
    exempt: Mapping[str, str] = field(default_factory=dict)

    def runs_on(self, host: Host) -> bool:
        """Return whether `host` has one of the daemon's roles."""
        return not self.roles or host.has(*self.roles)

    def works_on(self, host: Host) -> bool:
        """Return whether it is to run on `host`, and not only to be there."""
        return self.runs_on(host) and not (self.need_mail and host.stands_by)

    def packages_on(self, roles: Collection[str]) -> tuple[str, ...]:
        """Return the Debian packages that a host with `roles` needs."""
        return tuple(
            package
            for role, packages in self.packages.items()
            if not role or role in roles
            for package in packages
        )

    def kept_running(self, host: Host, files: Mapping[str, Files]) -> tuple[str, ...]:
        """Return its units that must run on `host`, where its sets have these files, by name.

        None must where no set has any. Those that need the mail run where it is: both hosts of a
        pair have them, so that no change or rollback of a host decides where that is.
        """
        paths = [path for each in self.file_sets for path in files.get(each.name, ())]
        placed = {path.removeprefix(UNITS).partition(".d/")[0] for path in paths}
        services = (f"{each.unit}.service" for each in self.services if paths and each.on(host))
        return (*(unit for unit in self.units if unit in placed), *services)

    def left(self, unit: str) -> str:
        """Return the command that prints what one of its units has still to do, or nothing."""
        return next((each.left for each in self.services if f"{each.unit}.service" == unit), "")

    def every_unit(self) -> tuple[str, ...]:
        """Return all its units, on whatever host they run."""
        return (*self.units, *(f"{each.unit}.service" for each in self.services))
