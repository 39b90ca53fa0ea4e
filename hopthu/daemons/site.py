"""What the files of every host are rendered from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path

from hopthu.daemons import registry
from hopthu.desired.state import Desired, desired
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre
from hopthu.model.policy import Policy
from hopthu.render.context import Context
from hopthu.render.files import Files
from hopthu.validate import read


@dataclass(frozen=True)
class Site:
    """The input of one run: the repository `root`, with its data as of the day `on`."""

    root: Path
    on: date
    centre: Centre
    policy: Policy
    desired: Desired
    secrets: Secrets
    templates: tuple[Path, ...]

    @classmethod
    def of(cls, root: Path, inventory: Inventory, policy: Policy, state: Desired) -> Site:
        """Return the site of a desired state, with the keys that the inventory names."""
        data = next(iter(inventory.data.values()))
        secrets = Secrets(root / data["secrets"], root / data["age_identity"])
        return cls.made(root, inventory.centre, secrets, policy, state)

    @classmethod
    def made(
        cls, root: Path, centre: Centre, secrets: Secrets, policy: Policy, state: Desired
    ) -> Site:
        """Return the site of a desired state; its day is the one of the run."""
        folders = registry.template_folders(root)
        return cls(root, state.on, centre, policy, state, secrets, folders)

    def context(self, host_name: str) -> Context:
        """Return the input of the renderers for one host."""
        host = self.centre.host(host_name)
        return Context(
            host=host,
            centre=self.centre,
            desired=self.desired,
            policy=self.policy,
            keys=self.secrets.for_host(host, self.centre),
            templates=self.templates,
        )

    def files(self, host_name: str, daemon: str) -> Files:
        """Return the files of `daemon` on one host."""
        return registry.file_sets()[daemon].render(self.context(host_name))


def load_site(root: Path, on: date, inventory: Inventory) -> Site:
    """Read and validate the data of `root`.

    Raises `DataError` if it is not valid, and `UsageError` as `declared` does.
    """
    loaded = read(root, on)
    inventory = inventory.serving(loaded.policy.stores.serving)
    declared(inventory.centre, loaded.policy)
    state = desired(loaded.organisation, loaded.policy, on)
    return Site.of(root, inventory, loaded.policy, state)


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
