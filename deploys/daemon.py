"""How any daemon gets on a host, from its record (hopthu/daemons/record.py)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from importlib.util import find_spec

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.api.operation import OperationMeta
from pyinfra.operations import server

from hopthu.daemons.record import Daemon, FileSet, Place, Script
from hopthu.operations import config, packages, places, services
from hopthu.operations.host_state import ManagedFiles
from hopthu.operations.names import remembered, step_name
from hopthu.operations.run import current, surveyed
from hopthu.operations.site import site_of_run
from hopthu.remote.host.places import seen_as
from hopthu.render.files import Files

# Answers to the questions of Debian packages. Otherwise Postfix would be started with a default
# configuration, which answers "554 relay denied" to mail for the centre's own domain.
_ANSWERS = {"postfix": "postfix postfix/main_mailer_type select No configuration"}


def deployed(daemon: Daemon) -> None:
    """Install, configure and activate a daemon on this host.

    One with special steps has a module of its name here, whose `deploy` takes them.
    """
    name = f"{__package__}.{daemon.name}"
    _take(daemon, import_module(name).deploy if find_spec(name) else Steps.take)


def withdrawn(daemon: Daemon) -> None:
    """Take away a daemon of a role that the host no longer has; nothing where there is none."""
    if ManagedFiles.of(surveyed()["managed"]).holds(daemon):
        _take(daemon, Steps.take)


def _take(daemon: Daemon, steps: Callable[[Steps], object]) -> None:
    @deploy(remembered(daemon.title))
    def titled() -> None:
        steps(Steps(daemon))

    titled()


class Steps:
    """The steps of a daemon on the host of the run; `take` takes all, in the usual order."""

    def __init__(self, daemon: Daemon) -> None:
        """Render its files: none where it does not run."""
        self._daemon = daemon
        self._here = here = site_of_run().centre.host(host.name)
        self._files = {
            each.name: rendered(each.name) if daemon.runs_on(here) else {}
            for each in daemon.file_sets
        }
        self._units = daemon.kept_running(here, self._files)
        self._written: dict[str, OperationMeta] = {}

    def take(self) -> None:
        """Install → configure → activate what the host needs of it, and take away what not."""
        self.install()
        self.configure(activate=True)
        self.keep_running()

    def install(self) -> None:
        """Stop what no longer runs here, write what must be there before the packages, install."""
        surplus = ManagedFiles.of(surveyed()["managed"]).surplus(self._daemon, self._units)
        for unit in host.loop(self._daemon.every_unit()):
            if unit in surplus:
                services.stopped(
                    name=step_name("Stop {service}", service=unit),
                    service=unit,
                    left=self._daemon.left(unit),
                )
        self._write(activate=True, first=True)
        if any(self._files.values()):
            _install(self._daemon.packages_on(host.groups))

    def configure(self, *, activate: bool) -> None:
        """Write its files, each set as one change, and have it load each at once, or not yet.

        Sets of which nothing is wanted here go last, when no other names their files any more.
        """
        self._write(activate=activate, first=False)

    def activate(self, each: FileSet) -> None:
        """Have it load a set whose files were written."""
        wanted = self._files[each.name]
        if wanted and each.activate:
            config.activate(
                name=remembered(each.activate),
                daemon=each.name,
                command=_script(each.command, wanted),
                after=[self._written[name] for name in (each.name, *each.beside)],
                content=each.content,
            )

    def keep_running(self) -> None:
        """Have its units run, now and after every start of the host."""
        for unit in host.loop(self._daemon.every_unit()):
            if unit in self._units:
                services.kept(name=step_name("Keep {service} running", service=unit), service=unit)

    def _write(self, *, activate: bool, first: bool) -> None:
        for there in host.loop((True, False)):
            for each in host.loop(self._daemon.file_sets):
                if each.first == first and bool(self._files[each.name]) == there:
                    self._put(each)
                    if activate:
                        self.activate(each)

    def _put(self, each: FileSet) -> None:
        wanted = self._files[each.name]
        if each.places:
            places.present(
                name=step_name("Create folders"),
                places={
                    place.path: _seen(place)
                    for place in each.places
                    if wanted and place.on(self._here)
                },
            )
        self._written[each.name] = config.files(
            name=remembered(each.configure),
            daemon=each.name,
            files=wanted,
            test=_script(each.test, wanted) if wanted else "",
            activates=each.activate is not None,
            content=each.content,
        )


def _seen(place: Place) -> str:
    """Return what a host says of a place that is as it should be."""
    return seen_as(place.owner, place.group or place.owner, place.mode, folder=place.folder)


def rendered(name: str) -> Files:
    """Return the files of the file set `name` for this host, by path."""
    run = current()
    if run and name in (known := run.files.get(host.name, {})):
        return known[name]
    return site_of_run().files(host.name, name)


def _install(wanted: Collection[str]) -> None:
    """Install Debian packages; their lists are updated only if some are missing."""
    missing = packages.missing(wanted)
    for package in host.loop(sorted(missing & _ANSWERS.keys())):
        server.shell(
            name=step_name("Answer the questions of package {package}", package=package),
            commands=[f"echo '{_ANSWERS[package]}' | debconf-set-selections"],
        )
    packages.installed(
        name=step_name("Install the packages"), packages=list(wanted), update=bool(missing)
    )


def _script(script: Script, wanted: Files) -> str:
    return script if isinstance(script, str) else script(wanted)
