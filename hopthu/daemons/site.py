"""Where deploys meet the data: load and render once per run, hand out per host and daemon."""

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
from hopthu.inventory import loader
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre
from hopthu.model.policy import Policy
from hopthu.render.context import Context
from hopthu.render.files import Files
from hopthu.validate import Loaded, read


@dataclass(frozen=True)
class Site:
    """Everything one run of the deploys needs, read once."""

    centre: Centre
    policy: Policy
    desired: Desired
    secrets: Secrets
    templates: tuple[Path, ...]

    @classmethod
    def of_run(cls) -> Site:
        """Return the site of the pyinfra run under way, from its inventory and folder.

        The day is the one the inventory names, else that on which this process first asked: a run
        of one night has one day.
        """
        from pyinfra import host  # noqa: PLC0415  (only meaningful inside a run)

        data = host.data
        root = Path(host.state.cwd or Path.cwd())
        on = data.get("on") or _today()
        folder = root / data.get("secrets")
        identity = root / data.get("age_identity")
        return _site(root, str(on), loader.of_pyinfra(host.state.inventory), folder, identity)

    def context(self, host_name: str) -> Context:
        """Return what the renderers are given for one host."""
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
    """Have this program's deploys use the data that was `loaded`: what was checked is applied."""
    _in_hand[root, on] = loaded


def load_site(root: Path, on: date, centre: Centre, secrets: Secrets) -> Site:
    """Read and validate the data of `root`, unless it is `in_hand`.

    Raises `DataError` when it is not valid, and `UsageError` when a host of `centre` is not one
    that the data declares (Art. 1, 4).
    """
    loaded = _in_hand.get((root, on)) or read(root, on)
    declared(centre, loaded.policy)
    return Site(
        centre=centre,
        policy=loaded.policy,
        desired=desired_step.desired(loaded.organisation, loaded.policy, on),
        secrets=secrets,
        templates=registry.template_folders(root),
    )


def declared(centre: Centre, policy: Policy) -> None:
    """Raise `UsageError` unless every host stands in the declared data integration centre.

    Hosts and their addresses are compared where the policy declares them.
    """
    ranges = [ip_network(text) for text in policy.centre.ranges]
    if not ranges:
        raise UsageError(
            f"inventory {centre.name} has hosts, but data/policy.yaml declares no data integration "
            "centre for them to stand in",
            fix="add the address ranges of its servers, as in: centre: {ranges: [10.38.1.0/24]}",
        )
    for host in centre.hosts:
        try:
            address = ip_address(host.address)
        except ValueError as error:
            raise UsageError(f"{host.name} of inventory {centre.name}: {error}") from error
        outside = not any(address in net for net in ranges)
        stranger = policy.centre.hosts and policy.centre.hosts.get(host.name) != host.address
        if outside or stranger:
            raise UsageError(
                f"{host.name} ({host.address}) of inventory {centre.name} is no declared host of "
                "the data integration centre",
                fix="declare it under `centre` in data/policy.yaml, or take it off the inventory",
            )


@cache
def _today() -> date:
    return date.today()  # noqa: DTZ011  (the day here is the day meant)


@cache
def _site(root: Path, on: str, centre: Centre, folder: Path, identity: Path) -> Site:
    return load_site(root, date.fromisoformat(on), centre, Secrets(folder, identity))
