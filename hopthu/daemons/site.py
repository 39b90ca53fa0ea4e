"""The data of a run of the deploys: loaded once, rendered per host and daemon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path

from hopthu.daemons import registry
from hopthu.desired import state as desired_step
from hopthu.desired.state import Desired
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.inventory import loader
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre
from hopthu.model.calendar import today
from hopthu.model.policy import Policy
from hopthu.render.context import Context
from hopthu.render.files import Files
from hopthu.validate import Loaded, read


@dataclass(frozen=True)
class Site:
    """The input of one run, read once: the repository `root`, with its data as of the day `on`."""

    root: Path
    on: date
    centre: Centre
    policy: Policy
    desired: Desired
    secrets: Secrets
    templates: tuple[Path, ...]

    @classmethod
    def of_run(cls) -> Site:
        """Return the site of the current pyinfra run, from its inventory and folder.

        The day is the one the inventory names, else the day of the first call in this process: a
        run that passes midnight has one day.
        """
        from pyinfra import host  # noqa: PLC0415  (only meaningful inside a run)

        data = host.data
        root = Path(host.state.cwd or Path.cwd())
        on = data.get("on") or _today()
        folder = root / data.get("secrets")
        identity = root / data.get("age_identity")
        return _site(root, str(on), loader.of_pyinfra(host.state.inventory), folder, identity)

    def context(self, host_name: str) -> Context:
        """Return the input of the renderers for one host."""
        host = self.centre.host(host_name)
        return Context(
            host=host,
            centre=self.centre,
            desired=self.desired,
            policy=self.policy,
            keys=self.secrets.for_host(host),
            templates=self.templates,
        )

    def files(self, host_name: str, daemon: str) -> Files:
        """Return the files of `daemon` on one host."""
        return registry.file_sets()[daemon].render(self.context(host_name))


_in_hand: dict[tuple[Path, date], Loaded] = {}


def in_hand(root: Path, on: date, loaded: Loaded) -> None:
    """Make the deploys of this process use `loaded` data: what was checked is what is applied."""
    _in_hand[root, on] = loaded


def load_site(root: Path, on: date, centre: Centre, secrets: Secrets) -> Site:
    """Read and validate the data of `root`, unless it was passed to `in_hand`.

    Raises `DataError` if the data is not valid, and `UsageError` if a host of `centre` is not
    declared in it (Art. 1, 4).
    """
    loaded = _in_hand.get((root, on)) or read(root, on)
    declared(centre, loaded.policy)
    return Site(
        root=root,
        on=on,
        centre=centre,
        policy=loaded.policy,
        desired=desired_step.desired(loaded.organisation, loaded.policy, on),
        secrets=secrets,
        templates=registry.template_folders(root),
    )


def declared(centre: Centre, policy: Policy) -> None:
    """Raise `UsageError` unless every host is in the declared data integration centre.

    If the policy declares hosts, their names and addresses must match too.
    """
    ranges = [ip_network(text) for text in policy.centre.ranges]
    if not ranges:
        raise UsageError(
            Message(
                "inventory {inventory} has hosts, but data/policy.yaml declares no data integration"
                " centre",
                inventory=centre.name,
            ),
            fix=Message(
                "add the address ranges of its servers, as in: {example}",
                example="centre: {ranges: [10.38.1.0/24]}",
            ),
        )
    for host in centre.hosts:
        try:
            address = ip_address(host.address)
        except ValueError as error:
            what = Message(
                "{host} of inventory {inventory}: {reason}",
                host=host.name,
                inventory=centre.name,
                reason=error,
            )
            raise UsageError(what) from error
        outside = not any(address in net for net in ranges)
        stranger = policy.centre.hosts and policy.centre.hosts.get(host.name) != host.address
        if outside or stranger:
            raise UsageError(
                Message(
                    "{host} ({address}) of inventory {inventory} is not a declared host of the data"
                    " integration centre",
                    host=host.name,
                    address=host.address,
                    inventory=centre.name,
                ),
                fix=Message(
                    "declare it under `centre` in data/policy.yaml, or remove it from the inventory"
                ),
            )


@cache
def _today() -> date:
    return today()


@cache
def _site(root: Path, on: str, centre: Centre, folder: Path, identity: Path) -> Site:
    return load_site(root, date.fromisoformat(on), centre, Secrets(folder, identity))
