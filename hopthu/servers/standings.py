"""Which directory is written to: what hosts say of theirs, against what the inventory says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from hopthu.daemons.openldap import numbers
from hopthu.errors import Refused
from hopthu.fan_out import answers, on_all_hosts
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.remote.host.ldap import changes, has
from hopthu.remote.host.replica import Standing, standing
from hopthu.servers.state import Lacking
from hopthu.ssh import Ssh, on_host

FOLLOW = Message(
    "`git log` of the inventory shows whether it was named as `provider`. If it was, name it again"
    " and apply: then this one follows it, and can take over. If it never was, its own"
    " administrators say so: take its host out of the group `directory`, apply, and look into it"
)


def standings_of(inventory: Inventory, ssh: Ssh, hosts: Iterable[Host]) -> dict[str, Standing]:
    """Return how the directories stand that are or could be written to; raise `HostFailed`."""
    return on_all_hosts([h for h in hosts if h.has("directory")], _asking(inventory, ssh))


def refuse_successors(inventory: Inventory, ssh: Ssh) -> None:
    """Raise `Refused` if a directory has taken over from the one that the inventory names.

    Such an inventory is that of a clone that has not pulled. A host that does not answer does not
    keep others from being written to.
    """
    centre = inventory.centre
    hosts = centre.with_role("directory")
    said, _ = answers(hosts if len(hosts) > 1 else (), _asking(inventory, ssh))
    if found := successors(centre, said):
        raise taken_over(centre, found)


def taken_over(centre: Centre, hosts: Iterable[str]) -> Refused:
    """Return why nothing is written where `hosts` have taken over."""
    what = Message(
        "the directory on {provider} is to be written to, and {hosts} took over from it",
        provider=centre.provider.name,
        hosts=", ".join(hosts),
    )
    return Refused(what, fix=FOLLOW)


def successors(centre: Centre, standings: Mapping[str, Standing]) -> tuple[str, ...]:
    """Return the hosts whose directory took over from that of the provider.

    Both are written to then: the provider was away, and has come back as it was. One that has been
    changed since is whom the inventory had in its place; one that was changed before is to follow.
    Whatever other hosts say of theirs: none of them could have been named.
    """
    named = standings.get(centre.provider.name)
    if not named or not named["written"]:
        return ()
    return tuple(
        sorted(
            name
            for name in (host.name for host in centre.with_role("directory"))
            if (other := standings.get(name)) and other["written"] and other["run"] > named["run"]
        )
    )


def lacking(
    centre: Centre, standings: Mapping[str, Standing], position: str, newest: Callable[[], str]
) -> Lacking:
    """Return which hosts have changes in their directory that the provider lacks.

    The provider may have got what it lacked at `position` meanwhile, and is asked for the `newest`.
    """
    named = standings.get(centre.provider.name)
    begun = bool(named and named["written"])
    others = [host for host in centre.with_role("directory") if host != centre.provider]
    there = {f"{numbers([host])[host]:03x}" for host in others}
    if not position or all(has(position, other["position"]) for other in standings.values()):
        return Lacking()
    now = newest()
    found: tuple[list[str], list[str]] = ([], [])
    for name, other in sorted(standings.items()):
        if has(now, other["position"]):
            continue
        known = changes(other["position"])
        gets = " ".join(change for origin, change in known.items() if origin in there)
        ahead = not has(now, gets) and not (begun and other["written"])
        found[not ahead].append(name)
    return Lacking(*map(tuple, found))


def _asking(inventory: Inventory, ssh: Ssh) -> Callable[[Host], Standing]:
    return lambda host: on_host(inventory, ssh, host)(standing)
